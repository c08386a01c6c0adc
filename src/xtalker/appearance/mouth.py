"""What lies behind the lips: colours of teeth, tongue and throat toned after the photo, and the teeth that it shows."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Bool, Float
from scipy.ndimage import distance_transform_edt
from scipy.spatial import cKDTree

from xtalker.appearance.fitted import Fitted, by_x
from xtalker.appearance.pixels import polygon_mask
from xtalker.geometry.landmark_rings import INNER_LIPS, LOWER_INNER_LIP, OUTER_LIPS, UPPER_INNER_LIP
from xtalker.geometry.smoothstep import smoothstep
from xtalker.render.anatomy import tooth_coordinates
from xtalker.values.photo_avatar import PhotoMouth, PhotoPatch

_CHEEKS: Final = (50, 280, 205, 425, 101, 330)
_GREY: Final = 12.0  # grey levels between the channels of the cheeks of a picture without colour
_TEETH: Final = (1.0, 0.97, 0.88)
_OPEN: Final = 0.06  # mouth widths: less is a closed mouth
_BEHIND_M: Final = 0.003
_LINING, _RIM = 0.55, 0.7  # of the gums' colour; share of it at the edge of lips that turn in
_PLANE: Final = (61, 291, 13, 14, 0, 17, 81, 311, 178, 402)


def own_colours(fitted: Fitted, seen: Bool[np.ndarray, "fine"]) -> Float[np.ndarray, "fine 4"]:
    """`FaceLayer.own`: lining and tongue after the photo's lips; places on the teeth, which are coloured when drawn.

    Where the photo does not see them (`seen`), lips turn into lining a little earlier: else they end in a bright line.
    """
    _, gum, _ = mouth_tones(fitted)
    scene = fitted.scene
    own = np.zeros((scene.num_vertices, 4))
    skin = scene.parts["skin"]
    inside = fitted.inside_mouth[skin]
    own[skin, :3], own[skin, 3] = gum * _LINING, np.clip((inside - 0.25) / 0.5, 0, 1)
    rim = np.where(seen[skin], 0, _RIM * smoothstep(inside, 0.0, 0.25))
    own[skin, 3] = np.maximum(own[skin, 3], rim)
    own[scene.parts["tongue"]] = _tongue(fitted.neutral[scene.parts["tongue"]], gum * [1.04, 1.02, 1.02])
    for part in ("teeth_upper", "teeth_lower"):
        place = fitted.neutral[scene.parts[part]]
        number, height = tooth_coordinates(place, part, place[:, 0].mean()).T
        own[scene.parts[part]] = np.column_stack([number, height * 1000, np.zeros_like(number), np.ones_like(number)])
    return own


def mouth_tones(fitted: Fitted) -> Float[np.ndarray, "3 3"]:
    """Colours 0..255 of enamel, gums and throat: after the teeth that the photo shows, else after lips and cheeks."""
    lips, cheeks = _tones(fitted)
    light = float(cheeks.mean())
    grey = np.ptp(cheeks) < _GREY
    gum = np.full(3, 0.95 * lips.mean()) if grey else lips * [1.0, 0.86, 0.86]
    tint = np.ones(3) if grey else np.array(_TEETH) * (cheeks / max(light, 1)) ** 0.25
    enamel = np.clip(light * 1.05 * tint, 40, 238)
    shown = _shown_teeth(fitted)
    if shown is not None:
        enamel = shown
    return np.stack([enamel, gum, gum * [0.34, 0.24, 0.24] if not grey else gum * 0.26])


def _shown_teeth(fitted: Fitted) -> Float[np.ndarray, "3"] | None:
    """Colour of the photo's own teeth: what is bright between the lips; None where hardly any are seen."""
    height, width = fitted.rgb.shape[:2]
    inside = fitted.rgb[polygon_mask(fitted.marks[list(INNER_LIPS)], width, height)].astype(float)
    if len(inside) < 60:
        return None
    light = inside.mean(1)
    bright = inside[light > np.quantile(light, 0.6)]
    colour = np.median(bright, axis=0)
    lips, _ = _tones(fitted)
    redness = colour[0] / max(colour.mean(), 1) < 0.5 * (1 + lips[0] / max(lips.mean(), 1))
    return colour if redness and colour.mean() > 0.75 * lips.mean() else None


