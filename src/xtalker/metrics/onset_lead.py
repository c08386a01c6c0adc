"""How long before the sound the lips start to move."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Bool, Float

from xtalker.metrics.arrays import accepts_tensors, require_track
from xtalker.metrics.card import Card
from xtalker.values.conventions import FRAME_RATE_HZ

THRESHOLD_MM_S: Final = 20.0
BEFORE_S: Final = 0.5
AFTER_S: Final = 0.3
SLACK_S: Final = 1e-9  # 0.04 * k is not exact in binary

CARD: Final = Card(
    name="onset_lead",
    quantity="onset of speech minus the end of the first frame step, from 0.5 s before to 0.3 s after it, "
    "in which the mean vertex speed exceeds 20 mm/s; median over onsets",
    unit="ms; positive = the lips lead",
    region="lip vertices, canonical pose",
    direction="nearer to truth",
    perfect=None,
    source="defined here; lips usually lead",
    known_failure="onsets with lips in motion when the window opens, or without any motion, are left out; NaN "
    "when that leaves none. Breathing in counts as a start",
    span=(-300.0, 500.0),
)


@accepts_tensors
def onset_lead(
    vertices: Float[np.ndarray, "frames vertices 3"],
    onsets_s: Float[np.ndarray, "_"],
    *,
    threshold_mm_s: float = THRESHOLD_MM_S,
) -> float:
    """Median lead in milliseconds; NaN when no onset has a clear start of motion.

    Args:
        vertices: lips, metres, canonical pose.
        onsets_s: times at which speech starts after a pause, seconds.
        threshold_mm_s: faster is motion.

    Raises:
        InputError: NaN, no onsets, fewer than 2 frames.
    """
    require_track(vertices, "vertex", least_frames=2)
    require_track(onsets_s, "onset")
    speed = np.linalg.norm(np.diff(vertices.astype(np.float64), axis=0), axis=-1).mean(axis=1) * 1e3 * FRAME_RATE_HZ
    moving, end_s = speed > threshold_mm_s, (np.arange(len(speed)) + 1) / FRAME_RATE_HZ
    leads = [_lead(moving, end_s, float(onset)) for onset in onsets_s]
    found = [lead for lead in leads if lead is not None]
    return float(np.median(found) * 1e3) if found else float("nan")


def _lead(moving: Bool[np.ndarray, "steps"], end_s: Float[np.ndarray, "steps"], onset: float) -> float | None:
    near = np.flatnonzero((end_s >= onset - BEFORE_S - SLACK_S) & (end_s <= onset + AFTER_S + SLACK_S))
    started = near[moving[near]]
    return None if not len(started) or started[0] == near[0] else float(onset - end_s[started[0]])
