"""Gaze error."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.metrics.arrays import accepts_tensors, require_pair
from xtalker.metrics.card import Card

CARD: Final = Card(
    name="gaze_error_deg",
    quantity="mean over frames of the angle between the predicted and the true line of sight relative to the head",
    unit="degree",
    region="both eyes alike",
    direction="lower",
    perfect=0.0,
    source="usual; defined here",
    known_failure="speech tells nothing of gaze: looking straight ahead is hard to beat",
    span=(0.0, 180.0),
)


@accepts_tensors
def gaze_error_deg(predicted: Float[np.ndarray, "frames 2"], true: Float[np.ndarray, "_ 2"]) -> float:
    """Mean angle between lines of sight, degrees.

    Args:
        predicted: pitch (+ down) and yaw (+ to the subject's left) of the eyes, radians; yaw turns the pitched eye.
        true: the same frames.

    Raises:
        InputError: shapes that differ, NaN.
    """
    require_pair(predicted, true)
    one, other = (_line_of_sight(track.astype(np.float64)) for track in (predicted, true))
    # The arc tangent keeps small angles that an arc cosine would lose to rounding.
    angle = np.arctan2(np.linalg.norm(np.cross(one, other), axis=-1), (one * other).sum(axis=-1))
    return float(np.degrees(angle).mean())


def _line_of_sight(gaze: Float[np.ndarray, "frames 2"]) -> Float[np.ndarray, "frames 3"]:
    pitch, yaw = gaze.T
    return np.stack([np.cos(pitch) * np.sin(yaw), -np.sin(pitch), np.cos(pitch) * np.cos(yaw)], axis=1)
