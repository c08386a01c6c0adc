"""What lies around an eye of a photograph: its skin, continued under eye and lashes, and how far the lashes reach."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Bool, Float, Float32, UInt8
from scipy.ndimage import binary_erosion, gaussian_filter1d, percentile_filter

from xtalker.appearance.eye_frame import EyeFrame, EyeGrid
from xtalker.appearance.pixels import blurred, luma, resized, sampled
from xtalker.appearance.trusted_fill import local_mean, trusted_fill

_WORK_PX: Final = 110.0  # eye width at which skin is found: finer pictures are brought down to it
_SHADE_WIDTH: Final = 0.10  # eye widths
_LASHES_REACH: Final = (0.05, 0.19)  # eye widths over the margin


@dataclass(frozen=True)
class Surroundings:
    """What is found around an eye at working size; lashes and eyeball need it too.

    Attributes:
        grid: pixels in the eye's axes.
        picture: the photo there, RGB.
        skin: colour of the skin continued under eye and lashes, RGB.
        ratio: light of the photo against that skin.
        lash: eye widths over the margin that the lashes reach, at each pixel's place along the eye.
    """

    grid: EyeGrid
    picture: Float32[np.ndarray, "rows columns 3"]
    skin: Float32[np.ndarray, "rows columns 3"]
    ratio: Float32[np.ndarray, "rows columns"]
    lash: Float32[np.ndarray, "rows columns"]


def surroundings(
    rgb: UInt8[np.ndarray, "height width 3"],
    frame: EyeFrame,
    box: tuple[int, int, int, int],
    *,
    glasses: bool,
) -> Surroundings:
    """Skin and lashes around an eye, found at working size; with glasses, dark lines over it may be their frames."""
    x0, y0, x1, y1 = box
    scale = min(1.0, _WORK_PX / frame.unit_px)
    rows, columns = max(round((y1 - y0) * scale), 8), max(round((x1 - x0) * scale), 8)
    picture = resized(rgb[y0:y1, x0:x1], columns, rows).astype(np.float32)
    grid, light = EyeGrid.of(frame, box, rows, columns), luma(picture)
    up = grid.above > grid.below
    lash = np.full(light.shape, 0.17, np.float32)
    for attempt in range(2):
        width = np.where(up, np.maximum(lash, 0.05), 0.03)
        high = up & (grid.above < width) & (grid.above > -0.5) & (np.abs(grid.a) < 0.62)
        band = (grid.away < np.minimum(width, 0.1)) | high
        skin = _skin_under(picture, light, band, up, grid)
        ratio = light / np.maximum(luma(skin), 1)
        if attempt == 0:
            lash = _lash_height(ratio, frame, box)(grid.a).astype(np.float32)
    shade = _broad_shade(ratio, band, grid, 0.66 if glasses else 0.3)
    skin = skin * shade[..., None] ** (
        1 + 0.5 * (1 - skin / np.maximum(luma(skin), 1)[..., None])
    )  # skin's shade is warm
    return Surroundings(grid, picture, skin, (ratio / shade).astype(np.float32), lash)


def _broad_shade(
    ratio: Float[np.ndarray, "rows columns"],
    band: Bool[np.ndarray, "rows columns"],
    grid: EyeGrid,
    least: float,
) -> Float32[np.ndarray, "rows columns"]:
    """Shade of a deep-set eye over the lid, which stays when it shuts; a crease or a frame is too narrow to count."""
    near = ~band & (grid.away < 0.5) & (grid.off_brow > 0.05) & (ratio > least)
    weight = (near * np.exp(-((grid.away / 0.25) ** 2))).astype(np.float32)
    mean = local_mean(np.clip(ratio, least, 1.1).astype(np.float32), weight, _SHADE_WIDTH * grid.px)
    return np.asarray(1 + 0.8 * (np.clip(mean, 0.4, 1.05) - 1), np.float32)


def _skin_under(
    picture: Float32[np.ndarray, "rows columns 3"],
    light: Float32[np.ndarray, "rows columns"],
    band: Bool[np.ndarray, "rows columns"],
    up: Bool[np.ndarray, "rows columns"],
    grid: EyeGrid,
) -> Float32[np.ndarray, "rows columns 3"]:
    """Smooth colour of the skin continued under a band: only pixels about as light as their surroundings count."""
    near = (grid.away < 0.45) & ~band
    usual = np.median(light[near]) if near.any() else np.median(light)
    maybe = ~band & (light > 0.55 * usual) & (light < 1.6 * usual)
    for _ in range(3):
        mean = local_mean(light, maybe.astype(np.float32), 0.13 * grid.px)
        maybe = ~band & (light > 0.90 * mean) & (light < 1.18 * mean)
    around = np.ones((3, 3), np.bool_)
    trust = binary_erosion(maybe, around) * np.where(up, 1.0, np.where(grid.below > 0.05, 0.30, 0.10))
    # shade and eye shadow next to the lashes count, else the lid is lighter than what surrounds it
    shade = up & ~band & (blurred(light, 1.2) > 0.68 * mean) & (light < 1.18 * mean)
    trust = np.maximum(trust, 0.5 * binary_erosion(shade, around) * np.exp(-((grid.away / 0.22) ** 2)))
    return blurred(trusted_fill(picture, trust.astype(np.float32)), 0.03 * grid.px)


class _LashHeight:
    """Eye widths from the margin up to where skin begins, along an eye."""

    def __init__(self, a: Float[np.ndarray, "columns"], height: Float[np.ndarray, "columns"]) -> None:
        self._a, self._height = a, height

    def __call__(self, a: Float[np.ndarray, "*points"]) -> Float[np.ndarray, "*points"]:
        return np.asarray(np.interp(a, self._a, self._height))


def _lash_height(
    ratio: Float[np.ndarray, "rows columns"],
    frame: EyeFrame,
    box: tuple[int, int, int, int],
) -> _LashHeight:
    """How far up the lashes reach; darkness that goes on (frames, brows) does not count."""
    columns, steps = np.linspace(-0.5, 0.5, 49), np.arange(0.0, 0.22, 0.01)
    a, s = np.meshgrid(columns, steps, indexing="ij")
    x, y = frame.pixels_of(a, frame.upper_at(a) - s)
    rows, cols = ratio.shape
    x, y = (x - box[0]) * cols / (box[2] - box[0]), (y - box[1]) * rows / (box[3] - box[1])
    found = sampled(blurred(ratio, 1.0), x, y)
    height = np.full(len(columns), np.nan)
    for i, r in enumerate(found):
        first = int(np.argmin(r[:15])) if (r[:15] < 0.86).any() else 0
        clear = np.flatnonzero((r > 0.88) & (steps > steps[first]))
        if len(clear):
            height[i] = steps[clear[0]]
    known = ~np.isnan(height)
    if known.mean() < 0.3:
        return _LashHeight(columns, np.full(len(columns), 0.08))
    height = np.interp(columns, columns[known], height[known])
    height = gaussian_filter1d(percentile_filter(height, 75, size=7, mode="nearest"), 3.0, mode="nearest")
    return _LashHeight(columns, np.clip(height + 0.025, *_LASHES_REACH))
