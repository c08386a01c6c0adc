"""How often the eyes blink."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
from jaxtyping import Float

from xtalker.metrics.arrays import accepts_tensors, require_pair
from xtalker.metrics.card import Card
from xtalker.values import InputError
from xtalker.values.conventions import FRAME_RATE_HZ

HALF: Final = 0.5
LONGEST_S: Final = 0.4
NOT_MODELLED: Final = "not modelled"

CARD: Final = Card(
    name="blink_rate",
    quantity="number of times that both lids are more than half closed for less than 400 ms, per second",
    unit="1/s",
    region="lids",
    direction="nearer to truth",
    perfect=None,
    source="usual; talking people blink 0.15 to 0.45 times a second",
    known_failure="blinks at the clip's ends are cut short and count. A blink that hides in a squint is missed",
    span=(0.0, None),
)


@accepts_tensors
def blink_rate(
    left: Float[np.ndarray, "frames"] | None, right: Float[np.ndarray, "_"] | None
) -> float | Literal["not modelled"]:
    """Blinks per second; "not modelled" where a system has no lids.

    Args:
        left: closure of the left lid in each frame, 0 open to 1 closed; None where lids are not predicted.
        right: of the right lid.

    Raises:
        InputError: lengths that differ, NaN, only one lid.
    """
    if left is None and right is None:
        return NOT_MODELLED
    if left is None or right is None:
        raise InputError(
            "one lid is missing", received="one track", accepted="both lids, or None for both",
            next_step="give the other lid",
        )  # fmt: skip
    require_pair(left, right)
    closed = np.minimum(left, right) > HALF
    edges = np.diff(np.concatenate([[False], closed, [False]]).astype(int))
    length = np.flatnonzero(edges == -1) - np.flatnonzero(edges == 1)
    return float((length < LONGEST_S * FRAME_RATE_HZ).sum() * FRAME_RATE_HZ / len(closed))
