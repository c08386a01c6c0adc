"""Whether the mouth is closed when nothing is said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.metrics.arrays import accepts_tensors, require_track
from xtalker.metrics.card import Card
from xtalker.metrics.intervals import Interval, frames_inside, require_intervals

TRIM_S: Final = 0.1

CARD: Final = Card(
    name="silence_open",
    quantity="mean lip opening over the frames inside the pauses, 0.1 s trimmed off both ends of each",
    unit="mm",
    region="inner lips, three middle pairs of landmarks",
    direction="nearer to truth",
    perfect=None,
    source="defined here",
    known_failure="people open the mouth to breathe in before they speak: read it beside truth's",
)


@accepts_tensors
def silence_open(
    opening_mm: Float[np.ndarray, "frames"], pauses: Sequence[Interval], *, trim_s: float = TRIM_S
) -> float:
    """Mean opening in pauses, millimetres; NaN when no frame lies inside one.

    Args:
        opening_mm: lip opening in each frame.
        pauses: (start, end) in seconds.
        trim_s: left out at both ends of each pause.

    Raises:
        InputError: NaN in the track, no pauses, an end before its start.
    """
    require_track(opening_mm, "opening")
    require_intervals(pauses)
    inside = np.any(frames_inside(pauses, len(opening_mm), trim_s=trim_s), axis=0)
    return float(opening_mm[inside].mean()) if inside.any() else float("nan")
