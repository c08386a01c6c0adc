"""Whether the expression departs from the person's usual one the way truth does."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.metrics.arrays import accepts_tensors, require_pair
from xtalker.metrics.card import Card
from xtalker.metrics.emo_cos import emo_cos

CARD: Final = Card(
    name="emo_cos_centred",
    quantity="mean over frames of the cosine of predicted and true expression vector, the person's mean "
    "expression subtracted from both",
    unit="1",
    region="expression channels; for each emotion apart",
    direction="higher",
    perfect=1.0,
    source="defined here",
    known_failure="noisy where truth is close to the person's mean. Blind to strength",
    span=(-1.0, 1.0),
)


@accepts_tensors
def emo_cos_centred(
    predicted: Float[np.ndarray, "frames channels"],
    true: Float[np.ndarray, "_ _"],
    person_mean: Float[np.ndarray, "_"],
) -> float:
    """Mean cosine of departures from the person's mean.

    Args:
        predicted: expression in each frame.
        true: the same frames.
        person_mean: true mean expression of this person over all emotions.

    Raises:
        InputError: shapes that differ, NaN, a true frame that equals the mean.
    """
    require_pair(predicted, true)
    require_pair(np.zeros(true.shape[1:]), person_mean)
    middle = person_mean.astype(np.float64)
    return emo_cos(predicted - middle, true - middle)
