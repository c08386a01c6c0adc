"""Head rotation error."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.geometry.rotations import geodesic_angle
from xtalker.metrics.arrays import accepts_tensors, require_pair
from xtalker.metrics.card import Card

CARD: Final = Card(
    name="head_error_deg",
    quantity="mean over frames of the angle between predicted and true rotation, on SO(3)",
    unit="degree",
    region="head rotation",
    direction="lower",
    perfect=0.0,
    source="usual; defined here",
    known_failure="speech leaves head motion open: another good performance scores badly. Read it beside "
    "amplitude_ratio and beat_align",
    span=(0.0, 180.0),
)


@accepts_tensors
def head_error_deg(predicted: Float[np.ndarray, "frames 3"], true: Float[np.ndarray, "_ 3"]) -> float:
    """Mean geodesic angle in degrees.

    Args:
        predicted: head rotation, axis-angle in radians.
        true: the same frames.

    Raises:
        InputError: shapes that differ, NaN.
    """
    require_pair(predicted, true)
    return float(np.degrees(geodesic_angle(predicted.astype(np.float64), true.astype(np.float64))).mean())
