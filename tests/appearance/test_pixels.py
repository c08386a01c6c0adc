"""Picture operations against scipy, slow twins and exact cases."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, map_coordinates

from xtalker.appearance.pixels import blurred, grown, inside_distance, luma, polygon_mask, resized, sampled, shrunk
from xtalker.geometry.smoothstep import smoothstep

FILTERS = ("area", "linear", "cubic", "lanczos")


def _noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0, 255, shape).astype(np.float32)


@pytest.mark.parametrize("how", FILTERS)
@pytest.mark.parametrize("size", [(7, 5), (40, 9), (16, 24)])
def test_resizing_keeps_constants_and_treats_channels_alike(how: str, size: tuple[int, int]) -> None:
    width, height = size
    np.testing.assert_allclose(resized(np.full((12, 16), 3.5, np.float32), width, height, how), 3.5, rtol=1e-5)
    picture = _noise(12, 16, 3)
    out = resized(picture, width, height, how)
    assert out.shape == (height, width, 3)
    for c in range(3):
        np.testing.assert_array_equal(out[..., c], resized(picture[..., c], width, height, how))


def test_shrinking_by_area_is_the_mean_of_what_a_pixel_covers() -> None:
    picture = _noise(12, 18, 3)
    blocks = picture.reshape(4, 3, 9, 2, 3).mean((1, 3))
    np.testing.assert_allclose(resized(picture, 9, 4), blocks, rtol=1e-5)
    eight_bit = picture.astype(np.uint8)
    assert (
        np.abs(resized(eight_bit, 9, 4) - eight_bit.reshape(4, 3, 9, 2, 3).mean((1, 3))).max() <= 1.01
    )  # rounded after each of two passes
    assert resized(eight_bit, 9, 4).dtype == np.uint8


@pytest.mark.parametrize("how", ["linear", "cubic"])
def test_resizing_moves_nothing(how: str) -> None:
    """A ramp stays the ramp: pixel centres lie at .5 before and after."""
    ramp = np.tile(np.arange(20, dtype=np.float32) + 0.5, (4, 1))
    out = resized(ramp, 60, 4, how)
    np.testing.assert_allclose(out[:, 9:-9], np.tile((np.arange(60) + 0.5) / 3, (4, 1))[:, 9:-9], atol=1e-3)


@pytest.mark.parametrize("sigma", [0.4, 1.0, 2.7])
@pytest.mark.parametrize("shape", [(20, 30), (15, 14, 3), (3, 40), (1, 5)])
def test_blur_is_scipys(sigma: float, shape: tuple[int, ...]) -> None:
    picture = _noise(*shape)
    radius = max(int(np.ceil(3 * sigma)), 1)
    wanted = gaussian_filter(picture.astype(float), sigma, mode="reflect", radius=radius, axes=(0, 1))
    np.testing.assert_allclose(blurred(picture, sigma), wanted, atol=2e-3)


def test_blur_keeps_constants_and_the_mean_and_does_not_touch_its_input() -> None:
    picture = _noise(31, 23, 2)
    before = picture.copy()
    np.testing.assert_allclose(blurred(np.full((9, 9), 7.0), 2.0), 7, rtol=1e-6)
    np.testing.assert_allclose(blurred(picture, 3.0).mean((0, 1)), picture.mean((0, 1)), rtol=1e-5)
    same = blurred(picture, 0.01)
    np.testing.assert_array_equal(same, picture)
    same[:] = 0
    np.testing.assert_array_equal(picture, before)


def test_samples_at_pixel_centres_are_the_pixels() -> None:
    picture = _noise(6, 9, 3)
    x, y = np.meshgrid(np.arange(9) + 0.5, np.arange(6) + 0.5)
    np.testing.assert_array_equal(sampled(picture, x, y), picture)
    np.testing.assert_array_equal(sampled(picture[..., 0], x, y), picture[..., 0])


def test_samples_between_are_scipys_and_the_border_goes_on() -> None:
    picture, random = _noise(6, 9), np.random.default_rng(1)
    x, y = random.uniform(-4, 13, 400), random.uniform(-4, 10, 400)
    wanted = map_coordinates(picture, [y - 0.5, x - 0.5], order=1, mode="nearest")
    np.testing.assert_allclose(sampled(picture, x, y), wanted, atol=1e-3)


def test_samples_beyond_the_picture_may_have_a_value() -> None:
    picture = _noise(6, 9)
    x, y = np.array([-0.01, 0.0, 9.0, 9.01, 4.0, 4.0]), np.array([3.0, 3.0, 3.0, 3.0, -0.01, 6.01])
    out = sampled(picture, x, y, outside=-5.0)
    np.testing.assert_array_equal(out == -5, [True, False, False, True, True, True])
    np.testing.assert_array_equal(sampled(picture[:1, :1], x, y), picture[0, 0])


def _crosses(polygon: np.ndarray, x: float, y: float) -> bool:
    """Slow twin: sum of the angles under which the corners are seen."""
    towards = polygon - [x, y]
    angles = np.arctan2(towards[:, 1], towards[:, 0])
    steps = np.diff(np.r_[angles, angles[0]])
    return abs(((steps + np.pi) % (2 * np.pi) - np.pi).sum()) > np.pi


@pytest.mark.parametrize("seed", range(4))
def test_a_polygons_mask_has_the_pixels_whose_centres_it_holds(seed: int) -> None:
    random = np.random.default_rng(seed)
    angles = np.sort(random.uniform(0, 2 * np.pi, 9))
    polygon = random.uniform(4, 16, (9, 1)) * np.stack([np.cos(angles), np.sin(angles)], 1) + random.uniform(2, 18, 2)
    wanted = [[_crosses(polygon, x + 0.5, y + 0.5) for x in range(20)] for y in range(17)]
    np.testing.assert_array_equal(polygon_mask(polygon, 20, 17), wanted)
    np.testing.assert_array_equal(polygon_mask(polygon[::-1], 20, 17), wanted)


def test_polygons_may_lie_beyond_the_picture_or_be_flat() -> None:
    square = np.array([[0.0, 0], [4, 0], [4, 4], [0, 4]])
    assert polygon_mask(square, 10, 8).sum() == 16
    assert polygon_mask(square - 100, 10, 8).sum() == 0
    assert polygon_mask(square * 100 - 50, 10, 8).all()
    assert polygon_mask(np.array([[1.0, 1], [5, 5], [1, 1]]), 10, 8).sum() == 0


def test_distance_to_a_polygon_against_its_densely_drawn_border() -> None:
    random = np.random.default_rng(2)
    polygon = np.array([[0.0, 0], [10, 1], [6, 4], [9, 9], [1, 7]])
    share = np.linspace(0, 1, 4001)[:, None]
    border = np.concatenate([a * (1 - share) + b * share for a, b in zip(polygon, np.roll(polygon, -1, 0))])
    points = random.uniform(-4, 14, (60, 2))
    out = inside_distance(polygon, points)
    nearest = np.linalg.norm(points[:, None] - border, axis=-1).min(1)
    np.testing.assert_allclose(np.abs(out), nearest, atol=2e-3)
    np.testing.assert_array_equal(out > 0, [_crosses(polygon, *p) for p in points])
    np.testing.assert_allclose(inside_distance(polygon * 3, points * 3), 3 * out, rtol=1e-9)


@pytest.mark.parametrize("radius", [0.5, 1.0, 2.3, 4.0])
def test_growing_and_shrinking_against_all_pairs(radius: float) -> None:
    mask = np.random.default_rng(3).random((14, 17)) > 0.8
    place = np.stack(np.mgrid[:14, :17], -1).reshape(-1, 2).astype(float)
    apart = np.linalg.norm(place[:, None] - place, axis=-1)
    near = (apart[:, mask.ravel()] <= radius).any(1).reshape(mask.shape)
    np.testing.assert_array_equal(grown(mask, radius), near)
    far = (apart[:, ~near.ravel()] > radius).all(1).reshape(mask.shape)
    np.testing.assert_array_equal(shrunk(near, radius), far)
    np.testing.assert_array_equal(shrunk(near, radius), ~grown(~near, radius))


def test_growing_nothing_and_shrinking_all() -> None:
    nothing = np.zeros((3, 4), bool)
    assert not grown(nothing, 2.0).any() and shrunk(~nothing, 2.0).all()
    assert grown(nothing, 2.0) is not nothing


def test_smoothstep_rises_smoothly_between_its_ends() -> None:
    x = np.linspace(-1, 4, 501)
    y = smoothstep(x, 1.0, 3.0)
    assert (y[x <= 1] == 0).all() and (y[x >= 3] == 1).all() and (np.diff(y) >= 0).all()
    np.testing.assert_allclose(y + smoothstep(4 - x, 1.0, 3.0), 1, atol=1e-12)
    assert np.abs(np.diff(y)).max() < 0.0076  # steepest 1.5 / (high - low)


def test_luma_weighs_the_channels() -> None:
    np.testing.assert_allclose(luma(np.full((2, 2, 3), 200, np.uint8)), 200, rtol=1e-5)
    np.testing.assert_allclose(luma(np.eye(3)), [0.299, 0.587, 0.114], rtol=1e-6)
