"""A camera track on one head: where the camera stands and looks in each frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from xtalker.values.tracks import CameraTrack


@dataclass(frozen=True)
class CameraPath:
    """A camera that looks along its own -z, x right, y up.

    Attributes:
        world_from_camera: rigid transforms, metres.
        field_of_view: vertical, radians.
        cut: True in the first frame after a cut.
    """

    world_from_camera: Float[np.ndarray, "frames 4 4"]
    field_of_view: Float[np.ndarray, "frames"]
    cut: Bool[np.ndarray, "frames"]


def walk_around(
    lower: Float[np.ndarray, "3"], upper: Float[np.ndarray, "3"], distance_m: float, track: CameraTrack
) -> CameraPath:
    """Walk of a camera around a head.

    The camera stands on a ball around the middle of the head and turns towards the aimed point; its aim is counted
    along the picture's right and up, in heights of the head.

    Args:
        lower: corner of the box around the head that the neutral camera frames with the smallest coordinates, metres.
        upper: the opposite corner.
        distance_m: of the neutral camera from the middle of that box; the track counts in multiples of it.
        track: of any length.
    """
    middle, height_m = (lower + upper).astype(float) / 2, float(upper[1] - lower[1])
    yaw, pitch, roll = (angle.astype(float)[:, None] for angle in (track.yaw, track.pitch, track.roll))
    outwards = np.concatenate([np.sin(yaw) * np.cos(pitch), np.sin(pitch), np.cos(yaw) * np.cos(pitch)], axis=1)
    right = np.concatenate([np.cos(yaw), np.zeros_like(yaw), -np.sin(yaw)], axis=1)
    above = np.cross(outwards, right)
    position = middle + distance_m * track.distance.astype(float)[:, None] * outwards
    aimed = middle + height_m * (track.aim[:, :1] * right + track.aim[:, 1:] * above)
    # The picture turns clockwise when the camera leans to the left.
    top = np.cos(roll) * above - np.sin(roll) * right
    return CameraPath(_looking(position, aimed, top), track.field_of_view.astype(np.float64), track.cut)


def _looking(
    position: Float[np.ndarray, "frames 3"], target: Float[np.ndarray, "frames 3"], top: Float[np.ndarray, "frames 3"]
) -> Float[np.ndarray, "frames 4 4"]:
    """Cameras with `target` in the middle of the picture and `top` pointing up in it."""
    back = position - target
    back /= np.linalg.norm(back, axis=1, keepdims=True)
    right = np.cross(top, back)
    right /= np.linalg.norm(right, axis=1, keepdims=True)
    pose = np.tile(np.eye(4), (len(position), 1, 1))
    pose[:, :3, 0], pose[:, :3, 1], pose[:, :3, 2], pose[:, :3, 3] = right, np.cross(back, right), back, position
    return pose
