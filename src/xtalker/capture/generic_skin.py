"""The generic head on the unrolled map: tones, hair and mottling that fill what a picture does not show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float
from scipy.ndimage import map_coordinates

from xtalker.capture.visibility import SkinMap
from xtalker.render.looks import LOOKS
from xtalker.render.paint import MAP_HEIGHT, MAP_WIDTH, directions, hair_map, skin_tones

_MOTTLING: Final = 0.0022
_BROWS_BELOW, _BROWS_WITHIN = 0.62, 0.92  # eye distances above the eyes, and from the middle


@dataclass(frozen=True)
class GenericSkin:
    """Generic colours of the texels of a head.

    Attributes:
        albedo: linear colours without hair.
        mottling: factor around one.
        hair: cover 0..1 of the cropped hair.
        brows: cover 0..1 of the brows.
    """

    albedo: Float[np.ndarray, "texels 3"]
    mottling: Float[np.ndarray, "texels"]
    hair: Float[np.ndarray, "texels"]
    brows: Float[np.ndarray, "texels"]


def generic_skin(skin: SkinMap) -> GenericSkin:
    """Generic colours of a person's head."""
    topology = skin.head.topology
    rest = skin.head.neutral(skin.identity)
    tones = skin_tones(skin.scene, topology, skin.rest, skin.frame, LOOKS["skin"])[:, :3]
    around = hair_map(topology, rest, skin.frame).astype(np.float64)
    points = skin.lift(skin.rest)
    longitude, latitude = directions(points, skin.frame)
    at = [(0.5 - latitude / np.pi) * MAP_HEIGHT - 0.5, (longitude / (2 * np.pi) + 0.5) * MAP_WIDTH - 0.5]
    mottle, cover = (map_coordinates(around[..., k], at, order=1, mode="grid-wrap") for k in (0, 1))
    cover = cover / 255 * (1 - np.clip(skin.mask("ears") * 4 - 2, 0, 1))
    brow = (skin.places[:, 1] < _BROWS_BELOW) & (np.abs(skin.places[:, 0]) < _BROWS_WITHIN)
    brow &= skin.places[:, 2] > -0.45
    return GenericSkin(
        np.maximum(skin.lift(tones.astype(np.float64)), 1e-3), 1 + _MOTTLING * (mottle - 128),
        np.where(brow, 0, cover), np.where(brow, cover, 0),
    )  # fmt: skip
