"""Whether motion is as rough as truth."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.metrics.arrays import accepts_tensors, require_pair
from xtalker.metrics.card import Card
from xtalker.metrics.lip_opening_r import require_movement

CARD: Final = Card(
    name="jitter_ratio",
    quantity="mean over frames and points of the norm of the second difference, predicted divided by true",
    unit="1",
    region="lip vertices, outer and inner, canonical pose",
    direction="nearer to perfect",
    perfect=1.0,
    source="defined here; the mean acceleration of the points",
    known_failure="truth contains the tracker's own noise, so values a little below 1 may be the better ones",
    span=(0.0, None),
)


@accepts_tensors
def jitter_ratio(predicted: Float[np.ndarray, "frames points 3"], true: Float[np.ndarray, "_ _ 3"]) -> float:
    """Ratio of mean accelerations.

    Args:
        predicted: points, metres.
        true: the same frames and points.

    Raises:
        InputError: shapes that differ, NaN, fewer than 3 frames, or a truth that does not move.
    """
    require_pair(predicted, true, least_frames=3)
    require_movement(true)
    return _acceleration(predicted) / _acceleration(true)


def _acceleration(points: Float[np.ndarray, "frames points 3"]) -> float:
    return float(np.linalg.norm(np.diff(points.astype(np.float64), 2, axis=0), axis=-1).mean())
