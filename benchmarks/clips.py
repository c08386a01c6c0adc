"""The clips of `xtalker.evaluate`, with prepared ones read as training reads them."""

from __future__ import annotations

from pathlib import Path

from xtalker.evaluate import clips
from xtalker.evaluate.clips import TRAIN_STEP, Heard, Prepared, SpokenClip, hear
from xtalker.evaluate.grid import MAIN_SPEAKER, UNSEEN_SPEAKERS
from xtalker.train.clips import read_clip

__all__ = [
    "MAIN_SPEAKER", "TRAIN_STEP", "UNSEEN_SPEAKERS", "Heard", "SpokenClip", "evaluation_clips", "hear", "hear_again",
    "training_clips",
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


def _prepared(folder: Path | None) -> Prepared | None:
    return None if folder is None else Prepared(folder, read_clip)
