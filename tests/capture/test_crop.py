"""The sampling kernel against scipy and exact cases."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from xtalker.capture.crop import Region, crop


def picture(height: int = 37, width: int = 53) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def scipy_crop(rgb: np.ndarray, region: Region, size: int, samples: int, mode: str) -> np.ndarray:
    """Mean of `samples` squared bilinear samples around each pixel."""
    offsets = (np.arange(samples) + 0.5) / samples - 0.5
    total = np.zeros((size, size, 3))
    for dv in offsets:
        for du in offsets:
            v, u = np.mgrid[:size, :size].astype(float)
            grid = np.stack([u + du, v + dv, np.ones_like(u)], axis=-1)
            x, y = np.moveaxis(grid @ region.image_from_crop(size).T, -1, 0)
            for channel in range(3):
                values = rgb[..., channel].astype(float)
                total[..., channel] += map_coordinates(values, [y, x], order=1, mode=mode, cval=0)
    return total / samples**2


@pytest.mark.parametrize(("replicate", "mode"), [(True, "nearest"), (False, "grid-constant")])
@pytest.mark.parametrize(
    ("region", "samples"),
    [
        (Region(26.0, 18.0, 20.0, 0.4), 1),
        (Region(3.0, 30.0, 23.0, -2.0), 1),
        (Region(20.0, 20.0, 50.0, 0.1), 3),
        (Region(-90.0, -90.0, 30.0), 2),
    ],
)
def test_equals_scipy(region: Region, samples: int, replicate: bool, mode: str) -> None:
    size = 16
    assert samples == max(1, round(region.side / size))
    ours = crop(picture(), region, size, replicate_border=replicate)
    np.testing.assert_allclose(ours, scipy_crop(picture(), region, size, samples, mode), atol=2e-3)


def test_the_whole_square_image_at_its_own_size_is_the_image() -> None:
    rgb = picture(32, 32)
    out = crop(rgb, Region(16.0, 16.0, 32.0), 32, replicate_border=False)
    np.testing.assert_array_equal(out, rgb)


def test_a_quarter_turn_is_exact() -> None:
    rgb = picture(32, 32)
    # Turning about pixel (16, 16) moves columns onto rows: out[v, u] = image[u, 32 - v].
    out = crop(rgb, Region(16.0, 16.0, 32.0, np.pi / 2), 32, replicate_border=False)
    np.testing.assert_allclose(out[1:, :], rgb[:, ::-1].transpose(1, 0, 2)[:31].astype(float), atol=1e-3)


def test_corners_of_the_crop_are_corners_of_the_region() -> None:
    region = Region(100.0, 50.0, 40.0, np.pi / 6)
    matrix = region.image_from_crop(192)
    left_top, right_top, middle = (matrix @ [u, v, 1] for u, v in ((0, 0), (192, 0), (96, 96)))
    np.testing.assert_allclose(middle, [100, 50])
    np.testing.assert_allclose(right_top - left_top, 40 * np.array([np.cos(np.pi / 6), np.sin(np.pi / 6)]))


def test_fine_stripes_of_a_large_picture_become_grey() -> None:
    rgb = np.zeros((1024, 1024, 3), np.uint8)
    rgb[:, ::2] = 200
    out = crop(rgb, Region(512.0, 512.0, 1024.0), 64, replicate_border=True)
    np.testing.assert_allclose(out[:, 1:], 100, atol=1)  # at the border the first stripe repeats
