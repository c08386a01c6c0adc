"""Cheeks that bulge in a smile instead of folding: displacements smoothed over the skin, away from the lips."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sparse
from scipy.spatial import cKDTree

from xtalker.values.conventions import CHANNEL

SMOOTHED = ("mouthSmileLeft", "mouthSmileRight", "cheekSquintLeft", "cheekSquintRight")
STEPS, RATE = 10, 0.5
HELD_M, FREE_M = 0.005, 0.014  # distance from the lips up to which nothing changes, and from which everything may


def soften(channels: np.ndarray, mean: np.ndarray, *, quads: np.ndarray, lips: np.ndarray, held: np.ndarray) -> None:
    """Smooth the channels of a smile, in place.

    Args:
        channels: (50, V, 3).
        mean: mean head (V, 3), metres.
        quads: skin.
        lips: vertices near which nothing changes.
        held: other vertices that keep their displacement, such as the mouth's lining and the lids.
    """
    ends = np.stack([quads, np.roll(quads, -1, 1)], axis=-1).reshape(-1, 2)
    shape = (len(mean), len(mean))
    beside = sparse.csr_matrix((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape)
    beside = ((beside + beside.T) > 0).astype(float)
    count = np.asarray(beside.sum(1)).ravel()
    distance = cKDTree(mean[lips]).query(mean)[0]
    free = np.clip((distance - HELD_M) / (FREE_M - HELD_M), 0, 1) * (count > 0)
    free[held] = 0
    average = sparse.diags(1 / np.maximum(count, 1)) @ beside
    for name in SMOOTHED:
        field = channels[CHANNEL[name]]
        for _ in range(STEPS):
            field += RATE * free[:, None] * (average @ field - field)
