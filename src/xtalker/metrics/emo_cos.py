"""Whether the expression points the way of truth's."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.metrics.arrays import accepts_tensors, require_pair
from xtalker.metrics.card import Card
from xtalker.metrics.offset_distances import unit_rows

CARD: Final = Card(
    name="emo_cos",
    quantity="mean over frames of the cosine of predicted and true expression vector; 0 where the "
    "prediction is exactly neutral",
    unit="1",
    region="expression channels; for each emotion apart",
    direction="higher",
    perfect=1.0,
    source="usual; defined here",
    known_failure="what all expressions of a person share makes every cosine high: read emo_cos_centred. Blind "
    "to strength",
    span=(-1.0, 1.0),
)


@accepts_tensors
def emo_cos(predicted: Float[np.ndarray, "frames channels"], true: Float[np.ndarray, "_ _"]) -> float:
    """Mean cosine of expressions.

    Args:
        predicted: expression in each frame.
        true: the same frames.

    Raises:
        InputError: shapes that differ, NaN, a true frame that is exactly neutral.
    """
    require_pair(predicted, true)
    one = predicted.astype(np.float64)
    size = np.linalg.norm(one, axis=1)
    along = (one * unit_rows(true, "true")).sum(axis=1)
    return float(np.divide(along, size, out=np.zeros_like(along), where=size > 0).mean())
