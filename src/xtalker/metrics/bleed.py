"""What emotion does to lips that must close."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from jaxtyping import Float, Int

from xtalker.metrics.arrays import accepts_tensors, distances, require_count
from xtalker.metrics.card import Card
from xtalker.metrics.intervals import Interval, frames_touched, require_intervals

CARD: Final = Card(
    name="bleed",
    quantity="mean distance of the lip vertices with and without emotion, all else alike, over the frames "
    "that the intervals touch",
    unit="mm",
    region="lip vertices, canonical pose, in the intervals of /p/, /b/ and /m/",
    direction="lower",
    perfect=0.0,
    source="defined here",
    known_failure="a smile moves the corners of closed lips rightly, so 0 is not the aim of a good smile: read "
    "it beside closure_recall",
    span=(0.0, None),
)


@accepts_tensors
def bleed(
    emotional: Float[np.ndarray, "frames vertices 3"],
    neutral: Float[np.ndarray, "_ _ 3"],
    intervals: Sequence[Interval],
    region: Int[np.ndarray, "_"],
) -> float:
    """Mean lip change in millimetres.

    Args:
        emotional: vertices, metres, canonical pose.
        neutral: the same take, seed and frames without emotion.
        intervals: (start, end) in seconds in which lips close.
        region: indices of the lip vertices, each once.

    Raises:
        InputError: shapes that differ, NaN, a region with duplicates, no intervals or none within the clip.
    """
    away = distances(emotional, neutral, region)
    require_intervals(intervals)
    touched = np.any(frames_touched(intervals, len(away)), axis=0)
    require_count("frames in the intervals", int(touched.sum()), 1)
    return float(away[touched].mean() * 1e3)
