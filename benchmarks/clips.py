"""The clips of `xtalker.evaluate`, with prepared ones read as training reads them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

from xtalker.evaluate import clips
from xtalker.evaluate.clips import TRAIN_STEP, Heard, Prepared, SpokenClip, hear
from xtalker.evaluate.grid import MAIN_SPEAKER, UNSEEN_SPEAKERS
from xtalker.export.read_facegood import read_facegood
from xtalker.speech import load_audio
from xtalker.train.clips import read_clip
from xtalker.values import Identity

FACEGOOD: Final = "facegood"
_FACEGOOD_TEST: Final = ("3_15", "3_16")
_PIECE_FRAMES: Final = 200

__all__ = [
    "FACEGOOD", "MAIN_SPEAKER", "TRAIN_STEP", "UNSEEN_SPEAKERS", "Heard", "SpokenClip", "evaluation_clips",
    "facegood_clips", "hear", "hear_again", "training_clips",
]  # fmt: skip


def hear_again(clip: SpokenClip, prepared: Path | None) -> Heard:
    """Sound of a training clip."""
    return clips.hear_again(clip, _prepared(prepared))


def evaluation_clips(data: Path, split: str, limit: int | None, prepared: Path | None) -> list[SpokenClip]:
    """Clips to measure on."""
    return clips.evaluation_clips(data, split, limit, _prepared(prepared))


def training_clips(data: Path, prepared: Path | None, step: int = TRAIN_STEP) -> list[SpokenClip]:
    """Clips that teach the baselines."""
    return clips.training_clips(data, _prepared(prepared), step)


def facegood_clips(data: Path) -> list[tuple[SpokenClip, Heard]]:
    """The two test takes of FACEGOOD in pieces of 8 s, each take heard as a whole; empty where they are not there.

    Mandarin, captured by others: truth is their animation curves on the average head. The curves hold the mouth only,
    and there are no word times. It is the speaker of the train takes, but the mouth opens twice as wide as there.
    """
    out = []
    for path in (data / "facegood" / f"1114_{take}.flac" for take in _FACEGOOD_TEST):
        if not path.is_file():
            return []
        motion, heard = read_facegood(path.with_suffix(".npz"))[0], clips.hear_sound(load_audio(path))
        frames = min(motion.num_frames, len(heard.log_mel))
        for start in range(0, frames - _PIECE_FRAMES // 2, _PIECE_FRAMES):
            at = slice(start, min(start + _PIECE_FRAMES, frames))
            features = heard.features
            piece = replace(features, linguistic=features.linguistic[at], amplitude=features.amplitude[at])
            clip = SpokenClip(f"{path.stem}_{start:05}", FACEGOOD, None, Identity(), motion[at], (), (), ())
            out.append((clip, Heard(piece, heard.log_mel[at])))
    return out


def _prepared(folder: Path | None) -> Prepared | None:
    return None if folder is None else Prepared(folder, read_clip)
