"""Lip vertex error, squared, worst vertex of each frame: the LVE of CodeTalker's tables."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float, Int

from xtalker.metrics.arrays import accepts_tensors, distances
from xtalker.metrics.card import Card

CARD: Final = Card(
    name="lve_max_sq",
    quantity="mean over frames of the largest squared distance of a predicted from a true vertex, head pose as given",
    unit="m²",
    region="lip vertices",
    direction="lower",
    perfect=0.0,
    source="MeshTalk, FaceFormer, CodeTalker; torchmetrics LipVertexError is the same on one clip",
    known_failure="squares let single bad frames decide. Published tables pool the frames of all clips and "
    "scale by 1e3 to 1e5 without saying so",
    span=(0.0, None),
)


@accepts_tensors
def lve_max_sq(
    predicted: Float[np.ndarray, "frames vertices 3"],
    true: Float[np.ndarray, "_ _ 3"],
    region: Int[np.ndarray, "_"],
) -> float:
    """Mean over frames of the worst squared lip distance, square metres.

    Args:
        predicted: vertices, metres; canonical pose unless the pose shall count.
        true: the same frames and vertices.
        region: indices of the lip vertices, each once.

    Raises:
        InputError: shapes that differ, NaN, a region with duplicates or of another head.
    """
    return float((distances(predicted, true, region).max(axis=1) ** 2).mean())
