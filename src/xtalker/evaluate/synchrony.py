"""Whether mouth and sound belong together, by the shipped expert for scoring (another one filters and trains)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.assets import fetch
from xtalker.evaluate.clips import SpokenClip, sound_of
from xtalker.evaluate.scores import Mouth
from xtalker.evaluate.sync import SyncExpert
from xtalker.metrics import av_offset, av_offset_within, overlap_distances, sync_confidence, sync_distance
from xtalker.metrics.offset_distances import MAX_OFFSET_FRAMES
from xtalker.values import Identity, Motion
from xtalker.values.conventions import FRAME_RATE_HZ

FIGURES: Final[Mapping[str, str]] = {
    "sync_confidence": "sync_confidence", "sync_distance": "sync_distance", "av_offset_frames": "av_offset",
    "av_within_one_frame": "av_offset_within",
}  # fmt: skip
LEAST_FRAMES: Final = 2 * MAX_OFFSET_FRAMES + FRAME_RATE_HZ
"""Shorter clips leave less than a second of frames that have sound at every offset."""


class Synchrony:
    """The expert on some clips; each sound is heard once."""

    def __init__(self, clips: Sequence[SpokenClip], mouth: Mouth) -> None:
        self._clips, self._mouth = clips, mouth
        self._expert = SyncExpert.load(fetch("sync-score")) if clips[0].video is not None else None
        self._heard = cache(self._hear)

    def _hear(self, i: int) -> Float[np.ndarray, "frames 64"]:
        assert self._expert is not None
        return self._expert.hear(sound_of(self._clips[i]))

    def figures(self, motion: Motion, i: int) -> dict[str, float]:
        """Of a motion for the clip of a number; NaN where there is no sound, or too little of it."""
        if self._expert is None or min(motion.num_frames, len(self._heard(i))) < LEAST_FRAMES:
            return dict.fromkeys(FIGURES, float("nan"))
        # One face for everybody: the expert judges motion and not shape.
        seen = self._expert.embed_motion(self._mouth.landmarks(Identity(), motion))
        sound = self._heard(i)
        shared = min(len(seen), len(sound))
        distances = overlap_distances(seen[:shared], sound[:shared])
        metrics = (sync_confidence, sync_distance, av_offset, av_offset_within)
        return {name: metric(distances) for name, metric in zip(FIGURES, metrics)}
