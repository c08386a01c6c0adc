"""Motion laid on a photo."""

from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.tiny.portrait import drawn_avatar, drawn_portrait

from xtalker.performance.photo_motion import (
    KEEP_SMILE,
    ORBIT_LIMIT_RAD,
    TURN_LIMITS_RAD,
    PhotoMotion,
    breaths,
    limited_turns,
    photo_motion,
    release_weights,
    released,
)
from xtalker.values import Motion
from xtalker.values.conventions import CHANNEL
from xtalker.values.photo_avatar import PhotoAvatar
from xtalker.values.tracks import CameraTrack

RATE_HZ = 25
JAW_RAD = drawn_portrait().head.jaw_open_angle_rad
LIMITS = np.array(TURN_LIMITS_RAD)


def _smiling() -> PhotoAvatar:
    reference = Motion.zeros(1)
    reference.expression[0, CHANNEL["mouthSmileLeft"]] = reference.expression[0, CHANNEL["mouthSmileRight"]] = 0.6
    reference.expression[0, CHANNEL["mouthFunnel"]] = 0.4
    reference.expression[0, CHANNEL["browOuterUpLeft"]] = 0.5
    reference.expression[0, CHANNEL["eyeBlinkLeft"]] = 0.4
    reference.gaze[0] = [0.05, -0.1]
    return replace(drawn_avatar(), reference=reference)


def _speech(*spans: tuple[int, int], frames: int = 250) -> Motion:
    """A mouth that opens and shuts three times a second in some spans, and is still else."""
    motion = Motion.zeros(frames)
    for start, stop in spans:
        time = np.arange(stop - start) / RATE_HZ
        motion.jaw[start:stop, 0] = 0.1 * (1 - np.cos(2 * np.pi * 3 * time))
        motion.expression[start:stop, CHANNEL["mouthFunnel"]] = 0.2 * (1 - np.cos(2 * np.pi * 3 * time))
    return motion


def _laid(avatar: PhotoAvatar, motion: Motion, **options: object) -> PhotoMotion:
    return photo_motion(avatar, motion, jaw_open_angle_rad=JAW_RAD, **options)


def test_no_motion_is_the_photo() -> None:
    avatar = _smiling()
    laid = _laid(avatar, Motion.zeros(40))
    for name in ("expression", "jaw", "gaze"):
        wanted = np.repeat(getattr(avatar.reference, name), 40, axis=0)
        np.testing.assert_allclose(getattr(laid.motion, name), wanted, atol=1e-6)
    assert not laid.motion.head.any()
    for pose in laid.poses:
        for part in (pose.turn, pose.gaze, pose.closing, pose.breath, pose.pan, pose.orbit):
            assert not np.any(part)
        assert pose.zoom == 1


def test_the_photos_mouth_is_released_into_speech_and_comes_back() -> None:
    out = released(_speech((30, 90)), RATE_HZ)
    assert out[0] == 0 and out.min() >= 0 and out.max() == 1
    assert (out[40:85] > 0.99).all() and (out[150:] == 0).all()
    assert np.abs(np.diff(out)).max() < 0.25  # eased
    still = released(_speech(), RATE_HZ)
    assert not still.any()


def test_short_pauses_stay_released() -> None:
    out = released(_speech((30, 80), (98, 150)), RATE_HZ)
    assert (out[45:145] > 0.99).all()


def test_speech_from_the_first_frame_starts_from_the_photo() -> None:
    out = released(_speech((0, 60)), RATE_HZ)
    assert out[0] == 0 and out[10] > 0.9


@pytest.mark.parametrize("rate_hz", [24, 25, 50, 60])
def test_release_lasts_as_long_at_any_frame_rate(rate_hz: int) -> None:
    motion = Motion.zeros(6 * rate_hz)
    time = np.arange(2 * rate_hz, 3 * rate_hz)
    motion.jaw[time, 0] = 0.1 * (1 - np.cos(2 * np.pi * 3 * (time / rate_hz - 2)))
    full_s = np.flatnonzero(released(motion, rate_hz) > 0.5) / rate_hz
    np.testing.assert_allclose([full_s[0], full_s[-1]], [1.45, 3.95], atol=0.12)


def test_what_speech_takes_of_the_photos_expression() -> None:
    for keep, left in ((0.0, 0.0), (1.0, 1.0), (KEEP_SMILE, KEEP_SMILE)):
        taken = release_weights(keep)
        for name in ("mouthSmileLeft", "mouthDimpleRight"):
            np.testing.assert_allclose(1 - taken[CHANNEL[name]], left)
        for name in ("mouthFunnel", "mouthPressLeft", "jawForward", "tongueOut"):
            assert taken[CHANNEL[name]] == 1
        for name in ("browOuterUpLeft", "eyeBlinkLeft", "cheekSquintLeft", "noseSneerLeft"):
            assert taken[CHANNEL[name]] == 0
    spoken = _laid(_smiling(), _speech((20, 200)), keep_smile=0.25).motion.expression[100]
    np.testing.assert_allclose(spoken[CHANNEL["mouthSmileLeft"]], 0.15, atol=1e-3)
    np.testing.assert_allclose(spoken[CHANNEL["browOuterUpLeft"]], 0.5, atol=1e-6)


@pytest.mark.parametrize("own", [0.0, 0.4, 0.9])
def test_a_full_blink_shuts_a_narrow_eye_too(own: float) -> None:
    """The lids' way is measured from the photo's opening: all of it must arrive."""
    avatar = _smiling()
    avatar.reference.expression[0, CHANNEL["eyeBlinkLeft"]] = own
    motion = Motion.zeros(3)
    motion.expression[1, CHANNEL["eyeBlinkLeft"]] = 1
    motion.expression[2, CHANNEL["eyeBlinkLeft"]] = 3
    laid = _laid(avatar, motion)
    np.testing.assert_allclose(laid.motion.expression[:, CHANNEL["eyeBlinkLeft"]], own + np.array([0, 1, 1]), rtol=1e-6)
    np.testing.assert_array_equal([pose.closing[0] for pose in laid.poses], [0, 1, 1])
    np.testing.assert_array_equal([pose.closing[1] for pose in laid.poses], 0)


