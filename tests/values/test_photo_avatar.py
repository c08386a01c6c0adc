"""The photo's camera."""

from __future__ import annotations

import numpy as np

from xtalker.values.photo_avatar import CAMERA_DISTANCE_M, PhotoCamera

CAMERA = PhotoCamera(1500.0, np.array([212.0, 230.0]), np.array([205.0, 180.0]))


def test_projecting_undoes_unprojecting() -> None:
    random = np.random.default_rng(0)
    pixels, depth = random.uniform(-200, 900, (50, 2)), random.uniform(-0.3, 0.2, 50)
    points = CAMERA.unproject(pixels, depth)
    screen = CAMERA.project(points)
    np.testing.assert_allclose(screen[:, :2], pixels, atol=1e-9)
    np.testing.assert_allclose(CAMERA_DISTANCE_M - 1 / screen[:, 2], depth, atol=1e-12)
    np.testing.assert_array_equal(points[:, 2], depth)


def test_in_the_plane_of_the_head_joint_it_is_the_fit() -> None:
    points = np.array([[0.0, 0, 0], [0.05, -0.08, 0]])
    wanted = points[:, :2] * [CAMERA.scale, -CAMERA.scale] + CAMERA.shift
    np.testing.assert_allclose(CAMERA.project(points)[:, :2], wanted, atol=1e-12)


def test_nearer_points_are_nearer_and_larger() -> None:
    near, far = CAMERA.project(np.array([[0.05, 0, 0.1], [0.05, 0, -0.1]]))
    assert near[2] > far[2] > 0
    on_axis = (CAMERA.principal - CAMERA.shift)[0] / CAMERA.scale
    width = [abs(CAMERA.project(np.array([[on_axis + 0.05, 0, z]]))[0, 0] - CAMERA.principal[0]) for z in (0.1, -0.1)]
    np.testing.assert_allclose(width[0] / width[1], (CAMERA_DISTANCE_M + 0.1) / (CAMERA_DISTANCE_M - 0.1))
