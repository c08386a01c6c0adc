"""A picture around the head for formats with a mesh: the picture, and the mesh with matching texture coordinates."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from jaxtyping import UInt8

from xtalker.geometry.head_map import map_places, unrolled_corners
from xtalker.values.appearance import TEXTURE_SIDE
from xtalker.values.rig import Rig

_LINING_ROWS, _LINING_COLUMNS = slice(1008, 1024), slice(496, 528)
"""A corner below the neck that no skin uses: it holds the colour of the mouth's lining."""
_LINING_SRGB: Final = (124, 60, 56)
_LINING_FROM: Final = 0.6


def textured(
    rig: Rig, picture: UInt8[np.ndarray, "1024 1024 channels"]
) -> tuple[Rig, UInt8[np.ndarray, "1024 1024 3"]]:
    """The rig with texture coordinates on a picture around the head, and that picture with a mouth lining.

    Args:
        rig: must have quads, and eyeballs that place the map.
        picture: sRGB, as `Appearance.texture`; a fourth channel is left out.
    """
    topology = rig.topology
    assert topology.quads is not None and topology.quad_part is not None, "the open head has parts"
    assert topology.uv is not None and topology.quad_uv is not None, "the open head has texture coordinates"
    left, right = (_middle(rig, part) for part in ("eye_left", "eye_right"))
    places = map_places(rig.neutral.astype(np.float64), (left + right) / 2, float(np.linalg.norm(left - right)))
    places[:, 1] = 1 - places[:, 1]
    skin = topology.quad_part == topology.part_names.index("skin")
    quads, number = topology.quads[skin], len(places)
    over = unrolled_corners(places[quads])[..., 0] > places[quads][..., 0] + 0.5
    index = np.where(over, quads + number, quads)
    if "inside_mouth" in topology.masks:
        lining = (topology.masks["inside_mouth"][quads] > _LINING_FROM).all(1)
        index[lining] = 2 * number
    spot = [(_LINING_COLUMNS.start + 16) / TEXTURE_SIDE, 1 - (_LINING_ROWS.start + 8) / TEXTURE_SIDE]
    uv = np.concatenate([places, places + np.array([1, 0]), [spot], topology.uv])
    quad_uv = topology.quad_uv + 2 * number + 1
    quad_uv[skin] = index
    texture = picture[..., :3].copy()
    texture[_LINING_ROWS, _LINING_COLUMNS] = _LINING_SRGB
    moved = replace(topology, uv=uv.astype(np.float32), quad_uv=quad_uv.astype(topology.quad_uv.dtype))
    return replace(rig, topology=moved), texture


def _middle(rig: Rig, part: str) -> np.ndarray:
    """Centre of an eyeball: the middle of its box."""
    points = rig.neutral[rig.topology.part_vertices(part)].astype(np.float64)
    return np.asarray((points.min(0) + points.max(0)) / 2)
