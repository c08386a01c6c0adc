"""Shade that comes and goes as the face moves: the photo's light times the ratio of irradiance now and at rest.

The photo holds the light on the resting face. Skin that bends (folds of a smile, a chin that drops, a raised brow) or
turns meets the same lamps at another angle: I = I_photo E(n) / E(n_rest), E linear in the normal (`appearance.light`).
"""

from __future__ import annotations

from typing import Final, no_type_check

import numba
import numpy as np
from jaxtyping import Bool, Float32

from xtalker.geometry.surface import normals_into
from xtalker.render.scene import Scene

_GAMMA: Final = 1 / 2.2  # from light to display values
_LEAST, _MOST = 0.72, 1.22
_ROUNDS: Final = 2


class PhotoShading:
    """Factor on the photo's display colours at each fine vertex.

    Args:
        scene: the fine surface.
        rest: fine vertices of the photo's expression, head axes.
        light: even part, and what is added along x, y, z; world axes.
        photo_turn: head rotation in the photo.
        solid: 0 where the factor must be 1: along the layer's border.
        lids: vertices of the lids, which are painted with their shade: there only the head's turn counts.
    """

    def __init__(
        self,
        scene: Scene,
        rest: Float32[np.ndarray, "fine 3"],
        light: Float32[np.ndarray, "4"],
        photo_turn: np.ndarray,
        solid: Float32[np.ndarray, "fine"],
        lids: Bool[np.ndarray, "fine"],
    ) -> None:
        self._lids = np.flatnonzero(lids)
        self._scene, self._light, self._turn0, self._solid = scene, light, photo_turn, solid
        self._rest, self._now = np.empty_like(rest), np.empty_like(rest)
        self._raw, self._smooth = np.ones(len(rest), np.float32), np.ones(len(rest), np.float32)
        self._normals(rest, self._rest)

    @property
    def is_even(self) -> bool:
        """Whether the light comes from everywhere alike, so that nothing changes."""
        return bool(np.abs(self._light[1:]).max() < 1e-3)

    def _normals(self, points: Float32[np.ndarray, "fine 3"], out: Float32[np.ndarray, "fine 3"]) -> None:
        scene = self._scene
        normals_into(points, scene.triangles, scene.around_start, scene.around_index, out)

    def __call__(self, fine: Float32[np.ndarray, "fine 3"], turn: np.ndarray, out: Float32[np.ndarray, "fine"]) -> None:
        """Write the factors of a pose.

        Args:
            fine: fine vertices, head axes.
            turn: head rotation from the photo's pose, world axes.
            out: written.
        """
        if self.is_even:
            out[:] = 1
            return
        self._normals(fine, self._now)
        self._now[self._lids] = self._rest[self._lids]
        even, now, rest = self._light[0], self._light[1:] @ turn @ self._turn0, self._light[1:] @ self._turn0
        ratio_into(self._now, self._rest, even, now.astype(np.float32), rest.astype(np.float32), self._raw)
        scene = self._scene
        for _ in range(_ROUNDS):
            mean_of_ring(self._raw, scene.triangles, scene.around_start, scene.around_index, self._smooth)
            self._raw, self._smooth = self._smooth, self._raw
        np.clip(self._raw**_GAMMA, _LEAST, _MOST, out=out)
        out -= 1
        out *= self._solid
        out += 1


@numba.njit(parallel=True, cache=True)
@no_type_check
def ratio_into(now, rest, even, light_now, light_rest, out):
    """Irradiance now over irradiance at rest; both at least a fifth of the even part."""
    least = np.float32(0.2) * even
    for v in numba.prange(len(out)):
        above = even + light_now[0] * now[v, 0] + light_now[1] * now[v, 1] + light_now[2] * now[v, 2]
        below = even + light_rest[0] * rest[v, 0] + light_rest[1] * rest[v, 1] + light_rest[2] * rest[v, 2]
        out[v] = max(above, least) / max(below, least)


@numba.njit(parallel=True, cache=True)
@no_type_check
def mean_of_ring(values, triangles, start, index, out):
    """Mean over the corners of the triangles around each vertex."""
    for v in numba.prange(len(out)):
        total, count = np.float32(0), 0
        for q in range(start[v], start[v + 1]):
            t = index[q]
            total += values[triangles[t, 0]] + values[triangles[t, 1]] + values[triangles[t, 2]]
            count += 3
        out[v] = total / count if count else values[v]
