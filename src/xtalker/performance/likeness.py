"""`--like person.mp4`: the manner of a person from seconds of video, in closed form (`generator.adapt`)."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from jaxtyping import Float

from xtalker.assets import cache_folder
from xtalker.capture.landmarks import FaceTracker
from xtalker.capture.video_track import track_video
from xtalker.generator.adapt import FAR_RAD, LEAST_CONFIDENCE, LEAST_S, Example, adapted
from xtalker.generator.ridge import RidgeFace
from xtalker.performance import parts
from xtalker.speech import extract_features, load_audio
from xtalker.values import InputError
from xtalker.values.conventions import FRAME_RATE_HZ
from xtalker.values.files import check_readable, whole_file

if TYPE_CHECKING:
    from xtalker.generator import Generator

LONGEST_S: Final = 120.0
_REACH, _MOST_LAG = 12, 3
_LEAST_CORRELATION: Final = 0.25
_ACCEPTED: Final = f"{LEAST_S:.0f} to {LONGEST_S:.0f} s of one person talking to the camera, with sound"
_log = logging.getLogger("xtalker")


def like(generator: Generator, video: Path | str, *, progress: bool = False) -> Generator:
    """The generator with the mouth of the person in a video. The first look at a video is kept in the per-user cache.

    Args:
        generator: with a trunk, as the shipped one has.
        video: a person who talks, 3 to 120 s.
        progress: show a bar.

    Raises:
        InputError: not such a video; sound and lips out of step; a generator without a trunk.
    """
    path = Path(video)
    check_readable(path, kind="video", accepted=_ACCEPTED)
    if generator.trunk is None:
        raise InputError(
            "this generator cannot take over a manner", received="a checkpoint without a linear part",
            accepted="the shipped generator", next_step="leave --generator out, or --like",
        )  # fmt: skip
    return replace(generator, trunk=adapted(generator.trunk, [_example(path, generator.trunk, progress=progress)]))


def _example(video: Path, face: RidgeFace, *, progress: bool) -> Example:
    kept = cache_folder("like") / f"{_digest(video, face.encoder)}.npz"
    if kept.is_file():
        with np.load(kept, allow_pickle=False) as file:
            return Example(file["linguistic"], file["displacement"], bool(file["seen_well"]))
    audio = load_audio(video, max_duration_s=LONGEST_S)
    if audio.duration_s < LEAST_S:
        raise InputError(
            "too short to learn a manner from", received=f"{audio.duration_s:.1f} s of {video.name}",
            accepted=_ACCEPTED, next_step="record more",
        )  # fmt: skip
    track = track_video(video, parts.open_head(), FaceTracker(*parts.face_models()), progress=progress)
    heard = extract_features(audio, parts.speech_encoder()).linguistic
    frames = min(len(heard), track.motion.num_frames)
    turned = float(np.median(np.abs(track.motion.head[:, 1])))
    seen_well = turned < FAR_RAD and float(track.confidence.mean()) >= LEAST_CONFIDENCE
    if not seen_well:
        _log.warning("%s shows the face from the side or unclearly: only its resting level is taken over", video.name)
    example = Example(heard[:frames].astype(np.float32), track.motion.to_matrix()[:frames], seen_well)
    require_step(example, face, video.name)
    with whole_file(kept) as beside, beside.open("wb") as handle:
        np.savez(handle, linguistic=example.linguistic, displacement=example.displacement, seen_well=seen_well)
    return example


def require_step(example: Example, face: RidgeFace, name: str) -> None:
    """Refuse lips that do not go with the sound: another's voice, or a shifted one.

    Raises:
        InputError: naming the offset.
    """
    guess = face.guess(example.linguistic).displacement @ face.opening_mm
    lag, sure = best_lag(guess, example.displacement @ face.opening_mm)
    if sure >= _LEAST_CORRELATION and abs(lag) <= _MOST_LAG:
        return
    raise InputError(
        "lips that do not go with the sound",
        received=f"{name}: best at {lag / FRAME_RATE_HZ:+.2f} s (correlation {sure:.2f})",
        accepted=f"at most {_MOST_LAG / FRAME_RATE_HZ:.2f} s, correlation {_LEAST_CORRELATION} or more",
        next_step="use a video whose sound is the person's own and in step",
    )


def best_lag(heard: Float[np.ndarray, "frames"], seen: Float[np.ndarray, "frames"]) -> tuple[int, float]:
    """Frames by which the picture comes after the sound, up to `_REACH`, where both agree best, and their r there."""
    found = []
    for lag in range(-_REACH, _REACH + 1):
        one, other = heard[max(0, -lag) : len(heard) - max(0, lag)], seen[max(0, lag) : len(seen) - max(0, -lag)]
        one, other = one - one.mean(), other - other.mean()
        found.append(float(one @ other / max(np.linalg.norm(one) * np.linalg.norm(other), 1e-9)))
    best = int(np.argmax(found))
    return best - _REACH, found[best]


def _digest(video: Path, encoder: str) -> str:
    with video.open("rb") as handle:
        content = hashlib.file_digest(handle, "sha256").hexdigest()
    head = str(parts.open_head().card["version"])
    return hashlib.sha256(f"{content} {encoder} {head}".encode()).hexdigest()[:24]
