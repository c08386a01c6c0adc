"""Pinhole cameras. The camera looks along its own -z, x right, y up; pixels run x right, y down.

The centre of the top left pixel is (0.5, 0.5); pixels are square.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float

Point = Sequence[float | int] | Float[np.ndarray, "3"]

PORTRAIT_FOV_RAD: Final = 0.42  # 24 degrees, a short telephoto: faces look natural, noses do not grow


@dataclass(frozen=True)
class Camera:
    """Where a picture is taken from.

    Attributes:
        world_from_camera: rigid transform, metres.
        vertical_fov_rad: full angle between the top and the bottom edge.
        width, height: picture size in pixels.
    """

    world_from_camera: Float[np.ndarray, "4 4"]
    vertical_fov_rad: float
    width: int
    height: int

    @classmethod
    def look_at(
        cls, eye: Point, target: Point, *,
        up: Point = (0.0, 1.0, 0.0), vertical_fov_rad: float = PORTRAIT_FOV_RAD,
        width: int = 512, height: int = 512,
    ) -> Camera:  # fmt: skip
        """Camera at `eye` (metres) with `target` in the middle of the picture and `up` pointing up in it."""
        position = np.asarray(eye, float)
        back = position - np.asarray(target, float)
        back /= np.linalg.norm(back)
        right = np.cross(np.asarray(up, float), back)
        right /= np.linalg.norm(right)
        pose = np.eye(4)
        pose[:3, 0], pose[:3, 1], pose[:3, 2], pose[:3, 3] = right, np.cross(back, right), back, position
        return cls(pose, vertical_fov_rad, width, height)

    @classmethod
    def portrait(
        cls, lower: Float[np.ndarray, "3"], upper: Float[np.ndarray, "3"], *,
        yaw_rad: float = 0.0, pitch_rad: float = 0.0, margin: float = 0.08,
        vertical_fov_rad: float = PORTRAIT_FOV_RAD, width: int = 512, height: int = 512,
    ) -> Camera:  # fmt: skip
        """Camera that frames a head.

        Args:
            lower: corner of the box to frame with the smallest coordinates, metres, world axes.
            upper: the opposite corner.
            yaw_rad: walk around the head; + sees the subject's left side.
            pitch_rad: + looks down on the head.
            margin: free border as a part of the picture.
            vertical_fov_rad: full angle between the top and the bottom edge.
            width: of the picture, pixels.
            height: of the picture, pixels.
        """
        middle, half = (lower + upper).astype(float) / 2, (upper - lower).astype(float) / 2
        reach = np.hypot(half[0], half[2]) if abs(yaw_rad) > 0.1 else half[0]
        slope = np.tan(vertical_fov_rad / 2) * (1 - 2 * margin)
        distance = max(half[1] / slope, reach / (slope * width / height)) + half[2]
        direction = np.array(
            [np.sin(yaw_rad) * np.cos(pitch_rad), np.sin(pitch_rad), np.cos(yaw_rad) * np.cos(pitch_rad)]
        )
        return cls.look_at(
            middle + distance * direction, middle,
            vertical_fov_rad=vertical_fov_rad, width=width, height=height,
        )  # fmt: skip

    @property
    def position(self) -> Float[np.ndarray, "3"]:
        """Where the camera stands, metres."""
        return self.world_from_camera[:3, 3]

    @property
    def camera_from_world(self) -> Float[np.ndarray, "4 4"]:
        """Inverse of `world_from_camera`, exact for rigid transforms."""
        turn = self.world_from_camera[:3, :3].T
        out = np.eye(4)
        out[:3, :3], out[:3, 3] = turn, -turn @ self.world_from_camera[:3, 3]
        return out

    @property
    def focal_px(self) -> float:
        """Focal length in pixels."""
        return self.height / 2 / float(np.tan(self.vertical_fov_rad / 2))

    def project(
        self, points: Float[np.ndarray, "points 3"]
    ) -> tuple[Float[np.ndarray, "points 2"], Float[np.ndarray, "points"]]:
        """Pixels and depths (metres along the viewing axis, negative behind the camera) of world points."""
        pose = self.camera_from_world
        seen = points @ pose[:3, :3].T + pose[:3, 3]
        depth = -seen[:, 2]
        scale = self.focal_px / depth
        x = self.width / 2 + seen[:, 0] * scale
        y = self.height / 2 - seen[:, 1] * scale
        return np.stack([x, y], axis=1), depth
