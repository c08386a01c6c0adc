"""Layers from what must be kept of them: the person beyond its edge, the background where the photo shows it."""

from __future__ import annotations

from typing import Final, no_type_check

import numba
import numpy as np
from jaxtyping import UInt8

_BLEED_PX: Final = 6  # beyond the edge a filter may look at colours without cover


def completed_person(
    edges: UInt8[np.ndarray, "height width 3"],
    photo: UInt8[np.ndarray, "height width 3"],
    cover: UInt8[np.ndarray, "height width"],
) -> UInt8[np.ndarray, "height width 3"]:
    """The person's colours: the photo's where all is person, `edges` where some is, and these continued a little.

    Without the last, filters that look over the edge would mix in what lies behind.
    """
    out = np.where((cover == 255)[..., None], photo, edges).astype(np.uint8)
    out[cover == 0] = 0
    known = cover > 0
    for _ in range(_BLEED_PX):
        out, known = _bled(out, known)
    return out


def completed_background(
    fill: UInt8[np.ndarray, "height width 3"],
    photo: UInt8[np.ndarray, "height width 3"],
    cover: UInt8[np.ndarray, "height width"],
) -> UInt8[np.ndarray, "height width 3"]:
    """The photo where no person is, `fill` behind."""
    return np.where((cover == 0)[..., None], photo, fill).astype(np.uint8)


@numba.njit(parallel=True, cache=True)
@no_type_check
def _bled(picture, known):
    """One ring more: the mean of known neighbours."""
    rows, columns = known.shape
    out, now = picture.copy(), known.copy()
    for y in numba.prange(rows):
        for x in range(columns):
            if known[y, x]:
                continue
            red = green = blue = count = 0
            for j in range(max(y - 1, 0), min(y + 2, rows)):
                for i in range(max(x - 1, 0), min(x + 2, columns)):
                    if known[j, i]:
                        red, green, blue = red + picture[j, i, 0], green + picture[j, i, 1], blue + picture[j, i, 2]
                        count += 1
            if count:
                out[y, x, 0], out[y, x, 1], out[y, x, 2] = red // count, green // count, blue // count
                now[y, x] = True
    return out, now
