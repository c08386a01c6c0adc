"""Whether the lips close where they must."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.metrics.arrays import accepts_tensors, require_track
from xtalker.metrics.card import Card
from xtalker.metrics.intervals import Interval, frames_touched, require_intervals
from xtalker.values import InputError

THRESHOLD_MM: Final = 1.0

CARD: Final = Card(
    name="closure_recall",
    quantity="share of the intervals in which the smallest lip opening of the frames that they touch is below 1 mm",
    unit="1",
    region="inner lips, three middle pairs of landmarks; opening above the neutral face's",
    direction="nearer to truth",
    perfect=None,
    source="defined here, after the bilabial closures of speech production",
    known_failure="a mouth that is always shut scores 1: read it beside lip_opening_r and amplitude_ratio. Wide "
    "intervals flatter, narrow ones punish a closure that comes one frame early",
    span=(0.0, 1.0),
)


@accepts_tensors
def closure_recall(
    opening_mm: Float[np.ndarray, "frames"], intervals: Sequence[Interval], *, threshold_mm: float = THRESHOLD_MM
) -> float:
    """Share of intervals with a closure.

    Args:
        opening_mm: lip opening above that of the neutral face, in each frame.
        intervals: (start, end) in seconds in which lips close, such as those of /p/, /b/ and /m/.
        threshold_mm: closed is below this.

    Raises:
        InputError: NaN in the track, no intervals, an end before its start, an interval outside the clip.
    """
    require_track(opening_mm, "opening")
    require_intervals(intervals)
    touched = frames_touched(intervals, len(opening_mm))
    outside = [interval for interval, frames in zip(intervals, touched) if not frames.any()]
    if outside:
        raise InputError(
            "an interval lies outside the clip", received=f"{outside[0]} s for {len(opening_mm)} frames",
            accepted="intervals within the clip", next_step="check that sound and motion belong together",
        )  # fmt: skip
    return float(np.mean([opening_mm[frames].min() < threshold_mm for frames in touched]))
