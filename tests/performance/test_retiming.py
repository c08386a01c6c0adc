"""Motion and camera at the frame rate of a video."""

import numpy as np
import pytest

from xtalker.geometry.rotations import matrix_from_axis_angle
from xtalker.performance.retiming import camera_at, motion_at, num_frames_at
from xtalker.values import Motion
from xtalker.values.tracks import CameraTrack

FRAMES = 50


def _moving() -> Motion:
    random = np.random.default_rng(0)
    motion = Motion.zeros(FRAMES)
    motion.expression[:] = random.uniform(0, 1, (FRAMES, 50))
    motion.expression[20:30, 3] = 1
    motion.head[:, 1] = np.linspace(-0.5, 0.7, FRAMES)
    motion.jaw[:, 0] = random.uniform(0, 0.3, FRAMES)
    return motion


def _camera() -> CameraTrack:
    walk = np.linspace(0, 1, FRAMES)
    cut = np.zeros(FRAMES, bool)
    cut[25] = True
    yaw = np.where(np.arange(FRAMES) < 25, 0.0, 1.0)
    return CameraTrack(yaw, walk, walk, 1 + walk, 0.4 + walk, np.stack([walk, walk], 1), cut)


def test_25_is_the_motion_itself() -> None:
    motion, camera = _moving(), _camera()
    assert motion_at(motion, 25) is motion and camera_at(camera, 25) is camera


@pytest.mark.parametrize("rate_hz", [24, 30, 50, 60])
def test_duration_stays_and_nothing_overshoots(rate_hz: int) -> None:
    motion = _moving()
    other = motion_at(motion, rate_hz)
    assert other.num_frames == num_frames_at(FRAMES, rate_hz) == 2 * rate_hz
    assert other.expression.min() >= 0 and other.expression.max() <= 1
    # closed for ten frames means closed, whatever happens before and after
    moments = (np.arange(other.num_frames) + 0.5) / rate_hz
    held = (moments >= 20.5 / 25) & (moments <= 29.5 / 25)
    np.testing.assert_allclose(other.expression[held, 3], 1, atol=1e-6)


def test_no_picture_repeats_another() -> None:
    other = motion_at(_moving(), 60)
    inside = other.expression[2:-2, 0]
    assert (np.abs(np.diff(inside)) > 1e-6).all()


def test_twice_the_rate_passes_between_the_frames() -> None:
    """At 75 Hz every third moment is a frame's own, so every frame comes back."""
    motion = _moving()
    other = motion_at(motion, 75)
    np.testing.assert_allclose(other.expression[1::3], motion.expression, atol=1e-6)
    np.testing.assert_allclose(other.head[1::3], motion.head, atol=1e-6)


def test_rotations_turn_on_the_shortest_way() -> None:
    motion = Motion.zeros(2)
    motion.head[0], motion.head[1] = (0, 0, 1.2), (0, 1.2, 0)
    other = motion_at(motion, 50)
    one, two = matrix_from_axis_angle(motion.head)[:, None]
    turn = np.linalg.inv(one[0]) @ two[0]
    whole = np.arccos((np.trace(turn) - 1) / 2)
    assert other.num_frames == 4
    between = matrix_from_axis_angle(other.head)
    angles = [np.arccos(np.clip((np.trace(np.linalg.inv(one[0]) @ m) - 1) / 2, -1, 1)) for m in between]
    np.testing.assert_allclose(angles, [0, 0.25 * whole, 0.75 * whole, whole], atol=1e-3)


def test_a_cut_stays_a_cut() -> None:
    camera = camera_at(_camera(), 60)
    assert camera.num_frames == 120 and camera.cut.sum() == 1
    first = int(np.flatnonzero(camera.cut)[0])
    assert first == 60
    assert set(np.unique(camera.yaw[:first])) == {0.0} and set(np.unique(camera.yaw[first:])) == {1.0}
    inside = np.r_[2:58, 62:118]
    np.testing.assert_allclose(camera.distance[inside], 1 + ((inside + 0.5) / 60 * 25 - 0.5) / 49, atol=2e-3)


def test_one_frame_is_held() -> None:
    assert motion_at(Motion.zeros(1), 60).num_frames == 2
