"""Lip vertex error, plain mean: what the text of 3DXTalker describes."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float, Int

from xtalker.metrics.arrays import accepts_tensors, distances
from xtalker.metrics.card import Card

CARD: Final = Card(
    name="lve_mean",
    quantity="mean over frames and vertices of the distance between predicted and true vertex, head pose as given",
    unit="mm",
    region="lip vertices, outer and inner",
    direction="lower",
    perfect=0.0,
    source="3DXTalker, lip vertex error as described in its text (its code takes the frame's maximum)",
    known_failure="a mouth that never closes loses little: closures last one or two frames",
    span=(0.0, None),
)


@accepts_tensors
def lve_mean(
    predicted: Float[np.ndarray, "frames vertices 3"],
    true: Float[np.ndarray, "_ _ 3"],
    region: Int[np.ndarray, "_"] | None = None,
) -> float:
    """Mean lip distance in millimetres.

    Args:
        predicted: vertices, metres; canonical pose unless the pose shall count.
        true: the same frames and vertices.
        region: indices of the lip vertices, each once; None when the arrays hold only these.

    Raises:
        InputError: shapes that differ, NaN, a region with duplicates.
    """
    return float(distances(predicted, true, region).mean() * 1e3)
