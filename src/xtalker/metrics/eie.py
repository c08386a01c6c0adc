"""Emotion intensity error."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.metrics.arrays import accepts_tensors, require_pair
from xtalker.metrics.card import Card

CARD: Final = Card(
    name="eie",
    quantity="mean over frames of the absolute difference of predicted and true intensity",
    unit="unit of the intensity",
    region="one intensity for each frame",
    direction="lower",
    perfect=0.0,
    source="MEDTalk, EIE",
    known_failure="only as good as the intensity's own definition, which differs between papers",
    span=(0.0, None),
)


@accepts_tensors
def eie(predicted: Float[np.ndarray, "frames"], true: Float[np.ndarray, "_"]) -> float:
    """Mean absolute error of intensity.

    Args:
        predicted: intensity in each frame.
        true: the same frames.

    Raises:
        InputError: lengths that differ, NaN.
    """
    require_pair(predicted, true)
    return float(np.abs(predicted.astype(np.float64) - true).mean())
