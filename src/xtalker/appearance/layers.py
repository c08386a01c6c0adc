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
from xtalker.appearance.pixels import resized
from xtalker.geometry.smoothstep import smoothstep

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
    share = resized(alpha, columns, rows)
    away = distance_transform_edt(share <= 0.004) * (width / columns / face_height_px)
    keep = resized(smoothstep(away, *_BLEND).astype(np.float32), width, height, "linear")
    strands = (1 - smoothstep(away, *_STRANDS)) * (1 - fill.structured)
    strands = resized(strands.astype(np.float32), width, height, "linear")
    structured = resized(fill.structured, width, height, "linear")
    colour = _person_colour(rgb, share)
    person = np.zeros((height, width, 4), np.uint8)
    _separate(rgb, alpha, keep, strands, structured, fill.soft, colour, background, person)
    return PhotoLayers(person, background)


def _person_colour(
    rgb: UInt8[np.ndarray, "height width 3"], share: Float32[np.ndarray, "rows columns"]
) -> UInt8[np.ndarray, "height width 3"]:
    """Colours of the person continued outwards, found on a small picture."""
    rows, columns = share.shape
    small = membrane(resized(rgb, columns, rows).astype(np.float32), share > _SOLID)
    return resized(np.clip(small + 0.5, 0, 255).astype(np.uint8), rgb.shape[1], rgb.shape[0], "linear")


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
            beside = keep[y, x] >= 1  # where nothing was made up; single hairs are cut out of the photograph itself
            bare = soft[y, x] if beside else background[y, x]
            share, levels = _towards(rgb[y, x], bare, colour[y, x])
            cover, freedom = alpha[y, x], np.float32(_HAIR_FREEDOM + _STRUCTURE_FREEDOM * structured[y, x])
            if cover < _LEAST:
                cover = np.float32(0)
                hair = strands[y, x] * (levels - _STRAND[0]) / (_STRAND[1] - _STRAND[0])
                hair = min(max(hair, np.float32(0)), np.float32(1))
                freedom += (1 - hair) * (_RIM_FREEDOM - _HAIR_FREEDOM)
                for c in range(3):
                    behind = background[y, x, c] + keep[y, x] * (np.float32(rgb[y, x, c]) - background[y, x, c])
                    background[y, x, c] = np.uint8(behind + hair * (bare[c] - behind) + np.float32(0.5))
            else:
                cover = min(max(cover, (1 - structured[y, x]) * share), np.float32(1))
            _split(rgb[y, x], cover, freedom, background[y, x], person[y, x])


@numba.njit(cache=True)
@no_type_check
def _towards(seen, behind, person):
    """How far a colour lies on the way from the background's to the person's: as a share, and in grey levels."""
    along, length = np.float32(0), np.float32(400)  # alike colours tell nothing
    for c in range(3):
        way = np.float32(person[c]) - behind[c]
        along += (np.float32(seen[c]) - behind[c]) * way
        length += way * way
    return along / length, along / np.sqrt(length)


@numba.njit(cache=True)
@no_type_check
def _split(seen, cover, freedom, background, person):
    """Least cover, from the given one up, at which a displayable colour in front of the background gives the pixel.

    Before that the background gives way by so many grey levels. Both are written.
    """
    for c in range(3):
        if cover >= 1:
            break
        value, behind = np.float32(seen[c]), np.float32(background[c])
        low, high = np.ceil((value - 255 * cover) / (1 - cover)), np.floor(value / (1 - cover))
        if behind < low:
            background[c] = np.uint8(min(low, np.floor(behind + freedom)))
        elif behind > high:
            background[c] = np.uint8(max(high, np.ceil(behind - freedom)))
    for c in range(3):
        rest = np.float32(seen[c]) - background[c]
        if rest > 0:
            cover = max(cover, rest / (255 - np.float32(background[c])))
        elif rest < 0:
            cover = max(cover, -rest / np.float32(background[c]))
    level = np.ceil(cover * 255 - np.float32(1e-3))
    if level < 1:
        return
    person[3] = np.uint8(level)
    for c in range(3):
        behind = np.float32(background[c])
        value = behind + (np.float32(seen[c]) - behind) * 255 / level
        person[c] = np.uint8(min(max(value + np.float32(0.5), np.float32(0)), np.float32(255)))
