"""Lip vertex error, worst vertex of each frame."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float, Int

from xtalker.metrics.arrays import accepts_tensors, distances
from xtalker.metrics.card import Card

CARD: Final = Card(
    name="lve_max",
    quantity="mean over frames of the largest distance of a predicted from a true vertex, head pose as given",
    unit="mm",
    region="lip vertices, outer and inner",
    direction="lower",
    perfect=0.0,
    source="the metre form of MeshTalk's and FaceFormer's maximal lip error: root of the frame's maximum, then mean",
    known_failure="one badly tracked vertex decides; published 'LVE' is often its square, so compare with care",
    span=(0.0, None),
)


@accepts_tensors
def lve_max(
    predicted: Float[np.ndarray, "frames vertices 3"],
    true: Float[np.ndarray, "_ _ 3"],
    region: Int[np.ndarray, "_"] | None = None,
) -> float:
    """Mean over frames of the worst lip distance, millimetres.

    Args:
        predicted: vertices, metres; canonical pose unless the pose shall count.
        true: the same frames and vertices.
        region: indices of the lip vertices, each once; None when the arrays hold only these.

    Raises:
        InputError: shapes that differ, NaN, a region with duplicates.
    """
    return float(distances(predicted, true, region).max(axis=1).mean() * 1e3)
