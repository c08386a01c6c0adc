"""Smooth continuations against Laplace's equation."""

from __future__ import annotations

import numpy as np

from xtalker.appearance import lattice
from xtalker.appearance.membrane import blurred_within, membrane


def _laplacian(field: np.ndarray) -> np.ndarray:
    """Sum of differences to the neighbours, without flow over the border."""
    around = np.pad(field, 1, mode="edge")
    return around[2:, 1:-1] + around[:-2, 1:-1] + around[1:-1, 2:] + around[1:-1, :-2] - 4 * field


def test_the_lattices_membrane_solves_laplaces_equation_where_nothing_is_trusted() -> None:
    random = np.random.default_rng(0)
    value, trust = random.normal(size=(18, 25)), np.where(random.random((18, 25)) < 0.1, 5.0, 0.0)
    out = lattice.membrane(value, trust)
    np.testing.assert_allclose(_laplacian(out)[trust == 0], 0, atol=1e-4)
    np.testing.assert_allclose(_laplacian(out), trust * (out - value), atol=1e-4)  # springs and pulls are in balance
    assert out.min() >= value[trust > 0].min() - 1e-3 and out.max() <= value[trust > 0].max() + 1e-3


def test_between_two_trusted_sides_lies_a_ramp() -> None:
    value, trust = np.zeros((7, 31)), np.zeros((7, 31))
    value[:, -1], trust[:, [0, -1]] = 3.0, 1e6
    np.testing.assert_allclose(lattice.membrane(value, trust), np.tile(np.linspace(0, 3, 31), (7, 1)), atol=1e-3)


def test_a_pictures_membrane_keeps_what_is_known_and_continues_harmonic_functions() -> None:
    y, x = np.mgrid[-1:1:40j, -1:1:50j]
    truth = np.dstack([x**2 - y**2, x, np.full_like(x, 0.5)]).astype(np.float32)
    known = np.ones(x.shape, bool)
    known[8:30, 10:40] = False
    given = truth.copy()
    given[~known] = 99
    out = membrane(given, known)
    np.testing.assert_array_equal(out[known], truth[known])
    np.testing.assert_allclose(out, truth, atol=0.12)  # some sweeps are no exact solution
    assert given[~known].min() == 99  # the input stays


def test_a_picture_of_which_nothing_or_all_is_known_comes_back() -> None:
    picture = np.random.default_rng(0).random((5, 6, 2)).astype(np.float32)
    for known in (np.zeros((5, 6), bool), np.ones((5, 6), bool)):
        np.testing.assert_array_equal(membrane(picture, known), picture)


def test_blur_within_looks_at_known_pixels_only() -> None:
    picture = np.full((20, 20, 1), 5, np.float32)
    known = np.ones((20, 20), bool)
    picture[8:12, 8:12], known[8:12, 8:12] = 1000, False
    np.testing.assert_allclose(blurred_within(picture, known, 3.0), 5, rtol=1e-4)
    nothing = np.zeros((20, 20), bool)
    np.testing.assert_array_equal(blurred_within(picture, nothing, 3.0), picture)
