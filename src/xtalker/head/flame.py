"""FLAME (Li et al. 2017), from the user's own 2020 or 2023 file, npz or official pkl.

v = T + shapedirs [shape, psi] + posedirs (R_1..4 - 1)      blend shapes, with FLAME's pose correctives
v += sum_j w_j (R_j - 1)(v - J_j)       j = jaw, left eye, right eye
v = J_0 + R_head (v - J_0)              head = FLAME's global rotation, about its root joint, as in 3DXTalker

The neck joint stays at rest, so it adds nothing. With skinning weights that sum to one this is FLAME's linear
blend skinning, in a cheaper order. Coefficients are FLAME's own: the first 100 of 300 identity components and the
first 50 of 100 expression components, in standard deviations. Joints follow identity and expression.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from xtalker.geometry.rotations import matrix_from_axis_angle
from xtalker.head.flame_file import FlameConstants, constants_of, read_flame
from xtalker.head.interface import refuse_other_head
from xtalker.values import Identity, InputError, MeshTopology, Motion
from xtalker.values.conventions import NUM_EXPRESSION

if TYPE_CHECKING:
    from jaxtyping import Int

_CHUNK_FRAMES = 32  # more no longer fits the cache
JAW, EYES = 2, (3, 4)
"""Numbers of the joints that turn; 1 is the neck, which stays, and 0 the root."""


class FlameHead:
    """FLAME behind the same interface as the open head.

    FLAME's file holds no texture coordinates, no named regions and no MediaPipe embedding, so neither has this
    head.
    """

    name = "flame"
    expression_names = tuple(f"flameExpression{i:02d}" for i in range(NUM_EXPRESSION))
    landmark_triangles: Int[np.ndarray, "478 3"] | None = None
    landmark_weights: Float[np.ndarray, "478 3"] | None = None

    def __init__(self, path: Path | None = None) -> None:
        """Read the user's file.

        Raises:
            InputError: no path, or not a FLAME file.
        """
        if path is None:
            raise InputError(
                "FLAME does not ship with xtalker", received="no file", accepted="your FLAME 2020 or 2023 file",
                next_step="get it from the FLAME project under its licence and give its path",
            )  # fmt: skip
        arrays = read_flame(path)
        self.topology = MeshTopology(
            num_vertices=len(arrays.template), triangles=arrays.triangles, quads=None, quad_part=None,
            part_names=(), uv=None, quad_uv=None, masks={}, regions={},
        )  # fmt: skip
        self.constants = constants_of(arrays)

    def neutral(self, identity: Identity) -> Float[np.ndarray, "vertices 3"]:
        """A person's head with no expression, metres."""
        still = Motion(*_rest(1), head_model=self.name)
        return np.asarray(self.vertices(identity, still)[0])

    def vertices(
        self, identity: Identity, motion: Motion, *, canonical: bool = False
    ) -> Float[np.ndarray, "frames vertices 3"]:
        """Vertices of every frame, metres; canonical leaves the head rotation out."""
        refuse_other_head(identity.head_model, self.name)
        refuse_other_head(motion.head_model, self.name)
        out = np.empty((motion.num_frames, self.topology.num_vertices, 3), np.float32)
        for start in range(0, motion.num_frames, _CHUNK_FRAMES):
            part = motion[start : start + _CHUNK_FRAMES]
            turn = np.zeros_like(part.head) if canonical else part.head
            out[start : start + part.num_frames] = _posed(self.constants, identity.shape, replace(part, head=turn))
        return out

    def landmarks(
        self, identity: Identity, motion: Motion, *, canonical: bool = False
    ) -> Float[np.ndarray, "frames 478 3"]:
        """Refused: a FLAME file does not say where the MediaPipe points lie."""
        raise InputError(
            "FLAME has no embedding of the MediaPipe points", received=f"head '{self.name}'",
            accepted="a head with landmarks, such as 'open'", next_step="use the open head for landmarks",
        )  # fmt: skip


def _posed(
    constants: FlameConstants, shape: Float[np.ndarray, "100"], motion: Motion
) -> Float[np.ndarray, "frames vertices 3"]:
    """Shape, expression and pose correctives, then jaw, eyes and head."""
    frames = motion.num_frames
    person = np.broadcast_to(shape, (frames, len(shape)))
    coefficients = np.concatenate([person, motion.expression], axis=1, dtype=np.float32)
    joints = constants.joints + (coefficients @ constants.joint_basis).reshape(frames, -1, 3)
    turns, still = _turns(motion), np.eye(3, dtype=np.float32)
    offsets = coefficients @ constants.basis + (turns - still).reshape(frames, -1) @ constants.pose_basis
    vertices = constants.template + offsets.reshape(frames, -1, 3)
    posed = vertices.copy()
    for joint in (JAW, *EYES):
        turn, pivot = turns[:, joint - 1], joints[:, joint : joint + 1]
        posed += constants.weights[joint] * ((vertices - pivot) @ (turn - still).transpose(0, 2, 1))
    root = joints[:, :1]
    head = matrix_from_axis_angle(motion.head.astype(np.float32))
    return np.asarray(root + (posed - root) @ head.transpose(0, 2, 1), np.float32)


def _turns(motion: Motion) -> Float[np.ndarray, "frames joints 3 3"]:
    """Rotations of neck, jaw, left eye and right eye."""
    eyes = np.pad(motion.gaze, ((0, 0), (0, 1)))
    turns = np.stack([np.zeros_like(motion.jaw), motion.jaw, eyes, eyes], axis=1).astype(np.float32)
    return np.asarray(matrix_from_axis_angle(turns))


def _rest(num_frames: int) -> tuple[np.ndarray, ...]:
    still = Motion.zeros(num_frames)
    return still.expression, still.jaw, still.head, still.gaze
