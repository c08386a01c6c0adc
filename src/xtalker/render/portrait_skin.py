"""A person's own colours, made ready for the shading kernel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8

from xtalker.geometry.head_map import map_places, unrolled_corners
from xtalker.render.anatomy import Frame
from xtalker.render.scene import Scene
from xtalker.values.appearance import TEXTURE_SIDE, Appearance


@dataclass(frozen=True)
class OwnSkin:
    """What takes the place of the generic paint.

    Attributes:
        head_map: square roots of linear colours, and hair, 0..255.
        map_corners: pixel of the map at each corner of each triangle.
        hair: how much of each fine vertex is hair, 0..1.
    """

    head_map: UInt8[np.ndarray, "side side 4"]
    map_corners: Float[np.ndarray, "triangles 3 2"]
    hair: Float[np.ndarray, "fine"]


def own_skin(scene: Scene, rest: Float[np.ndarray, "fine 3"], frame: Frame, appearance: Appearance) -> OwnSkin:
    """Lay a person's texture around the resting head."""
    places = map_places(rest.astype(np.float64), frame.origin, frame.eye_distance_m)
    column, row = (np.clip((places[:, k] * TEXTURE_SIDE).astype(int), 0, TEXTURE_SIDE - 1) for k in (0, 1))
    head_map = appearance.texture.copy()
    head_map[..., :3] = _ROOT_OF_SRGB[head_map[..., :3]]
    corners = (unrolled_corners(places[scene.triangles]) * TEXTURE_SIDE).astype(np.float32)
    return OwnSkin(head_map, corners, (appearance.texture[row, column, 3] / 255).astype(np.float32))


def _root_of_srgb() -> UInt8[np.ndarray, "256"]:
    value = np.arange(256) / 255
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    return np.rint(255 * np.sqrt(linear)).astype(np.uint8)


_ROOT_OF_SRGB = _root_of_srgb()
