"""Whether the mouth is early or late."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.metrics.arrays import accepts_tensors, require_pair
from xtalker.metrics.card import Card
from xtalker.metrics.lip_opening_r import correlation, require_movement

MAX_LAG_FRAMES: Final = 10

CARD: Final = Card(
    name="mouth_lag",
    quantity="lag within 10 frames at which predicted and true lip opening correlate best, sub-frame by parabola",
    unit="frame of 1/25 s; positive = the prediction is late",
    region="inner lips, three middle pairs of landmarks",
    direction="nearer to perfect",
    perfect=0.0,
    source="usual cross-correlation; the overlap is correlated anew at each lag",
    known_failure="meaningless where the best correlation is low: regular syllables fit at several lags. NaN when the "
    "prediction does not move",
    span=(-10.0, 10.0),
)


@accepts_tensors
def mouth_lag(
    predicted: Float[np.ndarray, "frames"], true: Float[np.ndarray, "_"], *, max_lag_frames: int = MAX_LAG_FRAMES
) -> float:
    """Delay of the prediction in frames; NaN when it does not move at all.

    Args:
        predicted: lip opening in each frame.
        true: the same frames.
        max_lag_frames: search range; the clip must be at least three times as long.

    Raises:
        InputError: lengths that differ, NaN, a clip too short for the range, or a truth that does not move.
    """
    require_pair(predicted, true, least_frames=3 * max_lag_frames)
    require_movement(true)
    if np.ptp(predicted) == 0:
        return float("nan")
    lags = np.arange(-max_lag_frames, max_lag_frames + 1)
    fit = np.array([_at(predicted, true, int(lag)) for lag in lags])
    best = int(fit.argmax())
    return float(lags[best] + _peak(fit[best - 1 : best + 2]))


def _at(predicted: Float[np.ndarray, "frames"], true: Float[np.ndarray, "frames"], lag: int) -> float:
    """Correlation of what overlaps when the prediction is moved `lag` frames earlier."""
    size = len(true)
    return correlation(predicted[max(lag, 0) : size + min(lag, 0)], true[max(-lag, 0) : size - max(lag, 0)])


def _peak(three: Float[np.ndarray, "_"]) -> float:
    """Top of the parabola through three neighbours, from the middle one; 0 at the edge of the range."""
    if len(three) < 3:
        return 0.0
    left, middle, right = three
    bend = left - 2 * middle + right
    return 0.0 if bend >= 0 else float(0.5 * (left - right) / bend)
