"""Differentiable twin of `FlameHead`, for training and fitting; same formulas, batched over frames."""

from __future__ import annotations

from dataclasses import fields

import torch
from jaxtyping import Float
from torch import Tensor, nn

from xtalker.head.flame import EYES, JAW
from xtalker.head.flame_file import FlameConstants
from xtalker.networks.rotations import matrix_from_axis_angle


class FlameLayer(nn.Module):
    """Coefficients to vertices; no trainable parameters, all constants are buffers."""

    template: Tensor
    basis: Tensor
    pose_basis: Tensor
    joints: Tensor
    joint_basis: Tensor
    weights: Tensor

    def __init__(self, constants: FlameConstants) -> None:
        super().__init__()
        for field in fields(constants):
            array = getattr(constants, field.name)
            self.register_buffer(field.name, torch.from_numpy(array.copy()), persistent=False)

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
        for joint in (JAW, *EYES):
            turn, pivot = turns[:, joint - 1], joints[:, joint : joint + 1]
            posed = posed + self.weights[joint] * ((vertices - pivot) @ (turn - eye).transpose(1, 2))
        root = joints[:, :1]
        return root + (posed - root) @ matrix_from_axis_angle(head).transpose(1, 2)

    @staticmethod
    def _turns(jaw: Float[Tensor, "batch 3"], gaze: Float[Tensor, "batch 2"]) -> Float[Tensor, "batch joints 3 3"]:
        """Rotations of neck, jaw, left eye and right eye."""
        eyes = torch.cat([gaze, torch.zeros_like(gaze[:, :1])], dim=1)
        return matrix_from_axis_angle(torch.stack([torch.zeros_like(jaw), jaw, eyes, eyes], dim=1))
