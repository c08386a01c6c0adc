"""Mean vertex error."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float, Int

from xtalker.metrics.arrays import accepts_tensors, distances
from xtalker.metrics.card import Card

CARD: Final = Card(
    name="mve",
    quantity="mean over frames and vertices of the distance between predicted and true vertex, head pose as given",
    unit="mm",
    region="the whole head, with or without eyeballs: say which",
    direction="lower",
    perfect=0.0,
    source="usual; FaceDiffuser and others",
    known_failure="skull and neck hardly move and make most of the vertices, so the figure is small whatever "
    "the mouth does",
    span=(0.0, None),
)


@accepts_tensors
def mve(
    predicted: Float[np.ndarray, "frames vertices 3"],
    true: Float[np.ndarray, "_ _ 3"],
    region: Int[np.ndarray, "_"] | None = None,
) -> float:
    """Mean distance in millimetres.

    Args:
        predicted: vertices, metres; canonical pose unless the pose shall count.
        true: the same frames and vertices.
        region: indices to keep, each once, such as all but the eyeballs; None takes all.

    Raises:
        InputError: shapes that differ, NaN, a region with duplicates or of another head.
    """
    return float(distances(predicted, true, region).mean() * 1e3)
