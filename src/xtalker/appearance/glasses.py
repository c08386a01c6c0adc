"""Glasses in a photo: rims are thin lines across the bridge of the nose, under the eyes and over them."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float, Int, UInt8

from xtalker.appearance.eye_frame import EyeFrame
from xtalker.appearance.pixels import blurred, inside_distance, luma, sampled, smoothstep

_WORN_FROM: Final = 0.385
"""Contrast of twice the best line over the bridge and the best ones under the eyes. Of 140 portraits, looked at one by
one, the 25 with glasses have 0.40 to 1.2, all others but one (a deep fold over the nose, 0.46) at most 0.37."""
_RIM_ROUGHNESS: Final = 0.0118  # mean distance of a rim from its curve of fourth order, eye widths
_STEP: Final = 0.015  # eye widths between samples down a column
_HALF_LINES: Final = (4, 7)  # samples from the middle of a line to what it stands out from
_RIM_HALF_LINES: Final = (5, 8)  # the same, over the eye, where samples are 0.012 apart
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
    light = blurred(luma(rgb), max(0.012 * unit, 0.6))
    left, right = (frame.ring[8] for frame in frames)
    across, down = left - right, (frames[0].down + frames[1].down) / 2
    share, depth = np.meshgrid(np.linspace(0.2, 0.8, 21), np.arange(-0.4, 0.45, _STEP), indexing="ij")
    place = right + share[..., None] * across + depth[..., None] * down * unit
    bridge = _best_line(sampled(light, place[..., 0], place[..., 1]))
    a, d = np.meshgrid(np.linspace(-0.75, 0.75, 41), np.arange(0.2, 1.0, _STEP), indexing="ij")
    under = [_best_line(sampled(light, *frame.pixels_of(a, d))) for frame in frames]
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
    light = blurred(luma(rgb), max(0.012 * frame.unit_px, 0.6))
    contrast = np.max([_contrast(sampled(light, x, y), half, 0.4) for half in _RIM_HALF_LINES], axis=(0, 1))
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


def _path(contrast: Float[np.ndarray, "columns samples"], slope: int, cost: float) -> Int[np.ndarray, "columns"]:
    """Sample of each column on the unbroken line of most contrast; a step costs, more than `slope` are impossible."""
    steps = np.arange(-slope, slope + 1)
    total, came = contrast[0], []
    for column in contrast[1:]:
        padded = np.pad(total, slope, constant_values=-np.inf)
        reached = np.stack([padded[slope + s : slope + s + len(total)] - cost * abs(s) for s in steps])
        came.append(steps[reached.argmax(0)])
        total = column + reached.max(0)
    line = [int(total.argmax())]
    for column in reversed(came):
        line.append(line[-1] + int(column[line[-1]]))
    return np.array(line[::-1])
