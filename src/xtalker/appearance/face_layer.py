"""Which part of the fine surface wears the photo: the face with its folds, lining, teeth, tongue and eyeballs."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Bool, Float, Int

from xtalker.appearance.fitted import EYE_RINGS, INSIDE_PARTS, Fitted, by_x
from xtalker.appearance.pixels import inside_distance
from xtalker.geometry.landmark_rings import FACE_OVAL, LOWER_INNER_LIP, OUTER_LIPS, UPPER_INNER_LIP
from xtalker.render.scene import EYE_LEFT as EYE_LEFT_MATERIAL
from xtalker.render.scene import EYE_RIGHT as EYE_RIGHT_MATERIAL
from xtalker.render.scene import LASHES
from xtalker.values.photo_avatar import (
    BEHIND_LIPS,
    EYE_LEFT,
    EYE_RIGHT,
    LOWER_TEETH,
    SKIN,
    UPPER_TEETH,
)

_ABOVE, _BELOW = np.array([0.93, 0.97]), np.array([0.97, 1.06])  # of the oval: below the cheeks the jaw's edge too
_FRONT_M: Final = 0.045  # the face's skin lies before this plane of the mean head
_FACING: Final = 0.3  # a triangle seen at a lower angle would tear at turns
_BORDER_RINGS: Final = 5


def face_triangles(
    fitted: Fitted,
    pixels: Float[np.ndarray, "fine 2"],
    shown: Bool[np.ndarray, "fine"],
    facing: Float[np.ndarray, "fine"],
) -> tuple[Int[np.ndarray, "triangles 3"], Int[np.ndarray, "triangles"], Bool[np.ndarray, "fine"]]:
    """Triangles of the face layer, their kinds, and the skin vertices of the face.

    Args:
        fitted: model and photo.
        pixels: photo pixel of each fine vertex.
        shown: vertices that the photo sees and the person covers.
        facing: z of their normals.
    """
    scene, mean = fitted.scene, fitted.mean
    front = mean[:, 2] > _FRONT_M
    inside = _in_oval(fitted) & (_near_openings(fitted, pixels) | (shown & (facing > _FACING)))
    lining = fitted.inside_mouth > 0.3
    keep = (inside & front) | lining
    triangles, material = scene.triangles, scene.material
    skin = fitted.is_skin
    used = np.all(keep[triangles] | ~skin[triangles], axis=1) & (material != LASHES)
    triangles, material = triangles[used], material[used]
    upper, lower, tongue = (_part(fitted, part)[triangles[:, 0]] for part in INSIDE_PARTS)
    deep = (fitted.inside_mouth > 0.75)[triangles].all(1) | tongue
    kind = np.select(
        [material == EYE_LEFT_MATERIAL, material == EYE_RIGHT_MATERIAL, upper, lower, deep],
        [EYE_LEFT, EYE_RIGHT, UPPER_TEETH, LOWER_TEETH, BEHIND_LIPS],
        SKIN,
    )
    return triangles.astype(np.int32), kind.astype(np.int32), inside & front & ~lining


def _part(fitted: Fitted, name: str) -> Bool[np.ndarray, "fine"]:
    out = np.zeros(fitted.scene.num_vertices, bool)
    out[fitted.scene.parts[name]] = True
    return out


def _in_oval(fitted: Fitted) -> Bool[np.ndarray, "fine"]:
    """Inside the face's oval on the mean head, a little narrower above and wider along the jaw."""
    ring = fitted.at_landmarks(fitted.head.mean.astype(float), list(FACE_OVAL))[:, :2]
    middle = ring.mean(0)
    low = np.clip((middle[1] - 0.01 - ring[:, 1]) / 0.05, 0, 1)[:, None]
    ring = middle + (ring - middle) * (_ABOVE * (1 - low) + _BELOW * low)
    return np.asarray(inside_distance(ring, fitted.mean[:, :2]) >= 0)


def _near_openings(fitted: Fitted, pixels: Float[np.ndarray, "fine 2"]) -> Bool[np.ndarray, "fine"]:
    """Around eyes and lips, whose folds are hidden and needed; and well inside the face's outline.

    Only at the outline can the photo's skin end before the model's.
    """
    out = np.zeros(len(pixels), bool)
    for ring in (*EYE_RINGS, OUTER_LIPS):
        out |= _in_box(pixels, fitted.marks[list(ring)], 0.35)
    outline = fitted.marks[list(FACE_OVAL)]
    return np.asarray(out | (inside_distance(outline, pixels) > 0.1 * np.ptp(outline[:, 0])))


def _in_box(pixels: np.ndarray, around: np.ndarray, grow: float) -> np.ndarray:
    low, high = around.min(0), around.max(0)
    margin = grow * (high - low).max()
    return np.asarray(((pixels > low - margin) & (pixels < high + margin)).all(1))


