"""Beats of the head: moments at which it comes to rest between two movements."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.geometry.rotations import relative
from xtalker.metrics.arrays import accepts_tensors, require_track
from xtalker.values.conventions import FRAME_RATE_HZ

SMOOTHING_FRAMES: Final = 3.0
_STILL_RAD = 1e-9


@accepts_tensors
def head_beats(
    head: Float[np.ndarray, "frames 3"], *, smoothing_frames: float = SMOOTHING_FRAMES
) -> Float[np.ndarray, "beats"]:
    """Times of the local minima of the smoothed rotation speed on SO(3), seconds; none for a head that is still.

    Args:
        head: rotation, axis-angle in radians.
        smoothing_frames: standard deviation of the Gaussian that smooths the speed.

    Raises:
        InputError: NaN, fewer than 4 frames.
    """
    require_track(head, "head", least_frames=4)
    turn = head.astype(np.float64)
    speed = np.linalg.norm(relative(turn[1:], turn[:-1]), axis=-1)
    return _times(speed, smoothing_frames)


def raw_head_beats(
    head: Float[np.ndarray, "frames 3"], *, smoothing_frames: float = SMOOTHING_FRAMES
) -> Float[np.ndarray, "beats"]:
    """The same from differences of raw axis-angle vectors, as published scripts take them.

    Raises:
        InputError: NaN, fewer than 4 frames.
    """
    require_track(head, "head", least_frames=4)
    return _times(np.linalg.norm(np.diff(head.astype(np.float64), axis=0), axis=-1), smoothing_frames)


def _times(speed: Float[np.ndarray, "steps"], smoothing_frames: float) -> Float[np.ndarray, "beats"]:
    if speed.max() < _STILL_RAD:
        return np.zeros(0)
    from scipy.ndimage import gaussian_filter1d  # slow to load, and most metrics do without

    smooth = gaussian_filter1d(speed, smoothing_frames)
    lowest = np.flatnonzero((smooth[1:-1] < smooth[:-2]) & (smooth[1:-1] < smooth[2:])) + 1
    # Step k leads from the middle of frame k to the middle of frame k + 1.
    return np.asarray((lowest + 1.0) / FRAME_RATE_HZ)
