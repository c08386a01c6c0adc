"""Following a face: rules with scripted parts, then real clips."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from xtalker.capture import (
    Detection,
    FaceDetector,
    FaceMesh,
    FaceTracker,
    LandmarkFrame,
    Portrait,
    Region,
    portrait_landmarks,
    read_video,
)
from xtalker.values import InputError
from xtalker.values.conventions import LEFT_EYE_OUTER, RIGHT_EYE_OUTER

EMPTY = np.zeros((200, 300, 3), np.uint8)


class PaintedDetector(FaceDetector):
    """Sees a face wherever the picture's first rows say there is one."""

    def __init__(self) -> None:
        self.calls: list[bool] = []

    def detect(self, rgb: np.ndarray, *, search_small: bool = True) -> list[Detection]:
        self.calls.append(search_small)
        faces = []
        for x, y, side in painted(rgb):
            box = np.array([[x - side / 2, y - side / 2], [x + side / 2, y + side / 2]], np.float32)
            eyes = np.array([[x - side / 4, y], [x + side / 4, y]], np.float32)
            faces.append(Detection(0.9, box, np.concatenate([eyes, np.tile(eyes[:1], (4, 1))])))
        return sorted(faces, key=lambda f: -f.area)


class PaintedMesh(FaceMesh):
    """Goes half the way from the region to the nearest painted face within it."""

    def __init__(self) -> None:
        self.calls = 0

    def landmarks(self, rgb: np.ndarray, region: Region) -> LandmarkFrame:
        self.calls += 1
        points, presence = np.zeros((478, 3), np.float32), 0.1
        for x, y, side in painted(rgb):
            if max(abs(x - region.center_x), abs(y - region.center_y)) < region.side / 2:
                presence = 0.99
                x, y = (x + region.center_x) / 2, (y + region.center_y) / 2
                points[:, :2] = [x, y]
                points[0, :2], points[1, :2] = [x - side / 2, y - side / 2], [x + side / 2, y + side / 2]
                points[RIGHT_EYE_OUTER, 0], points[LEFT_EYE_OUTER, 0] = x - side / 4, x + side / 4
                break
        return LandmarkFrame(points, presence)


def paint(*faces: tuple[int, int, int]) -> np.ndarray:
    rgb = EMPTY.copy()
    for row, values in enumerate(faces):
        rgb[row, 0] = values
    return rgb


def painted(rgb: np.ndarray) -> list[tuple[float, float, float]]:
    return [tuple(map(float, row)) for row in rgb[:5, 0] if row[2] > 0]


def middle(frame: LandmarkFrame | None) -> tuple[float, float]:
    assert frame is not None
    return frame.region().center_x, frame.region().center_y


def test_the_detector_runs_only_at_the_start_and_after_a_loss() -> None:
    detector = PaintedDetector()
    tracker = FaceTracker(detector, PaintedMesh())
    for x in (100, 102, 104, 106):
        assert tracker.update(paint((x, 80, 60))) is not None
    assert len(detector.calls) == 1
    assert tracker.update(EMPTY) is None
    assert middle(tracker.update(paint((40, 40, 40)))) == (40, 40)
    assert len(detector.calls) == 3


def test_a_jump_within_reach_is_looked_at_until_it_rests() -> None:
    mesh = PaintedMesh()
    tracker = FaceTracker(PaintedDetector(), mesh)
    tracker.update(paint((100, 80, 60)))
    before = mesh.calls
    x, y = middle(tracker.update(paint((130, 100, 60))))
    assert mesh.calls - before > 1
    assert abs(x - 130) < 5
    assert abs(y - 100) < 5


def test_a_still_face_is_looked_at_once_per_frame() -> None:
    mesh = PaintedMesh()
    tracker = FaceTracker(PaintedDetector(), mesh)
    tracker.update(paint((100, 80, 60)))
    before = mesh.calls
    tracker.update(paint((100, 80, 60)))
    assert mesh.calls - before == 1


def test_a_jump_out_of_reach_is_detected_again() -> None:
    tracker = FaceTracker(PaintedDetector(), PaintedMesh())
    tracker.update(paint((60, 60, 40)))
    assert middle(tracker.update(paint((230, 140, 40)))) == (230, 140)


def test_the_largest_face_at_first_then_the_same_person() -> None:
    tracker = FaceTracker(PaintedDetector(), PaintedMesh())
    assert middle(tracker.update(paint((60, 60, 40), (200, 100, 70)))) == (200, 100)
    assert tracker.update(EMPTY) is None
    x, _ = middle(tracker.update(paint((60, 60, 80), (205, 100, 50))))
    assert x == 205
    tracker.reset()
    x, _ = middle(tracker.update(paint((60, 60, 80), (205, 100, 50))))
    assert x == 60


def test_a_long_absence_is_searched_thoroughly_once_a_second() -> None:
    detector = PaintedDetector()
    tracker = FaceTracker(detector, PaintedMesh())
    for _ in range(51):
        assert tracker.update(EMPTY) is None
    assert [i for i, thorough in enumerate(detector.calls) if thorough] == [0, 25, 50]


def test_a_portrait_gives_its_largest_face() -> None:
    party = Portrait(paint((60, 60, 40), (200, 100, 70)), "party.jpg")
    assert middle(portrait_landmarks(party, PaintedDetector(), PaintedMesh())) == (200, 100)


def test_a_pattern_that_the_mesh_rejects_is_no_face() -> None:
    class Suspicious(PaintedDetector):
        """Takes a spot where nothing is painted for the largest face."""

        def detect(self, rgb: np.ndarray, *, search_small: bool = True) -> list[Detection]:
            spot = super().detect(paint((250, 150, 90)))
            return spot + super().detect(rgb)

    portrait = Portrait(paint((60, 60, 40)), "suit.jpg")
    assert middle(portrait_landmarks(portrait, Suspicious(), PaintedMesh())) == (60, 60)
    with pytest.raises(InputError, match=r"no face was found: received wall\.jpg"):
        portrait_landmarks(Portrait(EMPTY, "wall.jpg"), Suspicious(), PaintedMesh())


@pytest.mark.real
def test_tracking_a_clip_equals_single_images(detector: FaceDetector, mesh: FaceMesh, shared_data: Path) -> None:
    clip = sorted((shared_data / "grid_s1" / "video").glob("*.mp4"))[0]
    following, single = FaceTracker(detector, mesh), FaceTracker(detector, mesh)
    deviations = []
    for index, picture in enumerate(read_video(clip)):
        frame = following.update(picture.rgb)
        assert frame is not None
        assert frame.presence > 0.9
        if index % 15 == 0:
            single.reset()
            alone = single.update(picture.rgb)
            assert alone is not None
            away = np.linalg.norm(frame.points[:, :2] - alone.points[:, :2], axis=1)
            deviations.append(away.mean() / frame.eye_distance)
    assert index == 74
    assert np.mean(deviations) < 0.01


@pytest.mark.real
def test_a_cut_to_another_place_is_followed(detector: FaceDetector, mesh: FaceMesh, astronaut: Portrait) -> None:
    still = astronaut.rgb
    moved = np.roll(still, (190, 120), axis=(0, 1))
    tracker = FaceTracker(detector, mesh)
    first, second = tracker.update(still), tracker.update(moved)
    assert first is not None
    assert second is not None
    away = np.linalg.norm(second.points[:, :2] - first.points[:, :2] - [120, 190], axis=1)
    assert away.mean() < 0.01 * first.eye_distance
