"""How well an expert knows whether mouth and sound belong together, on clips that it has not seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.metrics import av_offset, overlap_distances, sync_auc, sync_confidence, sync_distance
from xtalker.metrics.offset_distances import MAX_OFFSET_FRAMES
from xtalker.values import InputError
from xtalker.values.conventions import FRAME_RATE_HZ

WINDOW_FRAMES: Final = FRAME_RATE_HZ
HOP_FRAMES: Final = 10
Distances = Float[np.ndarray, "_ offsets"]
_STRANGER: Final = 7  # clips further on in the list of a speaker: neighbours in GRID share most of their words


@dataclass(frozen=True)
class EmbeddedClip:
    """What an expert makes of a clip.

    Attributes:
        speaker: shuffled sound comes from other clips of the same person, which is harder than from anybody.
        mouth, sound: embeddings of the same frames.
    """

    speaker: str
    mouth: Float[np.ndarray, "frames size"]
    sound: Float[np.ndarray, "frames size"]


@dataclass(frozen=True)
class SyncFigures:
    """Figures over the windows of 1 s of all clips, one every 0.4 s.

    Attributes:
        clips, windows: how many.
        within_one_frame: share of windows whose best of the offsets -15 to 15 is at most one frame.
        auc: of the likeness at offset 0, windows with their own sound against windows with the sound of another
            clip of the same person.
        offset_median: of all windows, frames.
        confidence, confidence_shuffled: mean over clips, with their own and with other sound.
        distance, distance_shuffled: likewise.
    """

    clips: int
    windows: int
    within_one_frame: float
    auc: float
    offset_median: float
    confidence: float
    confidence_shuffled: float
    distance: float
    distance_shuffled: float


def sync_figures(clips: Sequence[EmbeddedClip]) -> SyncFigures:
    """Figures of an expert.

    Args:
        clips: of at least 55 frames, and at least two of each speaker.

    Raises:
        InputError: too short, or a speaker with one clip only.
    """
    own = [overlap_distances(clip.mouth, clip.sound) for clip in clips]
    other = [_with_sound_of(clip, stranger) for clip, stranger in zip(clips, _strangers(clips))]
    windows, shuffled = ([window for rows in many for window in _windows(rows)] for many in (own, other))
    if not windows or not shuffled:
        raise _too_few(f"clips of at most {max(map(len, own), default=0) + 2 * MAX_OFFSET_FRAMES} frames")
    offsets = np.array([av_offset(window) for window in windows])
    return SyncFigures(
        clips=len(clips), windows=len(windows), within_one_frame=float((np.abs(offsets) <= 1).mean()),
        auc=sync_auc(_at_zero(windows), _at_zero(shuffled)), offset_median=float(np.median(offsets)),
        confidence=_mean(sync_confidence, own), confidence_shuffled=_mean(sync_confidence, other),
        distance=_mean(sync_distance, own), distance_shuffled=_mean(sync_distance, other),
    )  # fmt: skip


def _strangers(clips: Sequence[EmbeddedClip]) -> list[EmbeddedClip]:
    """For each clip another of the same speaker, each used once."""
    groups: dict[str, list[int]] = {}
    for index, clip in enumerate(clips):
        groups.setdefault(clip.speaker, []).append(index)
    out = list(clips)
    for speaker, members in groups.items():
        if len(members) < 2:
            raise _too_few(f"one clip of speaker {speaker!r}")
        step = _STRANGER if len(members) > _STRANGER else 1
        for place, index in enumerate(members):
            out[index] = clips[members[(place + step) % len(members)]]
    return out


def _with_sound_of(clip: EmbeddedClip, stranger: EmbeddedClip) -> Distances:
    frames = min(len(clip.mouth), len(stranger.sound))
    return overlap_distances(clip.mouth[:frames], stranger.sound[:frames])


def _windows(rows: Distances) -> list[Distances]:
    starts = range(0, len(rows) - WINDOW_FRAMES + 1, HOP_FRAMES)
    return [rows[start : start + WINDOW_FRAMES] for start in starts]


def _at_zero(windows: list[Distances]) -> Float[np.ndarray, "_"]:
    """Likeness at offset 0: higher = more in sync."""
    return np.array([-window[:, MAX_OFFSET_FRAMES].mean() for window in windows])


def _mean(metric: Callable[[Distances], float], many: list[Distances]) -> float:
    return float(np.mean([metric(rows) for rows in many]))


def _too_few(received: str) -> InputError:
    return InputError(
        "too little to measure a sync expert", received=received,
        accepted=f"two clips of each speaker, {WINDOW_FRAMES + 2 * MAX_OFFSET_FRAMES} frames or more",
        next_step="give more clips",
    )  # fmt: skip
