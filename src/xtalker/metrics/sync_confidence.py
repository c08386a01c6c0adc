"""How clearly one offset is the best for a sync expert."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.metrics.arrays import accepts_tensors
from xtalker.metrics.card import Card
from xtalker.metrics.offset_distances import mean_by_offset

CARD: Final = Card(
    name="sync_confidence",
    quantity="median over offsets of the mean distance of mouth and speech embedding, minus its minimum",
    unit="1 (cosine distance)",
    region="frames for which speech exists at every offset",
    direction="higher",
    perfect=None,
    source="SyncNet's measure on cosine distances without padding; defined here",
    known_failure="exaggerated articulation raises it: higher than truth is not better. High at a wrong offset "
    "too: read it beside av_offset",
    span=(0.0, None),
)


@accepts_tensors
def sync_confidence(distances: Float[np.ndarray, "rows offsets"]) -> float:
    """Median minus minimum of the mean distances.

    Args:
        distances: of mouth and speech for each frame and offset, as `overlap_distances` gives them: the middle
            column is offset 0, later columns belong to a mouth that is late.

    Raises:
        InputError: NaN, no rows, an even number of columns.
    """
    by_offset = mean_by_offset(distances)
    return float(np.median(by_offset) - by_offset.min())
