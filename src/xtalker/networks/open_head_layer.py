"""Differentiable twin of `OpenHead`, for training and fitting; same formulas, batched over frames."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from xtalker.head.open_head import OpenHead
from xtalker.networks.rotations import matrix_from_axis_angle


class OpenHeadLayer(nn.Module):
    """Coefficients to vertices; no trainable parameters, all constants are buffers."""

    mean: Tensor
    identity_basis: Tensor
    expression_basis: Tensor
    personal_basis: Tensor
    personal_channel: Tensor
    personal_vertex: Tensor
    joints: Tensor
    joint_basis: Tensor
    jaw_weight: Tensor
    head_weight: Tensor
    left: Tensor
    right: Tensor

    def __init__(self, head: OpenHead) -> None:
        super().__init__()
        shape_size = len(head.identity_basis)
        constants = {
            "mean": head.mean.reshape(-1),
            "identity_basis": head.identity_basis.reshape(shape_size, -1),
            "expression_basis": head.expression_basis.reshape(len(head.expression_basis), -1),
            "personal_basis": head.personal_basis.reshape(shape_size, -1),
            "personal_channel": head.personal_channel,
            "personal_vertex": head.personal_vertex.astype(np.int64),
            "joints": head.joints.reshape(-1),
            "joint_basis": head.joint_basis.reshape(shape_size, -1),
            "jaw_weight": head.jaw_weight[:, None],
            "head_weight": head.head_weight[:, None],
            "left": (head.eye_of_vertex == 1)[:, None],
            "right": (head.eye_of_vertex == 2)[:, None],
        }
        for name, array in constants.items():
            self.register_buffer(name, torch.from_numpy(array.copy()), persistent=False)

    def forward(
        self, shape: Float[Tensor, "batch 100"], expression: Float[Tensor, "batch 50"],
        jaw: Float[Tensor, "batch 3"], head: Float[Tensor, "batch 3"], gaze: Float[Tensor, "batch 2"],
    ) -> Float[Tensor, "batch vertices 3"]:  # fmt: skip
        """Vertices in metres."""
        flat = self.mean + shape @ self.identity_basis + expression @ self.expression_basis
        personal = (shape @ self.personal_basis).reshape(len(shape), -1, 3)
        personal = personal * expression[:, self.personal_channel, None]
        vertices = flat.reshape(len(shape), -1, 3).index_add(1, self.personal_vertex, personal)
        joints = (self.joints + shape @ self.joint_basis).reshape(-1, 3, 1, 3)
        vertices = vertices + self.jaw_weight * _turned(vertices - joints[:, 0], jaw)
        eyes = torch.cat([gaze, torch.zeros_like(gaze[:, :1])], dim=1)
        vertices = vertices + self.left * _turned(vertices - joints[:, 1], eyes)
        vertices = vertices + self.right * _turned(vertices - joints[:, 2], eyes)
        return vertices + self.head_weight * _turned(vertices, head)


def _turned(
    points: Float[Tensor, "batch vertices 3"], rotation: Float[Tensor, "batch 3"]
) -> Float[Tensor, "batch vertices 3"]:
    """R p - p: what a rotation about the origin adds."""
    return points @ matrix_from_axis_angle(rotation).transpose(1, 2) - points
