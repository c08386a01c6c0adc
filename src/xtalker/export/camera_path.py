"""A camera track on the head of a rig."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.export.interface import Content
from xtalker.geometry.camera_path import CameraPath, walk_around
from xtalker.geometry.cameras import PORTRAIT_FOV_RAD, Camera
from xtalker.values.rig import Rig
from xtalker.values.tracks import CameraTrack

# Box of the neutral framing in eye distances around the middle between the eyes, as pictures are framed.
_HALF_WIDTH, _BELOW, _BEHIND, _MARGIN = 1.5, 2.35, 1.5, 0.02
NEAR_M: Final = 0.01
FAR_M: Final = 20.0


def path_of(content: Content) -> CameraPath | None:
    """How the content is seen; None where it does not say. With a camera track it must have a rig."""
    if content.view is not None or content.camera is None:
        return content.view
    assert content.rig is not None, "checked by can_hold"
    return camera_path(content.rig, content.camera)


def camera_path(rig: Rig, track: CameraTrack) -> CameraPath:
    """Walk of a camera around the head of a rig; see `CameraTrack` for what its numbers mean."""
    lower, upper = framed_box(rig)
    neutral = Camera.portrait(lower, upper, margin=_MARGIN, vertical_fov_rad=PORTRAIT_FOV_RAD)
    distance_m = float(np.linalg.norm(neutral.position - (lower + upper) / 2))
    return walk_around(lower, upper, distance_m, track)


def framed_box(rig: Rig) -> tuple[Float[np.ndarray, "3"], Float[np.ndarray, "3"]]:
    """Opposite corners of the box that the neutral framing shows: crown to neck; the whole mesh without eyes."""
    eyes = [joint.place.astype(float) for joint in rig.joints if joint.driver == "gaze"]
    lower, upper = rig.neutral.min(0).astype(float), rig.neutral.max(0).astype(float)
    if len(eyes) != 2:
        return lower, upper
    origin, unit = (eyes[0] + eyes[1]) / 2, float(np.linalg.norm(eyes[0] - eyes[1]))
    lower = origin - unit * np.array([_HALF_WIDTH, _BELOW, _BEHIND])
    return lower, np.array([origin[0] + _HALF_WIDTH * unit, upper[1], origin[2]])
