"""Filling a hole with pieces of its surroundings, coarse to fine.

C. Barnes, E. Shechtman, A. Finkelstein and D. Goldman, *PatchMatch*, SIGGRAPH 2009, finds for each patch of the hole
the most alike known patch; Y. Wexler, E. Shechtman and M. Irani, *Space-time completion of video*, TPAMI 2007, lets
the found patches vote for the hole's colours and begins anew. One thread and an own random sequence: the same picture
gives the same filling everywhere.
"""

from __future__ import annotations

from typing import Final, no_type_check

import numba
import numpy as np
from jaxtyping import Bool, Float32, Int32
from scipy.ndimage import distance_transform_edt, minimum_filter

from xtalker.appearance.pixels import resized

RADIUS: Final = 3
"""Of a patch: 7 x 7."""
_LEVELS: Final = 3
_ROUNDS: Final = (6, 4, 2)
"""Voting rounds, coarsest level first."""
_PASSES: Final = 3
"""Of propagation and search in a round."""
_TRUST_FALL: Final = 1.25
"""A hole's pixel counts less for each pixel that it lies deeper: the filling grows from the known rim."""


def patch_offsets(
    start: Float32[np.ndarray, "height width 3"],
    known: Bool[np.ndarray, "height width"],
    hole: Bool[np.ndarray, "height width"],
    reach_px: float,
) -> tuple[Float32[np.ndarray, "height width 3"], Int32[np.ndarray, "height width 2"]]:
    """Fill a hole.

    Args:
        start: the picture, smoothly filled.
        known: what may be copied and must be met.
        hole: what shall be filled; what is neither known nor hole does not count.
        reach_px: how far away a piece may be taken from.

    Returns:
        the filled picture, and for each pixel of the hole the row and column from which it is copied, less its own
        (0 elsewhere, and everywhere if no whole patch is known).
    """
    picture, offsets = np.array(start, np.float32), np.zeros((*known.shape, 2), np.int32)
    for level in range(_LEVELS - 1, -1, -1):
        level_known, level_hole, level_start = _shrunk(start, known, hole, 2**level)
        if level < _LEVELS - 1:
            level_start = np.where(level_hole[..., None], _fitted(picture, level_hole.shape), level_start)
            offsets = _enlarged(offsets, level_hole.shape)
        else:
            offsets = np.zeros((*level_hole.shape, 2), np.int32)
        picture = np.ascontiguousarray(level_start, np.float32)
        _fill_level(picture, level_known, level_hole, offsets, reach_px / 2**level, _ROUNDS[_LEVELS - 1 - level])
    return picture, offsets


