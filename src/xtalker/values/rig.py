"""A head as other programs know one: a mesh, morph targets and joints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from jaxtyping import Float, Int

from xtalker.values.mesh import MeshTopology
from xtalker.values.motion import Motion

Driver = Literal["none", "head", "jaw", "gaze"]
"""Track of a Motion that turns a joint; `none` never turns."""

MAX_INFLUENCES: Final = 4
"""Joints that move one vertex; what the formats and the programs that read them agree on."""


@dataclass(frozen=True)
class Joint:
    """One joint; at rest all joints stand unturned.

    Attributes:
        name: unique in its rig.
        parent: index of the joint that carries it, always smaller than its own; None for the root.
        place: where it stands at rest, metres, world axes.
        driver: what turns it, relative to its parent.
    """

    name: str
    parent: int | None
    place: Float[np.ndarray, "3"]
    driver: Driver


@dataclass(frozen=True)
class Rig:
    """Head of one person as morph targets and linear blend skinning, in this order.

    x = neutral + sum_k weight_k morphs_k;  posed = sum_i joint_weight_i M_i x,
    M_i = M_parent T(place) R(rotation) T(-place).

    Attributes:
        topology: faces, parts, texture coordinates and masks.
        neutral: resting vertices, metres.
        morph_names: one for each column of `Motion.expression`.
        morphs: displacements of one unit of each channel, metres.
        joints: parents before children.
        joint_index: joints that move each vertex; unused places name joint 0 with weight 0.
        joint_weight: their shares, never negative; rows sum to one.
        head_model: what `Motion.head_model` must say.
    """

    topology: MeshTopology
    neutral: Float[np.ndarray, "vertices 3"]
    morph_names: tuple[str, ...]
    morphs: Float[np.ndarray, "morphs vertices 3"]
    joints: tuple[Joint, ...]
    joint_index: Int[np.ndarray, "vertices 4"]
    joint_weight: Float[np.ndarray, "vertices 4"]
    head_model: str = "open"

    def __post_init__(self) -> None:
        """Hold what every writer trusts."""
        assert len(self.morph_names) == len(set(self.morph_names)) == len(self.morphs), "one name for each morph"
        assert all(j.parent is None or j.parent < i for i, j in enumerate(self.joints)), "parents come first"
        assert self.joint_index.min() >= 0 and self.joint_index.max() < len(self.joints), "joints that exist"
        assert self.joint_weight.min() >= 0, "no negative weights"
        assert np.abs(self.joint_weight.sum(1) - 1).max() < 1e-5, "weights of a vertex sum to one"

    def rotations(self, motion: Motion) -> Float[np.ndarray, "frames joints 3"]:
        """Turn of each joint relative to its parent, axis-angle in radians."""
        still = np.zeros((motion.num_frames, 3), np.float32)
        gaze = np.concatenate([motion.gaze, still[:, :1]], axis=1)
        tracks = {"none": still, "head": motion.head, "jaw": motion.jaw, "gaze": gaze}
        return np.stack([tracks[joint.driver] for joint in self.joints], axis=1).astype(np.float32)
