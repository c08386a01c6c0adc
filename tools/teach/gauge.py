"""Distances in the mouth of the mean head: what contacts are solved for and measured by."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float, Int
from scipy.spatial import cKDTree

from xtalker.geometry.rotations import matrix_from_axis_angle
from xtalker.head.open_head import OpenHead
from xtalker.metrics.lip_opening import lip_opening
from xtalker.values import Motion
from xtalker.values.conventions import NUM_LANDMARKS

_MIDDLE_M: Final = 0.009
_CORNERS: Final = (61, 291)
_LIPS: Final = (13, 82, 312, 14, 87, 317)
_STEPS_ON_TOOTH: Final = 12


class MouthGauge:
    """Distances of lips and teeth in canonical pose, from the few vertices that they need.

    Args:
        head: the open head; its mean identity is measured.
    """

    def __init__(self, head: OpenHead) -> None:
        self.jaw_open_angle_rad = head.jaw_open_angle_rad
        rest, topology = head.mean, head.topology
        lips = topology.regions["inner_lips"]
        lips = lips[np.abs(rest[lips, 0]) < _MIDDLE_M]
        lower = lips[rest[lips, 1] <= np.median(rest[lips, 1])]
        corners = head.landmark_triangles[list(_LIPS + _CORNERS)]
        vertices, inverse = np.unique(np.concatenate([lower, corners.ravel()]), return_inverse=True)
        self._lower: Int[np.ndarray, "lower"] = inverse[: len(lower)]
        self._corners: Int[np.ndarray, "8 3"] = inverse[len(lower) :].reshape(corners.shape)
        self._weights = head.landmark_weights[list(_LIPS + _CORNERS)]
        self._rest, self._jaw_weight = rest[vertices], head.jaw_weight[vertices, None]
        self._basis = head.expression_basis[:, vertices].reshape(len(head.expression_basis), -1)
        self._pivot = head.joints[0]
        self._teeth = cKDTree(_front_teeth(head))
        self._rest_mm = float(self._signed_opening(Motion.zeros(1))[0])

    def opening_mm(self, motion: Motion) -> Float[np.ndarray, "frames"]:
        """Vertical gap of the inner lips above the neutral face's (`xtalker.metrics.lip_opening`)."""
        return self._signed_opening(motion) - self._rest_mm

    def width_mm(self, motion: Motion) -> Float[np.ndarray, "frames"]:
        """Distance of the corners of the mouth."""
        points = self._landmarks(motion)[:, -len(_CORNERS) :]
        return np.asarray(1e3 * np.linalg.norm(points[:, 0] - points[:, 1], axis=1))

    def teeth_gap_mm(self, motion: Motion) -> Float[np.ndarray, "frames"]:
        """Least distance of the inner rim of the lower lip to the surface of the upper front teeth."""
        return np.asarray(1e3 * self._teeth.query(self._points(motion)[:, self._lower])[0].min(axis=1))

    def _signed_opening(self, motion: Motion) -> Float[np.ndarray, "frames"]:
        points = np.zeros((motion.num_frames, NUM_LANDMARKS, 3), np.float32)
        points[:, list(_LIPS)] = self._landmarks(motion)[:, : len(_LIPS)]
        return lip_opening(points)

    def _landmarks(self, motion: Motion) -> Float[np.ndarray, "frames 8 3"]:
        return np.asarray(np.einsum("flkc,lk->flc", self._points(motion)[:, self._corners], self._weights))

    def _points(self, motion: Motion) -> Float[np.ndarray, "frames points 3"]:
        """As `OpenHead.vertices` without the head's turn."""
        points = self._rest + (motion.expression.astype(np.float32) @ self._basis).reshape(-1, *self._rest.shape)
        from_pivot = points - self._pivot
        turn = matrix_from_axis_angle(motion.jaw.astype(np.float32))
        return np.asarray(points + self._jaw_weight * (from_pivot @ turn.transpose(0, 2, 1) - from_pivot))


def _front_teeth(head: OpenHead) -> Float[np.ndarray, "points 3"]:
    """Points all over the upper front teeth, which nothing but the head's turn moves by more than 0.2 mm."""
    rest, teeth = head.mean, head.topology.part_vertices("teeth_upper")
    assert not head.jaw_weight[teeth].any() and not np.abs(head.expression_basis[:, teeth]).max() > 2e-4
    triangles = head.topology.triangles
    triangles = triangles[np.isin(triangles, teeth).all(axis=1)]
    triangles = triangles[np.abs(rest[triangles].mean(axis=1)[:, 0]) < _MIDDLE_M]
    steps = np.arange(_STEPS_ON_TOOTH + 1) / _STEPS_ON_TOOTH
    shares = np.array([(a, b, 1 - a - b) for a in steps for b in steps if a + b <= 1 + 1e-9])
    return np.asarray(np.einsum("sk,tkc->tsc", shares, rest[triangles]).reshape(-1, 3))
