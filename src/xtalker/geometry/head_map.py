"""Unrolled head: where each direction from the middle of the skull lies on a square map.

Columns run with the longitude (0, the face, in the middle; the subject's left on the right), rows with the
latitude from the crown down. Columns are closer to each other in front than behind, so that the face has more of
them: column = 1/2 + (longitude + k sin longitude) / 2 pi. The map of a mirrored head is the mirrored map.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float

_FRONT: Final = 0.8  # k


def skull_middle(eyes_middle: Float[np.ndarray, "3"], eye_distance_m: float) -> Float[np.ndarray, "3"]:
    """Where the head is seen from; nearly every place of the skin is alone in its direction."""
    return eyes_middle + eye_distance_m * np.array([0, 0.16, -1.4])


def map_places(
    points: Float[np.ndarray, "*shape 3"], eyes_middle: Float[np.ndarray, "3"], eye_distance_m: float
) -> Float[np.ndarray, "*shape 2"]:
    """Column and row, both 0..1, of points of a resting head.

    Args:
        points: metres, world axes.
        eyes_middle: middle between the centres of the eyeballs.
        eye_distance_m: distance of those centres.
    """
    offset = points - skull_middle(eyes_middle, eye_distance_m)
    longitude = np.arctan2(offset[..., 0], offset[..., 2])
    latitude = np.arctan2(offset[..., 1], np.hypot(offset[..., 0], offset[..., 2]))
    column = 0.5 + (longitude + _FRONT * np.sin(longitude)) / (2 * np.pi)
    return np.stack([column, 0.5 - latitude / np.pi], axis=-1)


def unrolled_corners(corners: Float[np.ndarray, "faces corners 2"]) -> Float[np.ndarray, "faces corners 2"]:
    """Places of corners such that faces across the back of the head run past the right border."""
    column = corners[..., 0]
    over = (np.ptp(column, axis=1) > 0.5)[:, None] & (column < 0.5)
    return np.stack([np.where(over, column + 1, column), corners[..., 1]], axis=-1)
