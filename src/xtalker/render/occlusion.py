"""How much of the sky each point of the resting head sees, baked once with the rasteriser."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float, Int

from xtalker.render.rasterise import Visibility, parallel_view

_DIRECTIONS: Final = 80
_SIZE: Final = 224
_SMOOTHINGS: Final = 2
_BIAS: Final = 0.012  # of the head radius: a surface must not hide itself behind its own pixels


def sky_visibility(
    vertices: Float[np.ndarray, "vertices 3"], normals: Float[np.ndarray, "vertices 3"],
    triangles: Int[np.ndarray, "triangles 3"],
) -> Float[np.ndarray, "vertices"]:  # fmt: skip
    """Cosine-weighted part of the hemisphere that is free, 0..1, from depth pictures of many directions."""
    middle = (vertices.min(0) + vertices.max(0)) / 2
    radius = float(np.linalg.norm(vertices - middle, axis=1).max())
    buffers = Visibility.empty(len(vertices), (_SIZE, _SIZE), 1)
    free, total = np.zeros(len(vertices)), np.full(len(vertices), 1e-6)
    for direction in _sphere(_DIRECTIONS):
        view = parallel_view(direction, middle, 1.02 * radius, _SIZE)
        buffers.draw_parallel(vertices, triangles, view, cull=False)
        x, y = (np.clip(buffers.screen[:, a].astype(int), 0, _SIZE - 1) for a in (0, 1))
        visible = buffers.screen[:, 2] > buffers.inverse_depth[y, x] - _BIAS * radius
        weight = np.maximum(normals @ direction, 0)
        free += weight * visible
        total += weight
    return (free / total).astype(np.float32)


def smoothed(
    values: Float[np.ndarray, "vertices"], triangles: Int[np.ndarray, "triangles 3"]
) -> Float[np.ndarray, "vertices"]:
    """Means over the triangles around each vertex: a counted share steps from vertex to vertex."""
    corners = triangles.ravel()
    around = np.maximum(np.bincount(corners, minlength=len(values)), 1)
    for _ in range(_SMOOTHINGS):
        mean = np.repeat(values[triangles].mean(axis=1), 3)
        near = np.bincount(corners, weights=mean, minlength=len(values)) / around
        values = np.where(np.bincount(corners, minlength=len(values)) > 0, near, values).astype(np.float32)
    return values


def _sphere(count: int) -> Float[np.ndarray, "count 3"]:
    """Evenly spread directions on a Fibonacci spiral."""
    i = np.arange(count) + 0.5
    y, turn = 1 - 2 * i / count, np.pi * (1 + 5**0.5) * i
    ring = np.sqrt(1 - y * y)
    return np.stack([ring * np.cos(turn), y, ring * np.sin(turn)], axis=1)
