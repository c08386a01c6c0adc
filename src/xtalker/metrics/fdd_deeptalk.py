"""DEEPTalk's FDD, also the UFDD of 3DXTalker: a spread over the face and not over time."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float, Int

from xtalker.metrics.arrays import accepts_tensors, of_region
from xtalker.metrics.card import Card
from xtalker.metrics.fdd import displacements

CARD: Final = Card(
    name="fdd_deeptalk",
    quantity="for each frame the standard deviation over all vertices of the sum of the x, y and z "
    "displacement, vertices outside the region counted as zeros; mean over frames; absolute "
    "difference of true and predicted",
    unit="m",
    region="all vertices of the head, zeros outside the upper face, canonical pose",
    direction="lower",
    perfect=0.0,
    source="DEEPTalk, evaluation",
    known_failure="measures no dynamics: a face frozen on one frame scores almost as well as truth. Depends on "
    "how many vertices lie outside the region",
    span=(0.0, None),
    in_summaries=False,
)


@accepts_tensors
def fdd_deeptalk(
    predicted: Float[np.ndarray, "frames vertices 3"],
    true: Float[np.ndarray, "_ _ 3"],
    rest: Float[np.ndarray, "_ 3"],
    region: Int[np.ndarray, "_"],
) -> float:
    """Difference of spatial spread, metres.

    Args:
        predicted: vertices, metres, canonical pose.
        true: the same frames and vertices.
        rest: the neutral face of this very person, metres; a template would let identity leak in.
        region: indices of the upper face, each once.

    Raises:
        InputError: shapes that differ, NaN, fewer than 2 frames, a region with duplicates or of another head.
    """
    predicted_spread, true_spread = (_spread(track, region) for track in displacements(predicted, true, rest))
    return abs(true_spread - predicted_spread)


def _spread(moved: Float[np.ndarray, "frames vertices 3"], region: Int[np.ndarray, "_"]) -> float:
    summed = np.zeros(moved.shape[:2])
    summed[:, region] = of_region(moved, region).sum(axis=-1)
    return float(summed.std(axis=1, ddof=1).mean())
