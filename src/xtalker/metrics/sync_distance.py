"""How far mouth and speech are apart for a sync expert."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.metrics.arrays import accepts_tensors
from xtalker.metrics.card import Card
from xtalker.metrics.offset_distances import mean_by_offset

CARD: Final = Card(
    name="sync_distance",
    quantity="distance of mouth and speech embedding, mean over frames, at the best offset",
    unit="1 (cosine distance)",
    region="frames for which speech exists at every offset",
    direction="lower",
    perfect=0.0,
    source="SyncNet's measure on cosine distances without padding; defined here",
    known_failure="knows what the expert knows: a system trained against the same expert scores better than it "
    "looks. Report truth and shuffled audio beside it",
    span=(0.0, None),
)


@accepts_tensors
def sync_distance(distances: Float[np.ndarray, "rows offsets"]) -> float:
    """Smallest mean distance.

    Args:
        distances: of mouth and speech for each frame and offset, as `overlap_distances` gives them: the middle
            column is offset 0, later columns belong to a mouth that is late.

    Raises:
        InputError: NaN, no rows, an even number of columns.
    """
    return float(mean_by_offset(distances).min())
