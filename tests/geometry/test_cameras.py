import numpy as np
import pytest

from xtalker.geometry.cameras import Camera


def random_rotation(random: np.random.Generator) -> np.ndarray:
    q, r = np.linalg.qr(random.normal(size=(3, 3)))
    q = q * np.sign(np.diag(r))
    return q * np.sign(np.linalg.det(q))


def test_pixels_of_known_points() -> None:
    camera = Camera.look_at([0, 0, 2], [0, 0, 0], vertical_fov_rad=np.pi / 2, width=200, height=100)
    pixels, depth = camera.project(np.array([[0.0, 0, 0], [0, 2, 0], [2, 0, 0], [1, 1, 1], [0, 0, 5]]))
    np.testing.assert_allclose(pixels[:4], [[100, 50], [100, 0], [150, 50], [150, 0]], atol=1e-12)
    np.testing.assert_allclose(depth, [2, 2, 2, 1, -3], atol=1e-12)


def test_target_is_in_the_middle_and_up_points_up() -> None:
    random = np.random.default_rng(0)
    for _ in range(10):
        eye, target = random.normal(size=3), random.normal(size=3)
        camera = Camera.look_at(eye, target, width=320, height=240)
        pixels, depth = camera.project(np.stack([target, target + np.array([0, 1e-3, 0])]))
        np.testing.assert_allclose(pixels[0], [160, 120], atol=1e-9)
        np.testing.assert_allclose(depth[0], np.linalg.norm(eye - target), atol=1e-12)
        assert pixels[1, 1] < 120 and abs(pixels[1, 0] - 160) < 1e-9
        np.testing.assert_allclose(camera.position, eye)


def test_transforms_are_inverse() -> None:
    camera = Camera.look_at([1, 2, 3], [-1, 0, 0.5])
    np.testing.assert_allclose(camera.camera_from_world @ camera.world_from_camera, np.eye(4), atol=1e-12)
    assert np.linalg.det(camera.world_from_camera[:3, :3]) == pytest.approx(1)


def test_moving_camera_and_points_together_changes_nothing() -> None:
    random = np.random.default_rng(1)
    camera, points = Camera.look_at([0.1, 0.2, 2], [0, 0, 0]), random.normal(size=(20, 3)) * 0.3
    move = np.eye(4)
    move[:3, :3], move[:3, 3] = random_rotation(random), random.normal(size=3)
    moved = Camera(move @ camera.world_from_camera, camera.vertical_fov_rad, camera.width, camera.height)
    for a, b in zip(camera.project(points), moved.project(points @ move[:3, :3].T + move[:3, 3])):
        np.testing.assert_allclose(a, b, atol=1e-9)


@pytest.mark.parametrize("size", [(512, 512), (320, 512), (640, 360)])
@pytest.mark.parametrize("yaw", [0.0, 0.6, -1.5])
def test_portrait_frames_the_box(size: tuple[int, int], yaw: float) -> None:
    lower, upper = np.array([-0.1, -0.15, -0.1]), np.array([0.1, 0.16, 0.12])
    camera = Camera.portrait(lower, upper, yaw_rad=yaw, width=size[0], height=size[1])
    corners = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)]) * (upper - lower) + lower
    pixels, depth = camera.project(corners)
    assert (depth > 0).all() and (pixels > 0).all() and (pixels < size).all()


def test_positive_yaw_sees_the_subjects_left() -> None:
    camera = Camera.portrait(np.full(3, -0.1), np.full(3, 0.1), yaw_rad=0.5)
    assert camera.position[0] > 0.1
    assert Camera.portrait(np.full(3, -0.1), np.full(3, 0.1), pitch_rad=0.5).position[1] > 0.1
