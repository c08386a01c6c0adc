"""Square pieces of an image, turned upright and scaled: what the networks look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import no_type_check

import numba
import numpy as np
from jaxtyping import Float, UInt8


@dataclass(frozen=True)
class Region:
    """A square in an image, turned around its centre.

    Attributes:
        center_x: image pixels; 0 is the middle of the first column.
        center_y: image pixels; 0 is the middle of the first row.
        side: length of an edge in image pixels.
        angle_rad: direction of the square's x axis, clockwise as seen (image y points down).
    """

    center_x: float
    center_y: float
    side: float
    angle_rad: float = 0.0

    def image_from_crop(self, size: int) -> Float[np.ndarray, "2 3"]:
        """Affine map from pixels of a `size` x `size` crop (0..size, edge to edge) to image pixels."""
        cos, sin = np.cos(self.angle_rad), np.sin(self.angle_rad)
        linear = np.array([[cos, -sin], [sin, cos]]) * (self.side / size)
        shift = np.array([self.center_x, self.center_y]) - linear @ np.full(2, size / 2)
        return np.column_stack([linear, shift])


def crop(
    rgb: UInt8[np.ndarray, "height width 3"], region: Region, size: int, *, replicate_border: bool
) -> Float[np.ndarray, "{size} {size} 3"]:
    """Bilinear crop of a region, float32 in 0..255.

    A region much larger than the crop is averaged over several samples for each pixel, so that large pictures
    do not alias.

    Args:
        rgb: the image.
        region: what to cut.
        size: edge of the crop in pixels.
        replicate_border: outside the image repeat its edge, else black.
    """
    matrix = region.image_from_crop(size)
    samples = max(1, round(region.side / size))
    out = np.empty((size, size, 3), np.float32)
    _sample(np.ascontiguousarray(rgb), matrix, samples, replicate_border, out)
    return out


@numba.njit(cache=True, error_model="numpy")
@no_type_check
def _sample(rgb, matrix, samples, replicate_border, out):
    step, num = 1.0 / samples, samples * samples
    for row in range(out.shape[0]):
        for column in range(out.shape[1]):
            red = green = blue = np.float32(0)
            # Sub-samples are spread around the pixel; a single one lies on it.
            for j in range(samples):
                v = row + (j + 0.5) * step - 0.5
                for i in range(samples):
                    u = column + (i + 0.5) * step - 0.5
                    x = matrix[0, 0] * u + matrix[0, 1] * v + matrix[0, 2]
                    y = matrix[1, 0] * u + matrix[1, 1] * v + matrix[1, 2]
                    r, g, b = _bilinear(rgb, x, y, replicate_border)
                    red, green, blue = red + r, green + g, blue + b
            out[row, column, 0], out[row, column, 1], out[row, column, 2] = red / num, green / num, blue / num


@numba.njit(cache=True, error_model="numpy")
@no_type_check
def _bilinear(rgb, x, y, replicate_border):
    """Colour between pixels; outside, the nearest edge pixel or a fade to black over one pixel."""
    height, width = rgb.shape[:2]
    red = green = blue = np.float32(0)
    if replicate_border:
        x, y = min(max(x, 0.0), width - 1.0), min(max(y, 0.0), height - 1.0)
    elif x <= -1 or y <= -1 or x >= width or y >= height:
        return red, green, blue
    left, top = int(np.floor(x)), int(np.floor(y))
    s, t, one = np.float32(x - left), np.float32(y - top), np.float32(1)
    for j in range(2):
        for i in range(2):
            xi, yj = left + i, top + j
            if xi < 0 or yj < 0 or xi >= width or yj >= height:
                continue  # weight zero under replication, black otherwise
            share = (s if i else one - s) * (t if j else one - t)
            red += share * rgb[yj, xi, 0]
            green += share * rgb[yj, xi, 1]
            blue += share * rgb[yj, xi, 2]
    return red, green, blue
