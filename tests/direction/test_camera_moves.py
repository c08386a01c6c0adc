"""What each move does to the picture, by projecting places of the head."""

import numpy as np
import pytest

from xtalker.direction.camera_moves import band_noise, camera_track
from xtalker.direction.framing import projected
from xtalker.direction.vocabulary import CAMERA
from xtalker.geometry.cameras import PORTRAIT_FOV_RAD
from xtalker.values.direction import Move
from xtalker.values.tracks import CameraTrack

FRAMES = 75
NAMES = ("yaw", "pitch", "roll", "distance", "field_of_view", "aim")
NOSE, CROWN, LEFT_EAR = [0.0, -0.08, 0.34], [0.0, 0.45, 0.0], [0.33, 0.0, 0.0]


def moved(*moves: Move, num_frames: int = FRAMES) -> CameraTrack:
    return camera_track(moves, num_frames, seed=1)


def seen(track: CameraTrack, place: list[float]) -> np.ndarray:
    """Right and up in the picture in each frame."""
    return np.stack(projected(track, np.array([place], float)), axis=-1)[:, 0]


def assert_neutral(track: CameraTrack, frames: slice = slice(None)) -> None:
    for name, value in zip(NAMES, (0, 0, 0, 1, PORTRAIT_FOV_RAD, 0)):
        np.testing.assert_allclose(getattr(track, name)[frames], value, atol=1e-12)


def test_no_move_is_the_neutral_framing() -> None:
    assert_neutral(moved())
    assert_neutral(moved(Move("hold", 0.2, 1.0), Move("medium_close_up", 0.0, 2.0)))
    assert not moved().cut.any()


@pytest.mark.parametrize("name", CAMERA)
def test_every_move_is_smooth_stays_and_starts_in_time(name: str) -> None:
    towards = CAMERA[name].towards[0] if CAMERA[name].towards else ""
    track = moved(Move(name, 1.0, 1.6, 1.0, towards))
    assert_neutral(track, slice(0, 25))
    for part in NAMES:
        values = getattr(track, part)
        assert np.isfinite(values).all()
        assert np.abs(np.diff(values[64:], axis=0)).max() < 1e-3  # what is reached stays
        assert np.abs(np.diff(values, axis=0)).max() < 0.09 and np.abs(np.diff(values, 2, axis=0)).max() < 0.03


@pytest.mark.parametrize("name", [n for n in CAMERA if CAMERA[n].size and n != "handheld"])
def test_amount_zero_does_nothing(name: str) -> None:
    assert_neutral(moved(Move(name, 0.0, 1.0, 0.0)))


def test_orbit_left_walks_to_the_cameras_left() -> None:
    track = moved(Move("orbit", 0.0, 2.0, 1.0, "left"))
    assert track.yaw[-1] == pytest.approx(-np.radians(30))
    nose, ear = seen(track, NOSE) - seen(track, [0, 0, 0]), seen(track, LEFT_EAR) - seen(track, [0, 0, 0])
    assert nose[-1, 0] > nose[0, 0] + 0.2  # the face turns to the right in the picture,
    assert ear[-1, 0] < ear[0, 0]  # and the subject's left ear goes behind it
    other = moved(Move("orbit", 0.0, 2.0, 1.0, "right"))
    np.testing.assert_allclose(other.yaw, -track.yaw)


@pytest.mark.parametrize(
    ("name", "towards", "axis", "sign"),
    [("pan", "left", 0, 1), ("pan", "right", 0, -1), ("tilt", "up", 1, -1), ("tilt", "down", 1, 1)],
)
def test_swinging_moves_the_head_the_other_way(name: str, towards: str, axis: int, sign: int) -> None:
    place = seen(moved(Move(name, 0.0, 2.0, 1.0, towards)), NOSE)
    assert sign * (place[-1, axis] - place[0, axis]) > 0.03
    assert abs(place[-1, 1 - axis] - place[0, 1 - axis]) < 0.02


def test_roll_right_turns_the_picture_clockwise() -> None:
    track = moved(Move("roll", 0.0, 2.0, 1.0, "right"))
    assert track.roll[-1] == pytest.approx(np.radians(8))
    assert seen(track, CROWN)[-1, 0] > 0.05


@pytest.mark.parametrize(("name", "larger"), [("push_in", True), ("pull_out", False)])
def test_push_and_pull_change_size_by_walking(name: str, larger: bool) -> None:
    track = moved(Move(name, 0.0, 2.0))
    np.testing.assert_allclose(track.field_of_view, PORTRAIT_FOV_RAD, rtol=1e-2)
    assert track.distance[-1] == pytest.approx(1.4 ** (-1 if larger else 1), rel=2e-2)
    width = np.ptp(np.stack([seen(track, LEFT_EAR), seen(track, [-0.33, 0.0, 0.0])]), axis=0)[:, 0]
    assert (width[-1] / width[0] > 1.3) if larger else (width[-1] / width[0] < 0.77)


