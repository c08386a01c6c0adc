"""Training clips of the paper from tracked videos: FLAME rows beside sound, heard by WavLM and emotion2vec.

A folder for each speaker; in it NAME.npz with an array `latent` (frames, 284) at 25 frames a second, in the layout
of `export.flame_npz`, and NAME with a suffix of a sound or video file.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from jaxtyping import Float
from tqdm import tqdm

from xtalker.networks.paper.layout import LAYOUTS
from xtalker.speech import SpeechEncoder, extract_features, load_audio
from xtalker.train.clips import TrainingClip, write_clip
from xtalker.train.paper_clips import PaperTracks, add_tracks
from xtalker.values import InputError, Motion
from xtalker.values.conventions import FRAME_RATE_HZ
from xtalker.values.files import read_arrays

SOUNDS = (".wav", ".flac", ".mp3", ".m4a", ".mp4", ".mkv", ".mov", ".webm")
_KIND, _MAX_BYTES, _MOST_APART = "FLAME file", 1 << 30, 2


def prepare_paper_clips(
    folder: Path, out: Path, linguistic: SpeechEncoder, emotion: SpeechEncoder | None = None, *,
    test: frozenset[str] = frozenset(), bars: bool = True,
) -> int:  # fmt: skip
    """Make the clips; returns how many.

    Args:
        folder: a folder of folders, one a speaker.
        out: where the clips go.
        linguistic: WavLM in the paper.
        emotion: emotion2vec+ base in the paper; None: clips without emotion features.
        test: speakers whose clips are of split test, the others' are of split train.
        bars: show progress where someone watches.

    Raises:
        InputError: no videos, rows or sound that cannot be used, sound and rows of different length, speakers for
            the test that are not there.
        OutputError: the clips cannot be written.
    """
    files = list(_files(folder))
    unknown = test - {rows.parent.name for rows, _ in files}
    if not files or unknown:
        raise InputError(
            "no clips can be made of this folder" if not files else "no such speaker",
            received=folder if not files else ", ".join(sorted(unknown)),
            accepted="SPEAKER/NAME.npz with an array latent, beside SPEAKER/NAME.wav or a video",
            next_step="sort the files so",
        )  # fmt: skip
    for rows, sound in tqdm(files, desc="hearing", unit="clip", disable=None if bars else True):
        speaker = rows.parent.name
        _make(out, rows, sound, linguistic, emotion, "test" if speaker in test else "train")
    return len(files)


def _files(folder: Path) -> Iterator[tuple[Path, Path]]:
    for rows in sorted(folder.glob("*/*.npz")):
        stem = rows.name.removesuffix(".npz").removesuffix(".flame")
        sound = next((rows.with_name(stem + s) for s in SOUNDS if rows.with_name(stem + s).is_file()), None)
        if sound is None:
            raise InputError(
                "FLAME rows without sound", received=rows, accepted=f"{stem} with {', '.join(SOUNDS)} beside it",
                next_step="put the sound there, or take the file away",
            )  # fmt: skip
        yield rows, sound


def _make(
    out: Path, rows: Path, sound: Path, linguistic: SpeechEncoder, emotion: SpeechEncoder | None, split: str
) -> None:
    latent, audio = _latent(rows), load_audio(sound)
    if abs(len(latent) - audio.num_frames) > _MOST_APART:
        raise InputError(
            "sound and FLAME rows of different length",
            received=f"{rows.name}: {len(latent)} rows, {audio.num_frames} frames of sound",
            accepted=f"at most {_MOST_APART} frames apart, at {FRAME_RATE_HZ} a second",
            next_step="track the video again at 25 frames a second",
        )
    features = extract_features(audio, linguistic, cache=False)
    frames = min(len(latent), features.num_frames)
    motion, _ = Motion.from_latent284(latent[:frames])
    speaker, name = rows.parent.name, sound.stem
    clip = TrainingClip(
        f"{speaker}_{name}", speaker, split, linguistic.fingerprint, motion, np.ones(frames, np.float32),
        (features.linguistic[:frames].astype(np.float16),), features.amplitude[:frames],
    )  # fmt: skip
    path = write_clip(out, clip)
    felt = None if emotion is None else extract_features(audio, emotion, cache=False).linguistic[:frames]
    named = "" if emotion is None else emotion.fingerprint
    add_tracks(path, PaperTracks(felt, named, latent[:frames, LAYOUTS["latent284"].identity]))


def _latent(path: Path) -> Float[np.ndarray, "frames 284"]:
    arrays = read_arrays(path, kind=_KIND, max_bytes=_MAX_BYTES)
    latent = arrays.get("latent", np.zeros(0))
    said = np.asarray(arrays.get("frame_rate_hz", FRAME_RATE_HZ))
    rate = float(said.ravel()[0]) if said.size == 1 and said.dtype.kind in "iuf" else math.nan
    usable = latent.ndim == 2 and latent.shape[1] == 284 and len(latent) and latent.dtype.kind == "f"
    if not usable or not np.isfinite(latent).all() or rate != FRAME_RATE_HZ:
        raise InputError(
            f"unusable {_KIND}", received=f"{path.name}: latent of shape {latent.shape} at {rate:g} Hz",
            accepted=f"finite rows of 284 numbers at {FRAME_RATE_HZ} Hz", next_step="track the video again",
        )  # fmt: skip
    return latent.astype(np.float32)