def test_lids_behind_dark_glasses_stay() -> None:
    avatar = _smiling()
    avatar = replace(avatar, eyes=(replace(avatar.eyes[0], moves=False), avatar.eyes[1]))
    motion = Motion.zeros(2)
    motion.expression[:, [CHANNEL["eyeBlinkLeft"], CHANNEL["eyeBlinkRight"]]] = 1
    laid = _laid(avatar, motion)
    np.testing.assert_allclose(laid.motion.expression[0, CHANNEL["eyeBlinkLeft"]], 0.4)
    np.testing.assert_array_equal(laid.poses[0].closing, [0, 1])


def test_the_corrective_channel_follows_the_jaw() -> None:
    laid = _laid(_smiling(), _speech((10, 100)))
    np.testing.assert_allclose(
        laid.motion.expression[:, CHANNEL["jawOpenCorrective"]], laid.motion.jaw[:, 0] / JAW_RAD, atol=1e-6
    )


def test_small_turns_are_themselves() -> None:
    turns = np.random.default_rng(0).uniform(-0.55, 0.55, (50, 3)) * LIMITS
    np.testing.assert_allclose(limited_turns(turns, np.zeros(3)), turns, atol=1e-6)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(-3, 3), min_size=3, max_size=3), st.lists(st.floats(-0.5, 0.5), min_size=3, max_size=3))
def test_turns_stay_within_the_limits_and_in_order(turn: list[float], own: list[float]) -> None:
    photo = np.clip(own, -0.9 * LIMITS, 0.9 * LIMITS)
    out = limited_turns(np.array([turn, np.array(turn) + 0.01, np.zeros(3)]), np.array(own))
    assert (np.abs(out + photo) <= LIMITS + 0.02).all()  # the photo's own counts
    assert (out[1] >= out[0] - 1e-7).all() and not out[2].any()


def test_turns_are_eased_without_a_corner() -> None:
    yaw = np.zeros((4001, 3))
    yaw[:, 1] = np.linspace(-2, 2, 4001)
    out = limited_turns(yaw, np.array([0.0, 0.2, 0.0]))[:, 1].astype(float)
    slope = np.diff(out) / 1e-3
    assert slope.min() > -1e-3 and slope.max() < 1.01 and np.abs(np.diff(slope)).max() < 0.03


def test_turns_that_are_less_are_told(caplog: pytest.LogCaptureFixture) -> None:
    turns = np.zeros((10, 3))
    turns[:4, 1] = 1.0
    with caplog.at_level(logging.WARNING, logger="xtalker"):
        limited_turns(turns[4:], np.zeros(3))
        assert not caplog.records
        limited_turns(turns, np.zeros(3))
    assert "4 of 10 frames are turned less" in caplog.text


def test_breath_fills_quickly_and_empties_slowly() -> None:
    flow = np.zeros(200)
    flow[50:75] = 0.25
    out = breaths(flow, RATE_HZ)
    assert len(out) == 200 and np.abs(out[:40]).max() < 1e-3
    top = out.argmax()
    assert 65 <= top <= 85 and 0.6 < out[top] < 1.05 and out[-1] < 0.1
    rise, fall = (out[40:top] < out[top] / 2).sum(), (out[top:120] > out[top] / 2).sum()
    assert (np.diff(out[top + 1 :]) <= 1e-9).all() and fall > 10 and rise < 25
    assert not breaths(-flow, RATE_HZ).any() and len(breaths(flow[:1], RATE_HZ)) == 1


def _camera(frames: int, **changes: np.ndarray) -> CameraTrack:
    still = {
        "yaw": np.zeros(frames), "pitch": np.zeros(frames), "roll": np.zeros(frames), "distance": np.full(frames, 0.8),
        "field_of_view": np.full(frames, 0.4), "aim": np.zeros((frames, 2)), "cut": np.zeros(frames, bool),
    }  # fmt: skip
    return CameraTrack(**(still | changes))


def test_a_still_camera_changes_nothing() -> None:
    laid = _laid(drawn_avatar(), Motion.zeros(5), camera=_camera(5, aim=np.full((5, 2), 0.3)))
    for pose in laid.poses:
        assert (pose.zoom, tuple(pose.pan)) == (1, (0, 0)) and not pose.orbit.any()


def test_camera_moves_stay_on_the_photo(caplog: pytest.LogCaptureFixture) -> None:
    frames = 20
    camera = _camera(
        frames, distance=np.linspace(0.8, 0.4, frames), yaw=np.linspace(0, 0.6, frames),
        aim=np.tile([0.5, -0.5], (frames, 1)),
    )  # fmt: skip
    with caplog.at_level(logging.WARNING, logger="xtalker"):
        poses = _laid(drawn_avatar(), Motion.zeros(frames), camera=camera).poses
    zoom = np.array([pose.zoom for pose in poses])
    np.testing.assert_allclose(zoom, 0.8 / camera.distance)
    orbit = np.array([pose.orbit for pose in poses])
    assert np.abs(orbit).max() <= ORBIT_LIMIT_RAD and (np.diff(orbit[:, 1]) >= 0).all()
    pan = np.array([pose.pan for pose in poses])
    assert (np.abs(pan) <= (zoom[:, None] - 1) / 2 + 1e-9).all() and pan[-1, 0] > 0.2
    assert "walks of the camera of 10 degrees" in caplog.text