def soft_border(
    fitted: Fitted, drawn: Int[np.ndarray, "triangles 3"], pixels: Float[np.ndarray, "fine 2"]
) -> Float[np.ndarray, "fine"]:
    """How solid each vertex is: 0 along the saw-toothed border of the layer's triangles, 1 some rings in.

    Eyes and mouth keep their sharp edges.
    """
    n, skin = fitted.scene.num_vertices, fitted.is_skin
    triangles = fitted.scene.triangles[: fitted.scene.num_opaque]
    code = np.array([n * n, n, 1], np.int64)
    gone = triangles[~np.isin(triangles @ code, drawn @ code) & skin[triangles].all(1)]
    border = np.zeros(n, bool)
    border[gone.ravel()] = True
    field = (~border).astype(float)
    for _ in range(_BORDER_RINGS):
        field = fitted.neighbours @ field
    out = np.where(border, 0, np.clip((field - 0.5) / 0.42, 0, 1))
    inner = fitted.inside_mouth > 0.02
    for ring, grow in zip((*EYE_RINGS, OUTER_LIPS), (0.5, 0.5, 0.12)):
        inner |= _in_box(pixels, fitted.marks[list(ring)], grow)
    return np.where(inner | ~skin, 1.0, out)


def lip_sides(fitted: Fitted, pixels: Float[np.ndarray, "fine 2"]) -> Float[np.ndarray, "fine 2"]:
    """Which way the texture gives way at the line between the lips (-1 up, 1 down), and how much of it."""
    jaw = fitted.matrix @ fitted.head.jaw_weight.astype(float)
    side = np.where(jaw > 0.5, 1.0, -1.0)
    x, marks = pixels[:, 0], fitted.marks
    upper, lower = (np.interp(x, *by_x(marks[list(ring)])) for ring in (UPPER_INNER_LIP, LOWER_INNER_LIP))
    line = np.where(side < 0, upper, lower)
    near = np.exp(-(((pixels[:, 1] - line) / (0.05 * fitted.mouth_px)) ** 2))
    corners = np.sort(marks[[78, 308], 0])
    middle = np.clip(np.minimum(x - corners[0], corners[1] - x) / (0.06 * fitted.mouth_px), 0, 1)
    touches = np.maximum(fitted.lips, fitted.inside_mouth) > 0.05
    return np.column_stack([side, near * middle * touches])


def texture_places(
    fitted: Fitted,
    pixels: Float[np.ndarray, "fine 2"],
    lip: Float[np.ndarray, "fine 2"],
    seen: Bool[np.ndarray, "fine"],
) -> Float[np.ndarray, "fine 2"]:
    """Photo pixel that each vertex wears: its own; hidden skin takes that beside it, not eyeballs or the other lip."""
    uv, marks, skin = pixels.copy(), fitted.marks, fitted.is_skin
    mouth = skin & ((fitted.lips > 0.02) | (fitted.inside_mouth > 0.02))
    gap = np.where(seen, 0.0, 0.022 * fitted.mouth_px)
    top = np.interp(pixels[:, 0], *by_x(marks[list(UPPER_INNER_LIP)])) - gap
    low = np.interp(pixels[:, 0], *by_x(marks[list(LOWER_INNER_LIP)])) + gap
    uv[:, 1] = np.where(mouth & (lip[:, 0] < 0), np.minimum(uv[:, 1], top), uv[:, 1])
    uv[:, 1] = np.where(mouth & (lip[:, 0] > 0), np.maximum(uv[:, 1], low), uv[:, 1])
    for ring in EYE_RINGS:
        polygon = marks[list(ring)]
        middle, span = polygon.mean(0), np.ptp(polygon[:, 0])
        hidden = np.flatnonzero(skin & ~seen & (np.abs(pixels - middle) < span).all(1))
        hidden = hidden[inside_distance(polygon, uv[hidden]) > 0.5]
        uv[hidden] = _onto_border(polygon, uv[hidden], 0.02 * span)
    return uv


def _onto_border(polygon: np.ndarray, points: np.ndarray, beyond: float) -> np.ndarray:
    """Nearest places on a polygon's border, and a little further out."""
    a, b = polygon, np.roll(polygon, -1, 0)
    along = b - a
    t = ((points[:, None] - a) * along).sum(-1) / np.maximum((along**2).sum(-1), 1e-6)
    on = a + np.clip(t, 0, 1)[..., None] * along
    best = on[np.arange(len(points)), np.argmin(((on - points[:, None]) ** 2).sum(-1), axis=1)]
    out = best - polygon.mean(0)
    return np.asarray(best + out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-6) * beyond)
