"""Whether the head comes to rest on the beats of the sound."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.metrics.arrays import accepts_tensors, require_track
from xtalker.metrics.card import Card
from xtalker.metrics.head_beats import head_beats
from xtalker.values.conventions import FRAME_RATE_HZ

SIGMA_SQ: Final = 7.0

CARD: Final = Card(
    name="beat_align",
    quantity="mean over the sound's beats of exp(-d² / 2 sigma²), d frames to the nearest local minimum of"
    " the head's smoothed rotation speed on SO(3), sigma² = 7",
    unit="1",
    region="head rotation; beats of the sound that are given",
    direction="nearer to truth",
    perfect=None,
    source="AI Choreographer's kernel on head motion, as 3DXTalker uses it, with speed on SO(3)",
    known_failure="chance is large: white-noise motion scores about 0.4, smooth random motion 0.2 to 0.4, so "
    "jitter wins. Read only beat_align_excess, beside truth. NaN for a still head",
    span=(0.0, 1.0),
)


@accepts_tensors
def beat_align(
    head: Float[np.ndarray, "frames 3"], beats: Float[np.ndarray, "_"], *, sigma_sq: float = SIGMA_SQ
) -> float:
    """Mean kernel over the sound's beats; NaN when the head has no beats.

    Args:
        head: rotation, axis-angle in radians.
        beats: times of the sound's beats, seconds; prosodic events suit speech better than musical beats.
        sigma_sq: squared width of the tolerance, frames².

    Raises:
        InputError: NaN, no beats, fewer than 4 frames.
    """
    moved = head_beats(head)
    require_track(beats, "beat")
    return kernel_mean(beats, moved, sigma_sq)


def kernel_mean(over: Float[np.ndarray, "_"], nearest: Float[np.ndarray, "_"], sigma_sq: float) -> float:
    """Mean over the first times of exp(-d² / 2 sigma²), d frames to the nearest of the second; NaN without any."""
    if not len(over) or not len(nearest):
        return float("nan")
    away = np.abs(over.astype(np.float64)[:, None] - nearest).min(axis=1) * FRAME_RATE_HZ
    return float(np.exp(-(away**2) / (2 * sigma_sq)).mean())
