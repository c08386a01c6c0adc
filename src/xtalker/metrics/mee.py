"""Mean emotion error on control values."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float, Int

from xtalker.metrics.arrays import accepts_tensors
from xtalker.metrics.card import Card
from xtalker.metrics.mle import mle

CARD: Final = Card(
    name="mee",
    quantity="mean over frames and channels of the absolute difference",
    unit="unit of the controls",
    region="channels that show emotion",
    direction="lower",
    perfect=0.0,
    source="MEDTalk, MEE",
    known_failure="an emotion shown at another moment than in truth counts as wrong",
    span=(0.0, None),
)


@accepts_tensors
def mee(
    predicted: Float[np.ndarray, "frames channels"],
    true: Float[np.ndarray, "_ _"],
    region: Int[np.ndarray, "_"],
) -> float:
    """Mean absolute error of the emotion controls.

    Args:
        predicted: control values.
        true: the same frames and channels.
        region: indices of the emotion channels, each once.

    Raises:
        InputError: shapes that differ, NaN, a region with duplicates or of other controls.
    """
    return mle(predicted, true, region)
