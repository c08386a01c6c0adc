"""Jaw opening error."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.metrics.arrays import accepts_tensors, require_pair
from xtalker.metrics.card import Card

CARD: Final = Card(
    name="jaw_mae_deg",
    quantity="mean over frames of the absolute difference of the jaw's pitch",
    unit="degree",
    region="jaw rotation, first axis",
    direction="lower",
    perfect=0.0,
    source="usual; defined here",
    known_failure="lips may open without the jaw, so a head model can trade one for the other unseen",
    span=(0.0, None),
)


@accepts_tensors
def jaw_mae_deg(predicted: Float[np.ndarray, "frames 3"], true: Float[np.ndarray, "_ 3"]) -> float:
    """Mean absolute difference of jaw pitch in degrees.

    Args:
        predicted: jaw rotation, axis-angle in radians.
        true: the same frames.

    Raises:
        InputError: shapes that differ, NaN.
    """
    require_pair(predicted, true)
    return float(np.degrees(np.abs(predicted[:, 0].astype(np.float64) - true[:, 0])).mean())
