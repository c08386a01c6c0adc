"""Beat alignment as 3DXTalker's code computes it."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.metrics.arrays import accepts_tensors, require_track
from xtalker.metrics.beat_align import SIGMA_SQ, kernel_mean
from xtalker.metrics.card import Card
from xtalker.metrics.head_beats import SMOOTHING_FRAMES, raw_head_beats
from xtalker.values.conventions import FRAME_RATE_HZ

LONGEST_S: Final = 60

CARD: Final = Card(
    name="ba_3dxtalker",
    quantity="mean over the sound's beats in the first 60 s of exp(-d² / 2 sigma²), d frames to the "
    "nearest local minimum of the smoothed speed of raw axis-angle vectors; sigma² = 7, smoothing"
    " 3",
    unit="1",
    region="head rotation; published with musical beat tracking on speech",
    direction="higher",
    perfect=None,
    source="3DXTalker, evaluation; other copies use sigma² 8 with smoothing 2, or 9 with 5",
    known_failure="chance is large and jitter wins, see beat_align. The text of the paper calls it an average "
    "time distance, which it is not. NaN for a still head",
    span=(0.0, 1.0),
    in_summaries=False,
)


@accepts_tensors
def ba_3dxtalker(
    head: Float[np.ndarray, "frames 3"],
    beats: Float[np.ndarray, "_"],
    *,
    sigma_sq: float = SIGMA_SQ,
    smoothing_frames: float = SMOOTHING_FRAMES,
) -> float:
    """Published kernel mean; NaN when the head has no beats.

    Args:
        head: rotation, axis-angle in radians.
        beats: times of the sound's beats, seconds.
        sigma_sq: squared width of the tolerance, frames².
        smoothing_frames: standard deviation of the Gaussian that smooths the speed.

    Raises:
        InputError: NaN, no beats within the first 60 s, fewer than 4 frames.
    """
    require_track(beats, "beat")
    heard = beats[beats < LONGEST_S]
    require_track(heard, "beat")
    moved = raw_head_beats(head[: LONGEST_S * FRAME_RATE_HZ], smoothing_frames=smoothing_frames)
    return kernel_mean(heard, moved, sigma_sq)
