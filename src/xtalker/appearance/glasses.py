"""Glasses in a photo: rims are thin lines across the bridge of the nose, under the eyes and over them."""

from __future__ import annotations

from typing import Final, no_type_check

import numba
import numpy as np
from jaxtyping import Float, UInt8

from xtalker.appearance.eye_frame import EyeFrame
from xtalker.appearance.pixels import blurred, inside_distance, luma, sampled
from xtalker.geometry.smoothstep import smoothstep

_WORN_FROM: Final = 0.385
"""Contrast of twice the best line over the bridge and the best ones under the eyes. Of 140 portraits, looked at one by
one, the 25 with glasses have 0.40 to 1.2, all others but one (a deep fold over the nose, 0.46) at most 0.37."""
_RIM_ROUGHNESS: Final = 0.0118  # mean distance of a rim from its curve of fourth order, eye widths
_STEP: Final = 0.015  # eye widths between samples down a column
_HALF_LINES: Final = (4, 7)  # samples from the middle of a line to what it stands out from
_RIM_HALF_LINES: Final = (3, 6)  # the same, over the eye, where samples are 0.012 apart
_SLOPE: Final = 2  # samples that a line may fall or rise from one column to the next


def wears_glasses(rgb: UInt8[np.ndarray, "height width 3"], landmarks: Float[np.ndarray, "478 2"]) -> bool:
    """Whether frames lie before the eyes of a photo.

    Args:
        rgb: the photo.
        landmarks: its face landmarks, pixels.
    """
    return frame_contrast(rgb, landmarks) > _WORN_FROM


def frame_contrast(rgb: UInt8[np.ndarray, "height width 3"], landmarks: Float[np.ndarray, "478 2"]) -> float:
    """How much lines over the bridge and under the eyes stand out; see `_WORN_FROM`."""
    frames = [EyeFrame.of(landmarks, "left"), EyeFrame.of(landmarks, "right")]
    unit = float(np.mean([frame.unit_px for frame in frames]))
    box = _box(np.concatenate([frame.ring for frame in frames]), 1.2 * unit, rgb)
    light = _smooth_light(rgb, box, unit)
    left, right = (frame.ring[8] - box[:2] for frame in frames)
    across, down = left - right, (frames[0].down + frames[1].down) / 2
    share, depth = np.meshgrid(np.linspace(0.2, 0.8, 21), np.arange(-0.4, 0.45, _STEP), indexing="ij")
    place = right + share[..., None] * across + depth[..., None] * down * unit
    bridge = _best_line(sampled(light, place[..., 0], place[..., 1]))
    a, d = np.meshgrid(np.linspace(-0.75, 0.75, 41), np.arange(0.2, 1.0, _STEP), indexing="ij")
    under = [_best_line(_taken(light, box, *frame.pixels_of(a, d))) for frame in frames]
    return 2 * bridge + float(np.mean(under))


def upper_rim(
    rgb: UInt8[np.ndarray, "height width 3"],
    frame: EyeFrame,
) -> tuple[Float[np.ndarray, "columns"], Float[np.ndarray, "columns"]] | None:
    """A and d of a rim that crosses the lid of a face with glasses; None where no line is smooth enough to be one.

    A crease or the lashes are as dark, but follow no curve of low order from one side of the eye to the other.
    """
    columns, rows = np.linspace(-0.8, 0.7, 61), np.arange(-0.8, 0.1, 0.012)
    a, d = np.meshgrid(columns, rows, indexing="ij")
    x, y = frame.pixels_of(a, d)
    box = _box(frame.ring, frame.unit_px, rgb)
    taken = _taken(_smooth_light(rgb, box, frame.unit_px), box, x, y)
    contrast = np.max([_contrast(taken, half, 0.4) for half in _RIM_HALF_LINES], axis=(0, 1))
    above = frame.upper_at(a) - d
    off_brow = -inside_distance(frame.brow, np.stack([x.ravel(), y.ravel()], axis=1)).reshape(x.shape) / frame.unit_px
    lashes = np.where(np.abs(a) < 0.5, 0.25 + 0.75 * smoothstep(above, 0.04, 0.09), 1)
    contrast = contrast * lashes * (0.35 + 0.65 * smoothstep(off_brow, -0.02, 0.03)) * (above > -0.02)
    line = _path(contrast, 3, 0.012)
    found, height = contrast[np.arange(len(line)), line], rows[line]
    curve = np.polyval(np.polyfit(columns, height, 4), columns)
    smooth = np.abs(curve - height).mean() < _RIM_ROUGHNESS
    if not smooth or np.quantile(found[np.abs(columns) < 0.5], 0.2) < 0.08 or found[columns < -0.52].mean() < 0.09:
        return None
    return columns, height


