"""Distances in the mouth of the mean head: what contacts are solved for and measured by."""

from __future__ import annotations

from functools import cached_property
from typing import Final

import numpy as np
from jaxtyping import Float, Int
from scipy.spatial import cKDTree

from xtalker.head.open_head import OpenHead
from xtalker.metrics.lip_opening import lip_opening
from xtalker.values import Identity, Motion
from xtalker.values.conventions import NUM_SHAPE

_MIDDLE_M: Final = 0.009
_BATCH: Final = 256
_CORNERS: Final = (61, 291)


class MouthGauge:
    """Distances in the mouth of the mean head."""

    def __init__(self, head: OpenHead) -> None:
        self.head = head
        self._identity = Identity(np.zeros(NUM_SHAPE, np.float32))
        rest = head.neutral(self._identity)
        topology = head.topology
        middle = np.abs(rest[:, 0]) < _MIDDLE_M
        teeth = topology.part_vertices("teeth_upper")
        self._teeth: Int[np.ndarray, "teeth"] = teeth[middle[teeth]]
        lips = topology.regions["inner_lips"]
        seam = float(np.median(rest[lips[middle[lips]], 1]))
        self._lower: Int[np.ndarray, "lips"] = lips[middle[lips] & (rest[lips, 1] <= seam)]

    @cached_property
    def _rest_mm(self) -> float:
        return float(lip_opening(self.head.landmarks(self._identity, Motion.zeros(1)))[0])

    def opening_mm(self, motion: Motion) -> Float[np.ndarray, "frames"]:
        """Vertical gap of the inner lips above the neutral face's (`xtalker.metrics.lip_opening`)."""
        return lip_opening(self.landmarks(motion)) - self._rest_mm

    def landmarks(self, motion: Motion) -> Float[np.ndarray, "frames 478 3"]:
        """MediaPipe points in canonical pose, metres."""
        return self.head.landmarks(self._identity, motion, canonical=True)

    def teeth_gap_mm(self, motion: Motion) -> Float[np.ndarray, "frames"]:
        """Least distance of the inner rim of the lower lip to a vertex of the upper front teeth."""
        gaps = []
        for start in range(0, motion.num_frames, _BATCH):
            vertices = self.head.vertices(self._identity, motion[start : start + _BATCH], canonical=True)
            gaps += [cKDTree(v[self._teeth]).query(v[self._lower])[0].min() for v in vertices]
        return 1e3 * np.array(gaps)

    def width_mm(self, motion: Motion) -> Float[np.ndarray, "frames"]:
        """Distance of the corners of the mouth."""
        points = self.landmarks(motion)[:, _CORNERS]
        return np.asarray(1e3 * np.linalg.norm(points[:, 0] - points[:, 1], axis=1))
