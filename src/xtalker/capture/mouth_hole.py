"""The hole of the mouth, read from the picture, and inner lip landmarks corrected by it.

Landmark networks draw the inner lips as a lens from corner to corner whatever the lips do. In round vowels the lips
touch at the sides and the hole is short; a fit to the lens never rounds (on 573 frames of vowels of nine speakers the
hole's width followed the picture with slope 0.39). Colour tells lips from what lies between them: the hole is darker,
or less red (teeth), than the lips above and below it. Columns run between the outer contours, which the network gets
right, and lip colour is taken by thirds of the mouth, so that light from one side does not count as a hole.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float, UInt8
from scipy.ndimage import gaussian_filter1d

from xtalker.values.conventions import LEFT_EYE_OUTER, RIGHT_EYE_OUTER

NUM_COLUMNS: Final = 49
"""Columns from landmark 61 (subject's right corner) to 291; their places are COLUMN_PLACES."""
COLUMN_PLACES: Final = np.linspace(0.02, 0.98, NUM_COLUMNS)
_NUM_ROWS = 41
_UPPER_OUTER = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291)
_LOWER_OUTER = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291)
_UPPER_INNER = (61, 191, 80, 81, 82, 13, 312, 311, 310, 415, 291)
_LOWER_INNER = (61, 95, 88, 178, 87, 14, 317, 402, 318, 324, 291)
_PAIRS = ((191, 95), (80, 88), (81, 178), (82, 87), (13, 14), (312, 317), (311, 402), (310, 318), (415, 324))
_MIDDLE = slice(3, 6)  # pairs at which the network's opening is right
_DARK, _PALE = 0.62, 0.62  # of the lips' luma, of their redness: below it is not lip
_REACH_UP, _REACH_DOWN = 0.12, 0.10  # of the column: how far the hole may leave the network's inner contour
_THIRDS = (slice(4, 18), slice(16, 33), slice(31, 45))
_EYES_MM = 90.0  # between the outer corners of the eyes, to have thresholds in mm
_LEAST_HEIGHT_MM, _LEAST_SEEN_MM, _SURE_MM = 2.0, 1.2, 1.5
_AGREEMENT = (0.45, 1.7)  # height seen in the middle over the network's, outside of which the reading is not believed
_NARROWER, _WIDER, _SURE = 0.93, 1.05, 0.13  # hole over lens: nothing is done between; sure that much further out
_WIDEST = 1.4  # how much an opening beside the middle may grow
_SMOOTHING_COLUMNS, _SMOOTHING_FRAMES = 1.2, 0.6

Points = Float[np.ndarray, "frames 478 2"]
Columns = Float[np.ndarray, "frames 49"]


def read_hole(rgb: UInt8[np.ndarray, "height width 3"], points: Float[np.ndarray, "478 2"]) -> Float[np.ndarray, "49"]:
    """Height of the hole between the lips in each column, pixels; zeros where lips touch.

    Args:
        rgb: the picture.
        points: landmarks in it, pixels.
    """
    points = points.astype(np.float64)
    top, bottom = (_along(points, ids) for ids in (_UPPER_OUTER, _LOWER_OUTER))
    height = np.linalg.norm(bottom - top, axis=1)
    upper, lower = (
        np.linalg.norm(_along(points, ids) - top, axis=1) / np.maximum(height, 1e-6)
        for ids in (_UPPER_INNER, _LOWER_INNER)
    )
    rows = np.linspace(0, 1, _NUM_ROWS)[:, None]
    colour = _sampled(rgb, top + rows[..., None] * (bottom - top))
    luma = colour @ (0.30, 0.59, 0.11)
    redness = (colour[..., 0] - colour[..., 1]) / (colour.sum(-1) + 30)
    below = (rows > lower + 0.3 * (1 - lower)) & (rows < lower + 0.8 * (1 - lower))
    above = (rows > 0.25 * upper) & (rows < 0.75 * upper)
    lip_luma, lip_redness = _level(luma, above | below), _level(redness, below)
    hole = (luma < _DARK * lip_luma) | (redness < _PALE * lip_redness)
    hole &= (rows > upper - _REACH_UP) & (rows < lower + _REACH_DOWN)
    return np.asarray(hole.mean(axis=0) * height)


def _along(points: np.ndarray, ids: tuple[int, ...]) -> Float[np.ndarray, "49 2"]:
    """A contour at the columns, which divide the line between the corners evenly."""
    axis = points[291] - points[61]
    place = (points[list(ids)] - points[61]) @ axis / max(float(axis @ axis), 1e-9)
    place = np.maximum.accumulate(place + 1e-6 * np.arange(len(ids)))
    return np.stack([np.interp(COLUMN_PLACES, place, points[list(ids), k]) for k in (0, 1)], axis=1)


