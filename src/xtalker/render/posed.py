"""Shadow that depends on the pose: how much light enters the mouth, and the lids' shade on the eyes."""

from __future__ import annotations

from typing import no_type_check

import numba
import numpy as np
from jaxtyping import Float

from xtalker.render.anatomy import Eye, inner_lips
from xtalker.render.scene import Scene
from xtalker.values import MeshTopology

_APERTURE_M = 0.0028  # what a closed mouth still lets in: tooth edges must not turn black at once
_FLOOR = 0.025
_TEETH_REACH, _SOFT_REACH = 0.3, 0.75  # how fast light fades behind the aperture; incisors stand free and catch more
_MOLARS_REACH, _MOLARS_BEHIND_M = 3.0, (0.006, 0.030)  # cheeks and tongue stand around the teeth further back


class PosedShade:
    """Factor 0..1 on all light that reaches a fine vertex; one instance for each head."""

    def __init__(
        self, scene: Scene, topology: MeshTopology, rest: Float[np.ndarray, "vertices 3"], eyes: tuple[Eye, ...]
    ) -> None:
        self._eyes = eyes
        self._lips = inner_lips(topology)
        has_jaw = "teeth_upper" in topology.part_names and len(self._lips) > 0
        self._skull = topology.part_vertices("teeth_upper") if has_jaw else np.zeros(0, int)
        self._skull_rest = rest[self._skull].astype(float)
        self._lips_rest = rest[self._lips].astype(float)
        inside, reach = np.zeros(scene.num_vertices), np.full(scene.num_vertices, _SOFT_REACH)
        if "inside_mouth" in topology.masks:
            mask = scene.matrix(topology.num_vertices) @ topology.masks["inside_mouth"]
            inside[scene.parts["skin"]] = np.clip((mask[scene.parts["skin"]] - 0.1) / 0.7, 0, 1)
        for part in ("teeth_upper", "teeth_lower", "tongue"):
            if part in scene.parts:
                inside[scene.parts[part]] = 1
                if part != "tongue":
                    z = scene.matrix(topology.num_vertices)[scene.parts[part]] @ rest[:, 2]
                    back = np.interp(z.max() - z, _MOLARS_BEHIND_M, (0, 1))
                    reach[scene.parts[part]] = _TEETH_REACH + (_MOLARS_REACH - _TEETH_REACH) * back
        self._inside = np.flatnonzero(inside > 0)
        self._inside_weight, self._reach = inside[self._inside], reach[self._inside]

    def __call__(
        self, vertices: Float[np.ndarray, "vertices 3"], fine: Float[np.ndarray, "fine 3"],
        out: Float[np.ndarray, "fine"],
    ) -> None:  # fmt: skip
        """Write the factor of every fine vertex.

        Args:
            vertices: posed head vertices, metres.
            fine: the fine vertices of the same pose.
            out: float32.
        """
        out[:] = 1
        if len(self._skull):
            light = self._mouth(vertices, fine)
            out[self._inside] = 1 - self._inside_weight * (1 - light)
        for eye in self._eyes:
            _shade_eye(eye, fine, out)

    def _mouth(self, vertices: np.ndarray, fine: np.ndarray) -> np.ndarray:
        """Light at the points inside: the aperture between the lips against their distance behind it."""
        turn, shift = _rigid(self._skull_rest, vertices[self._skull].astype(float))
        lips = (vertices[self._lips] - shift) @ turn  # back in the axes of the resting head
        points = (fine[self._inside] - shift) @ turn
        middle = lips.mean(0)
        central = np.abs(self._lips_rest[:, 0] - self._lips_rest[:, 0].mean()) < 0.014
        gap = np.ptp(lips[central, 1]) - np.ptp(self._lips_rest[central, 1])
        opening = _APERTURE_M + 0.95 * max(gap, 0.0)
        half_width = np.ptp(lips[:, 0]) / 2
        x = points[:, 0] - middle[0]
        bend = np.polyfit((lips[:, 0] - middle[0]) ** 2, lips[:, 2], 1)  # the lips curve around the teeth
        depth = np.maximum(np.polyval(bend, np.minimum(np.abs(x), half_width) ** 2) - points[:, 2], 0)
        beside = np.maximum(np.abs(x) - 0.8 * half_width, 0)
        above = np.maximum(np.abs(points[:, 1] - middle[1]) - np.ptp(lips[:, 1]) / 2, 0)
        far = depth**2 + 1.5 * beside**2 + 1.2 * above**2
        return _FLOOR + (1 - _FLOOR) * opening**2 / (opening**2 + self._reach * far)


def _shade_eye(eye: Eye, fine: np.ndarray, out: np.ndarray) -> None:
    """Soft shade under the upper lid, less above the lower one; follows the lids, not the gaze."""
    for lid, reach, strength in ((eye.upper_lid, 0.20, 0.62), (eye.lower_lid, 0.09, 0.30)):
        first, last = eye.fine.start, eye.fine.stop
        shade_near(fine, first, last, lid, np.float32(reach * eye.radius_m), np.float32(strength), out)


@numba.njit(parallel=True, cache=True)
@no_type_check
def shade_near(fine, first, last, others, reach, strength, out):
    """Darken vertices first..last by how near the nearest of `others` is, with a soft edge of width `reach`."""
    for v in numba.prange(first, last):
        nearest = np.float32(1)
        for o in others:
            x, y, z = fine[v, 0] - fine[o, 0], fine[v, 1] - fine[o, 1], fine[v, 2] - fine[o, 2]
            nearest = min(nearest, x * x + y * y + z * z)
        out[v] *= np.float32(1) - strength * np.exp(-nearest / (reach * reach))


def _rigid(rest: np.ndarray, posed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rotation and shift with posed = rest @ rotation.T + shift in the least-squares sense (Kabsch 1976)."""
    a, b = rest.mean(0), posed.mean(0)
    left, _, right = np.linalg.svd((posed - b).T @ (rest - a))
    flip = np.diag([1, 1, np.sign(np.linalg.det(left @ right))])
    turn = left @ flip @ right
    return turn, b - turn @ a
