"""A camera track on a real head: one Camera for every frame."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float

from xtalker.geometry.cameras import Camera
from xtalker.values.tracks import CameraTrack


def moving_cameras(
    neutral: Camera, lower: Float[np.ndarray, "3"], upper: Float[np.ndarray, "3"], track: CameraTrack
) -> Iterator[Camera]:
    """Cameras of a track.

    The camera stands on a ball around the middle of the head and turns towards the aimed point; its aim is counted
    along the picture's right and up, in heights of the head.

    Args:
        neutral: frames the resting head from the front; distance 1 is its distance from the middle of the head.
        lower: corner of the box around the head that it frames with the smallest coordinates, metres.
        upper: the opposite corner.
        track: of any length.
    """
    middle, height_m = (lower + upper).astype(float) / 2, float(upper[1] - lower[1])
    distance_m = float(np.linalg.norm(neutral.position - middle)) * track.distance
    sy, cy, sp, cp = np.sin(track.yaw), np.cos(track.yaw), np.sin(track.pitch), np.cos(track.pitch)
    right = np.stack([cy, np.zeros_like(sy), -sy], axis=1)
    up = np.stack([-sy * sp, cp, -cy * sp], axis=1)
    eye = middle + distance_m[:, None] * np.stack([sy * cp, sp, cy * cp], axis=1)
    target = middle + height_m * (track.aim[:, :1] * right + track.aim[:, 1:] * up)
    # The picture turns clockwise when the camera leans to the left.
    top = np.cos(track.roll)[:, None] * up - np.sin(track.roll)[:, None] * right
    for frame in range(track.num_frames):
        yield Camera.look_at(
            eye[frame], target[frame], up=top[frame], vertical_fov_rad=float(track.field_of_view[frame]),
            width=neutral.width, height=neutral.height,
        )  # fmt: skip
