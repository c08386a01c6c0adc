"""Whether the sound has a beat where the head comes to rest."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.metrics.arrays import accepts_tensors, require_track
from xtalker.metrics.beat_align import SIGMA_SQ, kernel_mean
from xtalker.metrics.card import Card
from xtalker.metrics.head_beats import head_beats

CARD: Final = Card(
    name="beat_align_motion",
    quantity="mean over the head's beats of exp(-d² / 2 sigma²), d frames to the sound's nearest beat, sigma² = 7",
    unit="1",
    region="head rotation; beats of the sound that are given",
    direction="nearer to truth",
    perfect=None,
    source="the other direction of beat_align; defined here",
    known_failure="chance grows with the number of the sound's beats. Unlike beat_align, more motion beats do "
    "not raise it. NaN for a still head",
    span=(0.0, 1.0),
)


@accepts_tensors
def beat_align_motion(
    head: Float[np.ndarray, "frames 3"], beats: Float[np.ndarray, "_"], *, sigma_sq: float = SIGMA_SQ
) -> float:
    """Mean kernel over the head's beats; NaN when the head has no beats.

    Args:
        head: rotation, axis-angle in radians.
        beats: times of the sound's beats, seconds; prosodic events suit speech better than musical beats.
        sigma_sq: squared width of the tolerance, frames².

    Raises:
        InputError: NaN, no beats, fewer than 4 frames.
    """
    moved = head_beats(head)
    require_track(beats, "beat")
    return kernel_mean(moved, beats, sigma_sq)
