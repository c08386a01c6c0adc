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

from xtalker.appearance.membrane import blurred_within, membrane
from xtalker.appearance.pixels import luma, resized

_LEVELS: Final = ((4, 2, 5), (2, 3, 3), (1, 3, 2))
"""Coarse to fine: shrinking, radius of a patch (5 x 5 and 7 x 7 pixels), rounds of search and vote."""
_ENOUGH: Final = 0.3
"""A coarse level with fewer whole known patches than this share of the hole's pixels is left out."""
_PASSES: Final = 2
"""Of propagation and search in a round."""
_TRIES: Final = 24
"""Random places that each pixel looks at when a hole is first filled."""
_SEED: Final = 0x9E3779B9
_STRIP: Final = 8
"""Pixels of the coarsest level that are moved together at first."""
_JUMP: Final = 0.9
_JUMP_LEAST: Final = 2.0
"""A piece from elsewhere must cost less than this share of the present one, less so much: pieces stay large."""
_TONE: Final = 0.1
"""Weight of the difference between the tone of the surroundings there and the tone expected here."""
_TEXTURE: Final = 1.0
"""Weight of lacking texture, a squared difference of deviations, against the squared difference of colours."""
_TEXTURE_SIGMA: Final = 2.0
"""Pixels of a level over which texture is measured."""
_TRUST_FALL: Final = 1.3
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
    begun = False
    for factor, radius, rounds in _LEVELS:
        level_known, level_hole, level_start = _shrunk(start, known, hole, factor)
        source = _whole_patches(level_known, radius)
        if factor > 1 and source.sum() < _ENOUGH * level_hole.sum():
            continue
        if begun:
            offsets = _enlarged(offsets, level_hole.shape)
        else:
            offsets = _first_offsets(level_hole, source)
        picture = np.ascontiguousarray(level_start, np.float32)
        traits = _traits(level_start, level_known)
        if not begun:
            _grow_inwards(picture, level_known, level_hole, source, traits, offsets, radius, reach_px / factor)
            begun = True
        _fill_level(picture, level_known, level_hole, source, traits, offsets, radius, reach_px / factor, rounds)
    offsets[~hole] = 0
    return picture, offsets


def _first_offsets(hole: np.ndarray, source: np.ndarray) -> np.ndarray:
    """What lies beside the hole laid into it strip by strip, as if the rim were a mirror.

    Each strip is moved as a whole, so its pieces stay pieces; where a strip as far outside is not known, one nearer
    to the rim is taken. The nearest known pixel alone would be drawn out to stripes.
    """
    out = np.zeros((*hole.shape, 2), np.int32)
    if not source.any() or not hole.any():
        return out
    depths, rim = distance_transform_edt(~source, return_indices=True)
    at, depth = np.argwhere(hole), depths[hole]
    normal = (rim[:, hole].T - at) / depth[:, None]
    strip = depth // _STRIP
    chosen = np.round(normal * depth[:, None]).astype(np.int32)
    for other in range(int(strip.max()) + 1):
        tried = np.round(normal * ((strip + other + 1) * _STRIP)[:, None]).astype(np.int32)
        place = np.clip(at + tried, 0, np.array(hole.shape) - 1)
        good = (place == at + tried).all(1) & source[tuple(place.T)] & (other <= strip)
        chosen[good] = tried[good]
    out[hole] = chosen
    return out


