"""The rest surface lies where the photo shows it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import cKDTree
from tests.tiny.portrait import DrawnPortrait, drawn_portrait

from xtalker.appearance.fitted import EYE_PARTS, Fitted
from xtalker.appearance.surface import meeting_lips, rest_surface, seen_vertices
from xtalker.geometry.landmark_rings import (
    FACE_OVAL,
    INNER_LIPS,
    IRISES,
    LOWER_INNER_LIP,
    NOSE_TIP,
    UPPER_INNER_LIP,
)


def shown_landmarks(fitted: Fitted, rest: np.ndarray) -> np.ndarray:
    """Photo pixels of all landmarks on a rest surface, each by its offset from the nearest fine vertex of the skin."""
    skin = np.flatnonzero(fitted.is_skin)
    places = fitted.at_landmarks(fitted.head.mean.astype(float))
    vertex = skin[cKDTree(fitted.mean[skin]).query(places)[1]]
    offset = (places - fitted.mean[vertex]) @ fitted.turn.T
    return fitted.camera.project(rest[vertex] + offset)[:, :2]


def _stirred(marks: np.ndarray, by_px: float) -> np.ndarray:
    """Landmarks that a head model does not reach: a smooth field over the face."""
    middle = marks.mean(0)
    x, y = ((marks - middle) / 60).T
    return marks + by_px * np.stack([np.sin(1.3 * y) + 0.4 * np.cos(2 * x), np.cos(1.7 * x) * np.sin(y)], axis=1)


@pytest.mark.parametrize(("yaw_rad", "by_px"), [(0.0, 0.0), (0.0, 5.0), (0.35, 4.0), (-0.2, 4.0)])
def test_every_landmark_lies_on_the_photos(yaw_rad: float, by_px: float) -> None:
    portrait = drawn_portrait(yaw_rad)
    marks = _stirred(portrait.marks, by_px)
    fitted = portrait.moved(marks)
    free = set(IRISES) | set(INNER_LIPS) | (set(FACE_OVAL) if yaw_rad else set())
    used = np.setdiff1d(np.arange(468), list(free))  # lips are made to meet, a turned outline slides over the head
    away = np.linalg.norm(shown_landmarks(fitted, rest_surface(fitted)) - marks, axis=1)[used]
    # the fine surface rounds the corners of the model on which landmarks lie
    assert np.quantile(away, 0.98) < 1.0 and away.max() < 1.5 and np.median(away) < 0.25


def test_depth_and_far_points_are_the_fits(fitted: Fitted) -> None:
    moved = drawn_portrait().moved(_stirred(fitted.marks, 5.0))
    rest, world = rest_surface(moved), fitted.world
    face = moved.is_skin & (moved.inside_mouth < 0.01)
    np.testing.assert_allclose(rest[face, 2], world[face, 2], atol=1e-9)
    back = face & (fitted.mean[:, 2] < -0.06)
    assert back.sum() > 100
    pixels = fitted.camera.project(rest[back])[:, :2]
    flat = world[back, :2] * [fitted.camera.scale, -fitted.camera.scale] + fitted.camera.shift
    np.testing.assert_allclose(pixels, flat, atol=0.5)


def test_eyeballs_move_as_one(fitted: Fitted) -> None:
    moved = drawn_portrait().moved(_stirred(fitted.marks, 5.0))
    flat = fitted.world[:, :2] * [fitted.camera.scale, -fitted.camera.scale] + fitted.camera.shift
    shift = fitted.camera.project(rest_surface(moved))[:, :2] - flat
    for part in EYE_PARTS:
        assert np.ptp(shift[fitted.scene.parts[part]], axis=0).max() < 1e-6


def test_lips_that_hardly_part_meet_and_open_ones_stay(portrait: DrawnPortrait) -> None:
    width = portrait.fitted.mouth_px
    up, low = list(UPPER_INNER_LIP[1:-1]), list(LOWER_INNER_LIP[1:-1])
    for gap, closes in ((0.01, True), (0.2, False)):
        marks = portrait.marks.copy()
        marks[up, 1], marks[low, 1] = 250.0, 250.0 + gap * width
        out = meeting_lips(marks, width)
        assert ((out[low, 1] - out[up, 1]) <= 0).all() == closes
        assert closes or np.array_equal(out, marks)
        rest = np.setdiff1d(np.arange(478), up + low)
        np.testing.assert_array_equal(out[rest], marks[rest])


def test_the_photo_sees_what_nothing_hides() -> None:
    """A card before a larger card."""
    corners = np.array([[0.0, 0], [0, 100], [100, 100], [100, 0]])
    front, back = corners * 0.4 + 30, corners
    grid = np.stack(np.meshgrid(np.linspace(2, 98, 25), np.linspace(2, 98, 25)), -1).reshape(-1, 2)
    points = np.concatenate([front, back, grid])
    near = np.r_[np.full(4, 1 / 1.2), np.full(4 + len(grid), 1 / 1.3)]
    triangles = np.array([[0, 1, 2], [0, 2, 3], [4, 5, 6], [4, 6, 7]])
    seen = seen_vertices(np.column_stack([points, near]), triangles, 400.0, (100, 100))
    hidden = ((grid > 31) & (grid < 69)).all(1)
    outside = ((grid < 29) | (grid > 71)).any(1)
    assert seen[:8].all() and not seen[8:][hidden].any() and seen[8:][outside].all()


def test_of_a_head_the_front_is_seen(fitted: Fitted) -> None:
    rest = rest_surface(fitted)
    triangles = fitted.scene.triangles[: fitted.scene.num_opaque]
    size = fitted.rgb.shape[1::-1]
    seen = seen_vertices(fitted.camera.project(rest), triangles, fitted.face_px, size)
    skin = np.flatnonzero(fitted.is_skin)
    tip = skin[cKDTree(fitted.mean[skin]).query(fitted.at_landmarks(fitted.head.mean.astype(float))[NOSE_TIP])[1]]
    assert seen[tip]
    assert not seen[fitted.is_skin & (fitted.mean[:, 2] < -0.06)].any()
    assert not seen[fitted.inside_mouth > 0.9].any()
    assert seen[fitted.is_skin & (fitted.mean[:, 2] > 0.06) & (fitted.inside_mouth < 0.01)].mean() > 0.65
