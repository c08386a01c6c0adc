"""Both eyes of a photo, taken apart and bound to the head model."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float, Int
from scipy.spatial import cKDTree

from xtalker.appearance.eye_frame import Side
from xtalker.appearance.eyeball import eyeball
from xtalker.appearance.fitted import EYE_PARTS, EYE_RINGS, Fitted
from xtalker.appearance.lids import margin_binding
from xtalker.appearance.shut_lids import shut_eye
from xtalker.values.photo_avatar import PhotoEye, PhotoPatch

_SIDES: Final[tuple[Side, Side]] = ("left", "right")
_BEFORE_M: Final = 0.003
_PLANE: Final = np.array(
    [[-0.6, -0.5], [0.6, -0.5], [0, -0.6], [-0.6, 0.5], [0.6, 0.5], [0, 0.6], [-0.7, 0], [0.7, 0]]
)  # eye widths: places around an eye that do not move in a blink


def read_eyes(
    fitted: Fitted,
    rest: Float[np.ndarray, "fine 3"],
    pixels: Float[np.ndarray, "fine 2"],
    front: Int[np.ndarray, "_"],
    *,
    enlarged: float,
) -> tuple[PhotoEye, PhotoEye]:
    """Left and right eye.

    Args:
        fitted: model and photo.
        rest: world points of the fine vertices.
        pixels: their photo pixels.
        front: fine vertices of the face layer's skin that the photo sees.
        enlarged: how far the photo was enlarged before.
    """
    return tuple(_read_eye(fitted, rest, pixels, front, e, enlarged) for e in (0, 1))  # type: ignore[return-value]


def _read_eye(
    fitted: Fitted, rest: np.ndarray, pixels: np.ndarray, front: np.ndarray, e: int, enlarged: float
) -> PhotoEye:
    ball = eyeball(fitted.rgb, fitted.marks, _SIDES[e])
    shut = shut_eye(fitted.rgb, fitted.marks, _SIDES[e], enlarged)
    at, of_shut = ((int(part.corner[0]), int(part.corner[1])) for part in (ball, shut))
    points = pixels[fitted.scene.parts[EYE_PARTS[e]]]
    middle = (points.min(0) + points.max(0)) / 2
    vertices, offsets = margin_binding(fitted, pixels, e)
    strip = shut.lashes
    return PhotoEye(
        ball=PhotoPatch(at, ball.ball),
        iris=PhotoPatch(at, ball.iris),
        glint=PhotoPatch(at, ball.glint),
        shut=PhotoPatch(of_shut, np.dstack([shut.closed, shut.front])),
        moves=not (shut.shut or shut.covered),
        centre=(float(middle[0]), float(middle[1])),
        radius=float(np.ptp(points, axis=0).mean() / 2),
        front_plane=_plane_before(fitted, rest, pixels, front, e),
        margin_vertices=vertices,
        margin_offsets=offsets.astype(np.float32),
        lashes=np.zeros((2, 2), np.uint8) if strip is None else strip.opacity,
        lash_colour=np.zeros(3, np.float32) if strip is None else strip.colour.astype(np.float32),
    )


def _plane_before(fitted: Fitted, rest: np.ndarray, pixels: np.ndarray, front: np.ndarray, e: int) -> np.ndarray:
    """World points around an eye, a little in front of the skin: where frames of glasses lie."""
    polygon = fitted.marks[list(EYE_RINGS[e])]
    at = polygon.mean(0) + np.ptp(polygon[:, 0]) * _PLANE
    depth = np.median(rest[front, 2][cKDTree(pixels[front]).query(at, k=8)[1]])
    return fitted.camera.unproject(at, np.full(len(at), depth + _BEFORE_M)).astype(np.float32)
