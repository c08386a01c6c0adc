"""Upper face vertex error."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float, Int

from xtalker.metrics.arrays import accepts_tensors, distances
from xtalker.metrics.card import Card

CARD: Final = Card(
    name="ufve",
    quantity="mean over frames and vertices of the distance between predicted and true vertex, head pose as given",
    unit="mm",
    region="union of eye region, forehead and nose, each vertex once",
    direction="lower",
    perfect=0.0,
    source="usual; EmoTalk's emotional vertex error without the square",
    known_failure="speech tells little of the upper face, so the mean face is hard to beat: read it beside fdd",
    span=(0.0, None),
)


@accepts_tensors
def ufve(
    predicted: Float[np.ndarray, "frames vertices 3"],
    true: Float[np.ndarray, "_ _ 3"],
    region: Int[np.ndarray, "_"],
) -> float:
    """Mean upper face distance in millimetres.

    Args:
        predicted: vertices, metres; canonical pose unless the pose shall count.
        true: the same frames and vertices.
        region: indices of the upper face, each once.

    Raises:
        InputError: shapes that differ, NaN, a region with duplicates or of another head.
    """
    return float(distances(predicted, true, region).mean() * 1e3)
