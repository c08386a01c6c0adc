"""Covered mouths and drawings: the drawn portrait and the astronaut, bare and with covers drawn on."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks.photo_covers import DRAWINGS, MOUTH_COVERS, sunglasses
from scipy.ndimage import gaussian_filter
from tests.tiny.portrait import drawn_portrait

from xtalker.capture import FaceDetector, FaceMesh, Portrait, portrait_landmarks
from xtalker.capture.photo_faults import drawn_signs, looks_drawn, mouth_covered, mouth_signs


@pytest.mark.parametrize("kind", MOUTH_COVERS)
def test_covers_over_the_drawn_mouth_are_seen(kind: str) -> None:
    portrait = drawn_portrait()
    assert not mouth_covered(portrait.rgb, portrait.marks)
    made = MOUTH_COVERS[kind](portrait.rgb, portrait.marks, np.random.default_rng(0))
    assert mouth_covered(made, portrait.marks)


def test_turning_and_enlarging_the_picture_change_no_sign() -> None:
    portrait = drawn_portrait()
    signs = mouth_signs(portrait.rgb, portrait.marks)
    turned = np.ascontiguousarray(np.rot90(portrait.rgb, -1))
    marks = np.column_stack([portrait.rgb.shape[0] - 1 - portrait.marks[:, 1], portrait.marks[:, 0]])
    again = mouth_signs(turned, marks)
    for name in ("relief", "line", "red"):
        assert getattr(again, name) == pytest.approx(getattr(signs, name), rel=0.15, abs=0.01)


def test_a_bright_picture_is_no_drawing_where_it_is_clipped() -> None:
    rng = np.random.default_rng(1)
    portrait = drawn_portrait()
    shape = portrait.rgb.shape[:2]
    light = gaussian_filter(rng.normal(0, 1, (*shape, 1)), (1.2, 1.2, 0)) * 12
    skin = np.clip(np.array([190.0, 170, 160]) + light, 0, 255).astype(np.uint8)
    clipped = skin.copy()
    clipped[: shape[0] // 2] = 255
    assert drawn_signs(clipped, portrait.marks)[0] < 0.1
    assert not looks_drawn(skin, portrait.marks)


@pytest.mark.real
def test_the_astronaut_is_bare_and_photographed(detector: FaceDetector, mesh: FaceMesh, astronaut: Portrait) -> None:
    marks = portrait_landmarks(astronaut, detector, mesh).points
    assert not mouth_covered(astronaut.rgb, marks) and not looks_drawn(astronaut.rgb, marks)
    dark = sunglasses(astronaut.rgb, marks, np.random.default_rng(0))
    assert not mouth_covered(dark, marks) and not looks_drawn(dark, marks)
    grey = np.repeat(astronaut.rgb.mean(-1, keepdims=True).astype(np.uint8), 3, -1)
    assert not mouth_covered(grey, marks) and not looks_drawn(grey, marks)


@pytest.mark.real
@pytest.mark.parametrize("kind", ["posterised", "comic", "pencil"])
def test_the_astronaut_drawn(detector: FaceDetector, mesh: FaceMesh, astronaut: Portrait, kind: str) -> None:
    marks = portrait_landmarks(astronaut, detector, mesh).points
    assert looks_drawn(DRAWINGS[kind](astronaut.rgb, marks, np.random.default_rng(0)), marks)
