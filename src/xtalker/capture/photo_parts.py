"""What of a face a portrait shows well enough to be taken from it; the rest stays generic, and is said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Bool, Float, UInt8
from PIL import Image
from scipy.ndimage import binary_dilation, maximum_filter, minimum_filter

from xtalker.capture.photo_faults import mouth_covered
from xtalker.capture.photo_view import PhotoView
from xtalker.geometry.landmark_rings import (
    LEFT_EYE,
    LEFT_IRIS,
    RIGHT_EYE,
    RIGHT_IRIS,
)
from xtalker.geometry.rotations import matrix_from_axis_angle
from xtalker.values import Motion

_SMALLEST_EYE_DISTANCE_PX: Final = 28.0
_FARTHEST_TURN_RAD: Final = np.radians(45)
_DARKEST_LIGHT: Final = 0.012  # of the middle of the face: a display value of about 30 of 255
_FEWEST_IRIS_PX: Final = 12
_DARK_AROUND, _DARK_EYES = 0.27, 0.30  # of the light of cheeks and forehead; 0.30 and more without glasses
_GLASS, _GLASS_REACH, _GLASS_MARGIN = 0.45, 0.62, 0.05  # of that light; eye distances
_EVEN_MOUTH, _NO_LIPS, _DARK_NOISE = 0.45, 0.30, 0.02  # natural logarithms; of the skin's light
_DRAWN_SIDE_PX, _SMALLEST_DRAWN_PX, _FLAT_SHARE = 128, 40, 0.12
_UNDER_RIGHT: Final = (111, 117, 118, 119, 120, 35, 31, 228, 229, 230)
_UNDER_LEFT: Final = (340, 346, 347, 348, 349, 265, 261, 448, 449, 450)
_CHEEKS: Final = (50, 205, 187, 280, 425, 411)
_FOREHEAD: Final = (151, 108, 337, 9, 69, 299)


@dataclass(frozen=True)
class Shown:
    """Which parts a portrait shows.

    Attributes:
        face: whether more than the tone of the skin can be taken.
        eyes: whether lids and eyes are bare.
        mouth: whether the lips and what surrounds them are bare.
        tone: whether at least the tone can be taken.
        faults: what is generic and why, in a few words each.
    """

    face: bool
    eyes: bool
    mouth: bool
    tone: bool
    faults: tuple[str, ...]


def judge(view: PhotoView, pose: Motion) -> Shown:
    """Size, light, turn; dark glasses by their light against the skin around them; cover over the mouth.

    Clear glasses are not seen.
    """
    faults, face, tone = [], True, True
    if view.original_eye_distance_px < _SMALLEST_EYE_DISTANCE_PX:
        face = False
        faults.append(f"skin (the eyes are only {view.original_eye_distance_px:.0f} pixels apart)")
    turn_rad = turned_away(pose)
    if turn_rad > _FARTHEST_TURN_RAD:
        face = False
        faults.append(f"skin (the face is turned away by {np.degrees(turn_rad):.0f} degrees)")
    skin = _tone_at(view, (*_CHEEKS, *_FOREHEAD))
    if skin.mean() < _DARKEST_LIGHT:
        face = tone = False
        faults.append("skin (the picture is too dark)")
    eyes = not _dark_glasses(view, skin)
    mouth = not mouth_covered(view.rgb, view.landmarks)
    if face and not eyes:
        faults.append("skin around the eyes (dark glasses, or deep shade)")
    if face and not mouth:
        faults.append("mouth and chin (something seems to cover them)")
    return Shown(face, eyes, mouth, tone, tuple(faults))


def turned_away(pose: Motion) -> float:
    """Angle between the face and the camera, radians."""
    forwards = matrix_from_axis_angle(pose.head[:1].astype(np.float64))[0] @ np.array([0.0, 0, 1])
    return float(np.arctan2(np.hypot(forwards[0], 0.5 * forwards[1]), forwards[2]))


def _dark_glasses(view: PhotoView, skin: Float[np.ndarray, "3"]) -> bool:
    """Both eyes and the skin between them and the cheeks much darker than cheeks and forehead.

    Eyes that laugh or lie in shade are dark; the skin under them is not.
    """
    around, inside = [], []
    for eye, under in ((RIGHT_EYE, _UNDER_RIGHT), (LEFT_EYE, _UNDER_LEFT)):
        outline = view.landmarks[list(eye)]
        middle = outline.mean(0)
        half_way = (view.landmarks[list(under)] + middle) / 2
        around.append(float(np.median(view.sample(view.light, half_way).mean(1))))
        light = view.light[view.depth_inside(middle + 1.5 * (outline - middle)) > 0].mean(1)
        inside.append(float(np.quantile(light, 0.75)) if len(light) else 0.0)
    level = float(skin.mean())
    return max(around) < _DARK_AROUND * level and max(inside) < _DARK_EYES * level


def dark_cover(view: PhotoView) -> Bool[np.ndarray, "height width"]:
    """Pixels around the eyes that are as dark as glasses and not skin, with a margin."""
    level = _tone_at(view, (*_CHEEKS, *_FOREHEAD)).mean()
    dark = view.light.mean(2) < _GLASS * level
    y, x = np.mgrid[: view.size[1], : view.size[0]] + 0.5
    near = np.zeros(dark.shape, bool)
    for eye in (RIGHT_EYE, LEFT_EYE):
        middle = view.landmarks[list(eye)].mean(0)
        near |= np.hypot(x - middle[0], y - middle[1]) < _GLASS_REACH * view.eye_distance_px
    margin = max(1, round(_GLASS_MARGIN * view.eye_distance_px))
    return np.asarray(binary_dilation(dark & near, iterations=margin))


def _tone_at(view: PhotoView, points: tuple[int, ...]) -> Float[np.ndarray, "3"]:
    """Median colour of small discs around landmarks."""
    rng = np.linspace(-0.05, 0.05, 5) * view.eye_distance_px
    offsets = np.stack(np.meshgrid(rng, rng), -1).reshape(-1, 1, 2)
    pixels = (view.landmarks[list(points)] + offsets).reshape(-1, 2)
    return np.asarray(np.median(view.sample(view.light, pixels), axis=0))


def looks_drawn(rgb: UInt8[np.ndarray, "height width 3"], landmarks: Float[np.ndarray, "478 3"]) -> bool:
    """Whether a face is made of flat areas, as drawings are: cameras leave at most 6 % of it flat (140 portraits).

    Painted shades are not told from skin.
    """
    low, high = (np.clip(edge(landmarks[:, :2], 0), 0, rgb.shape[1::-1]).astype(int) for edge in (np.min, np.max))
    face = Image.fromarray(rgb[low[1] : high[1], low[0] : high[0]])
    if min(face.size) < _SMALLEST_DRAWN_PX:
        return False
    scale = min(1.0, _DRAWN_SIDE_PX / max(face.size))
    size = (max(1, round(face.width * scale)), max(1, round(face.height * scale)))
    levels = np.asarray(face.resize(size, Image.Resampling.BOX)).astype(np.int16)
    apart = (maximum_filter(levels, (3, 3, 1)) - minimum_filter(levels, (3, 3, 1))).max(axis=2)
    exposed = (levels.max(axis=2) > 60) & (levels.min(axis=2) < 247)  # black and burnt out are flat in photographs too
    return bool(exposed.any() and (apart[exposed] <= 2).mean() > _FLAT_SHARE)


def iris_light(view: PhotoView) -> Float[np.ndarray, "3"] | None:
    """Light of the irises without pupil, highlight and lid shade; None when too little of them is seen."""
    kept = []
    for iris, eye in ((RIGHT_IRIS, RIGHT_EYE), (LEFT_IRIS, LEFT_EYE)):
        centre, ring = view.landmarks[iris[0]], view.landmarks[list(iris[1:])]
        radius = float(np.linalg.norm(ring - centre, axis=1).mean())
        y, x = np.mgrid[: view.size[1], : view.size[0]] + 0.5
        off = np.hypot(x - centre[0], y - centre[1]) / max(radius, 1e-6)
        below = (np.stack([x, y], -1) - centre) @ view.upwards < 0.25 * radius * view.eye_distance_px
        inside = view.depth_inside(view.landmarks[list(eye)]) > 0.006
        kept.append(view.light[(off > 0.45) & (off < 0.85) & inside & below])
    pixels = np.concatenate(kept)
    if len(pixels) < _FEWEST_IRIS_PX:
        return None
    brightness = pixels.mean(1)
    low, high = np.quantile(brightness, [0.3, 0.75])
    return np.asarray(np.median(pixels[(brightness >= low) & (brightness <= high)], axis=0))
