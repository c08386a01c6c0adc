"""Upper face dynamics deviation without its sign, so that clips cannot cancel."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float, Int

from xtalker.metrics.arrays import accepts_tensors
from xtalker.metrics.card import Card
from xtalker.metrics.fdd import fdd

CARD: Final = Card(
    name="fdd_abs",
    quantity="absolute value of fdd",
    unit="m²",
    region="upper face, each vertex once, canonical pose",
    direction="lower",
    perfect=0.0,
    source="CodeTalker's fdd of one clip; the absolute value is ours",
    known_failure="does not test when the face moves",
    span=(0.0, None),
)


@accepts_tensors
def fdd_abs(
    predicted: Float[np.ndarray, "frames vertices 3"],
    true: Float[np.ndarray, "_ _ 3"],
    rest: Float[np.ndarray, "_ 3"],
    region: Int[np.ndarray, "_"],
) -> float:
    """Absolute dynamics error of the upper face, square metres.

    Args:
        predicted: vertices, metres, canonical pose.
        true: the same frames and vertices.
        rest: the neutral face of this very person, metres; a template would let identity leak in.
        region: indices of the upper face, each once.

    Raises:
        InputError: shapes that differ, NaN, fewer than 2 frames, a region with duplicates or of another head.
    """
    return abs(fdd(predicted, true, rest, region))