def _tones(fitted: Fitted) -> tuple[Float[np.ndarray, "3"], Float[np.ndarray, "3"]]:
    """Colours of the lips and of the cheeks, medians."""
    rgb, marks = fitted.rgb, fitted.marks
    height, width = rgb.shape[:2]
    lips = polygon_mask(marks[list(OUTER_LIPS)], width, height) & ~polygon_mask(marks[list(INNER_LIPS)], width, height)
    at = np.round(marks[list(_CHEEKS)]).astype(int)
    cheeks = rgb[at[:, 1].clip(0, height - 1), at[:, 0].clip(0, width - 1)]
    lip_pixels = rgb[lips] if lips.any() else cheeks
    return np.median(lip_pixels.astype(float), axis=0), np.median(cheeks.astype(float), axis=0)


def _tongue(rest: np.ndarray, colour: np.ndarray) -> np.ndarray:
    """Darker towards its sides and its root, where it meets the dark lining."""
    back = np.clip((rest[:, 2].max() - rest[:, 2]) / np.ptp(rest[:, 2]), 0, 1)
    side = np.clip(np.abs(rest[:, 0] - np.median(rest[:, 0])) / (0.5 * np.ptp(rest[:, 0])), 0, 1)
    tone = (0.86 - 0.55 * smoothstep(back, 0.05, 0.6)) * (1 - 0.5 * smoothstep(side, 0.45, 1.0))
    return np.column_stack([tone[:, None] * colour, np.ones(len(rest))])


def read_mouth(fitted: Fitted, rest: Float[np.ndarray, "fine 3"], front: np.ndarray) -> PhotoMouth:
    """What the photo shows between the lips, continued a little beneath them; nothing where they are closed.

    Args:
        fitted: model and photo.
        rest: world points of the fine vertices.
        front: fine vertices of the layer's skin.
    """
    marks = fitted.marks
    lips = marks[list(OUTER_LIPS)]
    low = np.maximum(np.floor(lips.min(0) - 0.3 * fitted.mouth_px).astype(int), 0)
    high = np.minimum(np.ceil(lips.max(0) + 0.3 * fitted.mouth_px).astype(int), fitted.rgb.shape[1::-1])
    crop = fitted.rgb[low[1] : high[1], low[0] : high[0]]
    inside, toothy = _between_lips(crop, marks - low)
    middle = marks[[13, 14]].mean(0)
    reach = fitted.mouth_px * np.array([-0.72, 0.72, -0.45, 1.1])
    box = middle[[0, 0, 1, 1]] + reach
    at = marks[list(_PLANE)]
    pixels = fitted.camera.project(rest[front])[:, :2]
    near = cKDTree(pixels).query(at, k=12)[1]
    plane = fitted.camera.unproject(at, rest[front, 2][near].max(1) - _BEHIND_M)
    patch = PhotoPatch((int(low[0]), int(low[1])), inside)
    tones = mouth_tones(fitted).astype(np.float32)
    return PhotoMouth(patch, plane.astype(np.float32), box.astype(np.float32), toothy, tones)


def _between_lips(crop: np.ndarray, marks: np.ndarray) -> tuple[np.ndarray, bool]:
    width = float(np.linalg.norm(marks[308] - marks[78]))
    gap = max(marks[low, 1] - marks[up, 1] for up, low in zip(UPPER_INNER_LIP, LOWER_INNER_LIP))
    out = np.zeros((*crop.shape[:2], 4), np.uint8)
    if gap < _OPEN * width:
        return out, False
    hole = polygon_mask(marks[list(INNER_LIPS)], crop.shape[1], crop.shape[0])
    sure = distance_transform_edt(hole) > 2
    if not sure.any():
        return out, False
    nearest = distance_transform_edt(~sure, return_distances=False, return_indices=True)
    out[..., :3] = np.where(hole[..., None], crop, crop[tuple(nearest)])
    rows, columns = np.mgrid[: crop.shape[0], : crop.shape[1]] + 0.5
    middle = sum(np.interp(columns[0], *by_x(marks[list(ring)])) / 2 for ring in (UPPER_INNER_LIP, LOWER_INNER_LIP))
    aside = np.abs(columns - marks[[78, 308], 0].mean()) / (0.5 * np.ptp(marks[[78, 308], 0]))
    below = 0.014 + 0.05 * smoothstep(aside, 0.45, 0.95)  # in the corners a turned head looks beneath the lower lip
    reach = np.where(rows > middle, below, 0.05) * width  # below, teeth end; above, they go on
    out[..., 3] = np.round(255 * np.clip(1.5 - distance_transform_edt(~hole) / reach, 0, 1))
    return out, True
