"""A camera track on a real head: one Camera for every frame."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float

from xtalker.geometry.camera_path import walk_around
from xtalker.geometry.cameras import Camera
from xtalker.values.tracks import CameraTrack


def moving_cameras(
    neutral: Camera, lower: Float[np.ndarray, "3"], upper: Float[np.ndarray, "3"], track: CameraTrack
) -> Iterator[Camera]:
    """Cameras of a track.

    Args:
        neutral: frames the resting head from the front; distance 1 is its distance from the middle of the head.
        lower: corner of the box around the head that it frames with the smallest coordinates, metres.
        upper: the opposite corner.
        track: of any length.
    """
    distance_m = float(np.linalg.norm(neutral.position - (lower + upper) / 2))
    path = walk_around(lower, upper, distance_m, track)
    for pose, field_of_view in zip(path.world_from_camera, path.field_of_view):
        yield Camera(pose, float(field_of_view), neutral.width, neutral.height)
