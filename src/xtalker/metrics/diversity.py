"""How much takes of one sentence differ."""

from __future__ import annotations

from itertools import combinations
from typing import Final

import numpy as np
from jaxtyping import Float, Int

from xtalker.metrics.arrays import accepts_tensors, distances, require_track
from xtalker.metrics.card import Card

CARD: Final = Card(
    name="diversity",
    quantity="distance of the same vertex in the same frame between two seeds, mean over frames, vertices "
    "and pairs of seeds",
    unit="mm",
    region="lips and upper face apart, canonical pose",
    direction="none",
    perfect=None,
    source="usual; ProbTalk3D",
    known_failure="noise is diversity too: wanted on the upper face, hardly on the lips; read it beside the "
    "errors and jitter",
    span=(0.0, None),
)


@accepts_tensors
def diversity(samples: Float[np.ndarray, "seeds frames vertices 3"], region: Int[np.ndarray, "_"]) -> float:
    """Mean distance between takes in millimetres.

    Args:
        samples: vertices of every take, metres, canonical pose.
        region: indices of the vertices, each once.

    Raises:
        InputError: NaN, fewer than 2 takes, a region with duplicates or of another head.
    """
    require_track(samples, "sample", least_frames=2)
    pairs = combinations(samples, 2)
    return float(np.mean([distances(one, other, region).mean() for one, other in pairs]) * 1e3)
