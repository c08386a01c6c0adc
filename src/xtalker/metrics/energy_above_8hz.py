"""Share of motion that is faster than speech."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.metrics.arrays import accepts_tensors, require_track
from xtalker.metrics.card import Card
from xtalker.values.conventions import FRAME_RATE_HZ

LIMIT_HZ: Final = 8.0

CARD: Final = Card(
    name="energy_above_8hz",
    quantity="power above 8 Hz divided by the power of all frequencies, the mean position left out, Hann "
    "window, all vertices and axes together",
    unit="1",
    region="lip vertices, canonical pose",
    direction="nearer to truth",
    perfect=None,
    source="defined here; within 20 % of truth is good",
    known_failure="truth contains the tracker's own noise. NaN for vertices that do not move",
    span=(0.0, 1.0),
)


@accepts_tensors
def energy_above_8hz(vertices: Float[np.ndarray, "frames vertices 3"]) -> float:
    """Share of power above 8 Hz; NaN when nothing moves.

    Args:
        vertices: metres, canonical pose.

    Raises:
        InputError: NaN, fewer than 4 frames.
    """
    require_track(vertices, "vertex", least_frames=4)
    if np.ptp(vertices, axis=0).max() == 0:
        return float("nan")
    moved = vertices.astype(np.float64) - vertices.astype(np.float64).mean(axis=0)
    # The periodic Hann window.
    window = np.sin(np.pi * np.arange(len(moved)) / len(moved)) ** 2
    power = (np.abs(np.fft.fft(moved * window[:, None, None], axis=0)) ** 2).sum(axis=(1, 2))
    fast = np.abs(np.fft.fftfreq(len(moved), 1 / FRAME_RATE_HZ)) > LIMIT_HZ
    return float(power[fast].sum() / power.sum())
