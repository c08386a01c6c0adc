"""Walks around a head against cameras that are aimed one by one."""

import numpy as np

from xtalker.geometry.camera_path import walk_around
from xtalker.geometry.cameras import Camera
from xtalker.values.tracks import CameraTrack

LOWER, UPPER = np.array([-0.09, -0.15, -0.1]), np.array([0.09, 0.12, 0.02])
DISTANCE_M = 0.7


def _track(frames: int = 40) -> CameraTrack:
    random = np.random.default_rng(0)
    yaw, pitch, roll = random.uniform(-1, 1, (3, frames))
    distance, lens = random.uniform(0.4, 3, frames), random.uniform(0.2, 0.8, frames)
    return CameraTrack(yaw, pitch, roll, distance, lens, random.uniform(-0.3, 0.3, (frames, 2)), yaw > 0.9)


def _aimed(track: CameraTrack, frame: int) -> Camera:
    """The meaning of one row of a track, written out with rotation matrices."""
    y, p, r = (float(angle[frame]) for angle in (track.yaw, track.pitch, track.roll))
    turn = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    nod = np.array([[1, 0, 0], [0, np.cos(p), np.sin(p)], [0, -np.sin(p), np.cos(p)]])
    lean = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    frame_axes = turn @ nod
    middle = (LOWER + UPPER) / 2
    eye = middle + frame_axes @ [0, 0, DISTANCE_M * track.distance[frame]]
    target = middle + frame_axes @ [*(track.aim[frame] * (UPPER[1] - LOWER[1])), 0]
    return Camera.look_at(eye, target, up=frame_axes @ lean @ [0, 1, 0], vertical_fov_rad=track.field_of_view[frame])


def test_every_frame_is_the_camera_aimed_alone() -> None:
    track = _track()
    path = walk_around(LOWER, UPPER, DISTANCE_M, track)
    for frame in range(track.num_frames):
        np.testing.assert_allclose(path.world_from_camera[frame], _aimed(track, frame).world_from_camera, atol=1e-9)
    np.testing.assert_array_equal(path.field_of_view, track.field_of_view)
    np.testing.assert_array_equal(path.cut, track.cut)


def test_poses_are_rigid_and_a_neutral_row_looks_from_the_front() -> None:
    turns = walk_around(LOWER, UPPER, DISTANCE_M, _track()).world_from_camera[:, :3, :3]
    np.testing.assert_allclose(turns @ turns.transpose(0, 2, 1), np.tile(np.eye(3), (40, 1, 1)), atol=1e-12)
    np.testing.assert_allclose(np.linalg.det(turns), 1)
    zero, one = np.zeros(1), np.ones(1)
    still = CameraTrack(zero, zero, zero, one, 0.4 * one, np.zeros((1, 2)), np.zeros(1, bool))
    (pose,) = walk_around(LOWER, UPPER, DISTANCE_M, still).world_from_camera
    np.testing.assert_allclose(pose[:3, :3], np.eye(3), atol=1e-12)
    np.testing.assert_allclose(pose[:3, 3], (LOWER + UPPER) / 2 + [0, 0, DISTANCE_M])
