"""Whether streaming gives what the whole clip gives."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.metrics.arrays import accepts_tensors, distances
from xtalker.metrics.card import Card

CARD: Final = Card(
    name="stream_gap",
    quantity="largest distance of a streamed vertex from the same vertex computed offline",
    unit="mm",
    region="all vertices",
    direction="lower",
    perfect=0.0,
    source="defined here; 0 where equality is promised",
    known_failure="one frame decides; says nothing of delay",
    span=(0.0, None),
)


@accepts_tensors
def stream_gap(streamed: Float[np.ndarray, "frames vertices 3"], offline: Float[np.ndarray, "_ _ 3"]) -> float:
    """Largest distance in millimetres.

    Args:
        streamed: vertices, metres.
        offline: the same frames and vertices.

    Raises:
        InputError: shapes that differ, NaN.
    """
    return float(distances(streamed, offline, None).max() * 1e3)
