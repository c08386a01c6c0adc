"""A camera track on one head: where the camera stands in each frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Bool, Float

from xtalker.geometry.cameras import PORTRAIT_FOV_RAD, Camera
from xtalker.values.rig import Rig
from xtalker.values.tracks import CameraTrack

# Box of the neutral framing in eye distances around the middle between the eyes, as pictures are framed.
_HALF_WIDTH, _BELOW, _BEHIND, _MARGIN = 1.5, 2.35, 1.5, 0.02
NEAR_M: Final = 0.01
FAR_M: Final = 20.0


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


def camera_path(rig: Rig, track: CameraTrack) -> CameraPath:
    """Walk of a camera around the head of a rig; see `CameraTrack` for what its numbers mean."""
    lower, upper = framed_box(rig)
    neutral = Camera.portrait(lower, upper, margin=_MARGIN, vertical_fov_rad=PORTRAIT_FOV_RAD)
    middle, height = (lower + upper) / 2, upper[1] - lower[1]
    distance = float(np.linalg.norm(neutral.position - middle)) * track.distance.astype(float)
    yaw, pitch, roll = (a.astype(float) for a in (track.yaw, track.pitch, track.roll))
    outwards = np.stack([np.sin(yaw) * np.cos(pitch), np.sin(pitch), np.cos(yaw) * np.cos(pitch)], axis=1)
    right = np.stack([np.cos(yaw), np.zeros_like(yaw), -np.sin(yaw)], axis=1)
    above = np.cross(outwards, right)
    aimed = middle + height * (track.aim[:, :1] * right + track.aim[:, 1:] * above)
    position = middle + distance[:, None] * outwards
    lean = roll[:, None]
    top = np.cos(lean) * above - np.sin(lean) * right  # the picture turns clockwise when the camera leans left
    return CameraPath(_looking(position, aimed, top), track.field_of_view.astype(np.float64), track.cut)


def framed_box(rig: Rig) -> tuple[Float[np.ndarray, "3"], Float[np.ndarray, "3"]]:
    """Opposite corners of the box that the neutral framing shows: crown to neck; the whole mesh without eyes."""
    eyes = [joint.place.astype(float) for joint in rig.joints if joint.driver == "gaze"]
    lower, upper = rig.neutral.min(0).astype(float), rig.neutral.max(0).astype(float)
    if len(eyes) != 2:
        return lower, upper
    origin, unit = (eyes[0] + eyes[1]) / 2, float(np.linalg.norm(eyes[0] - eyes[1]))
    lower = origin - unit * np.array([_HALF_WIDTH, _BELOW, _BEHIND])
    return lower, np.array([origin[0] + _HALF_WIDTH * unit, upper[1], origin[2]])


def _looking(position: np.ndarray, target: np.ndarray, top: np.ndarray) -> Float[np.ndarray, "frames 4 4"]:
    """Cameras with `target` in the middle of the picture and `top` pointing up in it."""
    back = position - target
    back /= np.linalg.norm(back, axis=1, keepdims=True)
    right = np.cross(top, back)
    right /= np.linalg.norm(right, axis=1, keepdims=True)
    pose = np.tile(np.eye(4), (len(position), 1, 1))
    pose[:, :3, 0], pose[:, :3, 1], pose[:, :3, 2], pose[:, :3, 3] = right, np.cross(back, right), back, position
    return pose
