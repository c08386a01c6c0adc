"""Whether the picture shows the same emotion."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.metrics.arrays import accepts_tensors, require_pair
from xtalker.metrics.card import Card
from xtalker.metrics.offset_distances import unit_rows

CARD: Final = Card(
    name="emo_sim",
    quantity="mean over frames of the cosine of image-emotion embeddings, output against truth",
    unit="1",
    region="face, as the classifier crops it",
    direction="higher",
    perfect=1.0,
    source="usual; the classifier is part of the result: name it, and train with another one",
    known_failure="small open classifiers are right in about half of the cases on 7 classes; all faces of one "
    "person look alike to them",
    span=(-1.0, 1.0),
)


@accepts_tensors
def emo_sim(predicted: Float[np.ndarray, "frames size"], true: Float[np.ndarray, "_ _"]) -> float:
    """Mean cosine of embeddings.

    Args:
        predicted: one embedding for each frame.
        true: the same frames.

    Raises:
        InputError: shapes that differ, NaN, an embedding of zeros.
    """
    require_pair(predicted, true)
    return float((unit_rows(predicted, "predicted") * unit_rows(true, "true")).sum(axis=1).mean())
