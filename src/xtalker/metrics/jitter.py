"""Roughness of motion."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.metrics.arrays import accepts_tensors, require_track
from xtalker.metrics.card import Card
from xtalker.values.conventions import FRAME_RATE_HZ

CARD: Final = Card(
    name="jitter",
    quantity="root mean square over frames and vertices of the third difference times the cubed frame rate",
    unit="m/s³",
    region="lip vertices, canonical pose",
    direction="nearer to truth",
    perfect=None,
    source="defined here; within 20 % of truth is good",
    known_failure="truth contains the tracker's own noise, which the third difference multiplies most",
    span=(0.0, None),
)


@accepts_tensors
def jitter(vertices: Float[np.ndarray, "frames vertices 3"]) -> float:
    """RMS jerk in m/s³.

    Args:
        vertices: metres, canonical pose.

    Raises:
        InputError: NaN, fewer than 4 frames.
    """
    require_track(vertices, "vertex", least_frames=4)
    third = np.diff(vertices.astype(np.float64), 3, axis=0) * FRAME_RATE_HZ**3
    return float(np.sqrt((third**2).sum(axis=-1).mean()))
