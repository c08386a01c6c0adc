"""The unrolled head."""

from __future__ import annotations

import numpy as np

from xtalker.geometry.head_map import map_places, skull_middle, unrolled_corners

EYES, DISTANCE_M = np.array([0.0, 0.09, 0.08]), 0.064


def _around(longitude: np.ndarray, latitude: float = 0.1, radius_m: float = 0.1) -> np.ndarray:
    """Points seen from the middle of the skull in these directions, radians."""
    flat = np.cos(latitude) * np.stack([np.sin(longitude), 0 * longitude, np.cos(longitude)], 1)
    up = np.sin(latitude) * np.array([0.0, 1, 0])
    return skull_middle(EYES, DISTANCE_M) + radius_m * (flat + up)


def test_mirrored_heads_give_mirrored_maps() -> None:
    points = np.random.default_rng(0).normal(size=(50, 3))
    mirrored = points * [-1, 1, 1]
    place, other = (map_places(p, EYES, DISTANCE_M) for p in (points, mirrored))
    np.testing.assert_allclose(other[:, 0], 1 - place[:, 0], atol=1e-12)
    np.testing.assert_allclose(other[:, 1], place[:, 1], atol=1e-12)


def test_face_is_in_the_middle_and_left_is_right() -> None:
    place = map_places(_around(np.array([0.0, 0.5, -0.5])), EYES, DISTANCE_M)
    assert place[0, 0] == 0.5 and place[1, 0] > 0.5 > place[2, 0]
    assert map_places(EYES + np.array([0, 1.0, 0]), EYES, DISTANCE_M)[1] < map_places(EYES, EYES, DISTANCE_M)[1]


def test_columns_grow_all_the_way_round_and_faster_in_front() -> None:
    longitude = np.linspace(-np.pi + 1e-6, np.pi - 1e-6, 400)
    column = map_places(_around(longitude), EYES, DISTANCE_M)[:, 0]
    steps = np.diff(column)
    assert steps.min() > 0 and column.min() >= 0 and column.max() <= 1
    np.testing.assert_allclose(steps[200] / steps.mean(), 1.8, rtol=0.01)


def test_triangles_across_the_back_stay_in_one_piece() -> None:
    corners = np.array([[[0.98, 0.4], [0.03, 0.4], [0.99, 0.5]], [[0.4, 0.1], [0.5, 0.1], [0.45, 0.2]]])
    flat = unrolled_corners(corners)
    np.testing.assert_allclose(flat[0, :, 0], [0.98, 1.03, 0.99])
    np.testing.assert_array_equal(flat[1], corners[1])
