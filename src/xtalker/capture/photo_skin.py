"""The skin that a picture shows, texel by texel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.capture.photo_parts import Shown
from xtalker.capture.photo_view import INNER_LIPS, LEFT_BROW, LEFT_EYE, OUTER_LIPS, RIGHT_BROW, RIGHT_EYE, PhotoView
from xtalker.capture.portrait import PortraitFit
from xtalker.capture.visibility import SkinMap, unhidden

_FACING: Final = (0.22, 0.60)  # cosine to the camera from which skin begins to count, and counts fully
_CROWN_FACING: Final = (0.10, 0.55)
_BORDER: Final = (0.03, 0.14)  # eye distances inside the outline of the face
_CROWN_BORDER: Final = (0.0, 0.08)
_EYE_MARGIN: Final = (0.012, 0.045)  # around the opening of the lids: lashes and eyeliner belong to the eye
_MOUTH_MARGIN: Final = (0.0, 0.012)
_OPEN_MOUTH: Final = 0.025  # eye distances between the inner lips
_FAR_IN_FRONT_M: Final = 1.0


@dataclass(frozen=True)
class SeenSkin:
    """What a picture shows of the skin.

    Attributes:
        light: linear light at each texel.
        normals: of the texels, camera axes.
        face: weight 0..1 of skin of the face.
        crown: weight 0..1 of everything above the face, hair or bare.
        plain: weight 0..1 of plain skin: no eyes, brows, lips or hair.
    """

    light: Float[np.ndarray, "texels 3"]
    normals: Float[np.ndarray, "texels 3"]
    face: Float[np.ndarray, "texels"]
    crown: Float[np.ndarray, "texels"]
    plain: Float[np.ndarray, "texels"]


def seen_skin(skin: SkinMap, view: PhotoView, shown: Shown, fit: PortraitFit) -> SeenSkin:
    """Put the head into the picture and read its texels."""
    fine, normals = skin.posed(fit.reference)
    model = skin.head.landmarks(fit.identity, fit.reference)[0]
    on_picture, model_on_picture = (
        view.to_crop(fit.scale * p[:, :2].astype(np.float64) * [1, -1] + fit.shift) for p in (fine, model)
    )
    placed = view.aligned(on_picture, model_on_picture)
    near = fine[:, 2] + _FAR_IN_FRONT_M
    at_texels = skin.lift(np.column_stack([placed, near, normals]))
    pixels, facing = at_texels[:, :2], at_texels[:, 5]
    visible = unhidden(
        pixels, at_texels[:, 2], surface=np.column_stack([placed, near]),
        triangles=skin.scene.triangles[: skin.scene.num_opaque], size=view.size,
    )  # fmt: skip
    visible &= view.sample(view.inside.astype(float), pixels) > 0.99
    face = visible * smooth(facing, *_FACING) * smooth(view.sample(view.face(), pixels), *_BORDER)
    face *= _allowed(skin, view, shown, pixels)
    crown = visible * smooth(facing, *_CROWN_FACING)
    crown *= smooth(view.sample(view.face_and_crown(), pixels), *_CROWN_BORDER) * smooth(skin.places[:, 1], 0.0, 0.5)
    crown *= 1 - np.clip(skin.mask("ears") * 2, 0, 1)
    if not shown.face:
        face, crown = 0 * face, 0 * crown
    length = np.linalg.norm(at_texels[:, 3:], axis=1, keepdims=True)
    plain = face * (1 - _marked(view, pixels)) * smooth(view.sample(view.face(), pixels), 0.04, 0.14)
    light = view.sample(view.light, pixels)
    return SeenSkin(light, at_texels[:, 3:] / np.maximum(length, 1e-6), face, np.maximum(crown, face), plain)


def _allowed(
    skin: SkinMap, view: PhotoView, shown: Shown, pixels: Float[np.ndarray, "texels 2"]
) -> Float[np.ndarray, "texels"]:
    """Zero on eyes, on the inside of the mouth, on ears, and where something covers the face."""
    out = 1 - np.clip(skin.mask("inside_mouth") * 2, 0, 1)
    out *= 1 - np.clip(skin.mask("ears") * 2, 0, 1)
    for eye in (RIGHT_EYE, LEFT_EYE):
        outline = view.landmarks[list(eye)]
        if not shown.eyes:
            outline = outline.mean(0) + (outline - outline.mean(0)) * 2.2
        out *= 1 - smooth(view.sample(view.depth_inside(outline), pixels), -_EYE_MARGIN[1], -_EYE_MARGIN[0])
    inner = view.landmarks[list(INNER_LIPS)]
    if opening(view) > _OPEN_MOUTH:
        out *= 1 - smooth(view.sample(view.depth_inside(inner), pixels), -_MOUTH_MARGIN[1], -_MOUTH_MARGIN[0])
    if not shown.mouth:
        lips = view.landmarks[list(OUTER_LIPS)].mean(0)
        down = -view.upwards
        below = ((pixels - lips) @ down) / view.eye_distance_px**2
        out *= 1 - smooth(below, -0.35, -0.20)
    return out


def opening(view: PhotoView) -> float:
    """Distance of the inner lips, eye distances."""
    return float(np.linalg.norm(view.landmarks[13] - view.landmarks[14]) / view.eye_distance_px)


def _marked(view: PhotoView, pixels: Float[np.ndarray, "texels 2"]) -> Float[np.ndarray, "texels"]:
    """One on brows, lips, eyes and nostrils."""
    out = np.zeros(len(pixels))
    for outline, margin in (
        (RIGHT_BROW, 0.05), (LEFT_BROW, 0.05), (OUTER_LIPS, 0.03), (RIGHT_EYE, 0.09), (LEFT_EYE, 0.09),
        ((98, 97, 2, 326, 327), 0.03),
    ):  # fmt: skip
        depth = view.sample(view.depth_inside(view.landmarks[list(outline)]), pixels)
        out = np.maximum(out, smooth(depth, -1.5 * margin, -margin))
    return out


def smooth(value: Float[np.ndarray, "*shape"], low: float, high: float) -> Float[np.ndarray, "*shape"]:
    """0 below `low`, 1 above `high`, smooth between."""
    t = np.clip((value - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t))
