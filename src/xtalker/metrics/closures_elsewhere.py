"""Whether the lips close where nothing asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.metrics.arrays import accepts_tensors, require_count, require_track
from xtalker.metrics.card import Card
from xtalker.metrics.closure_recall import THRESHOLD_MM
from xtalker.metrics.intervals import Interval, frames_touched, require_intervals
from xtalker.values.conventions import FRAME_RATE_HZ

CARD: Final = Card(
    name="closures_elsewhere",
    quantity="number of closures (opening below 1 mm) that share no frame with a given interval, per "
    "second outside the intervals",
    unit="1/s",
    region="inner lips, three middle pairs of landmarks; opening above the neutral face's",
    direction="nearer to truth",
    perfect=None,
    source="defined here: the precision that belongs to closure_recall",
    known_failure="a mouth at rest counts once for each pause, and a flutter around the threshold counts often",
    span=(0.0, None),
)


@accepts_tensors
def closures_elsewhere(
    opening_mm: Float[np.ndarray, "frames"], intervals: Sequence[Interval], *, threshold_mm: float = THRESHOLD_MM
) -> float:
    """Closures per second where no bilabial is spoken.

    Args:
        opening_mm: lip opening above that of the neutral face, in each frame.
        intervals: (start, end) in seconds in which lips must close; an empty list when nothing asks for it.
        threshold_mm: closed is below this.

    Raises:
        InputError: NaN in the track, an end before its start, intervals that cover the whole clip.
    """
    require_track(opening_mm, "opening")
    if len(intervals):
        require_intervals(intervals)
    asked = np.zeros(len(opening_mm), bool)
    for frames in frames_touched(intervals, len(opening_mm)):
        asked |= frames
    require_count("frames outside the intervals", int((~asked).sum()), 1)
    closed = opening_mm < threshold_mm
    # Runs of closed frames: +1 where one starts, -1 after its end.
    edges = np.diff(np.concatenate([[False], closed, [False]]).astype(int))
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    free = sum(not asked[start:end].any() for start, end in zip(starts, ends))
    return float(free * FRAME_RATE_HZ / (~asked).sum())
