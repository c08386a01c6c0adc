"""ARTalk's FDD."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float, Int

from xtalker.metrics.arrays import accepts_tensors, of_region
from xtalker.metrics.card import Card
from xtalker.metrics.fdd import displacements

CARD: Final = Card(
    name="fdd_artalk",
    quantity="standard deviation over time of the sum of each vertex's x, y and z displacement, mean over "
    "vertices; absolute difference of true and predicted",
    unit="cm",
    region="upper face, canonical pose",
    direction="lower",
    perfect=0.0,
    source="ARTalk, evaluation: metres times 100",
    known_failure="movement along one axis cancels movement along another: a vertex that moves with x = -y "
    "counts as still",
    span=(0.0, None),
    in_summaries=False,
)


@accepts_tensors
def fdd_artalk(
    predicted: Float[np.ndarray, "frames vertices 3"],
    true: Float[np.ndarray, "_ _ 3"],
    rest: Float[np.ndarray, "_ 3"],
    region: Int[np.ndarray, "_"],
) -> float:
    """Dynamics error of signed sums, centimetres.

    Args:
        predicted: vertices, metres, canonical pose.
        true: the same frames and vertices.
        rest: the neutral face of this very person, metres; a template would let identity leak in.
        region: indices of the upper face, each once.

    Raises:
        InputError: shapes that differ, NaN, fewer than 2 frames, a region with duplicates or of another head.
    """
    moved = [of_region(track, region) for track in displacements(predicted, true, rest)]
    predicted_std, true_std = (track.sum(axis=-1).std(axis=0).mean() for track in moved)
    return float(abs(true_std - predicted_std) * 100)
