"""A motion at the frame rate of another program.

Straight lines between frames would cut every peak: a reader that comes back to 25 fps would find lips up to 0.9 mm
from where they were. Cubic splines pass through all frames, also for a reader that then interpolates linearly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.interpolate import CubicSpline
from scipy.spatial.transform import Rotation, RotationSpline

from xtalker.geometry import timeline
from xtalker.values import Motion
from xtalker.values.conventions import FRAME_RATE_HZ


@dataclass(frozen=True)
class Tracks:
    """The tracks of a Motion at any frame rate; see there for units."""

    expression: Float[np.ndarray, "frames 50"]
    jaw: Float[np.ndarray, "frames 3"]
    head: Float[np.ndarray, "frames 3"]
    gaze: Float[np.ndarray, "frames 2"]


def at_rate(motion: Motion, rate_hz: int) -> Tracks:
    """Values at the centres of the frames of another rate, over the same duration.

    The fraction of a frame before the first and after the last centre continues the curve: a held value would bend
    it, and the first and last frame would come back wrong.
    """
    source_s = timeline.frame_centres_s(motion.num_frames)
    count = timeline.frames_covering(motion.num_frames / FRAME_RATE_HZ, rate_hz)
    target_s = timeline.frame_centres_s(count, rate_hz)

    def linear(track: np.ndarray) -> np.ndarray:
        track = track.astype(np.float64)
        return np.asarray(
            CubicSpline(source_s, track, bc_type="natural")(target_s) if len(track) > 1 else track[np.zeros(count, int)]
        )

    def turning(track: np.ndarray) -> np.ndarray:
        if len(track) == 1:
            return track.astype(np.float64)[np.zeros(count, int)]
        spline = RotationSpline(source_s, Rotation.from_rotvec(track.astype(np.float64)))
        return np.asarray(spline(target_s).as_rotvec())

    return Tracks(linear(motion.expression), turning(motion.jaw), turning(motion.head), linear(motion.gaze))
