"""Light and colour taken apart."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from xtalker.capture import albedo

SIDE = 64


def _normals(random: np.random.Generator, count: int) -> np.ndarray:
    normals = random.normal(size=(count, 3))
    normals[:, 2] = np.abs(normals[:, 2]) + 0.3
    return normals / np.linalg.norm(normals, axis=1, keepdims=True)


def test_harmonics_are_orthogonal_on_the_sphere() -> None:
    random = np.random.default_rng(1)
    points = random.normal(size=(200_000, 3))
    basis = albedo.harmonics(points / np.linalg.norm(points, axis=1, keepdims=True))
    product = basis.T @ basis / len(basis)
    off = product - np.diag(np.diag(product))
    assert np.abs(off).max() < 0.01


def test_light_of_low_order_is_found_whatever_the_skin() -> None:
    random = np.random.default_rng(2)
    normals = _normals(random, 4000)
    truth = np.array([1.0, 0.25, 0.2, 0.1, 0, 0, 0.05, 0.05, 0])[:, None] * [1.0, 0.9, 0.8]
    light = albedo.harmonics(normals) @ truth
    spots = np.exp(random.normal(0, 0.05, (4000, 1)))
    found = albedo.shading(albedo.fitted_light(light * spots, normals, np.ones(4000)), normals)
    np.testing.assert_allclose(found, light / light.mean(0), rtol=0.08)


def test_marks_do_not_count_as_light() -> None:
    random = np.random.default_rng(3)
    normals = _normals(random, 4000)
    light = np.ones((4000, 3))
    light[normals[:, 0] > 0.6] *= 0.15  # hair at one side
    found = albedo.shading(albedo.fitted_light(light, normals, np.ones(4000)), normals)
    bare = normals[:, 0] < 0.4
    assert np.abs(np.log(found[bare] / found[bare].mean(0))).max() < 0.2


def test_spread_keeps_what_was_seen_and_continues_it() -> None:
    random = np.random.default_rng(4)
    values = random.normal(size=(SIDE, SIDE, 3))
    weight = (random.uniform(size=(SIDE, SIDE)) > 0.5).astype(float)
    out = albedo.spread(values, weight)
    np.testing.assert_allclose(out[weight == 1], values[weight == 1])
    flat = albedo.spread(np.full((SIDE, SIDE, 3), 0.7), weight)
    np.testing.assert_allclose(flat, 0.7)


def test_spread_is_smooth_across_the_back() -> None:
    values, weight = np.zeros((SIDE, SIDE, 1)), np.zeros((SIDE, SIDE))
    values[:, :3], weight[:, :3] = 1.0, 1.0
    values[:, 20:24], weight[:, 20:24] = 0.0, 1.0
    out = albedo.spread(values, weight)[..., 0]
    assert out[SIDE // 2, -1] > 0.7 > out[SIDE // 2, SIDE // 2]


def test_broad_is_the_weighted_gaussian_mean() -> None:
    random = np.random.default_rng(5)
    values = gaussian_filter(random.normal(size=(SIDE, SIDE, 1)), (8, 8, 0), mode=("nearest", "wrap", "nearest"))
    weight = np.ones((SIDE, SIDE))
    mean, share = albedo.broad(values, weight, 12.0)
    exact = gaussian_filter(values, (12, 12, 0), mode=("nearest", "wrap", "nearest"))
    np.testing.assert_allclose(mean[8:-8], exact[8:-8], atol=0.2 * values.std())
    np.testing.assert_allclose(share, 1, atol=1e-6)


def test_light_from_one_side_goes_and_symmetric_patterns_stay() -> None:
    column = np.linspace(-1, 1, SIDE)[None, :, None]
    pattern = np.cos(3 * column) * np.ones((SIDE, 1, 3))
    lit = pattern + 0.4 * np.sin(np.pi * column / 2)
    seen = np.ones((SIDE, SIDE))
    seen[:, : SIDE // 8] = seen[:, -SIDE // 8 :] = 0
    out = albedo.without_side_light(lit, seen, 6.0)
    before, after = (np.abs((t - t[:, ::-1])[:, SIDE // 4 : -SIDE // 4]).mean() for t in (lit, out))
    assert after < 0.35 * before
    np.testing.assert_allclose(albedo.without_side_light(pattern, seen, 6.0), pattern, atol=1e-6)


@pytest.mark.parametrize(("height", "kept"), [(0.8, 0.45), (-0.8, 1.0)])
def test_bright_spots_are_pressed_and_dark_ones_stay(height: float, kept: float) -> None:
    y, x = np.mgrid[:SIDE, :SIDE] - SIDE / 2
    spot = height * np.exp(-(x**2 + y**2) / 4**2)
    out = albedo.without_highlights(np.repeat(spot[..., None], 3, axis=2), np.ones((SIDE, SIDE)), 10.0)
    middle = out[SIDE // 2, SIDE // 2].mean() / height
    assert middle == pytest.approx(kept, abs=1e-6) if kept == 1 else middle < kept


def test_weighted_median() -> None:
    assert albedo.weighted_median(np.array([3.0, 1.0, 2.0]), np.array([1.0, 5.0, 1.0])) == 1.0
