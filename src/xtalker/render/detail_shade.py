"""Kernels of skin detail: how far skin is pressed together, and normals bent by a map of heights."""

from __future__ import annotations

import math
from typing import Final, no_type_check

import numba
import numpy as np

from xtalker.render.vectors import HALF, ONE, PLACE, ZERO, cross, dot, f, inlined, unit

SLOPE_STEP_M: Final = np.float32(1.2e-6)
"""Height per texel of one step of a slope map."""


@numba.njit(cache=True)
@no_type_check
def areas_into(vertices, triangles, out):
    """Area of the triangles around each vertex."""
    out[:] = 0
    for t in range(triangles.shape[0]):
        i, j, k = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ax, ay = vertices[j, 0] - vertices[i, 0], vertices[j, 1] - vertices[i, 1]
        az = vertices[j, 2] - vertices[i, 2]
        bx, by = vertices[k, 0] - vertices[i, 0], vertices[k, 1] - vertices[i, 1]
        bz = vertices[k, 2] - vertices[i, 2]
        x, y, z = ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx
        area = np.float32(0.5) * math.sqrt(x * x + y * y + z * z)
        out[i] += area
        out[j] += area
        out[k] += area


@numba.njit(parallel=True, cache=True)
@no_type_check
def spread_into(start, index, weight, values, out):
    """Sparse matrix (compressed rows) times a vector, without BLAS threads."""
    for r in numba.prange(out.shape[0]):
        total = np.float32(0)
        for q in range(start[r], start[r + 1]):
            total += weight[q] * values[index[q]]
        out[r] = total


@inlined
@no_type_check
def bent(normal, corners, weights, points, t, detail, pressed):
    """Normal of skin with pores and wrinkles.

    Args:
        normal: of the smooth surface.
        corners: fine vertices of the triangle.
        weights: where in it.
        points: table of fine vertices.
        t: number of the triangle.
        detail: map pixel of each triangle's corners at the finest level, the first negative where there is no detail;
            slopes of some level (rows, columns, 4), int8: height per texel along column and row at rest, and of full
            wrinkles; pixels of that level in a pixel of the finest.
        pressed: how strongly the skin is pressed together here, 0 to about 1.
    """
    places, slopes, scale = detail
    if places[t, 0, 0] < ZERO:
        return normal
    a, b, c = weights
    u = (a * places[t, 0, 0] + b * places[t, 1, 0] + c * places[t, 2, 0]) * scale
    v = (a * places[t, 0, 1] + b * places[t, 1, 1] + c * places[t, 2, 1]) * scale
    along_u, along_v = _mixed(slopes, u, v, pressed)
    i, j, k = corners
    e = (points[j, PLACE] - points[i, PLACE], points[j, PLACE + 1] - points[i, PLACE + 1],
         points[j, PLACE + 2] - points[i, PLACE + 2])  # fmt: skip
    g = (points[k, PLACE] - points[i, PLACE], points[k, PLACE + 1] - points[i, PLACE + 1],
         points[k, PLACE + 2] - points[i, PLACE + 2])  # fmt: skip
    # height per texel -> rise along both edges -> gradient in the plane of the triangle
    rise_e = along_u * (places[t, 1, 0] - places[t, 0, 0]) + along_v * (places[t, 1, 1] - places[t, 0, 1])
    rise_g = along_u * (places[t, 2, 0] - places[t, 0, 0]) + along_v * (places[t, 2, 1] - places[t, 0, 1])
    p, q = cross(g, normal), cross(normal, e)
    size = dot(normal, cross(e, g))
    steep = scale * SLOPE_STEP_M / max(size, f(1e-12))
    return unit(
        normal[0] - (rise_e * p[0] + rise_g * q[0]) * steep,
        normal[1] - (rise_e * p[1] + rise_g * q[1]) * steep,
        normal[2] - (rise_e * p[2] + rise_g * q[2]) * steep,
    )


@inlined
@no_type_check
def _mixed(slopes, u, v, pressed):
    """Bilinear slopes along column and row: at rest, plus their share of the wrinkles."""
    rows, columns = slopes.shape[0], slopes.shape[1]
    u = min(max(u - HALF, ZERO), f(columns) - f(1.001))
    v = min(max(v - HALF, ZERO), f(rows) - f(1.001))
    x, y = int(u), int(v)
    fu, fv = u - f(x), v - f(y)
    along_u, along_v = ZERO, ZERO
    for dy in range(2):
        for dx in range(2):
            w = (fu if dx == 1 else ONE - fu) * (fv if dy == 1 else ONE - fv)
            along_u += w * f(slopes[y + dy, x + dx, 0])
            along_v += w * f(slopes[y + dy, x + dx, 1])
            if pressed > ZERO:
                along_u += w * pressed * f(slopes[y + dy, x + dx, 2])
                along_v += w * pressed * f(slopes[y + dy, x + dx, 3])
    return along_u, along_v
