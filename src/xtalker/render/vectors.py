"""Small float32 arithmetic for the shading kernels; triples are plain tuples, which cost nothing when compiled."""

from __future__ import annotations

import math
from typing import no_type_check

import numba
import numpy as np

f = np.float32  # a bare literal would pull a whole expression into float64, at half the speed
ZERO, ONE, HALF, TWO = f(0), f(1), f(0.5), f(2)

inlined = numba.njit(cache=True, fastmath=True, forceinline=True, error_model="numpy", _nrt=False)
"""For the parts of the shading kernel. They own no array, so they count no references, which would take a tenth of the
time of a picture; there is no test for division by zero."""

PLACE, NORMAL, TONE, GLOSS, LOCAL, OPEN_SKY, SHADE, NUM_COLUMNS = 0, 3, 6, 9, 10, 13, 14, 16
"""Columns of the table of fine vertices: world place, normal, skin colour, its gloss, what the material needs to
know about the place, free part of the sky at rest, factor on all light in this pose; padded to 64 bytes."""


@inlined
@no_type_check
def step(low, high, value):
    """0 below `low`, 1 above `high`, smooth between."""
    t = min(max((value - low) / (high - low), ZERO), ONE)
    return t * t * (f(3) - TWO * t)


@inlined
@no_type_check
def unit(x, y, z):
    """Vector of length one."""
    scale = ONE / math.sqrt(x * x + y * y + z * z + f(1e-20))
    return x * scale, y * scale, z * scale


@inlined
@no_type_check
def dot(a, b):
    """Inner product of triples."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@inlined
@no_type_check
def cross(a, b):
    """Outer product of triples."""
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


@inlined
@no_type_check
def blend(a, b, amount):
    """Triple between a (amount 0) and b (amount 1)."""
    return a[0] + amount * (b[0] - a[0]), a[1] + amount * (b[1] - a[1]), a[2] + amount * (b[2] - a[2])


@inlined
@no_type_check
def row(values, i):
    """First three values of a row."""
    return values[i, 0], values[i, 1], values[i, 2]


@inlined
@no_type_check
def within(points, first, corners, weights):
    """Three columns from `first` on, inside a triangle: rows `corners` with barycentric `weights`."""
    i, j, k = corners
    a, b, c = weights
    return (
        a * points[i, first] + b * points[j, first] + c * points[k, first],
        a * points[i, first + 1] + b * points[j, first + 1] + c * points[k, first + 1],
        a * points[i, first + 2] + b * points[j, first + 2] + c * points[k, first + 2],
    )


@inlined
@no_type_check
def one_within(points, column, corners, weights):
    """One column inside a triangle."""
    i, j, k = corners
    return weights[0] * points[i, column] + weights[1] * points[j, column] + weights[2] * points[k, column]
