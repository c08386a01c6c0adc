"""Offset between mouth and speech for a sync expert."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.metrics.arrays import accepts_tensors
from xtalker.metrics.card import Card
from xtalker.metrics.offset_distances import mean_by_offset

CARD: Final = Card(
    name="av_offset",
    quantity="offset with the smallest mean distance of mouth and speech embedding",
    unit="frame of 1/25 s; positive = the mouth is late",
    region="frames for which speech exists at every offset",
    direction="nearer to perfect",
    perfect=0.0,
    source="SyncNet; same sign as its script",
    known_failure="means nothing where sync_confidence is low. Over clips take the median and the share within "
    "one frame, not the mean",
    span=(None, None),
)


@accepts_tensors
def av_offset(distances: Float[np.ndarray, "rows offsets"]) -> float:
    """Best offset in frames.

    Args:
        distances: of mouth and speech for each frame and offset, as `overlap_distances` gives them: the middle
            column is offset 0, later columns belong to a mouth that is late.

    Raises:
        InputError: NaN, no rows, an even number of columns.
    """
    by_offset = mean_by_offset(distances)
    return float(by_offset.argmin() - len(by_offset) // 2)
