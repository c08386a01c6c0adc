"""What a portrait is said not to show is what it does not show: real faces, bare and covered by known things."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.capture.covers import GLASSES, MASKS, drawn, with_glasses, with_mask

from xtalker.capture import FaceDetector, FaceMesh, load_portrait
from xtalker.capture.landmarks import portrait_landmarks
from xtalker.capture.photo_faults import looks_drawn
from xtalker.capture.photo_parts import Shown, dark_cover, judge
from xtalker.capture.photo_view import PhotoView
from xtalker.values import Motion

pytestmark = pytest.mark.real
EVERY = 6
Face = tuple[str, np.ndarray, np.ndarray]


@pytest.fixture(scope="module")
def faces(shared_data: Path, detector: FaceDetector, mesh: FaceMesh) -> list[Face]:
    """Every sixth of the shared portraits: name, picture, landmarks."""
    out = []
    for path in sorted((shared_data / "portraits").glob("*.jpg"))[::EVERY]:
        portrait = load_portrait(path)
        out.append((path.stem, portrait.rgb, portrait_landmarks(portrait, detector, mesh).points))
    return out


def judged(rgb: np.ndarray, points: np.ndarray) -> Shown:
    return judge(PhotoView.of(rgb, points), Motion.zeros(1))


def test_bare_faces_are_said_to_be_bare(faces: list[Face]) -> None:
    assert [(name, said) for name, rgb, points in faces if (said := judged(rgb, points).faults)] == []
    assert [name for name, rgb, points in faces if looks_drawn(rgb, points)] == []


@pytest.mark.parametrize("colour", MASKS)
def test_masks_are_seen_whatever_their_colour(faces: list[Face], colour: tuple[int, int, int]) -> None:
    missed = [name for name, rgb, points in faces if judged(with_mask(rgb, points, colour), points).mouth]
    assert missed == []


@pytest.mark.parametrize("colour", GLASSES)
def test_dark_glasses_are_seen_and_none_of_them_is_taken_as_skin(
    faces: list[Face], colour: tuple[int, int, int]
) -> None:
    missed, left = [], []
    for name, rgb, points in faces:
        covered = with_glasses(rgb, points, colour)
        assert not looks_drawn(covered, points), name
        if judged(covered, points).eyes:
            missed.append(name)
        view = PhotoView.of(covered, points)
        lenses = (PhotoView.of(rgb, points).light != view.light).any(axis=2)
        left.append(float((lenses & ~dark_cover(view)).sum() / max(1, lenses.sum())))
    assert len(missed) <= len(faces) // 20 and max(left) < 0.05, (missed, max(left))


def test_drawings_are_told_from_photographs(faces: list[Face]) -> None:
    assert [name for name, rgb, points in faces if not looks_drawn(drawn(rgb), points)] == []
