"""FLAME (Li et al. 2017), from the user's own 2020 or 2023 file, npz or official pkl.

v = T + shapedirs [shape, psi] + posedirs (R_1..4 - 1)      blend shapes, with FLAME's pose correctives
v += sum_j w_j (R_j - 1)(v - J_j)       j = jaw, left eye, right eye
v = J_0 + R_head (v - J_0)              head = FLAME's global rotation, about its root joint, as in 3DXTalker

The neck joint stays at rest, so it adds nothing. With skinning weights that sum to one this is FLAME's linear
blend skinning, in a cheaper order. Coefficients are FLAME's own: the first 100 of 300 identity components and the
first 50 of 100 expression components, in standard deviations. Joints follow identity and expression.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from xtalker.geometry.rotations_torch import matrix_from_axis_angle
from xtalker.head.flame_file import FlameArrays, read_flame
from xtalker.head.interface import refuse_other_head
from xtalker.values import Identity, InputError, MeshTopology, Motion
from xtalker.values.conventions import NUM_EXPRESSION

if TYPE_CHECKING:
    from jaxtyping import Int

_CHUNK_FRAMES = 32  # more no longer fits the cache
_JAW, _EYES = 2, (3, 4)


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
        self._layer = FlameLayer(arrays)
        self._arrays = arrays

    def neutral(self, identity: Identity) -> Float[np.ndarray, "vertices 3"]:
        """A person's head with no expression, metres."""
        still = Motion(*_rest(1), head_model=self.name)
        return np.asarray(self.vertices(identity, still)[0])

    @torch.no_grad()
    def vertices(
        self, identity: Identity, motion: Motion, *, canonical: bool = False
    ) -> Float[np.ndarray, "frames vertices 3"]:
        """Vertices of every frame, metres; canonical leaves the head rotation out. Runs the torch layer."""
        refuse_other_head(identity.head_model, self.name)
        refuse_other_head(motion.head_model, self.name)
        out = np.empty((motion.num_frames, self.topology.num_vertices, 3), np.float32)
        for start in range(0, motion.num_frames, _CHUNK_FRAMES):
            part = motion[start : start + _CHUNK_FRAMES]
            turn = np.zeros_like(part.head) if canonical else part.head
            shape = np.broadcast_to(identity.shape, (part.num_frames, len(identity.shape)))
            inputs = (shape, part.expression, part.jaw, turn, part.gaze)
            tensors = (torch.from_numpy(np.array(x, np.float32)) for x in inputs)
            out[start : start + part.num_frames] = self._layer(*tensors).numpy()
        return out

    def landmarks(
        self, identity: Identity, motion: Motion, *, canonical: bool = False
    ) -> Float[np.ndarray, "frames 478 3"]:
        """Refused: a FLAME file does not say where the MediaPipe points lie."""
        raise InputError(
            "FLAME has no embedding of the MediaPipe points", received=f"head '{self.name}'",
            accepted="a head with landmarks, such as 'open'", next_step="use the open head for landmarks",
        )  # fmt: skip

    def layer(self) -> FlameLayer:
        """Differentiable form; a new one each time, so that moving it to a device does not move the head."""
        return FlameLayer(self._arrays)


class FlameLayer(nn.Module):
    """Coefficients to vertices; no trainable parameters, all constants are buffers."""

    template: Tensor
    basis: Tensor
    pose_basis: Tensor
    joints: Tensor
    joint_basis: Tensor
    weights: Tensor

    def __init__(self, arrays: FlameArrays) -> None:
        super().__init__()
        num_joints, num_vertices = arrays.joint_regressor.shape
        basis = np.concatenate([arrays.identity, arrays.expression])
        constants = {
            "template": arrays.template,
            "basis": basis.reshape(len(basis), -1),
            "pose_basis": arrays.pose.reshape(len(arrays.pose), -1),
            "joints": arrays.joint_regressor @ arrays.template,
            "joint_basis": (arrays.joint_regressor @ basis).reshape(len(basis), -1),
            "weights": arrays.weights.T.reshape(num_joints, num_vertices, 1),
        }
        for name, array in constants.items():
            self.register_buffer(name, torch.from_numpy(array.astype(np.float32)), persistent=False)

    def forward(
        self, shape: Float[Tensor, "batch 100"], expression: Float[Tensor, "batch 50"],
        jaw: Float[Tensor, "batch 3"], head: Float[Tensor, "batch 3"], gaze: Float[Tensor, "batch 2"],
    ) -> Float[Tensor, "batch vertices 3"]:  # fmt: skip
        """Vertices in metres."""
        coefficients = torch.cat([shape, expression], dim=1)
        joints = self.joints + (coefficients @ self.joint_basis).reshape(len(shape), -1, 3)
        turns = self._turns(jaw, gaze)
        eye = torch.eye(3, dtype=jaw.dtype, device=jaw.device)
        offsets = coefficients @ self.basis + (turns - eye).flatten(1) @ self.pose_basis
        vertices = self.template + offsets.reshape(len(shape), -1, 3)
        posed = vertices
        for joint in (_JAW, *_EYES):
            turn, pivot = turns[:, joint - 1], joints[:, joint : joint + 1]
            posed = posed + self.weights[joint] * ((vertices - pivot) @ (turn - eye).transpose(1, 2))
        root = joints[:, :1]
        return root + (posed - root) @ matrix_from_axis_angle(head).transpose(1, 2)

    @staticmethod
    def _turns(jaw: Float[Tensor, "batch 3"], gaze: Float[Tensor, "batch 2"]) -> Float[Tensor, "batch joints 3 3"]:
        """Rotations of neck, jaw, left eye and right eye."""
        eyes = torch.cat([gaze, torch.zeros_like(gaze[:, :1])], dim=1)
        return matrix_from_axis_angle(torch.stack([torch.zeros_like(jaw), jaw, eyes, eyes], dim=1))


def _rest(num_frames: int) -> tuple[np.ndarray, ...]:
    still = Motion.zeros(num_frames)
    return still.expression, still.jaw, still.head, still.gaze