def _sampled(rgb: np.ndarray, at: Float[np.ndarray, "rows 49 2"]) -> Float[np.ndarray, "rows 49 3"]:
    """Bilinear samples; outside the picture its border."""
    size = np.array(rgb.shape[1::-1]) - 1
    at = np.clip(at, 0, size - 1e-6)
    low = at.astype(np.int64)
    x, y = low[..., 0], low[..., 1]
    right, under = np.minimum(x + 1, size[0]), np.minimum(y + 1, size[1])
    u, v = np.moveaxis(at - low, -1, 0)[..., None]
    upper = (1 - u) * rgb[y, x] + u * rgb[y, right]
    return np.asarray((1 - v) * upper + v * ((1 - u) * rgb[under, x] + u * rgb[under, right]))


def _level(value: np.ndarray, on_lip: np.ndarray) -> Float[np.ndarray, "49"]:
    """Median on the lips in three overlapping thirds of the mouth, linear between them."""
    levels, whole = [], np.median(value[on_lip]) if on_lip.any() else 0.0
    for third in _THIRDS:
        inside = value[:, third][on_lip[:, third]]
        levels.append(np.median(inside) if len(inside) else whole)
    middles = [COLUMN_PLACES[third].mean() for third in _THIRDS]
    return np.interp(COLUMN_PLACES, middles, levels)


def correct_inner_lips(points: Points, holes: Columns) -> Points:
    """Landmarks whose inner lips end where the hole ends.

    Pairs of inner landmarks beside the middle move together, or apart, to the outline of the hole at the height that
    the landmarks have in the middle. Nothing moves where the mouth is closed, where the reading disagrees with the
    network in the middle, or where the hole is as wide as the lens.

    Args:
        points: pixels; rows of NaN are frames without a face.
        holes: of the same frames, by `read_hole`; NaN where nothing was read.
    """
    out = points.astype(np.float64)
    if not len(points):
        return points
    smooth = gaussian_filter1d(np.nan_to_num(holes), _SMOOTHING_COLUMNS, axis=1)
    smooth = gaussian_filter1d(smooth, _SMOOTHING_FRAMES, axis=0)
    known = np.isfinite(points).all(axis=(1, 2)) & np.isfinite(holes).all(axis=1)
    for frame in np.flatnonzero(known):
        _correct(out[frame], smooth[frame])
    return np.asarray(out.astype(points.dtype))


def _correct(points: Float[np.ndarray, "478 2"], hole: Float[np.ndarray, "49"]) -> None:
    upper, lower = np.array(_PAIRS).T
    axis = points[291] - points[61]
    middles = (points[upper] + points[lower]) / 2
    place = (middles - points[61]) @ axis / max(float(axis @ axis), 1e-9)
    opening = np.linalg.norm(points[upper] - points[lower], axis=1)
    seen = np.interp(place, COLUMN_PLACES, hole)
    mm = _EYES_MM / max(float(np.linalg.norm(points[LEFT_EYE_OUTER] - points[RIGHT_EYE_OUTER])), 1e-6)
    height, most = opening[4] * mm, seen[_MIDDLE].max() * mm
    if height < _LEAST_HEIGHT_MM or most < _LEAST_SEEN_MM or not _AGREEMENT[0] < most / height < _AGREEMENT[1]:
        return
    trust = min((height - _LEAST_HEIGHT_MM) / _SURE_MM, 1) * min((most - _LEAST_SEEN_MM) / _SURE_MM, 1)
    wanted = np.clip(seen / seen[_MIDDLE].max(), 0, 1) * opening[4]
    lens = np.interp(COLUMN_PLACES, np.r_[0, place, 1], np.r_[0, opening, 0])
    ratio = hole_width(np.where(hole * mm > _LEAST_SEEN_MM, hole, 0)) / max(hole_width(lens), 1e-6)
    change = wanted / np.maximum(opening, 1e-6)
    if ratio < 1:
        change, trust = np.clip(change, 0, 1), trust * np.clip((_NARROWER - ratio) / _SURE, 0, 1)
    else:
        change, trust = np.clip(change, 1, _WIDEST), trust * np.clip((ratio - _WIDER) / _SURE, 0, 1)
    change[_MIDDLE] = 1
    factor = (1 - trust * (1 - change))[:, None]
    points[upper] = middles + factor * (points[upper] - middles)
    points[lower] = middles + factor * (points[lower] - middles)


def hole_width(heights: Float[np.ndarray, "49"]) -> float:
    """Width that holds the middle 90 % of the hole's area, as a part of the distance of the mouth's corners."""
    total = np.cumsum(heights)
    if total[-1] <= 0:
        return 0.0
    left, right = np.interp((0.05 * total[-1], 0.95 * total[-1]), total, COLUMN_PLACES)
    return float(right - left)
