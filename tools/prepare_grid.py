"""GRID clips to training clips: landmarks, one identity for each speaker, motion, speech features.

    python -m tools.prepare_grid DATA OUT [--workers 2]        # about 25 minutes on two cores, resumable

DATA holds grid_s1/video/*.mp4 and grid_multi/s*/*.mp4; `xtalker.evaluate.grid` says which clip is in which split. A
speaker's identity and neutral face come from training clips where there are any; for the two test speakers from their
own clips.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path

if __name__ == "__main__":  # one thread each: the processes themselves fill the cores; not for those who import this
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
        os.environ.setdefault(name, "1")

import numpy as np
from jaxtyping import Float
from tqdm import tqdm

from xtalker.assets import fetch
from xtalker.capture.detect import FaceDetector
from xtalker.capture.landmarks import FaceTracker
from xtalker.capture.mesh import FaceMesh
from xtalker.capture.mouth_hole import correct_inner_lips
from xtalker.capture.person import Person, fit_person
from xtalker.capture.track import Track, track_landmarks
from xtalker.capture.video import read_video
from xtalker.capture.video_track import read_faces
from xtalker.evaluate.grid import Source as Job
from xtalker.evaluate.grid import grid_sources as jobs
from xtalker.head.open_head import OpenHead
from xtalker.inference.session import THREADS_VARIABLE
from xtalker.speech import SpeechEncoder, amplitude_envelope, load_audio, load_encoder
from xtalker.train.clips import TrainingClip, write_clip
from xtalker.values import Audio
from xtalker.values.conventions import SAMPLES_PER_FRAME

GROUP_CLIPS = 12
PACKED_PASSES = ((0, 0.0), (1, 3.4))  # (seed of the order, window phase): a clip amid other speech, as in long takes
PERSON_CLIPS = 107
MIN_CONFIDENCE = 0.5


@cache
def _tracker() -> FaceTracker:
    detector, mesh = (fetch(name).read_bytes() for name in ("face-detector", "face-mesh-attention"))
    return FaceTracker(FaceDetector(detector), FaceMesh(mesh))


def save_landmarks(job: Job, folder: Path) -> None:
    """Landmarks of a clip as the network gives them and the hole of the mouth, unless they are there."""
    path = folder / f"{job.name}.npz"
    if path.exists():
        return
    points, presence, holes = read_faces(read_video(job.video, threads=1), _tracker())
    part = path.with_suffix(".part.npz")
    np.savez(part, points=points, presence=presence, holes=holes)
    part.rename(path)


def save_group(group: list[Job], landmarks: Path, person: Person, out: Path) -> list[str]:
    """Motion and features of some clips of one speaker, unless they are there; why any was left out."""
    if all((out / f"{job.name}.npz").exists() for job in group):
        return []
    encoder = _encoder()
    tracks = [_track(job, landmarks, person) for job in group]
    sounds = [_fit(load_audio(job.video), track.motion.num_frames) for job, track in zip(group, tracks)]
    left_out = []
    for job, track, sound, linguistic in zip(group, tracks, sounds, hear_group(encoder, sounds)):
        if track.confidence.mean() < MIN_CONFIDENCE:
            left_out.append(f"{job.name}: mean confidence {track.confidence.mean():.2f} below {MIN_CONFIDENCE}")
            continue
        write_clip(out, TrainingClip(
            clip=job.name, speaker=job.speaker, split=job.split, encoder=encoder.fingerprint, motion=track.motion,
            confidence=track.confidence, linguistic=linguistic,
            amplitude=amplitude_envelope(sound),
        ))  # fmt: skip
    return left_out


def hear_group(encoder: SpeechEncoder, sounds: list[Audio]) -> list[tuple[Float[np.ndarray, "frames channels"], ...]]:
    """Features of sounds of whole frames, each heard alone, as a short file is, and twice amid the others in another
    order, as in a long take: the encoder's features depend on what else is in its window.
    """
    heard = [[encoder.encode(sound)] for sound in sounds]
    for seed, phase_s in PACKED_PASSES:
        order = np.random.default_rng(seed).permutation(len(sounds))
        packed = encoder.encode(Audio(np.concatenate([sounds[i].samples for i in order])), phase_s=phase_s)
        cuts = np.cumsum([sounds[i].num_frames for i in order])[:-1]
        for i, piece in zip(order, np.split(packed, cuts)):
            heard[i].append(piece)
    return [tuple(x.astype(np.float16) for x in phases) for phases in heard]


@cache
def _encoder() -> SpeechEncoder:
    os.environ[THREADS_VARIABLE] = "1"  # a process for each core hears
    return load_encoder("whisper-base")


def _fit(audio: Audio, num_frames: int) -> Audio:
    """Sound cut or padded to the picture."""
    samples = audio.samples[: num_frames * SAMPLES_PER_FRAME]
    return Audio(np.pad(samples, (0, num_frames * SAMPLES_PER_FRAME - len(samples))), audio.source)


def _track(job: Job, landmarks: Path, person: Person) -> Track:
    points, presence = load_landmarks(job, landmarks)
    return track_landmarks(_head(), person, points, presence)


def load_landmarks(job: Job, folder: Path) -> tuple[Float[np.ndarray, "frames 478 2"], Float[np.ndarray, "frames"]]:
    """Landmarks of a clip with inner lips corrected by the hole of the mouth, and presence."""
    with np.load(folder / f"{job.name}.npz") as file:
        return correct_inner_lips(file["points"], file["holes"]), file["presence"]


@cache
def _head() -> OpenHead:
    return OpenHead()


def main() -> None:
    """Run all stages, skipping what is there."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--landmarks", type=Path, help="folder of landmark files (default OUT/landmarks)")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    args = parser.parse_args()
    landmarks = args.landmarks or args.out / "landmarks"
    for folder in (args.out, landmarks):
        folder.mkdir(parents=True, exist_ok=True)
    todo = jobs(args.data)
    with ProcessPoolExecutor(args.workers) as pool:
        done = [pool.submit(save_landmarks, job, landmarks) for job in todo]
        for future in tqdm(done, desc="landmarks", unit="clip"):
            future.result()
        people = {speaker: _person(speaker, todo, landmarks) for speaker in sorted({j.speaker for j in todo})}
        np.savez(
            args.out.with_suffix(".people.npz"),
            **{f"{s}_{k}": getattr(p, k) for s, p in people.items() for k in ("shape", "offsets")},
        )
        groups = list(_groups(todo))
        work = [pool.submit(save_group, group, landmarks, people[group[0].speaker], args.out) for group in groups]
        left_out = [why for f in tqdm(work, desc="motion and features", unit="group") for why in f.result()]
    print(f"{len(todo) - len(left_out)} clips in {args.out}, {len(left_out)} left out", *left_out, sep="\n")


def _groups(todo: list[Job]) -> Iterator[list[Job]]:
    """Clips of one speaker and split, test and validation first so that figures can be had early."""
    keys = sorted({(job.split, job.speaker) for job in todo}, key=lambda k: (k[0] == "train", k))
    for split, speaker in keys:
        mine = [job for job in todo if (job.split, job.speaker) == (split, speaker)]
        yield from (mine[i : i + GROUP_CLIPS] for i in range(0, len(mine), GROUP_CLIPS))


def _person(speaker: str, todo: list[Job], landmarks: Path) -> Person:
    mine = [job for job in todo if job.speaker == speaker]
    train = [job for job in mine if job.split == "train"] or mine
    points = [load_landmarks(job, landmarks)[0] for job in train[:: -(-len(train) // PERSON_CLIPS)]]
    return fit_person(OpenHead(), np.concatenate([p[np.isfinite(p).all(axis=(1, 2))] for p in points]))


if __name__ == "__main__":
    main()
