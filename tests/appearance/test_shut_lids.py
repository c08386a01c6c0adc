"""Drawn eyes, shut: their skin is known."""

from __future__ import annotations

import numpy as np
import pytest
from tests.tiny.drawn_eyes import FRAME, SKIN, drawn_eyes

from xtalker.appearance.eye_frame import EyeFrame, EyeGrid
from xtalker.appearance.glasses import upper_rim, wears_glasses
from xtalker.appearance.shut_lids import ShutEye, shut_eye

SIDES = ("left", "right")


def grid_of(shut: ShutEye, landmarks: np.ndarray, side: str) -> EyeGrid:
    rows, columns = shut.closed.shape[:2]
    x, y = (int(v) for v in shut.corner)
    return EyeGrid.of(EyeFrame.of(landmarks, side), (x, y, x + columns, y + rows), rows, columns)


def cut_of(rgb: np.ndarray, shut: ShutEye) -> np.ndarray:
    rows, columns = shut.closed.shape[:2]
    x, y = shut.corner
    return rgb[y : y + rows, x : x + columns]


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("width", [60.0, 190.0])
@pytest.mark.parametrize("skin", [SKIN, (92, 60, 46), (150, 150, 150)])
def test_no_pixel_of_the_eye_is_left(side: str, width: float, skin: tuple[int, ...]) -> None:
    face = drawn_eyes(width, skin=skin)
    shut = shut_eye(face.rgb, face.landmarks, side)
    assert not shut.shut
    assert not shut.covered
    painted = shut.closed[grid_of(shut, face.landmarks, side).within > 0].astype(float)
    # a lid is lighter over the ball and darker at its rim, by some percent
    assert np.abs(painted.mean(0) / skin - 1).max() < 0.12
    assert np.quantile(painted / skin, 0.01) > 0.68
    assert np.quantile(painted / skin, 0.99) < 1.15
    grey = np.ptp(painted / skin, axis=1)
    assert np.median(grey) < 0.08


@pytest.mark.parametrize("side", SIDES)
def test_the_rest_of_the_photo_stays(side: str) -> None:
    face = drawn_eyes()
    shut = shut_eye(face.rgb, face.landmarks, side)
    grid, photo = grid_of(shut, face.landmarks, side), cut_of(face.rgb, shut)
    far = (grid.above > 0.42) | (grid.below > 0.14) | (np.abs(grid.a) > 0.85) | (grid.off_brow < 0)
    assert far.any()
    np.testing.assert_array_equal(shut.closed[far], photo[far])
    assert shut.front.max() == 0


def test_a_tilted_face_is_painted_alike() -> None:
    # 0.5 is 29 degrees: eye, skin and lashes are found along the eye's own axes
    face = drawn_eyes(roll_rad=0.5)
    shut = shut_eye(face.rgb, face.landmarks, "left")
    painted = shut.closed[grid_of(shut, face.landmarks, "left").within > 0].astype(float)
    assert np.abs(painted.mean(0) / SKIN - 1).max() < 0.12
    assert np.quantile(painted / SKIN, 0.01) > 0.68


@pytest.mark.parametrize("top", [0.42, 0.5])
def test_frames_stay_in_front(top: float) -> None:
    face = drawn_eyes(90.0, frame=top)
    assert wears_glasses(face.rgb, face.landmarks)
    for side in SIDES:
        shut = shut_eye(face.rgb, face.landmarks, side)
        grid, photo = grid_of(shut, face.landmarks, side), cut_of(face.rgb, shut)
        over_lid = (np.abs(grid.a) < 0.45) & (grid.above > 0.04)
        frame = (np.abs(photo.astype(int) - FRAME).max(2) < 12) & over_lid
        assert frame.sum() > 100
        kept = shut.front / 255.0
        shown = shut.closed * (1 - kept[..., None]) + photo * kept[..., None]
        assert np.abs(shown[frame] - photo[frame]).mean() < 8


def test_bare_faces_wear_no_glasses() -> None:
    assert not wears_glasses(drawn_eyes().rgb, drawn_eyes().landmarks)


def test_a_rim_is_found_where_it_was_drawn() -> None:
    face = drawn_eyes(90.0, frame=0.45)
    found = upper_rim(face.rgb, EyeFrame.of(face.landmarks, "right"))
    assert found is not None
    a, d = found
    middle = np.abs(a) < 0.4
    drawn = 0.15 - 0.6 * np.sqrt(1 - (a / 0.82) ** 2)
    assert np.abs(d - drawn)[middle].max() < 0.035


def test_shut_eyes_are_left_alone_and_said() -> None:
    face = drawn_eyes(opening=0.06)
    shut = shut_eye(face.rgb, face.landmarks, "left")
    assert shut.shut
    assert shut.lashes is None
    np.testing.assert_array_equal(shut.closed, cut_of(face.rgb, shut))


def test_dark_glasses_are_said() -> None:
    face = drawn_eyes()
    rgb = face.rgb.copy()
    for side in SIDES:
        x, y = EyeFrame.of(face.landmarks, side).middle.astype(int)
        rgb[y - 60 : y + 60, x - 75 : x + 75] //= 7
    shut = shut_eye(rgb, face.landmarks, "right")
    assert shut.covered
    np.testing.assert_array_equal(shut.closed, cut_of(rgb, shut))
    assert not shut_eye(face.rgb, face.landmarks, "right").covered


def test_the_same_photo_gives_the_same_lid() -> None:
    face = drawn_eyes()
    one, two = (shut_eye(face.rgb, face.landmarks, "left") for _ in range(2))
    np.testing.assert_array_equal(one.closed, two.closed)
    assert one.lashes is not None
    assert two.lashes is not None
    np.testing.assert_array_equal(one.lashes.opacity, two.lashes.opacity)


def test_an_eye_at_the_border_of_the_photo_is_painted() -> None:
    face = drawn_eyes()
    left = int(EyeFrame.of(face.landmarks, "left").middle[0])
    cut = np.ascontiguousarray(face.rgb[:, : left + 20])
    shut = shut_eye(cut, face.landmarks, "left")
    assert shut.corner[0] + shut.closed.shape[1] == cut.shape[1]
    painted = shut.closed[grid_of(shut, face.landmarks, "left").within > 0].astype(float)
    assert np.quantile(painted / SKIN, 0.02) > 0.66
