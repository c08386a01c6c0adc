"""FLAME's vertices against truth of the open head, on the points where the two surfaces correspond."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Int

from xtalker.evaluate.clips import SpokenClip
from xtalker.evaluate.scores import Mouth, Shape
from xtalker.head.interface import HeadModel
from xtalker.head.open_head import OpenHead
from xtalker.metrics.lip_opening import LOWER, UPPER
from xtalker.performance.flame_map import FlameFit, fit_flame_map, skin_triangles
from xtalker.values import Identity


@dataclass(frozen=True)
class FlameSurface:
    """Displacements of FLAME's vertices, carried onto the open head.

    Attributes:
        fit: correspondences.
        lips: places in `fit.used` that lie on the open head's lips.
        upper, lower: places in `fit.used` nearest to the landmarks between which the lips' opening is measured.
    """

    fit: FlameFit
    lips: Int[np.ndarray, "_"]
    upper: Int[np.ndarray, "_"]
    lower: Int[np.ndarray, "_"]

    @classmethod
    def between(cls, head: OpenHead, flame: HeadModel) -> FlameSurface:
        """Fit the two surfaces."""
        fit = fit_flame_map(head, flame)
        rest = head.neutral(Identity())
        points = np.einsum("pcx,pc->px", rest[fit.corners], fit.weights)
        marks = np.einsum("lcx,lc->lx", rest[head.landmark_triangles], head.landmark_weights)
        on_lips = np.isin(fit.corners, head.topology.regions["lips"]).any(axis=1)
        # A tooth behind a lip is near it, and moves otherwise.
        lips = np.flatnonzero(on_lips & np.isin(fit.used, skin_triangles(flame.topology)))
        upper, lower = (_nearest(points, marks[list(names)]) for names in (UPPER, LOWER))
        return cls(fit, lips, upper, lower)

    def shapes(
        self, vertices: Float[np.ndarray, "frames vertices 3"], rest: Float[np.ndarray, "_ 3"] | None,
        clip: SpokenClip, head: OpenHead, mouth: Mouth,
    ) -> tuple[Shape, Shape]:  # fmt: skip
        """Predicted and true lips on the corresponding points of the clip's person, and their openings.

        Args:
            vertices: of FLAME, metres, head still.
            rest: its neutral face; None takes the frame in which the lips are nearest to each other.
            clip: with truth.
            head: the open head.
            mouth: its lips.
        """
        still = vertices[np.argmin(self._gap_m(vertices))] if rest is None else rest
        moved = self.fit.to_source.scale * (vertices - still)[:, self.fit.used] @ self.fit.to_source.rotation.T
        base = self._on_lips(head.neutral(clip.identity)[None])
        opening_mm = 1e3 * (moved[:, self.upper, 1] - moved[:, self.lower, 1]).mean(axis=1)
        true = mouth.shape(clip.identity, clip.motion)
        true_lips = self._on_lips(head.vertices(clip.identity, clip.motion, canonical=True))
        made = Shape(base + moved[:, self.lips], opening_mm, true.jaw, true.head)
        return made, replace(true, lips=true_lips)

    def _on_lips(self, vertices: Float[np.ndarray, "frames vertices 3"]) -> Float[np.ndarray, "frames lips 3"]:
        corners, weights = self.fit.corners[self.lips], self.fit.weights[self.lips]
        return np.asarray(np.einsum("fpcx,pc->fpx", vertices[:, corners], weights))

    def _gap_m(self, vertices: Float[np.ndarray, "frames vertices 3"]) -> Float[np.ndarray, "frames"]:
        upper, lower = (vertices[:, self.fit.used[places], 1] for places in (self.upper, self.lower))
        return np.asarray((upper - lower).mean(axis=1))


def _nearest(points: Float[np.ndarray, "points 3"], marks: Float[np.ndarray, "marks 3"]) -> Int[np.ndarray, "marks"]:
    return np.asarray(np.linalg.norm(points[:, None] - marks, axis=-1).argmin(axis=0))
