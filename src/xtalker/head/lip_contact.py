"""Lips that touch instead of crossing: what rounding presses beyond contact is taken back.

Pucker and funnel close the mouth at its sides so that an opened jaw leaves a round hole. Displacements add up
linearly, so under a closed jaw the same closing would push the lips through each other. The overlap of a posed mouth is
measured at places along the contact line, in the axes of the head, and undone, half by each lip, as far as rounding
made it: what pressing, rolling and smiling do on purpose stays.

Files of morph targets cannot hold this; they keep the linear sum.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from xtalker.geometry.rotations import matrix_from_axis_angle
from xtalker.values import Motion
from xtalker.values.conventions import CHANNEL

ROUNDING = (CHANNEL["mouthPucker"], CHANNEL["mouthFunnel"])
_ALLOWED_M = 0.0006  # soft lips at rest press into each other by about as much


@dataclass(frozen=True)
class LipContact:
    """Where lips touch.

    Attributes:
        upper, lower: vertices of the contact line on either lip.
        from_upper, from_lower: rows that interpolate them at the places along the line.
        pressing: overlap that one unit of pucker and one of funnel add at each place, metres.
        moved: vertices that give way.
        share: signed part of the overlap at each place by which they do.
    """

    upper: Int[np.ndarray, "upper"]
    lower: Int[np.ndarray, "lower"]
    from_upper: Float[np.ndarray, "places upper"]
    from_lower: Float[np.ndarray, "places lower"]
    pressing: Float[np.ndarray, "2 places"]
    moved: Int[np.ndarray, "moved"]
    share: Float[np.ndarray, "moved places"]

    def overlap(
        self, vertices: Float[np.ndarray, "frames vertices 3"], motion: Motion
    ) -> Float[np.ndarray, "frames places"]:
        """How far the lower lip stands above the upper one, metres; negative where they are apart."""
        up = _up(motion)
        lower, upper = (np.einsum("fvc,fc->fv", vertices[:, ids], up) for ids in (self.lower, self.upper))
        return np.asarray(lower @ self.from_lower.T - upper @ self.from_upper.T)

    def settle(self, vertices: Float[np.ndarray, "frames vertices 3"], motion: Motion) -> None:
        """Take back, in place, the overlap that rounded lips of posed vertices have.

        Args:
            vertices: of the motion, with its head turns, metres.
            motion: what posed them.
        """
        pressed = np.maximum(motion.expression[:, ROUNDING], 0) @ self.pressing
        undone = np.clip(self.overlap(vertices, motion) - _ALLOWED_M, 0, pressed)
        touching = np.flatnonzero(undone.max(axis=1) > 0)
        step = undone[touching] @ self.share.T
        vertices[np.ix_(touching, self.moved)] += step[..., None] * _up(motion)[touching, None]


def _up(motion: Motion) -> Float[np.ndarray, "frames 3"]:
    return np.asarray(matrix_from_axis_angle(motion.head.astype(np.float32))[..., 1])
