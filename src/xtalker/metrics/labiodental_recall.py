"""Whether the lower lip meets the upper teeth where it must."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.metrics.arrays import accepts_tensors
from xtalker.metrics.card import Card
from xtalker.metrics.closure_recall import THRESHOLD_MM, closure_recall
from xtalker.metrics.intervals import Interval

CARD: Final = Card(
    name="labiodental_recall",
    quantity="share of the intervals in which the smallest gap of the frames that they touch is below 1 mm",
    unit="1",
    region="lower lip to the edge of the upper teeth",
    direction="nearer to truth",
    perfect=None,
    source="closure_recall for /f/ and /v/",
    known_failure="trackers do not see teeth, so truth's own score tells what can be expected. Where the gap is not "
    "modelled, leave the metric out and say so",
    span=(0.0, 1.0),
)


@accepts_tensors
def labiodental_recall(
    gap_mm: Float[np.ndarray, "frames"], intervals: Sequence[Interval], *, threshold_mm: float = THRESHOLD_MM
) -> float:
    """Share of intervals with contact.

    Args:
        gap_mm: distance of the lower lip to the upper teeth in each frame.
        intervals: (start, end) in seconds of /f/ and /v/.
        threshold_mm: contact is below this.

    Raises:
        InputError: NaN in the track, no intervals, an end before its start, an interval outside the clip.
    """
    return closure_recall(gap_mm, intervals, threshold_mm=threshold_mm)
