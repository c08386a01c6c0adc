"""Whether the lips keep still when nothing is said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.metrics.arrays import accepts_tensors, require_track
from xtalker.metrics.card import Card
from xtalker.metrics.intervals import Interval, frames_inside, require_intervals
from xtalker.metrics.silence_open import TRIM_S
from xtalker.values.conventions import FRAME_RATE_HZ

CARD: Final = Card(
    name="silence_speed",
    quantity="root mean square speed of the vertices between neighbouring frames inside the pauses, 0.1 s trimmed off "
    "both ends of each",
    unit="mm/s",
    region="lip vertices, outer and inner, canonical pose",
    direction="nearer to truth",
    perfect=None,
    source="defined here",
    known_failure="truth contains the tracker's noise and the breath before speech: read it beside truth's",
    span=(0.0, None),
)


@accepts_tensors
def silence_speed(
    vertices: Float[np.ndarray, "frames vertices 3"], pauses: Sequence[Interval], *, trim_s: float = TRIM_S
) -> float:
    """RMS speed in pauses, mm/s; NaN when no two neighbouring frames lie inside one.

    Args:
        vertices: lip vertices, metres, canonical pose.
        pauses: (start, end) in seconds.
        trim_s: left out at both ends of each pause.

    Raises:
        InputError: NaN in the track, no pauses, an end before its start.
    """
    require_track(vertices, "vertex")
    require_intervals(pauses)
    speed_sq = (np.diff(vertices.astype(np.float64), axis=0) ** 2).sum(axis=-1) * (1e3 * FRAME_RATE_HZ) ** 2
    # Steps across the gap between two pauses belong to neither.
    inside = frames_inside(pauses, len(vertices), trim_s=trim_s)
    steps = np.any([frames[1:] & frames[:-1] for frames in inside], axis=0)
    return float(np.sqrt(speed_sq[steps].mean())) if steps.any() else float("nan")
