"""A photograph taken apart: the person with cover, and the background as it is behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, no_type_check

import numba
import numpy as np
from jaxtyping import Float32, UInt8
from scipy.ndimage import distance_transform_edt

from xtalker.appearance.background_fill import filled_background
from xtalker.appearance.membrane import membrane
from xtalker.appearance.pixels import resized, smoothstep

_RIM: Final = 0.03
"""Face heights about the person in which the background is made up too."""
_STRANDS: Final = (0.07, 0.09)
"""Face heights from the person over which single hairs are no longer looked for."""
_STRAND: Final = (6.0, 14.0)
"""Grey levels towards the person's colour: below it is grain, above a hair."""
_BLEND: Final = (0.008, 0.028)
"""Face heights from the person over which the made up background becomes the photograph."""
_HAIR_FREEDOM: Final = 2.0
_RIM_FREEDOM: Final = 8.0
_STRUCTURE_FREEDOM: Final = 10.0
"""Grey levels by which what was made up may give way before the cover is raised: behind hair, beside it, and more where
the background is structured."""
_LEAST: Final = 0.02
"""Cover below which a pixel is not taken for the person's."""
_SOLID: Final = 0.97
"""Cover above which a pixel shows the person alone."""


@dataclass(frozen=True)
class PhotoLayers:
    """Two pictures that give the photograph: cover x person + (1 - cover) x background, up to rounding.

    Attributes:
        person: straight (not premultiplied) RGB and cover, 0 away from the person.
        background: the photograph where nothing covers it, made up elsewhere.
    """

    person: UInt8[np.ndarray, "height width 4"]
    background: UInt8[np.ndarray, "height width 3"]

    def together(self) -> UInt8[np.ndarray, "height width 3"]:
        """The photograph, from its layers."""
        cover = self.person[..., 3:].astype(np.float32) / 255
        mixed = cover * self.person[..., :3] + (1 - cover) * self.background
        return np.asarray(mixed + 0.5, np.uint8)


def separate(
    rgb: UInt8[np.ndarray, "height width 3"],
    alpha: Float32[np.ndarray, "height width"],
    face_height_px: float = 400.0,
) -> PhotoLayers:
    """Person and background of a photograph.

    The cover is raised above the matte's wherever it must be for a colour of the person's to explain the photograph
    in front of the background that was made up: no ghost of a strand stays behind when the head moves.

    Args:
        rgb: the photograph.
        alpha: cover by the person, 0..1.
        face_height_px: forehead to chin (landmarks 10 and 152): the scale of edges, grain and structure.
    """
    height, width = rgb.shape[:2]
    fill = filled_background(rgb, alpha, face_height_px, _RIM)
    background = fill.picture
    rows, columns = fill.structured.shape
    away = distance_transform_edt(resized(alpha, columns, rows) <= 0.004) * (width / columns / face_height_px)
    keep = resized(smoothstep(away, *_BLEND).astype(np.float32), width, height, "linear")
    strands = (1 - smoothstep(away, *_STRANDS)) * (1 - fill.structured)
    strands = resized(strands.astype(np.float32), width, height, "linear")
    structured = resized(fill.structured, width, height, "linear")
    colour = _person_colour(rgb, alpha, columns, rows)
    person = np.zeros((height, width, 4), np.uint8)
    over = resized(colour, width, height, "linear")
    _separate(rgb, alpha, keep, strands, structured, fill.soft, over, background, person)
    return PhotoLayers(person, background)


def _person_colour(
    rgb: UInt8[np.ndarray, "height width 3"], alpha: Float32[np.ndarray, "height width"], columns: int, rows: int
) -> UInt8[np.ndarray, "rows columns 3"]:
    """Colours of the person continued outwards, small."""
    solid = (alpha > _SOLID).astype(np.float32)
    share = resized(solid, columns, rows)
    kept = resized(rgb * solid[..., None], columns, rows) / np.maximum(share, 1e-3)[..., None]
    return np.clip(membrane(kept.astype(np.float32), share > 0.3) + 0.5, 0, 255).astype(np.uint8)


@numba.njit(parallel=True, cache=True)
@no_type_check
def _separate(rgb, alpha, keep, strands, structured, soft, colour, background, person):
    """Settle background, cover and the person's colour of each pixel; `background` comes in filled."""
    rows, columns = alpha.shape
    for y in numba.prange(rows):
        for x in range(columns):
            if keep[y, x] >= 1 and strands[y, x] <= 0:
                for c in range(3):
                    background[y, x, c] = rgb[y, x, c]
                continue
            cover, along, length = alpha[y, x], np.float32(0), np.float32(400)
            beside = keep[y, x] >= 1  # where nothing was made up; single hairs are cut out of the photograph itself
            for c in range(3):
                behind = np.float32(soft[y, x, c] if beside else background[y, x, c])
                rest, way = rgb[y, x, c] - behind, colour[y, x, c] - behind
                along += rest * way
                length += way * way
            freedom = np.float32(_HAIR_FREEDOM + _STRUCTURE_FREEDOM * structured[y, x])
            if cover < _LEAST:
                cover = np.float32(0)
                cut = (along / np.sqrt(length) - _STRAND[0]) / (_STRAND[1] - _STRAND[0]) * strands[y, x]
                cut = min(max(cut, np.float32(0)), np.float32(1))
                freedom += (1 - cut) * (_RIM_FREEDOM - _HAIR_FREEDOM)
                for c in range(3):
                    bare = np.float32(soft[y, x, c] if beside else background[y, x, c])
                    behind = background[y, x, c] + keep[y, x] * (np.float32(rgb[y, x, c]) - background[y, x, c])
                    behind += cut * (bare - behind)
                    background[y, x, c] = np.uint8(behind + np.float32(0.5))
            else:
                cover = min(max(cover, (1 - structured[y, x]) * along / length), np.float32(1))
            needed = cover
            for c in range(3):
                seen, behind = np.float32(rgb[y, x, c]), np.float32(background[y, x, c])
                if cover < 1:  # the background that this cover allows, if it is near
                    low = np.ceil((seen - 255 * cover) / (1 - cover))
                    high = np.floor(seen / (1 - cover))
                    if behind < low:
                        behind = min(low, np.floor(behind + freedom))
                    elif behind > high:
                        behind = max(high, np.ceil(behind - freedom))
                    background[y, x, c] = np.uint8(behind)
                rest = seen - behind
                if rest != 0:
                    needed = max(needed, abs(rest) / (255 - behind if rest > 0 else behind))
            level = np.ceil(needed * 255 - np.float32(1e-3))
            if level >= 1:
                person[y, x, 3] = np.uint8(level)
                for c in range(3):
                    behind = np.float32(background[y, x, c])
                    value = behind + (rgb[y, x, c] - behind) * 255 / level
                    person[y, x, c] = np.uint8(min(max(value + np.float32(0.5), np.float32(0)), np.float32(255)))
