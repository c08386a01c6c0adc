"""Opening of the lips over time: the signal behind several metrics."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.metrics.arrays import accepts_tensors, require_track

UPPER: Final = (13, 82, 312)
LOWER: Final = (14, 87, 317)
"""MediaPipe points on the inner lips: the middle pair and the two pairs beside it."""


@accepts_tensors
def lip_opening(landmarks: Float[np.ndarray, "frames 478 3"]) -> Float[np.ndarray, "frames"]:
    """Signed vertical gap of the inner lips in millimetres, mean of the three middle pairs.

    It is negative where the upper lip lies below the lower one. Resting lips need not give 0, since the points
    lie on the rim of a lip and not where lips touch: subtract the opening of the neutral face for that.

    Args:
        landmarks: the 478 MediaPipe points in canonical pose, metres, y up.

    Raises:
        InputError: NaN, no frames.
    """
    require_track(landmarks, "landmark")
    height = landmarks[..., 1].astype(np.float64)
    return np.asarray((height[:, UPPER] - height[:, LOWER]).mean(axis=1) * 1e3)