@pytest.mark.parametrize("towards", ["in", "out"])
def test_dolly_zoom_keeps_the_size_of_the_head(towards: str) -> None:
    track = moved(Move("dolly_zoom", 0.0, 2.0, 1.0, towards))
    middle, ear = seen(track, [0.0, 0, 0]), seen(track, LEFT_EAR)
    np.testing.assert_allclose((ear - middle)[:, 0], (ear - middle)[0, 0], rtol=2e-5)
    ratio = track.distance[-1]
    assert (ratio < 0.65 and track.field_of_view[-1] > 0.6) if towards == "in" else ratio == pytest.approx(1.6)


def test_angles_look_from_below_and_above() -> None:
    assert moved(Move("low_angle", 0.0, 1.0)).pitch[-1] == pytest.approx(-np.radians(20))
    high = moved(Move("high_angle", 0.0, 1.0), Move("orbit", 0.0, 1.0), Move("eye_level", 1.5, 1.0))
    assert high.pitch.max() == pytest.approx(np.radians(20))
    assert_neutral(high, slice(-5, None))


def test_shot_sizes_in_order_and_from_anywhere() -> None:
    sizes = []
    for name in ("close_up", "medium_close_up", "bust"):
        direct = moved(Move(name, 0.0, 1.0))
        after = moved(Move("push_in", 0.0, 0.5), Move("pan", 0.2, 0.5, 1.0, "left"), Move(name, 0.6, 1.0))
        for part in NAMES:
            np.testing.assert_allclose(getattr(after, part)[-1], getattr(direct, part)[-1], atol=1e-9)
        chin, brow = seen(direct, [0.0, -0.39, 0.24])[-1], seen(direct, [0.0, 0.25, 0.25])[-1]
        assert -1 < chin[1] < brow[1] < 1
        sizes.append(brow[1] - chin[1])
    assert sizes[0] > 1.25 * sizes[1] > 1.4 * sizes[2]


def test_amount_scales() -> None:
    half, whole = (moved(Move("orbit", 0.0, 1.0, amount, "left")).yaw[-1] for amount in (0.5, 1.0))
    assert whole == pytest.approx(2 * half)


def test_cut_is_instant_and_marked() -> None:
    track = moved(Move("orbit", 0.0, 4.0, 1.0, "left"), Move("cut", 1.0, 0.04), Move("close_up", 1.0, 1.5))
    assert track.cut[25] and track.cut.sum() == 1
    assert_sizes = track.distance * np.tan(track.field_of_view / 2)
    assert len(set(np.round(assert_sizes[:25], 9))) == 1 and len(set(np.round(assert_sizes[25:], 9))) == 1
    assert assert_sizes[25] < 0.85 * assert_sizes[24]
    np.testing.assert_allclose(track.yaw[25:], track.yaw[24])  # what was under way has ended


def test_cut_alone_goes_back_to_neutral() -> None:
    track = moved(Move("orbit", 0.0, 4.0, 1.0, "left"), Move("push_in", 0.0, 1.0), Move("cut", 1.0, 0.04))
    assert_neutral(track, slice(25, None))


def test_handheld_is_slow_small_and_ends() -> None:
    track = moved(Move("handheld", 0.0, 8.0), num_frames=250)
    place = seen(track, NOSE)
    assert place.std(axis=0).min() > 0.005 and np.abs(place - place[0]).max() < 0.12
    assert_neutral(track, slice(201, None))
    again, other = (camera_track((Move("handheld", 0.0, 8.0),), 250, seed=s) for s in (1, 2))
    np.testing.assert_array_equal(again.yaw, track.yaw)
    assert (other.yaw != track.yaw).any()


def test_noise_stays_in_its_band() -> None:
    noise = band_noise(2500, np.random.default_rng(0))
    power, hz = np.abs(np.fft.rfft(noise)) ** 2, np.fft.rfftfreq(2500, 0.04)
    assert power[(hz > 0.2) & (hz < 2.6)].sum() > 0.97 * power.sum()
    assert noise.std() == pytest.approx(1, abs=0.2) and np.abs(noise).max() <= 2.5


@pytest.mark.parametrize("num_frames", [0, 1, 2])
def test_short_clips(num_frames: int) -> None:
    moves = tuple(Move(name, 0.0, 1.0) for name in CAMERA)
    assert camera_track(moves, num_frames, seed=0).num_frames == num_frames


def test_moves_after_the_end_do_nothing() -> None:
    assert_neutral(moved(*(Move(name, 9.0, 1.0) for name in CAMERA)))
