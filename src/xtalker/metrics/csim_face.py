"""Whether the face stays the person's."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.metrics.arrays import accepts_tensors, require_pair, require_track
from xtalker.metrics.card import Card
from xtalker.metrics.offset_distances import unit_rows

CARD: Final = Card(
    name="csim_face",
    quantity="mean over frames of the cosine of face embeddings, output against portrait",
    unit="1",
    region="face, as the recogniser crops it",
    direction="higher",
    perfect=1.0,
    source="usual; the recogniser is part of the result: name it",
    known_failure="recognisers know photographs: on renders the same person gave 0.81 and others 0.56, so "
    "thresholds made for photographs do not carry over",
    span=(-1.0, 1.0),
)


@accepts_tensors
def csim_face(predicted: Float[np.ndarray, "frames size"], portrait: Float[np.ndarray, "_"]) -> float:
    """Mean cosine with the portrait.

    Args:
        predicted: one face embedding for each frame of the output.
        portrait: embedding of the portrait.

    Raises:
        InputError: NaN, sizes that differ, an embedding of zeros.
    """
    require_track(predicted, "predicted")
    require_pair(np.zeros(predicted.shape[1:]), portrait)
    return float((unit_rows(predicted, "predicted") @ unit_rows(portrait[None], "portrait").T).mean())
