"""Rotations in numpy. Twin of `networks.rotations`, which adds derivatives; this file does not load torch.

A rotation is an axis-angle vector in radians (see `values.conventions`). Everything is batched: any leading
axes, and two arguments broadcast. Going through unit quaternions keeps every function accurate at zero and at
half a turn.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

Vectors = Float[np.ndarray, "*batch 3"]
AnyVectors = Float[np.ndarray, "... 3"]
Matrices = Float[np.ndarray, "*batch 3 3"]
AnyQuaternions = Float[np.ndarray, "... 4"]


def matrix_from_axis_angle(rotation: Vectors) -> Matrices:
    """Rotation matrices R with R @ column = rotated column (Rodrigues' formula)."""
    angle = np.linalg.norm(rotation, axis=-1)[..., None, None]
    cross = _cross_matrix(rotation)
    # np.sinc(x) is sin(pi x) / (pi x), exact at zero; (1 - cos a) / a^2 is half of (sin(a/2) / (a/2))^2.
    linear = np.sinc(angle / np.pi)
    quadratic = 0.5 * np.sinc(angle / (2 * np.pi)) ** 2
    matrix = np.eye(3) + linear * cross + quadratic * (cross @ cross)
    return np.asarray(matrix.astype(rotation.dtype))


def axis_angle_from_matrix(matrix: Matrices) -> Vectors:
    """Axis-angle vectors with angle 0..pi; inverse of `matrix_from_axis_angle` below half a turn.

    At half a turn both signs of the axis are right and either may come back.
    """
    return _log(_quaternion_from_matrix(matrix))


def compose(outer: AnyVectors, inner: AnyVectors) -> AnyVectors:
    """The rotation that turns by `inner` first, then by `outer`: matrix(outer) @ matrix(inner)."""
    return _log(_quaternion_product(_exp(outer), _exp(inner)))


def relative(rotation: AnyVectors, reference: AnyVectors) -> AnyVectors:
    """What must follow `reference` to reach `rotation`: compose(relative(r, ref), ref) = r."""
    return compose(rotation, -reference)


def geodesic_angle(one: AnyVectors, other: AnyVectors) -> Float[np.ndarray, "..."]:
    """Smallest angle between two rotations, 0..pi radians."""
    return np.asarray(np.linalg.norm(relative(one, other), axis=-1))


def interpolate(start: AnyVectors, end: AnyVectors, fraction: Float[np.ndarray, "..."] | float) -> AnyVectors:
    """Point at `fraction` 0..1 of the shortest turn from `start` to `end` (slerp)."""
    return compose(relative(end, start) * np.asarray(fraction)[..., None], start)


def _cross_matrix(vector: Vectors) -> Matrices:
    """Matrices K with K @ w = vector x w."""
    x, y, z = np.moveaxis(vector, -1, 0)
    zero = np.zeros_like(x)
    rows = np.stack([zero, -z, y, z, zero, -x, -y, x, zero], axis=-1)
    return rows.reshape(*vector.shape, 3)


def _exp(rotation: AnyVectors) -> AnyQuaternions:
    """Unit quaternions (w, x, y, z)."""
    half = 0.5 * np.linalg.norm(rotation, axis=-1, keepdims=True)
    return np.concatenate([np.cos(half), 0.5 * np.sinc(half / np.pi) * rotation], axis=-1)


def _log(quaternion: AnyQuaternions) -> AnyVectors:
    """Axis-angle of unit quaternions; q and -q give the same, shorter, rotation."""
    quaternion = np.where(quaternion[..., :1] < 0, -quaternion, quaternion)
    real, imaginary = quaternion[..., :1], quaternion[..., 1:]
    sine = np.linalg.norm(imaginary, axis=-1, keepdims=True)
    tiny = sine == 0
    scale = np.where(tiny, 2.0, 2 * np.arctan2(sine, real) / np.where(tiny, 1.0, sine))
    return np.asarray((scale * imaginary).astype(quaternion.dtype))


def _quaternion_product(p: AnyQuaternions, q: AnyQuaternions) -> AnyQuaternions:
    p, q = np.broadcast_arrays(p, q)
    real = p[..., :1] * q[..., :1] - np.sum(p[..., 1:] * q[..., 1:], axis=-1, keepdims=True)
    imaginary = p[..., :1] * q[..., 1:] + q[..., :1] * p[..., 1:] + np.cross(p[..., 1:], q[..., 1:])
    return np.concatenate([real, imaginary], axis=-1)


def _quaternion_from_matrix(matrix: Float[np.ndarray, "... 3 3"]) -> AnyQuaternions:
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
    outer = np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)
    best = np.argmax(np.diagonal(outer, axis1=-2, axis2=-1), axis=-1)
    row = np.take_along_axis(outer, best[..., None, None], axis=-2)[..., 0, :]
    return np.asarray(row / np.linalg.norm(row, axis=-1, keepdims=True))