def _box(points: Float[np.ndarray, "points 2"], reach_px: float, rgb: np.ndarray) -> tuple[int, int, int, int]:
    """Columns and rows (x0, y0, x1, y1) of a photo around points."""
    low = np.maximum(np.floor(points.min(0) - reach_px), 0).astype(int)
    high = np.minimum(np.ceil(points.max(0) + reach_px), rgb.shape[1::-1]).astype(int)
    return int(low[0]), int(low[1]), int(max(high[0], low[0] + 1)), int(max(high[1], low[1] + 1))


def _smooth_light(
    rgb: UInt8[np.ndarray, "height width 3"],
    box: tuple[int, int, int, int],
    unit_px: float,
) -> Float[np.ndarray, "rows columns"]:
    return blurred(luma(rgb[box[1] : box[3], box[0] : box[2]]), max(0.012 * unit_px, 0.6))


def _taken(
    light: Float[np.ndarray, "rows columns"],
    box: tuple[int, int, int, int],
    x: Float[np.ndarray, "*points"],
    y: Float[np.ndarray, "*points"],
) -> Float[np.ndarray, "*points"]:
    return sampled(light, x - box[0], y - box[1])


def _best_line(light: Float[np.ndarray, "columns samples"]) -> float:
    """Mean contrast along the unbroken line through all columns that stands out most, dark or light."""
    best = 0.0
    for half in _HALF_LINES:
        for contrast in _contrast(light, half, 0.5):
            line = _path(contrast, _SLOPE, 0.0)
            best = max(best, float(contrast[np.arange(len(line)), line].mean()))
    return best


def _contrast(
    light: Float[np.ndarray, "columns samples"],
    half: int,
    most: float,
) -> list[Float[np.ndarray, "columns samples"]]:
    """How much darker, and how much lighter, each sample is than both the ones `half` above and below it."""
    padded = np.pad(light, ((0, 0), (half, half)), mode="edge")
    one, other = padded[:, : -2 * half], padded[:, 2 * half :]
    usual = np.maximum((one + other) / 2, 20)
    lines = (np.minimum(one, other) - light, light - np.maximum(one, other))
    return [np.clip(line / usual, 0, most) for line in lines]


@numba.njit(cache=True)
@no_type_check
def _path(contrast, slope, cost):
    """Sample of each column on the unbroken line of most contrast; a step costs, more than `slope` are impossible."""
    columns, samples = contrast.shape
    total, came = contrast[0].astype(np.float64), np.zeros((columns, samples), np.int64)
    reached = np.empty(samples)
    for column in range(1, columns):
        for i in range(samples):
            best = -1e9
            for j in range(max(i - slope, 0), min(i + slope + 1, samples)):
                value = total[j] - cost * abs(j - i)
                if value > best:
                    best, came[column, i] = value, j
            reached[i] = best + contrast[column, i]
        total[:] = reached
    line = np.empty(columns, np.int64)
    line[-1] = np.argmax(total)
    for column in range(columns - 1, 0, -1):
        line[column - 1] = came[column, line[column]]
    return line
