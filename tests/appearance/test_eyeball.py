"""Eyes taken apart and put together again."""

from __future__ import annotations

import numpy as np
import pytest
from tests.tiny.drawn_eyes import IRIS, WHITE, drawn_eyes

from xtalker.appearance.eye_frame import EyeFrame, EyeGrid
from xtalker.appearance.eyeball import Eyeball, eyeball
from xtalker.appearance.pixels import sampled


def composed(eye: Eyeball, move: tuple[float, float] = (0.0, 0.0)) -> np.ndarray:
    """The layers put together, the iris moved by pixels and the glint left where it was."""
    rows, columns = eye.ball.shape[:2]
    y, x = np.mgrid[:rows, :columns] + 0.5
    iris = sampled(eye.iris.astype(np.float32), x - move[0], y - move[1])
    ball = eye.ball.astype(float)
    return (ball[..., :3] * (1 - iris[..., 3:] / 255) + iris[..., :3]) * ball[..., 3:] / 255 + eye.glint


def grid_of(eye: Eyeball, landmarks: np.ndarray, side: str) -> EyeGrid:
    rows, columns = eye.ball.shape[:2]
    x, y = (int(v) for v in eye.corner)
    return EyeGrid.of(EyeFrame.of(landmarks, side), (x, y, x + columns, y + rows), rows, columns)


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("width", [60.0, 97.3, 240.0])
@pytest.mark.parametrize("opening", [0.34, 0.16])
def test_at_the_photos_gaze_the_photo_comes_back(side: str, width: float, opening: float) -> None:
    face = drawn_eyes(width, opening=opening, grain=3.0)
    eye = eyeball(face.rgb, face.landmarks, side)
    inside = grid_of(eye, face.landmarks, side).within > 0
    rows, columns = inside.shape
    x, y = eye.corner
    photo = face.rgb[y : y + rows, x : x + columns]
    assert np.abs(np.round(composed(eye)) - photo)[inside].max() <= 1


@pytest.mark.parametrize("offset", [(0.0, 0.0), (0.03, -0.02)])
def test_the_iris_is_found_although_landmarks_are_off(offset: tuple[float, float]) -> None:
    face = drawn_eyes(120.0)
    landmarks = face.landmarks.copy()
    truth = landmarks[473].copy()
    landmarks[473:478] += np.array(offset) * face.width_px
    eye = eyeball(face.rgb, landmarks, "left")
    assert np.linalg.norm(eye.centre - truth) < 0.025 * face.width_px
    assert eye.radius == pytest.approx(0.21 * face.width_px, rel=0.06)


def test_the_ball_is_white_where_the_iris_was() -> None:
    face = drawn_eyes(100.0)
    eye = eyeball(face.rgb, face.landmarks, "left")
    grid = grid_of(eye, face.landmarks, "left")
    x, y = eye.centre - eye.corner
    rows, columns = np.mgrid[: eye.ball.shape[0], : eye.ball.shape[1]] + 0.5
    under = (np.hypot(columns - x, rows - y) < 0.9 * eye.radius) & (grid.within > 0.05)
    ball = eye.ball[under, :3].astype(float)
    assert np.abs(ball.mean(0) / WHITE - 1).max() < 0.08
    assert ball.std(0).max() > 0.5  # not an even disc: veins and blotches


def test_a_moved_iris_leaves_white_and_its_glint() -> None:
    face = drawn_eyes(100.0)
    eye = eyeball(face.rgb, face.landmarks, "right")
    shift = 0.16 * face.width_px
    picture = composed(eye, (shift, 0.0))
    x, y = eye.centre - eye.corner
    there = picture[int(y) - 2 : int(y) + 3, int(x - 0.75 * eye.radius) - 1 : int(x - 0.75 * eye.radius) + 2]
    assert np.abs(there.mean((0, 1)) - WHITE).max() < 25
    middle = picture[int(y + 0.1 * face.width_px), int(x + shift)]
    assert np.abs(middle - IRIS).max() < 25
    gx, gy = np.array(face.glints["right"]) - eye.corner
    assert eye.glint[int(gy), int(gx)].min() > 120
    far = np.hypot(*np.meshgrid(np.arange(eye.glint.shape[1]) + 0.5 - gx, np.arange(eye.glint.shape[0]) + 0.5 - gy))
    assert eye.glint[far > 0.09 * face.width_px].max() < 12


def test_without_a_highlight_there_is_no_glint() -> None:
    face = drawn_eyes(100.0)
    rgb = face.rgb.copy()
    for x, y in face.glints.values():
        rgb[int(y) - 5 : int(y) + 6, int(x) - 5 : int(x) + 6] = (14, 12, 12)
    assert eyeball(rgb, face.landmarks, "left").glint.max() < 12


def test_a_grey_photo_has_grey_eyes() -> None:
    face = drawn_eyes(80.0)
    grey = np.repeat(face.rgb.mean(2, keepdims=True).astype(np.uint8), 3, axis=2)
    eye = eyeball(grey, face.landmarks, "left")
    for layer in (eye.ball[..., :3], eye.iris[..., :3], eye.glint):
        assert np.ptp(layer.astype(int), axis=2).max() <= 1


def test_the_same_photo_gives_the_same_layers() -> None:
    face = drawn_eyes()
    one, two = (eyeball(face.rgb, face.landmarks, "left") for _ in range(2))
    for name in ("ball", "iris", "glint"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))