def _shrunk(start: np.ndarray, known: np.ndarray, hole: np.ndarray, factor: int) -> tuple[np.ndarray, ...]:
    if factor == 1:
        return known, hole, start
    height, width = (-(-n // factor) for n in known.shape)
    share = resized(known.astype(np.float32), width, height)
    some = resized(hole.astype(np.float32), width, height)
    small_known = share > 0.99
    small = resized(start, width, height)
    return small_known, (some > 0.01) & ~small_known, small


def _fitted(picture: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    return resized(picture, shape[1], shape[0], "cubic")


def _enlarged(offsets: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    rows, columns = (np.minimum(np.arange(n) // 2, m - 1) for n, m in zip(shape, offsets.shape))
    return np.ascontiguousarray(2 * offsets[np.ix_(rows, columns)])


def _fill_level(
    picture: np.ndarray, known: np.ndarray, hole: np.ndarray, offsets: np.ndarray, reach_px: float, rounds: int
) -> None:
    """Search and vote in place."""
    source = minimum_filter(known, size=2 * RADIUS + 1, mode="constant", cval=0)
    if not source.any() or not hole.any():
        offsets[:] = 0
        return
    depth = distance_transform_edt(~known)
    trust = np.where(known | hole, _TRUST_FALL**-depth, 0).astype(np.float32)
    places = np.argwhere(hole).astype(np.int32)
    nearest = distance_transform_edt(~source, return_distances=False, return_indices=True)
    nearest = np.moveaxis(nearest, 0, -1).astype(np.int32)
    costs = np.empty(hole.shape, np.float32)
    state = np.array([0x9E3779B9], np.uint32)
    for _ in range(rounds):
        _search(picture, trust, source, places, nearest, offsets, costs, np.float32(max(reach_px, 8)), _PASSES, state)
        spread = np.float32(np.percentile(costs[hole], 75) + 1)
        picture[hole] = _votes(picture, trust, hole, places, offsets, costs, spread)


@numba.njit(cache=True, inline="always")
@no_type_check
def _cost(picture, trust, y, x, sy, sx, limit):
    """Mean squared difference of two patches, over what counts of the first; early out above a limit."""
    rows, columns = trust.shape
    total, weight = np.float32(0), np.float32(0)
    for dy in range(-RADIUS, RADIUS + 1):
        v = y + dy
        if v < 0 or v >= rows:
            continue
        for dx in range(-RADIUS, RADIUS + 1):
            u = x + dx
            if u < 0 or u >= columns:
                continue
            w = trust[v, u]
            weight += w
            for c in range(3):
                d = picture[v, u, c] - picture[sy + dy, sx + dx, c]
                total += w * d * d
    return total / weight if weight > 0 else np.float32(1e9)


@numba.njit(cache=True, inline="always")
@no_type_check
def _random(state):
    """Xorshift: 0 <= number < 1."""
    s = state[0]
    s ^= (s << np.uint32(13)) & np.uint32(0xFFFFFFFF)
    s ^= s >> np.uint32(17)
    s ^= (s << np.uint32(5)) & np.uint32(0xFFFFFFFF)
    state[0] = s
    return np.float64(s) / 4294967296.0


@numba.njit(cache=True)
@no_type_check
def _search(picture, trust, source, places, nearest, offsets, costs, reach, passes, state):
    rows, columns = source.shape
    costs[:] = -1
    for p in range(len(places)):
        y, x = places[p, 0], places[p, 1]
        sy, sx = y + offsets[y, x, 0], x + offsets[y, x, 1]
        if sy < 0 or sx < 0 or sy >= rows or sx >= columns or not source[sy, sx]:
            sy, sx = nearest[y, x, 0], nearest[y, x, 1]
        offsets[y, x, 0], offsets[y, x, 1] = sy - y, sx - x
        costs[y, x] = _cost(picture, trust, y, x, sy, sx, np.float32(1e9))
    for k in range(passes):
        step = 1 if k % 2 == 0 else -1
        for q in range(len(places)):
            p = q if step == 1 else len(places) - 1 - q
            y, x = places[p, 0], places[p, 1]
            best, by, bx = costs[y, x], y + offsets[y, x, 0], x + offsets[y, x, 1]
            for side in range(2):
                ny, nx = (y - step, x) if side == 0 else (y, x - step)
                if ny < 0 or nx < 0 or ny >= rows or nx >= columns or costs[ny, nx] < 0:
                    continue
                sy, sx = y + offsets[ny, nx, 0], x + offsets[ny, nx, 1]
                if sy < 0 or sx < 0 or sy >= rows or sx >= columns or not source[sy, sx]:
                    continue
                cost = _cost(picture, trust, y, x, sy, sx, best)
                if cost < best:
                    best, by, bx = cost, sy, sx
            radius, cy, cx = reach, nearest[y, x, 0], nearest[y, x, 1]
            while radius >= 1:
                sy = int(cy + (2 * _random(state) - 1) * radius)
                sx = int(cx + (2 * _random(state) - 1) * radius)
                if 0 <= sy < rows and 0 <= sx < columns and source[sy, sx]:
                    cost = _cost(picture, trust, y, x, sy, sx, best)
                    if cost < best:
                        best, by, bx = cost, sy, sx
                cy, cx, radius = by, bx, radius / 2
            costs[y, x], offsets[y, x, 0], offsets[y, x, 1] = best, by - y, bx - x


@numba.njit(cache=True)
@no_type_check
def _votes(picture, trust, hole, places, offsets, costs, spread):
    """New colours of the hole's pixels: each mean of what the patches around say of it, the alike ones loudest."""
    rows, columns = hole.shape
    out = np.empty((len(places), 3), np.float32)
    for p in range(len(places)):
        y, x = places[p, 0], places[p, 1]
        total, weight = np.zeros(3, np.float32), np.float32(1e-12)
        for dy in range(-RADIUS, RADIUS + 1):
            for dx in range(-RADIUS, RADIUS + 1):
                v, u = y + dy, x + dx
                if v < 0 or u < 0 or v >= rows or u >= columns or not hole[v, u]:
                    continue
                w = np.exp(-costs[v, u] / (2 * spread)) * trust[v, u]
                sy, sx = v + offsets[v, u, 0] - dy, u + offsets[v, u, 1] - dx
                weight += w
                for c in range(3):
                    total[c] += w * picture[sy, sx, c]
        for c in range(3):
            out[p, c] = total[c] / weight
    return out
