"""Mean lip error on control values."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float, Int

from xtalker.metrics.arrays import accepts_tensors, of_region, require_pair
from xtalker.metrics.card import Card

CARD: Final = Card(
    name="mle",
    quantity="mean over frames and channels of the absolute difference",
    unit="unit of the controls",
    region="channels that move the lips",
    direction="lower",
    perfect=0.0,
    source="MEDTalk, MLE",
    known_failure="channels are not equally visible, and two settings of them can give one face",
    span=(0.0, None),
)


@accepts_tensors
def mle(
    predicted: Float[np.ndarray, "frames channels"],
    true: Float[np.ndarray, "_ _"],
    region: Int[np.ndarray, "_"],
) -> float:
    """Mean absolute error of the lip controls.

    Args:
        predicted: control values.
        true: the same frames and channels.
        region: indices of the lip channels, each once.

    Raises:
        InputError: shapes that differ, NaN, a region with duplicates or of other controls.
    """
    require_pair(predicted, true)
    away = of_region(predicted, region).astype(np.float64) - of_region(true, region)
    return float(np.abs(away).mean())
