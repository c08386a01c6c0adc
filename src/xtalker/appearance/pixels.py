"""Picture operations that preparing an avatar needs: resizing, blurring, sampling, masks and polygons.

Pictures are (height, width, channels) or (height, width), float32 unless said. The pixel of column i and row j covers
the square from (i, j) to (i + 1, j + 1): its centre lies at (i + 0.5, j + 0.5). All coordinates here are such x, y.
"""

from __future__ import annotations

from typing import Final, no_type_check

import numba
import numpy as np
from jaxtyping import Bool, Float, Float32, UInt8
from PIL import Image
from scipy.ndimage import distance_transform_edt

_FILTERS: Final = {
    "area": Image.Resampling.BOX,
    "linear": Image.Resampling.BILINEAR,
    "cubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}


def resized(picture: np.ndarray, width: int, height: int, how: str = "area") -> np.ndarray:
    """A picture or mask in another size.

    Args:
        picture: uint8 RGB or float, with or without channels.
        width: columns of the result.
        height: rows of the result.
        how: "area" (mean of what a pixel covers), "linear", "cubic" or "lanczos"; all antialiased when shrinking.
    """
    if picture.dtype == np.uint8 and picture.ndim == 3 and picture.shape[2] in (3, 4):
        return np.asarray(Image.fromarray(picture).resize((width, height), _FILTERS[how]))
    planes = np.asarray(picture, np.float32)
    if planes.ndim == 2:
        return _resized_plane(planes, width, height, how)
    return np.stack([_resized_plane(planes[..., c], width, height, how) for c in range(planes.shape[2])], axis=-1)


def _resized_plane(plane: np.ndarray, width: int, height: int, how: str) -> np.ndarray:
    image = Image.fromarray(np.ascontiguousarray(plane))
    return np.asarray(image.resize((width, height), _FILTERS[how]))


def blurred(picture: Float[np.ndarray, "height width *channels"], sigma_px: float) -> Float32[np.ndarray, "..."]:
    """Gaussian blur; the picture is mirrored at its border, and the kernel ends at three deviations."""
    flat = np.ascontiguousarray(picture, np.float32)
    if sigma_px < 0.05:
        return flat.copy()
    radius = max(int(np.ceil(3 * sigma_px)), 1)
    kernel = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma_px) ** 2)
    kernel = (kernel / kernel.sum()).astype(np.float32)
    planes = flat[..., None] if flat.ndim == 2 else flat
    middle, out = np.empty_like(planes), np.empty_like(planes)
    _blur_rows(planes, kernel, middle)
    _blur_columns(middle, kernel, out)
    return out[..., 0] if flat.ndim == 2 else out


@numba.njit(cache=True, inline="always")
@no_type_check
def _mirrored(i, n):
    while i < 0 or i >= n:
        i = -i - 1 if i < 0 else 2 * n - 1 - i
    return i


@numba.njit(parallel=True, cache=True, fastmath=True)
@no_type_check
def _blur_rows(picture, kernel, out):
    rows, columns, channels = picture.shape
    radius = len(kernel) // 2
    for y in numba.prange(rows):
        for x in range(columns):
            for c in range(channels):
                out[y, x, c] = 0
            for k in range(-radius, radius + 1):
                at = x + k
                if at < 0 or at >= columns:
                    at = _mirrored(at, columns)
                for c in range(channels):
                    out[y, x, c] += kernel[k + radius] * picture[y, at, c]


@numba.njit(parallel=True, cache=True, fastmath=True)
@no_type_check
def _blur_columns(picture, kernel, out):
    rows, columns, channels = picture.shape
    radius = len(kernel) // 2
    for y in numba.prange(rows):
        for x in range(columns):
            for c in range(channels):
                out[y, x, c] = 0
        for k in range(-radius, radius + 1):
            at = y + k
            if at < 0 or at >= rows:
                at = _mirrored(at, rows)
            for x in range(columns):
                for c in range(channels):
                    out[y, x, c] += kernel[k + radius] * picture[at, x, c]


def sampled(
    picture: Float[np.ndarray, "height width *channels"],
    x: Float[np.ndarray, "*points"],
    y: Float[np.ndarray, "*points"],
    *,
    outside: float | None = None,
) -> Float32[np.ndarray, "..."]:
    """Bilinear values at continuous coordinates.

    Args:
        picture: what is looked at.
        x: columns, pixel centres at .5.
        y: rows likewise.
        outside: value beyond the picture; None continues its border.
    """
    planes = np.ascontiguousarray(picture, np.float32)
    single = planes.ndim == 2
    planes = planes[..., None] if single else planes
    flat_x, flat_y = (np.ascontiguousarray(v, np.float32).ravel() for v in (x, y))
    out = np.empty((len(flat_x), planes.shape[2]), np.float32)
    _sample_into(planes, flat_x, flat_y, outside is not None, np.float32(outside or 0), out)
    shape = np.shape(x) if single else (*np.shape(x), planes.shape[2])
    return out.reshape(shape)


