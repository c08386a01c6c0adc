"""What a person hides of the background, made up: a membrane with real grain, or patches where there is structure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, no_type_check

import numba
import numpy as np
from jaxtyping import Bool, Float32, Int32, UInt8
from scipy.ndimage import distance_transform_edt, minimum_filter

from xtalker.appearance.membrane import blurred_within, membrane
from xtalker.appearance.patch_match import patch_offsets
from xtalker.appearance.pixels import resized
from xtalker.geometry.smoothstep import smoothstep

_FACE: Final = 100
"""Height of the face on the small picture on which filling is planned."""
_LONGEST: Final = 480
"""Longer side of that picture at most."""
_DEEP: Final = 0.5
"""Face heights from the silhouette beyond which nothing is ever uncovered."""
_MOVING: Final = 4.0
"""Face heights from the top of the person down to which it moves enough for patches to be seen."""
_SMOOTH_SIGMA: Final = 2.5
"""Small pixels; finer than this is grain or structure."""
_STRUCTURE: Final = (2.6, 4.2)
"""Grey levels of local deviation: below a membrane continues the background, above patches do."""
_HAIR: Final = 0.09
"""Face heights from the silhouette within which there may be single hairs."""
_LOCAL_SIGMA: Final = 9.0
"""Small pixels over which structure is judged."""
_BLOCK: Final = 12
"""Small pixels between the middles of blocks of grain."""
_GRAIN_LIMIT: Final = 24.0
"""Grey levels: more is an object, not grain."""
_TRIES: Final = 24
"""Known blocks among which the nearest gives its grain."""


@dataclass(frozen=True)
class _Plan:
    """How to fill, on the small picture.

    Attributes:
        smooth: the smooth continuation.
        patched: share of patches in the filling.
        copy_from: row and column, less its own, from which a patch is copied.
        grain_from: the same for each block of grain.
    """

    smooth: Float32[np.ndarray, "height width 3"]
    patched: Float32[np.ndarray, "height width"]
    copy_from: Int32[np.ndarray, "height width 2"]
    grain_from: Int32[np.ndarray, "blocks_down blocks_across 2"]


@dataclass(frozen=True)
class BackgroundFill:
    """A background without its person.

    Attributes:
        picture: the photograph where it was known.
        soft: the same without grain and single hairs, where it was known.
        structured: 0..1 on a small picture: how much the background there is more than a smooth shade and grain.
    """

    picture: UInt8[np.ndarray, "height width 3"]
    soft: UInt8[np.ndarray, "height width 3"]
    structured: Float32[np.ndarray, "small_height small_width"]


def filled_background(
    rgb: UInt8[np.ndarray, "height width 3"],
    cover: Float32[np.ndarray, "height width"],
    face_height_px: float,
    rim: float,
) -> BackgroundFill:
    """The picture with the covered part, and a rim about it, replaced by what may lie behind.

    Args:
        rgb: the photograph.
        cover: 0..1; all above nothing is replaced.
        face_height_px: the scale of what is seen.
        rim: face heights about the covered part that are replaced too: colours of the person have bled there.
    """
    height, width = rgb.shape[:2]
    factor = min(1.0, _FACE / face_height_px, _LONGEST / max(width, height))
    columns, rows = max(round(width * factor), 8), max(round(height * factor), 8)
    small = resized(rgb, columns, rows).astype(np.float32)
    share = resized(cover, columns, rows)
    away = distance_transform_edt(share <= 0.004) / (face_height_px * factor)
    known = away > rim
    if not known.any() or known.all():
        return BackgroundFill(rgb.copy(), rgb, np.zeros(known.shape, np.float32))
    structured = _structured(small, known)
    if (away > _HAIR).any():  # single hairs near the person are no structure, nor is what is far away
        structured = np.minimum(structured, _structured(small, away > _HAIR))
    plan = _planned(small, known, structured, face_height_px * factor)
    smooth = resized(_eight_bit(plan.smooth), width, height, "linear")
    base = resized(_eight_bit(blurred_within(small, known, _SMOOTH_SIGMA)), width, height, "linear")
    unknown = resized((~known).astype(np.float32), width, height, "linear") > 0
    out = rgb.copy()
    _fill(rgb, base, smooth, unknown, plan.patched, plan.copy_from, plan.grain_from, float(_BLOCK), out)
    return BackgroundFill(out, base, structured)


def _eight_bit(picture: Float32[np.ndarray, "height width 3"]) -> UInt8[np.ndarray, "height width 3"]:
    return np.clip(picture + 0.5, 0, 255).astype(np.uint8)


def _planned(
    small: Float32[np.ndarray, "height width 3"],
    known: Bool[np.ndarray, "height width"],
    structured: Float32[np.ndarray, "height width"],
    face: float,
) -> _Plan:
    unknown = ~known
    smooth = membrane(blurred_within(small, known, _SMOOTH_SIGMA), known)
    near = distance_transform_edt(unknown) <= _DEEP * face
    top = np.flatnonzero(unknown.any(1))[0]
    moving = np.arange(len(known))[:, None] < top + _MOVING * face
    hole = unknown & near & moving & (structured > 0)
    copy_from = np.zeros((*known.shape, 2), np.int32)
    if hole.any():
        _, copy_from = patch_offsets(np.where(known[..., None], small, smooth), known, hole, 1.2 * face)
    has_copy = hole & (copy_from != 0).any(-1)
    patched = np.where(has_copy, structured, 0).astype(np.float32)
    return _Plan(smooth, patched, copy_from, _grain_blocks(known & (structured <= 0)))


def _structured(
    small: Float32[np.ndarray, "height width 3"], known: Bool[np.ndarray, "height width"]
) -> Float32[np.ndarray, "height width"]:
    """0..1: how much the surroundings deviate from what a smooth continuation would show; continued smoothly."""
    detail = small - blurred_within(small, known, 1.6 * _SMOOTH_SIGMA)
    square = (detail**2).mean(-1, keepdims=True).astype(np.float32)
    deviation = np.sqrt(np.maximum(blurred_within(square, known, _LOCAL_SIGMA), 0))
    return smoothstep(membrane(deviation, known)[..., 0], *_STRUCTURE).astype(np.float32)


def _grain_blocks(plain: Bool[np.ndarray, "height width"]) -> Int32[np.ndarray, "blocks_down blocks_across 2"]:
    """For the middle of each block a place near it with nothing but grain, as row and column less its own.

    (0, 0) if there is none.
    """
    height, width = plain.shape
    down, across = height // _BLOCK + 2, width // _BLOCK + 2
    out = np.zeros((down, across, 2), np.int32)
    whole = np.argwhere(minimum_filter(plain, size=2 * _BLOCK + 1, mode="constant", cval=0))
    if not len(whole):
        return out
    random = np.random.default_rng(7)
    middles = np.moveaxis(np.indices((down, across)), 0, -1) * _BLOCK
    tried = whole[random.integers(len(whole), size=(down, across, _TRIES))]
    away = ((tried - middles[:, :, None]) ** 2).sum(-1)
    best = np.take_along_axis(tried, away.argmin(-1)[..., None, None], axis=2)[:, :, 0]
    return (best - middles).astype(np.int32)


@numba.njit(cache=True, inline="always")
@no_type_check
def _spline(x):
    """Cubic B-spline: seams between pieces are wide and soft, inside a piece all say the same."""
    x = abs(x)
    if x < 1:
        return 2 / 3 - x * x + 0.5 * x * x * x
    return (2 - x) ** 3 / 6 if x < 2 else 0.0


@numba.njit(cache=True, inline="always")
@no_type_check
def _moved(at, by, size):
    """Nearest pixel after a move, in the picture."""
    return min(max(int(np.floor(at + by + 0.5)), 0), size - 1)


@numba.njit(cache=True)
@no_type_check
def _pieces_at(rgb, patched, copy_from, y, x, v, u, out):
    """Mean of the pieces laid around a pixel, v and u on the small picture; share of it that is pieces."""
    rows, columns = rgb.shape[:2]
    small_rows, small_columns = patched.shape
    fy, fx = rows / small_rows, columns / small_columns
    out[:] = 0
    share, total = 0.0, 1e-9
    i, j = int(v), int(u)
    for m in range(max(i - 1, 0), min(i + 3, small_rows)):
        down = _spline(v - m)
        for n in range(max(j - 1, 0), min(j + 3, small_columns)):
            w = down * _spline(u - n)
            total += w
            w *= patched[m, n]
            if w > 0:
                sy, sx = _moved(y, copy_from[m, n, 0] * fy, rows), _moved(x, copy_from[m, n, 1] * fx, columns)
                for c in range(3):
                    out[c] += w * rgb[sy, sx, c]
                share += w
    for c in range(3):
        out[c] /= total
    return share / total


@numba.njit(cache=True)
@no_type_check
def _grain_at(rgb, base, grain_from, y, x, v, u, fy, fx, out):
    """Grain of the blocks around a pixel, mixed so that its power stays; v and u in blocks."""
    rows, columns = rgb.shape[:2]
    out[:] = 0
    power = 0.0
    i, j = min(int(v), grain_from.shape[0] - 2), min(int(u), grain_from.shape[1] - 2)
    for m in range(i, i + 2):
        for n in range(j, j + 2):
            if grain_from[m, n, 0] == 0 and grain_from[m, n, 1] == 0:
                continue
            w = (1 - abs(v - m)) * (1 - abs(u - n))
            sy, sx = _moved(y, grain_from[m, n, 0] * fy, rows), _moved(x, grain_from[m, n, 1] * fx, columns)
            for c in range(3):
                grain = np.float32(rgb[sy, sx, c]) - base[sy, sx, c]
                out[c] += w * min(max(grain, -_GRAIN_LIMIT), _GRAIN_LIMIT)
            power += w * w
    for c in range(3):
        out[c] /= np.sqrt(max(power, 1e-6))


@numba.njit(parallel=True, cache=True)
@no_type_check
def _fill(rgb, base, smooth, unknown, patched, copy_from, grain_from, block, out):
    """Full size: smooth + grain of the blocks around, and over it the copied patches."""
    rows, columns = unknown.shape
    small_rows, small_columns = patched.shape
    fy, fx = rows / small_rows, columns / small_columns
    for y in numba.prange(rows):
        piece, grain = np.zeros(3), np.zeros(3)
        for x in range(columns):
            if not unknown[y, x]:
                continue
            v = min(max((y + 0.5) / fy - 0.5, 0.0), small_rows - 1.0)
            u = min(max((x + 0.5) / fx - 0.5, 0.0), small_columns - 1.0)
            share = _pieces_at(rgb, patched, copy_from, y, x, v, u, piece)
            if share < 1:
                _grain_at(rgb, base, grain_from, y, x, v / block, u / block, fy, fx, grain)
            for c in range(3):
                value = piece[c] + (1 - share) * (smooth[y, x, c] + grain[c])
                out[y, x, c] = min(max(value + 0.5, 0), 255)
