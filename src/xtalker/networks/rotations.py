"""Rotations in torch: the differentiable twin of `rotations`; same names, same meaning, equal to rounding.

Norms have no derivative at zero, and zero is where a resting face lives. So each factor is written as a
function of the *squared* angle, with its Taylor series near zero: all derivatives exist there.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

Vectors = Float[Tensor, "*batch 3"]
AnyVectors = Float[Tensor, "... 3"]
Matrices = Float[Tensor, "*batch 3 3"]
AnyQuaternions = Float[Tensor, "... 4"]

_SERIES_BELOW = 1e-2  # squared; the terms left out are below the rounding of float64 here


def matrix_from_axis_angle(rotation: Vectors) -> Matrices:
    """Rotation matrices R with R @ column = rotated column (Rodrigues' formula)."""
    square = (rotation * rotation).sum(-1)[..., None, None]
    cross = _cross_matrix(rotation)
    eye = torch.eye(3, dtype=rotation.dtype, device=rotation.device)
    return eye + _sine_ratio(square) * cross + 0.5 * _sine_ratio(square / 4) ** 2 * (cross @ cross)


def axis_angle_from_matrix(matrix: Matrices) -> Vectors:
    """Axis-angle vectors with angle 0..pi; inverse of `matrix_from_axis_angle` below half a turn.

    Smooth everywhere except at half a turn, where the sign of the axis jumps.
    """
    return _log(_quaternion_from_matrix(matrix))


def compose(outer: AnyVectors, inner: AnyVectors) -> AnyVectors:
    """The rotation that turns by `inner` first, then by `outer`: matrix(outer) @ matrix(inner)."""
    return _log(_quaternion_product(_exp(outer), _exp(inner)))


def relative(rotation: AnyVectors, reference: AnyVectors) -> AnyVectors:
    """What must follow `reference` to reach `rotation`: compose(relative(r, ref), ref) = r."""
    return compose(rotation, -reference)


def geodesic_angle(one: AnyVectors, other: AnyVectors) -> Float[Tensor, "..."]:
    """Smallest angle between two rotations, 0..pi radians. Not differentiable where they coincide."""
    return torch.linalg.vector_norm(relative(one, other), dim=-1)


def _sine_ratio(square: Float[Tensor, "*any"]) -> Float[Tensor, "*any"]:
    """Sine(a) / a as a function of a^2."""
    small = square < _SERIES_BELOW
    # The inner `where` keeps the unused branch finite: NaN times zero is still NaN in the backward pass.
    angle = torch.where(small, torch.ones_like(square), square).sqrt()
    series = 1 - square / 6 * (1 - square / 20 * (1 - square / 42 * (1 - square / 72)))
    return torch.where(small, series, torch.sin(angle) / angle)


def _cross_matrix(vector: Vectors) -> Matrices:
    """Matrices K with K @ w = vector x w."""
    x, y, z = vector.unbind(-1)
    zero = torch.zeros_like(x)
    return torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], dim=-1).reshape(*vector.shape, 3)


def _exp(rotation: AnyVectors) -> AnyQuaternions:
    """Unit quaternions (w, x, y, z)."""
    quarter = (rotation * rotation).sum(-1, keepdim=True) / 4
    # cos(h) = 1 - 2 sin^2(h / 2), and sin^2(h / 2) = (h / 2)^2 (sin(h / 2) / (h / 2))^2: smooth at zero.
    real = 1 - quarter / 2 * _sine_ratio(quarter / 4) ** 2
    return torch.cat([real, 0.5 * _sine_ratio(quarter) * rotation], dim=-1)


def _log(quaternion: AnyQuaternions) -> AnyVectors:
    """Axis-angle of unit quaternions; q and -q give the same, shorter, rotation."""
    quaternion = torch.where(quaternion[..., :1] < 0, -quaternion, quaternion)
    real, imaginary = quaternion[..., :1], quaternion[..., 1:]
    square = (imaginary * imaginary).sum(-1, keepdim=True)
    small = square < _SERIES_BELOW
    sine = torch.where(small, torch.ones_like(square), square).sqrt()
    # asin(s) / s; the real part is not needed near zero because the quaternion has unit length.
    c = (1.0, 1 / 6, 3 / 40, 15 / 336, 105 / 3456, 945 / 42240, 10395 / 599040)
    series = torch.zeros_like(square)
    for factor in reversed(c):
        series = series * square + factor
    return 2 * torch.where(small, series, torch.atan2(sine, real) / sine) * imaginary


def _quaternion_product(p: AnyQuaternions, q: AnyQuaternions) -> AnyQuaternions:
    p, q = p + torch.zeros_like(q), q + torch.zeros_like(p)
    real = p[..., :1] * q[..., :1] - (p[..., 1:] * q[..., 1:]).sum(-1, keepdim=True)
    cross = torch.linalg.cross(p[..., 1:], q[..., 1:])
    return torch.cat([real, p[..., :1] * q[..., 1:] + q[..., :1] * p[..., 1:] + cross], dim=-1)


def _quaternion_from_matrix(matrix: Float[Tensor, "... 3 3"]) -> AnyQuaternions:
    """Of four formulas, each exact but ill conditioned somewhere, take the best conditioned one."""
    m = matrix
    xx, yy, zz = m[..., 0, 0], m[..., 1, 1], m[..., 2, 2]
    wx, wy, wz = m[..., 2, 1] - m[..., 1, 2], m[..., 0, 2] - m[..., 2, 0], m[..., 1, 0] - m[..., 0, 1]
    xy, xz, yz = m[..., 1, 0] + m[..., 0, 1], m[..., 0, 2] + m[..., 2, 0], m[..., 2, 1] + m[..., 1, 2]
    # Row k is 4 q_k q: an outer product of the quaternion with itself.
    rows = [
        [1 + xx + yy + zz, wx, wy, wz],
        [wx, 1 + xx - yy - zz, xy, xz],
        [wy, xy, 1 - xx + yy - zz, yz],
        [wz, xz, yz, 1 - xx - yy + zz],
    ]
    outer = torch.stack([torch.stack(row, dim=-1) for row in rows], dim=-2)
    best = torch.diagonal(outer, dim1=-2, dim2=-1).argmax(-1)
    row = torch.take_along_dim(outer, best[..., None, None], dim=-2)[..., 0, :]
    return row / torch.linalg.vector_norm(row, dim=-1, keepdim=True)
