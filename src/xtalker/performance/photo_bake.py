"""Pictures for the parts of a photo's surface: what vertices hold, painted where their triangles lie in a picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import no_type_check

import numba
import numpy as np
from jaxtyping import Float, Int, UInt8
from scipy.ndimage import distance_transform_edt

from xtalker.render.photo_picture import tooth_colour
from xtalker.render.rasterise import bin_triangles, nearest_into


@dataclass(frozen=True)
class Sheet:
    """A picture that a part wears, and where it lies on the photo.

    Attributes:
        corner: photo pixel of its upper left corner.
        pixels: its colours.
    """

    corner: tuple[float, float]
    pixels: UInt8[np.ndarray, "height width channels"]

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom on the photo."""
        rows, columns = self.pixels.shape[:2]
        return self.corner[0], self.corner[1], self.corner[0] + columns, self.corner[1] + rows

    def trimmed(self) -> Sheet:
        """The part that is not clear; all of it where everything is."""
        rows, columns = np.nonzero(self.pixels[..., 3])
        if not len(rows):
            return self
        corner = self.corner[0] + float(columns.min()), self.corner[1] + float(rows.min())
        pixels = self.pixels[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
        return Sheet(corner, np.ascontiguousarray(pixels))

    def uv(self, photo_pixels: Float[np.ndarray, "points 2"]) -> Float[np.ndarray, "points 2"]:
        """Texture coordinates of photo pixels, v = 0 at the bottom."""
        u, v = ((photo_pixels - np.array(self.corner)) / self.pixels.shape[1::-1]).T
        return np.column_stack([u, 1 - v]).astype(np.float32)


def painted(
    values: Float[np.ndarray, "points channels"],
    places: Float[np.ndarray, "points 2"],
    nearness: Float[np.ndarray, "points"],
    triangles: Int[np.ndarray, "triangles 3"],
    size: tuple[int, int],
) -> Float[np.ndarray, "height width channels"]:
    """What vertices hold, between them in triangles, beyond them whatever lies nearest.

    Args:
        values: of each vertex.
        places: pixel of each vertex, middles at .5.
        nearness: the nearest triangle shows; above zero.
        triangles: drawn ones.
        size: width and height.
    """
    screen = np.ascontiguousarray(np.column_stack([places, nearness]), np.float32)
    triangles = np.ascontiguousarray(triangles, np.int32)
    seen, near = np.empty(size[::-1], np.int32), np.empty(size[::-1], np.float32)
    nearest_into(screen, triangles, *bin_triangles(screen, triangles, *size[::-1], False), seen, near)
    rows, columns = np.nonzero(seen >= 0)
    out = np.zeros((*size[::-1], values.shape[1]))
    if not len(rows):
        return out
    corners = triangles[seen[rows, columns]]
    weights = _weights(screen[corners, :2].astype(float), np.column_stack([columns, rows]) + 0.5)
    out[rows, columns] = np.einsum("pk,pkc->pc", weights, values[corners])
    nearest = distance_transform_edt(seen < 0, return_distances=False, return_indices=True)
    return np.asarray(out[tuple(nearest)])


def _weights(corners: Float[np.ndarray, "n 3 2"], points: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "n 3"]:
    """Barycentric weights."""
    (ax, ay), (bx, by) = (corners[:, 1] - corners[:, 0]).T, (corners[:, 2] - corners[:, 0]).T
    dx, dy = (points - corners[:, 0]).T
    area = ax * by - ay * bx
    second, third = (dx * by - dy * bx) / area, (ax * dy - ay * dx) / area
    return np.column_stack([1 - second - third, second, third])


def bled(picture: UInt8[np.ndarray, "height width 4"], reach: float) -> UInt8[np.ndarray, "height width 4"]:
    """Colours continued for some pixels where nothing is opaque, and even beyond: edges keep them when shrunk."""
    clear = picture[..., 3] == 0
    distance, nearest = distance_transform_edt(clear, return_indices=True)
    out = picture.copy()
    out[..., :3] = picture[tuple(nearest)][..., :3]
    out[distance > reach, :3] = 0
    return out


def teeth_picture(
    tones: Float[np.ndarray, "3 3"],
    light: Float[np.ndarray, "places"],
    *,
    upper: bool,
    numbers: float,
    heights_mm: float,
    size: tuple[int, int],
) -> UInt8[np.ndarray, "height width 3"]:
    """A row of teeth unrolled: columns run along the row, rows from the gums down to the biting edge.

    Args:
        tones: of enamel, gums and throat.
        light: that reaches the teeth, from the last on the right to the last on the left.
        upper: or lower.
        numbers: of the last tooth on each side.
        heights_mm: above the biting edge at the picture's upper border.
        size: width and height of the picture.
    """
    place = ((np.arange(size[0]) + 0.5) / size[0] * 2 - 1) * numbers
    height = (1 - (np.arange(size[1]) + 0.5) / size[1]) * heights_mm
    out = np.empty((size[1], size[0], 3), np.float32)
    _paint_teeth(place.astype(np.float32), height.astype(np.float32), upper, tones.astype(np.float32), out)
    lit = np.interp(place, np.linspace(-numbers, numbers, len(light)), light)
    return np.clip(np.rint(out * lit[None, :, None]), 0, 255).astype(np.uint8)


@numba.njit(cache=True)
@no_type_check
def _paint_teeth(place, height, upper, tones, out):
    for y in range(len(height)):
        for x in range(len(place)):
            out[y, x, 0], out[y, x, 1], out[y, x, 2] = tooth_colour(place[x], height[y], upper, tones)
