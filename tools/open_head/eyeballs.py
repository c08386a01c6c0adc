"""Smooth quad spheres in place of MakeHuman's coarse eyeballs."""

from __future__ import annotations

import numpy as np

CELLS = 6  # per side of the cube that is blown up to a sphere


def cube_sphere(cells: int = CELLS) -> tuple[np.ndarray, np.ndarray]:
    """Unit sphere of 6 x cells x cells quads without poles: points (n, 3), quads counter-clockwise outside."""
    grid = np.tan(np.linspace(-np.pi / 4, np.pi / 4, cells + 1))  # equal angles
    u, v = np.meshgrid(grid, grid)
    sheets, quads = [], []
    index = np.arange((cells + 1) ** 2).reshape(cells + 1, cells + 1)
    face = np.stack([index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]], -1).reshape(-1, 4)
    for axis in range(3):
        for sign in (1, -1):
            sheet = np.empty((cells + 1, cells + 1, 3))
            sheet[..., axis], sheet[..., (axis + 1) % 3], sheet[..., (axis + 2) % 3] = sign, u * sign, v
            quads.append(face + len(sheets) * index.size)
            sheets.append(sheet.reshape(-1, 3))
    points = np.concatenate(sheets)
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    _, first, back = np.unique(points.round(6), axis=0, return_index=True, return_inverse=True)
    return points[first], back.ravel()[np.concatenate(quads)]


def polar_uv(points: np.ndarray) -> np.ndarray:
    """Texture coordinates seen along the gaze: the pupil lies at (.5, .5), the far pole on the unit circle."""
    angle = np.arccos(np.clip(points[:, 2], -1, 1)) / np.pi
    side = points[:, :2] / np.maximum(np.linalg.norm(points[:, :2], axis=1, keepdims=True), 1e-9)
    return 0.5 + 0.5 * angle[:, None] * side


def sphere_fit(points: np.ndarray) -> tuple[np.ndarray, float]:
    """Centre and radius of the sphere through points."""
    x = np.linalg.lstsq(np.c_[2 * points, np.ones(len(points))], (points**2).sum(1), rcond=None)[0]
    return x[:3], float(np.sqrt(x[3] + x[:3] @ x[:3]))


def affine_weights(support: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Weights (len(points), len(support)) that carry affine changes of the support to the points exactly."""
    homogeneous = np.c_[support, np.ones(len(support))]
    return np.c_[points, np.ones(len(points))] @ np.linalg.pinv(homogeneous)
