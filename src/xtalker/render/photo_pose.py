"""Points of a photo avatar in a pose: displaced as the head model says, then turned by their share in the head."""

from __future__ import annotations

from typing import no_type_check

import numba
import numpy as np


@numba.njit(parallel=True, cache=True)
@no_type_check
def displace_face(now, at_rest, still, blink, closing, out):
    """Displacement of each fine vertex in the head's axes: the model's, and what makes the photo's own lids meet.

    `now` and `at_rest` are (fine, 3) model surfaces; `still` marks eyeballs; `blink` (2, fine, 3) with weights
    `closing` (2,).
    """
    for v in numba.prange(out.shape[0]):
        for c in range(3):
            if still[v]:
                out[v, c] = 0
            else:
                lids = closing[0] * blink[0, v, c] + closing[1] * blink[1, v, c]
                out[v, c] = now[v, c] - at_rest[v, c] + lids


@numba.njit(cache=True, inline="always")
@no_type_check
def _turned(turn, x, y, z):
    return (
        turn[0, 0] * x + turn[0, 1] * y + turn[0, 2] * z,
        turn[1, 0] * x + turn[1, 1] * y + turn[1, 2] * z,
        turn[2, 0] * x + turn[2, 1] * y + turn[2, 2] * z,
    )


@numba.njit(parallel=True, cache=True)
@no_type_check
def place_points(rest, delta, head_share, body_share, photo_turn, turn, body_turn, body_pivot, lift, camera, screen):
    """Sample coordinates and nearness of points.

    Displacements are turned into the photo's pose, then each point turns with the head (`turn`, about the head joint)
    and with the torso (`body_turn` about `body_pivot`, and `lift` metres of breath) by its shares.

    `camera` holds scale_x, scale_y, shift_x, shift_y, principal_x, principal_y (samples) and the camera's distance.
    """
    for p in numba.prange(rest.shape[0]):
        h, b = head_share[p], body_share[p]
        dx, dy, dz = delta[p, 0], delta[p, 1], delta[p, 2]
        tx, ty, tz = _turned(photo_turn, dx, dy, dz)
        x = rest[p, 0] + dx + h * (tx - dx)
        y = rest[p, 1] + dy + h * (ty - dy)
        z = rest[p, 2] + dz + h * (tz - dz)
        tx, ty, tz = _turned(turn, x, y, z)
        x, y, z = x + h * (tx - x), y + h * (ty - y), z + h * (tz - z)
        if b > 0:
            ox, oy, oz = x - body_pivot[0], y - body_pivot[1], z - body_pivot[2]
            tx, ty, tz = _turned(body_turn, ox, oy, oz)
            x = x + b * (tx - ox)
            y = y + b * (ty - oy + lift)
            z = z + b * (tz - oz + lift)
        near = np.float32(1) / (camera[6] - z)
        k = camera[6] * near
        screen[p, 0] = (x * camera[0] + camera[2] - camera[4]) * k + camera[4]
        screen[p, 1] = (y * camera[1] + camera[3] - camera[5]) * k + camera[5]
        screen[p, 2] = near
