"""Seconds to frames."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool

from xtalker.values import InputError
from xtalker.values.conventions import FRAME_RATE_HZ

Interval = tuple[float, float]
_SLACK_FRAMES = 1e-6  # times such as 0.04 * 3 are not whole multiples of a frame in binary


def require_intervals(intervals: Sequence[Interval]) -> None:
    """At least one interval, each with a start before its end.

    Raises:
        InputError: none, or one that is not.
    """
    wrong = [i for i in intervals if not (np.isfinite(i).all() and i[0] < i[1])]
    if not intervals or wrong:
        raise InputError(
            "unusable intervals", received=str(wrong[:3]) if wrong else "none",
            accepted="(start, end) in seconds, start before end", next_step="check the alignment of this clip",
        )  # fmt: skip


def frames_inside(
    intervals: Sequence[Interval], num_frames: int, *, trim_s: float = 0.0
) -> list[Bool[np.ndarray, "frames"]]:
    """For each interval, which frames lie wholly inside it after both its ends are trimmed."""
    start = np.arange(num_frames) / FRAME_RATE_HZ
    end = start + 1 / FRAME_RATE_HZ
    slack = _SLACK_FRAMES / FRAME_RATE_HZ
    return [(start >= a + trim_s - slack) & (end <= b - trim_s + slack) for a, b in intervals]


def frames_touched(intervals: Sequence[Interval], num_frames: int) -> list[Bool[np.ndarray, "frames"]]:
    """For each interval, which frames share time with it."""
    start = np.arange(num_frames) / FRAME_RATE_HZ
    end = start + 1 / FRAME_RATE_HZ
    slack = _SLACK_FRAMES / FRAME_RATE_HZ
    return [(start < b - slack) & (end > a + slack) for a, b in intervals]
