"""Whether a person's shape changes while speaking."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.metrics.arrays import accepts_tensors, require_track
from xtalker.metrics.card import Card

CARD: Final = Card(
    name="identity_drift",
    quantity="root mean square over shape coefficients of their standard deviation over time",
    unit="unit of the coefficients",
    region="identity coefficients",
    direction="lower",
    perfect=0.0,
    source="defined here; 0 where identity is constant by construction",
    known_failure="coefficients are not equally visible",
    span=(0.0, None),
)


@accepts_tensors
def identity_drift(shape: Float[np.ndarray, "frames coefficients"]) -> float:
    """RMS standard deviation over time.

    Args:
        shape: predicted identity in each frame.

    Raises:
        InputError: NaN, fewer than 2 frames.
    """
    require_track(shape, "shape", least_frames=2)
    # From the first frame, so that a constant has no rounding in it.
    return float(np.sqrt((shape.astype(np.float64) - shape[0]).var(axis=0).mean()))
