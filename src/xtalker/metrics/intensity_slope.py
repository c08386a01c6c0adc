"""Whether more asked is more shown."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.metrics.arrays import accepts_tensors, require_pair
from xtalker.metrics.card import Card
from xtalker.metrics.lip_opening_r import correlation, require_movement

CARD: Final = Card(
    name="intensity_slope",
    quantity="Spearman correlation of the asked level and the size of the expression",
    unit="1",
    region="expression channels; one sentence, person and emotion at several levels",
    direction="higher",
    perfect=1.0,
    source="defined here",
    known_failure="only the order counts: a thousandth more is enough. 0 when the level has no effect",
    span=(-1.0, 1.0),
)


@accepts_tensors
def intensity_slope(levels: Float[np.ndarray, "_"], sizes: Float[np.ndarray, "_"]) -> float:
    """Rank correlation; ties share their mean rank.

    Args:
        levels: asked of each take.
        sizes: norm of the expression of each take.

    Raises:
        InputError: lengths that differ, NaN, fewer than 3 takes, all levels alike.
    """
    require_pair(sizes, levels, least_frames=3)
    require_movement(levels)
    return correlation(_ranks(levels), _ranks(sizes))


def _ranks(values: Float[np.ndarray, "takes"]) -> Float[np.ndarray, "takes"]:
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(count) - count / 2)[place])
