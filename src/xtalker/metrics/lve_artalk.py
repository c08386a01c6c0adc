"""Lip vertex error in ARTalk's form: the root comes after the mean over time."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float, Int

from xtalker.metrics.arrays import accepts_tensors, distances
from xtalker.metrics.card import Card

CARD: Final = Card(
    name="lve_artalk",
    quantity="root of the mean over frames of the largest squared distance of a predicted from a true "
    "vertex, head pose as given",
    unit="mm",
    region="lip vertices; the published list names some vertices twice, which a maximum does not notice",
    direction="lower",
    perfect=0.0,
    source="ARTalk, evaluation",
    known_failure="never below lve_max, from which only the order of root and mean differs; not comparable with it",
    span=(0.0, None),
    in_summaries=False,
)


@accepts_tensors
def lve_artalk(
    predicted: Float[np.ndarray, "frames vertices 3"],
    true: Float[np.ndarray, "_ _ 3"],
    region: Int[np.ndarray, "_"],
) -> float:
    """Root mean square over frames of the worst lip distance, millimetres.

    Args:
        predicted: vertices, metres; canonical pose unless the pose shall count.
        true: the same frames and vertices.
        region: indices of the lip vertices, each once.

    Raises:
        InputError: shapes that differ, NaN, a region with duplicates or of another head.
    """
    return float(np.sqrt((distances(predicted, true, region).max(axis=1) ** 2).mean()) * 1e3)
