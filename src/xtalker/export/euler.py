"""Rotations as yaw, pitch and roll: R = R_y(yaw) R_x(pitch) R_z(roll), the order of face trackers and of our BVH.

The head first tips, then nods, then turns about the vertical, each about the axes of the world. Unique while the
pitch stays within a quarter turn, which no neck exceeds.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from xtalker.geometry.rotations import axis_angle_from_matrix, matrix_from_axis_angle


def angles_from_rotation(rotation: Float[np.ndarray, "frames 3"]) -> Float[np.ndarray, "frames 3"]:
    """Yaw, pitch, roll in radians (signs of `values.conventions`) of axis-angle vectors."""
    m = matrix_from_axis_angle(rotation.astype(np.float64))
    pitch = np.arcsin(np.clip(-m[:, 1, 2], -1, 1))
    yaw, roll = np.arctan2(m[:, 0, 2], m[:, 2, 2]), np.arctan2(m[:, 1, 0], m[:, 1, 1])
    return np.stack([yaw, pitch, roll], axis=1)


def rotation_from_angles(angles: Float[np.ndarray, "frames 3"]) -> Float[np.ndarray, "frames 3"]:
    """Axis-angle vectors; inverse of `angles_from_rotation` while the pitch is within a quarter turn."""
    turns = np.zeros((3, len(angles), 3))
    for turn, column, axis in zip(turns, (0, 1, 2), (1, 0, 2)):
        turn[:, axis] = angles[:, column]
    yaw, pitch, roll = (matrix_from_axis_angle(turn) for turn in turns)
    return np.asarray(axis_angle_from_matrix(yaw @ pitch @ roll))
