"""How much of the true movement there is."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.metrics.arrays import accepts_tensors, require_pair
from xtalker.metrics.card import Card
from xtalker.metrics.lip_opening_r import require_movement

CARD: Final = Card(
    name="amplitude_ratio",
    quantity="standard deviation over time, predicted divided by true (several columns: root of summed variances)",
    unit="1",
    region="any track: lip opening, or the three axes of the head's rotation",
    direction="nearer to perfect",
    perfect=1.0,
    source="defined here; regression to the mean shows as values below 1",
    known_failure="blind to timing: shuffled audio scores 1. Ratios explode where truth hardly moves",
    span=(0.0, None),
)


@accepts_tensors
def amplitude_ratio(predicted: Float[np.ndarray, "frames *columns"], true: Float[np.ndarray, "..."]) -> float:
    """Ratio of standard deviations.

    Args:
        predicted: a track of one or several columns.
        true: the same frames.

    Raises:
        InputError: shapes that differ, NaN, fewer than 2 frames, or a truth that does not move.
    """
    require_pair(predicted, true, least_frames=2)
    require_movement(true)
    return _spread(predicted) / _spread(true)


def _spread(track: Float[np.ndarray, "frames *columns"]) -> float:
    return float(np.sqrt(track.astype(np.float64).var(axis=0).sum()))
