"""The skin that a picture shows, texel by texel."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.capture.photo_parts import Shown, dark_cover
from xtalker.capture.photo_view import PhotoView
from xtalker.capture.portrait import PortraitFit
from xtalker.capture.visibility import SkinMap, unhidden
from xtalker.geometry.landmark_rings import (
    INNER_LIPS,
    LEFT_BROW,
    LEFT_EYE,
    NOSE_BASE,
    OUTER_LIPS,
    RIGHT_BROW,
    RIGHT_EYE,
)
from xtalker.geometry.smoothstep import smoothstep

_FACING: Final = (0.22, 0.60)  # cosine to the camera from which skin begins to count, and counts fully
_BORDER: Final = (0.04, 0.18)  # eye distances inside the outline of the face
_EYE_MARGIN: Final = (0.03, 0.08)  # around the opening of the lids: lashes and eyeliner belong to the eye
_NOSTRIL_MARGIN: Final = (0.02, 0.05)
_MOUTH_MARGIN: Final = (0.0, 0.012)
_OPEN_MOUTH: Final = 0.025  # eye distances between the inner lips
_COVER_ENDS: Final = (0.45, 0.65)  # eye distances above the lips: masks reach up to the nose
_FAR_IN_FRONT_M: Final = 1.0
MARKS: Final = (
    (RIGHT_BROW, 0.05), (LEFT_BROW, 0.05), (OUTER_LIPS, 0.03), (RIGHT_EYE, 0.09), (LEFT_EYE, 0.09),
    (NOSE_BASE, 0.03),
)  # fmt: skip
"""What of a face is not plain skin, and how far around it that is so."""


@dataclass(frozen=True)
class SeenSkin:
    """What a picture shows of the skin.

    Attributes:
        light: linear light at each texel.
        normals: of the texels, camera axes.
        weight: 0..1, how well each texel was seen: the face and what is above it, hair or bare.
        plain: weight 0..1 of plain skin: no eyes, brows, lips or hair.
        away_from_eyes: zero on lids and lashes, one from some distance on.
        border: eye distances to the outline of the head, positive inside.
    """

    light: Float[np.ndarray, "texels 3"]
    normals: Float[np.ndarray, "texels 3"]
    weight: Float[np.ndarray, "texels"]
    plain: Float[np.ndarray, "texels"]
    away_from_eyes: Float[np.ndarray, "texels"]
    border: Float[np.ndarray, "texels"]


def seen_skin(
    skin: SkinMap, view: PhotoView, shown: Shown, fit: PortraitFit, *,
    marks: Iterable[tuple[tuple[int, ...], float]] = MARKS, border: tuple[float, float] = _BORDER,
) -> SeenSkin:  # fmt: skip
    """Put the head into the picture and read its texels.

    Args:
        skin: the head.
        view: the picture.
        shown: what it shows.
        fit: how the head stands in it.
        marks: outlines that are not plain skin, and how far around them.
        border: where the head begins and counts fully, eye distances inside its outline.
    """
    fine, normals = skin.posed(fit.reference)
    model = skin.head.landmarks(fit.identity, fit.reference)[0]
    on_picture, model_on_picture = (
        view.to_crop(fit.scale * p[:, :2].astype(np.float64) * [1, -1] + fit.shift) for p in (fine, model)
    )
    placed = view.aligned(on_picture, model_on_picture)
    surface = np.column_stack([placed, fine[:, 2] + _FAR_IN_FRONT_M])
    lifted = skin.lift(np.column_stack([surface, normals]))
    opaque = skin.scene.triangles[: skin.scene.num_opaque]
    visible = unhidden(lifted[:, :2], lifted[:, 2], surface=surface, triangles=opaque, size=view.size)
    used = np.flatnonzero(visible & (lifted[:, 5] > _FACING[0]))
    read = view.sample(np.concatenate([view.light, _layers(view, shown, marks, border)], axis=2), lifted[used, :2])
    light, (inside, allowed, plain, away, inwards) = read[:, :3], read[:, 3:].T
    hidden = np.maximum(skin.mask("ears"), skin.mask("inside_mouth"))[used]
    weight = smoothstep(lifted[used, 5], *_FACING) * smoothstep(inwards, *border) * (inside > 0.99)
    weight *= allowed * (1 - np.clip(2 * hidden, 0, 1))
    length = np.linalg.norm(lifted[used, 3:], axis=1, keepdims=True)

    def everywhere(values: np.ndarray) -> np.ndarray:
        out = np.zeros((len(visible), *values.shape[1:]))
        out[used] = values
        return out

    columns = (light, lifted[used, 3:] / np.maximum(length, 1e-6), weight * shown.face, weight * plain, away, inwards)
    return SeenSkin(*(everywhere(c) for c in columns))


def _layers(
    view: PhotoView, shown: Shown, marks: Iterable[tuple[tuple[int, ...], float]], border: tuple[float, float]
) -> Float[np.ndarray, "height width 5"]:
    """For each pixel: held by the portrait; allowed on skin; plain skin; away from eyes; depth inside the head."""
    face, crown = view.face(), view.face_and_crown()
    allowed = _allowed(view, shown)
    plain = allowed * (1 - _near(view, marks)) * smoothstep(face, *border)
    away = 1 - _near(view, ((RIGHT_EYE, 0.10), (LEFT_EYE, 0.10)))
    return np.stack([view.inside.astype(float), allowed, plain, away, crown], axis=-1)


def _allowed(view: PhotoView, shown: Shown) -> Float[np.ndarray, "height width"]:
    """Zero on eyes, on nostrils (these are deep, not dark), in the open mouth, and where something covers the face."""
    out = np.ones(view.inside.shape)
    for eye in (RIGHT_EYE, LEFT_EYE):
        outline = view.landmarks[list(eye)]
        if not shown.eyes:
            outline = outline.mean(0) + (outline - outline.mean(0)) * 2.2
        out *= 1 - smoothstep(view.depth_inside(outline), -_EYE_MARGIN[1], -_EYE_MARGIN[0])
    out *= 1 - smoothstep(view.depth_inside(view.landmarks[list(NOSE_BASE)]), -_NOSTRIL_MARGIN[1], -_NOSTRIL_MARGIN[0])
    if not shown.eyes:
        out *= ~dark_cover(view)
    if opening(view) > _OPEN_MOUTH:
        inner = view.depth_inside(view.landmarks[list(INNER_LIPS)])
        out *= 1 - smoothstep(inner, -_MOUTH_MARGIN[1], -_MOUTH_MARGIN[0])
    if not shown.mouth:
        pixels = np.stack(np.meshgrid(*(np.arange(n) + 0.5 for n in view.size)), axis=-1)
        lips = view.landmarks[list(OUTER_LIPS)].mean(0)
        up = (pixels - lips) @ view.upwards / view.eye_distance_px**2
        out *= smoothstep(up, *_COVER_ENDS)
    return out


def opening(view: PhotoView) -> float:
    """Distance of the inner lips, eye distances."""
    return float(np.linalg.norm(view.landmarks[13] - view.landmarks[14]) / view.eye_distance_px)


def _near(view: PhotoView, outlines: Iterable[tuple[tuple[int, ...], float]]) -> Float[np.ndarray, "height width"]:
    """One inside any of the outlines and within its margin, in eye distances, around it."""
    out = np.zeros(view.inside.shape)
    for outline, margin in outlines:
        out = np.maximum(out, smoothstep(view.depth_inside(view.landmarks[list(outline)]), -1.5 * margin, -margin))
    return out