def _traits(picture: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Tone of the surroundings (three colours) and local deviation, of what is known and smoothly continued."""
    tone = np.where(known[..., None], blurred_within(picture, known, 2 * _TEXTURE_SIGMA), picture)
    detail = luma(picture - blurred_within(picture, known, _TEXTURE_SIGMA))[..., None]
    power = blurred_within(detail**2, known, _TEXTURE_SIGMA)
    wide = membrane(blurred_within(power, known, 3 * _TEXTURE_SIGMA), known)
    texture = np.sqrt(np.maximum(np.where(known[..., None], power, wide), 0))
    return np.concatenate([tone, texture], axis=-1, dtype=np.float32)


def _whole_patches(known: np.ndarray, radius: int) -> np.ndarray:
    """Middles of patches of which all is known; the picture's border is continued outwards."""
    return np.asarray(minimum_filter(known, size=2 * radius + 1, mode="nearest"))


def _shrunk(start: np.ndarray, known: np.ndarray, hole: np.ndarray, factor: int) -> tuple[np.ndarray, ...]:
    if factor == 1:
        return known, hole, start
    height, width = (-(-n // factor) for n in known.shape)
    share = resized(known.astype(np.float32), width, height)
    some = resized(hole.astype(np.float32), width, height)
    small_known = share > 0.99
    small = resized(start, width, height)
    return small_known, (some > 0.01) & ~small_known, small


def _enlarged(offsets: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    rows, columns = (np.minimum(np.arange(n) // 2, m - 1) for n, m in zip(shape, offsets.shape))
    return np.ascontiguousarray(2 * offsets[np.ix_(rows, columns)])


def _fill_level(
    picture: np.ndarray,
    known: np.ndarray,
    hole: np.ndarray,
    source: np.ndarray,
    traits: np.ndarray,
    offsets: np.ndarray,
    radius: int,
    reach_px: float,
    rounds: int,
) -> None:
    """Lay the pieces that the offsets name, then search and vote, in place."""
    if not source.any() or not hole.any():
        offsets[:] = 0
        return
    trust = np.where(known | hole, _TRUST_FALL ** -distance_transform_edt(~known), 0).astype(np.float32)
    places = np.argwhere(hole).astype(np.int32)
    nearest = distance_transform_edt(~source, return_distances=False, return_indices=True)
    nearest = np.moveaxis(nearest, 0, -1).astype(np.int32)
    costs = np.zeros(hole.shape, np.float32)
    _make_valid(source, places, nearest, offsets)
    picture[hole] = _votes(picture, trust, hole, places, offsets, costs, radius, np.float32(1))
    state = np.array([_SEED], np.uint32)
    reach = np.float32(max(reach_px, 8))
    for _ in range(rounds):
        _search(picture, trust, source, traits, places, nearest, offsets, costs, radius, reach, state)
        spread = np.float32(np.percentile(costs[hole], 25) + 1)
        picture[hole] = _votes(picture, trust, hole, places, offsets, costs, radius, spread)


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


@numba.njit(cache=True, inline="always")
@no_type_check
def _cost(picture, trust, traits, y, x, sy, sx, radius):
    """Squared difference of two patches, mean over what counts of the first, and what the source's surroundings lack.

    Without the tone a flag may grow in the middle of a wall; without the texture smooth patches win, since they
    differ from nothing much, and a hedge becomes fog.
    """
    rows, columns = trust.shape
    total, weight = np.float32(0), np.float32(0)
    for dy in range(-radius, radius + 1):
        v = y + dy
        if v < 0 or v >= rows:
            continue
        j = min(max(sy + dy, 0), rows - 1)
        for dx in range(-radius, radius + 1):
            u = x + dx
            if u < 0 or u >= columns:
                continue
            i = min(max(sx + dx, 0), columns - 1)
            w = trust[v, u]
            weight += w
            for c in range(3):
                d = picture[v, u, c] - picture[j, i, c]
                total += w * d * d
    total /= max(weight, np.float32(1e-9))
    for c in range(3):
        d = traits[y, x, c] - traits[sy, sx, c]
        total += np.float32(_TONE) * d * d
    lacking = max(traits[y, x, 3] - traits[sy, sx, 3], np.float32(0))
    return total + np.float32(_TEXTURE) * lacking * lacking


def _grow_inwards(
    picture: np.ndarray,
    known: np.ndarray,
    hole: np.ndarray,
    source: np.ndarray,
    traits: np.ndarray,
    offsets: np.ndarray,
    radius: int,
    reach_px: float,
) -> None:
    """Better first offsets: pixel by pixel from the rim inwards, each asked only to meet what is there already.

    Laid all at once, the pieces would agree with each other before they agree with the rim, and stay so.
    """
    if not source.any() or not hole.any():
        return
    depth = distance_transform_edt(~known)
    places = np.argwhere(hole).astype(np.int32)
    places = places[np.argsort(depth[hole], kind="stable")]
    weights = np.where(hole, _TRUST_FALL**-depth, 0).astype(np.float32)
    trust, state = known.astype(np.float32), np.array([_SEED], np.uint32)
    reach = np.float32(max(reach_px, 8))
    _grow(picture.copy(), trust, weights, source, traits, places, offsets, radius, reach, state)


@numba.njit(cache=True)
@no_type_check
def _grow(picture, trust, weights, source, traits, places, offsets, radius, reach, state):
    rows, columns = source.shape
    for p in range(len(places)):
        y, x = places[p, 0], places[p, 1]
        by, bx = y + offsets[y, x, 0], x + offsets[y, x, 1]
        best = _cost(picture, trust, traits, y, x, by, bx, radius)
        for k in range(8 + _TRIES):
            if k < 8:  # the neighbours' ways, if they were gone already
                ny, nx = y + (k + (k >= 4)) // 3 - 1, x + (k + (k >= 4)) % 3 - 1
                if ny < 0 or nx < 0 or ny >= rows or nx >= columns or weights[ny, nx] == 0 or trust[ny, nx] == 0:
                    continue
                sy, sx = y + offsets[ny, nx, 0], x + offsets[ny, nx, 1]
            else:
                sy = int(by + (2 * _random(state) - 1) * reach)
                sx = int(bx + (2 * _random(state) - 1) * reach)
            if sy < 0 or sx < 0 or sy >= rows or sx >= columns or not source[sy, sx]:
                continue
            cost = _cost(picture, trust, traits, y, x, sy, sx, radius)
            if cost < best if k < 8 else cost < np.float32(_JUMP) * best - np.float32(_JUMP_LEAST):
                best, by, bx = cost, sy, sx
        offsets[y, x, 0], offsets[y, x, 1] = by - y, bx - x
        for c in range(3):
            picture[y, x, c] = picture[by, bx, c]
        trust[y, x] = weights[y, x]


@numba.njit(cache=True)
@no_type_check
def _make_valid(source, places, nearest, offsets):
    """Offsets that lead to no whole known patch lead to the nearest one instead."""
    rows, columns = source.shape
    for p in range(len(places)):
        y, x = places[p, 0], places[p, 1]
        sy, sx = y + offsets[y, x, 0], x + offsets[y, x, 1]
        if sy < 0 or sx < 0 or sy >= rows or sx >= columns or not source[sy, sx]:
            offsets[y, x, 0], offsets[y, x, 1] = nearest[y, x, 0] - y, nearest[y, x, 1] - x


@numba.njit(cache=True)
@no_type_check
def _search(picture, trust, source, traits, places, nearest, offsets, costs, radius, reach, state):
    rows, columns = source.shape
    costs[:] = -1
    _make_valid(source, places, nearest, offsets)
    for p in range(len(places)):
        y, x = places[p, 0], places[p, 1]
        costs[y, x] = _cost(picture, trust, traits, y, x, y + offsets[y, x, 0], x + offsets[y, x, 1], radius)
    for k in range(_PASSES):
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
                cost = _cost(picture, trust, traits, y, x, sy, sx, radius)
                if cost < best:
                    best, by, bx = cost, sy, sx
            window, cy, cx = reach, nearest[y, x, 0], nearest[y, x, 1]
            while window >= 1:
                sy = int(cy + (2 * _random(state) - 1) * window)
                sx = int(cx + (2 * _random(state) - 1) * window)
                if 0 <= sy < rows and 0 <= sx < columns and source[sy, sx]:
                    cost = _cost(picture, trust, traits, y, x, sy, sx, radius)
                    if cost < np.float32(_JUMP) * best - np.float32(_JUMP_LEAST):
                        best, by, bx = cost, sy, sx
                cy, cx, window = by, bx, window / 2
            costs[y, x], offsets[y, x, 0], offsets[y, x, 1] = best, by - y, bx - x


@numba.njit(cache=True)
@no_type_check
def _votes(picture, trust, hole, places, offsets, costs, radius, spread):
    """New colours of the hole's pixels: each mean of what the patches around say of it, the alike ones loudest."""
    rows, columns = hole.shape
    out = np.empty((len(places), 3), np.float32)
    for p in range(len(places)):
        y, x = places[p, 0], places[p, 1]
        total, weight = np.zeros(3, np.float32), np.float32(1e-12)
        for dy in range(-radius, radius + 1):
            for dx in range(-radius, radius + 1):
                v, u = y + dy, x + dx
                if v < 0 or u < 0 or v >= rows or u >= columns or not hole[v, u]:
                    continue
                w = np.exp(-costs[v, u] / (2 * spread)) * trust[v, u]
                sy = min(max(v + offsets[v, u, 0] - dy, 0), rows - 1)
                sx = min(max(u + offsets[v, u, 1] - dx, 0), columns - 1)
                weight += w
                for c in range(3):
                    total[c] += w * picture[sy, sx, c]
        for c in range(3):
            out[p, c] = total[c] / weight
    return out