@numba.njit(parallel=True, cache=True)
@no_type_check
def _sample_into(picture, x, y, bounded, outside, out):
    rows, columns, channels = picture.shape
    for p in numba.prange(len(x)):
        u, v = x[p] - np.float32(0.5), y[p] - np.float32(0.5)
        if bounded and (u < -0.5 or v < -0.5 or u > columns - 0.5 or v > rows - 0.5):
            for c in range(channels):
                out[p, c] = outside
            continue
        u, v = min(max(u, np.float32(0)), np.float32(columns - 1)), min(max(v, np.float32(0)), np.float32(rows - 1))
        i, j = min(int(u), max(columns - 2, 0)), min(int(v), max(rows - 2, 0))
        k, m = min(i + 1, columns - 1), min(j + 1, rows - 1)
        a, b = u - i, v - j
        for c in range(channels):
            top = picture[j, i, c] * (1 - a) + picture[j, k, c] * a
            low = picture[m, i, c] * (1 - a) + picture[m, k, c] * a
            out[p, c] = top * (1 - b) + low * b


def polygon_mask(polygon: Float[np.ndarray, "corners 2"], width: int, height: int) -> Bool[np.ndarray, "height width"]:
    """Pixels whose centre lies in a polygon."""
    out = np.zeros((height, width), np.bool_)
    low = np.clip(np.floor(polygon.min(0)).astype(int), 0, [width, height])
    high = np.clip(np.ceil(polygon.max(0)).astype(int) + 1, 0, [width, height])
    if (high > low).all():
        y, x = np.mgrid[low[1] : high[1], low[0] : high[0]] + 0.5
        inside = inside_distance(polygon, np.stack([x.ravel(), y.ravel()], axis=1)) > 0
        out[low[1] : high[1], low[0] : high[0]] = inside.reshape(x.shape)
    return out


def inside_distance(
    polygon: Float[np.ndarray, "corners 2"], points: Float[np.ndarray, "points 2"]
) -> Float[np.ndarray, "points"]:
    """Distance of points to the border of a polygon, positive inside, in the units of the coordinates."""
    out = np.empty(len(points), np.float64)
    _inside_distance(np.ascontiguousarray(polygon, np.float64), np.ascontiguousarray(points, np.float64), out)
    return out


@numba.njit(parallel=True, cache=True)
@no_type_check
def _inside_distance(polygon, points, out):
    n = len(polygon)
    for p in numba.prange(len(points)):
        x, y = points[p, 0], points[p, 1]
        inside, best = False, 1e300
        for a in range(n):
            ax, ay = polygon[a, 0], polygon[a, 1]
            bx, by = polygon[(a + 1) % n, 0], polygon[(a + 1) % n, 1]
            if (ay > y) != (by > y) and x < (bx - ax) * (y - ay) / (by - ay) + ax:
                inside = not inside
            dx, dy = bx - ax, by - ay
            long = dx * dx + dy * dy
            t = min(max(((x - ax) * dx + (y - ay) * dy) / long, 0.0), 1.0) if long > 0 else 0.0
            ex, ey = ax + t * dx - x, ay + t * dy - y
            best = min(best, ex * ex + ey * ey)
        out[p] = np.sqrt(best) if inside else -np.sqrt(best)


def grown(mask: Bool[np.ndarray, "height width"], radius_px: float) -> Bool[np.ndarray, "height width"]:
    """Mask and all within a radius of it."""
    return np.asarray(distance_transform_edt(~mask) <= radius_px) if mask.any() else mask.copy()


def shrunk(mask: Bool[np.ndarray, "height width"], radius_px: float) -> Bool[np.ndarray, "height width"]:
    """What of a mask is farther than a radius from all that does not belong to it."""
    return np.asarray(distance_transform_edt(mask) > radius_px) if not mask.all() else mask.copy()


def luma(rgb: Float[np.ndarray, "*shape 3"] | UInt8[np.ndarray, "*shape 3"]) -> Float32[np.ndarray, "*shape"]:
    """Brightness of display colours, ITU-R BT.601."""
    return np.asarray(rgb, np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
