"""Lids that meet, whatever the photo's own opening."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import cKDTree
from tests.tiny.portrait import drawn_portrait

from xtalker.appearance.fitted import EYE_RINGS, Fitted
from xtalker.appearance.lids import (
    LOWER_MARGINS,
    MARGINS,
    lid_travel,
    lower_lid,
    margin_binding,
    upper_lid,
)
from xtalker.appearance.surface import rest_surface
from xtalker.values.photo_avatar import PhotoAvatar


def _opened(factor: float) -> Fitted:
    """The portrait with eyes whose upper lids lie higher or lower."""
    portrait = drawn_portrait()
    marks = portrait.marks.copy()
    for ring, margin in zip(EYE_RINGS, MARGINS):
        line = np.interp(marks[list(margin), 0], *lower_lid(marks[list(ring)]))
        marks[list(margin), 1] = line + factor * (marks[list(margin), 1] - line)
    return portrait.moved(marks)


@pytest.mark.parametrize("factor", [0.6, 0.8, 1.0, 1.25])
def test_a_full_blink_closes_the_photos_own_opening(factor: float) -> None:
    fitted = _opened(factor)
    rest = rest_surface(fitted)
    pixels = fitted.camera.project(rest)[:, :2]
    correction, whole = lid_travel(fitted, pixels)
    for e, ring in enumerate(EYE_RINGS):
        vertices, offsets = margin_binding(fitted, pixels, e)
        np.testing.assert_allclose(pixels[vertices] + offsets, fitted.marks[[MARGINS[e], LOWER_MARGINS[e]]], atol=1e-9)
        fall = fitted.camera.project(rest + whole[e] @ fitted.turn.T)[:, :2] - pixels
        upper, lower = (fitted.marks[list(m)] + _at_landmarks(fitted, fall, m) for m in (MARGINS[e], LOWER_MARGINS[e]))
        gap = np.interp(upper[1:-1, 0], *_ascending(lower)) - upper[1:-1, 1]
        assert np.abs(gap).max() < 1.0, gap.round(2)
        before = np.interp(fitted.marks[list(MARGINS[e])][4, 0], *lower_lid(fitted.marks[list(ring)]))
        assert before - fitted.marks[MARGINS[e][4], 1] > 3  # there was something to close
        other, _ = margin_binding(fitted, pixels, 1 - e)
        assert np.abs(whole[e][other]).max() < 1e-5  # the other eye does not blink along
    assert np.isfinite(correction).all() and np.abs(correction).max() < 0.02


def _at_landmarks(fitted: Fitted, field: np.ndarray, landmarks: tuple[int, ...]) -> np.ndarray:
    """A field on the fine vertices at landmarks between them: the plane through its values at the nearest ones."""
    skin = np.flatnonzero(fitted.is_skin)
    places = fitted.at_landmarks(fitted.head.mean.astype(float), list(landmarks))
    out = []
    for place, near in zip(places, skin[cKDTree(fitted.mean[skin]).query(places, k=8)[1]]):
        around = np.column_stack([fitted.mean[near] - place, np.full(len(near), 0.01)])
        out.append(np.linalg.lstsq(around, field[near], rcond=None)[0][3] * 0.01)
    return np.array(out)


def _ascending(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    order = np.argsort(points[:, 0])
    return points[order, 0], points[order, 1]


def test_the_models_own_blink_needs_no_correction_beside_the_eyes(fitted: Fitted) -> None:
    pixels = fitted.camera.project(rest_surface(fitted))[:, :2]
    correction, whole = lid_travel(fitted, pixels)
    for e, ring in enumerate(EYE_RINGS):
        polygon = fitted.marks[list(ring)]
        far = np.abs(pixels[:, 0] - polygon[:, 0].mean()) > 1.5 * np.ptp(polygon[:, 0])
        assert np.abs(correction[e][far]).max() < 1e-4
        assert np.abs(whole[e]).max() > 0.004


def test_lids_are_looked_up_where_they_will_lie(fitted: Fitted, avatar: PhotoAvatar) -> None:
    lid = avatar.face.lid
    assert set(np.unique(lid[:, 3])) <= {-1.0, 0.0, 1.0, 2.0, 3.0}
    assert lid[:, 2].min() >= 0 and lid[:, 2].max() <= 1 and (lid[lid[:, 3] < 0, 2] == 0).all()
    pixels = fitted.camera.project(rest_surface(fitted))[:, :2]
    _, whole = lid_travel(fitted, pixels)
    for e in (0, 1):
        goal = fitted.camera.project(rest_surface(fitted) + whole[e] @ fitted.turn.T)[:, :2]
        mine = lid[:, 3] == e
        assert mine.sum() > 50
        np.testing.assert_allclose(lid[mine, :2], goal[mine], atol=1e-2)
        wet = lid[:, 3] == e + 2
        np.testing.assert_allclose(lid[wet, :2], pixels[wet], atol=1e-2)
        side = np.sign(fitted.mean[mine, 0])
        assert (side == (1 if e == 0 else -1)).all()


def test_halves_of_a_ring(fitted: Fitted) -> None:
    for ring, margin, low in zip(EYE_RINGS, MARGINS, LOWER_MARGINS):
        polygon = fitted.marks[list(ring)]
        for half, points in ((upper_lid(polygon), margin), (lower_lid(polygon), low)):
            wanted = fitted.marks[list(points)]
            order = np.argsort(wanted[:, 0])
            np.testing.assert_array_equal(np.column_stack(half), wanted[order])
