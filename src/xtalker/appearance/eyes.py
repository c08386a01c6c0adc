"""Both eyes of a photo, taken apart and bound to the head model."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from xtalker.appearance.fitted import EYE_PARTS, EYE_RINGS, Fitted
from xtalker.appearance.lids import lash_binding
from xtalker.values.photo_avatar import PhotoEye, PhotoPatch


def read_eyes(
    fitted: Fitted,
    rest: Float[np.ndarray, "fine 3"],
    pixels: Float[np.ndarray, "fine 2"],
    front: np.ndarray,
    *,
    enlarged: float,
) -> tuple[PhotoEye, PhotoEye]:
    """Left and right eye."""
    return _eye(fitted, rest, pixels, front, 0), _eye(fitted, rest, pixels, front, 1)


def _eye(fitted, rest, pixels, front, e):
    polygon = fitted.marks[list(EYE_RINGS[e])]
    middle, span = polygon.mean(0), float(np.ptp(polygon[:, 0]))
    low = np.maximum(np.floor(middle - 1.05 * span).astype(int), 0)
    high = np.minimum(np.ceil(middle + 1.05 * span).astype(int), fitted.rgb.shape[1::-1])
    crop = fitted.rgb[low[1] : high[1], low[0] : high[0]]
    corner = (int(low[0]), int(low[1]))
    nothing = np.zeros((*crop.shape[:2], 4), np.uint8)
    points = pixels[fitted.scene.parts[EYE_PARTS[e]]]
    bind, offset = lash_binding(fitted, pixels, e)
    plane = np.zeros((8, 3), np.float32)
    plane[:, :2] = np.random.default_rng(0).normal(size=(8, 2)) * 0.02
    return PhotoEye(
        PhotoPatch(corner, crop), PhotoPatch(corner, nothing), PhotoPatch(corner, nothing),
        PhotoPatch(corner, np.dstack([crop, nothing[..., 0]])),
        tuple((points.min(0) + points.max(0)) / 2), float(np.ptp(points, axis=0).mean() / 2), plane, bind,
        offset.astype(np.float32), np.zeros((8, 8, 4), np.uint8), span,
    )
