"""Who is meant in a picture, and which way is up: rules with scripted parts, then the astronaut."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from xtalker.capture import Detection, FaceDetector, FaceMesh, LandmarkFrame, Portrait, Region
from xtalker.capture.portrait_face import find_face
from xtalker.values import InputError
from xtalker.values.conventions import LEFT_EYE_OUTER, RIGHT_EYE_OUTER

FACE_PX = 30


def painted(*middles: tuple[int, int]) -> np.ndarray:
    """Faces as red squares, with a green line on their upper side."""
    rgb = np.zeros((160, 240, 3), np.uint8)
    for x, y in middles:
        rgb[y - FACE_PX // 2 : y + FACE_PX // 2, x - FACE_PX // 2 : x + FACE_PX // 2, 0] = 200
        rgb[y - FACE_PX // 2 : y - FACE_PX // 2 + 4, x - FACE_PX // 2 : x + FACE_PX // 2, 1] = 200
    return rgb


class SquareDetector(FaceDetector):
    """Finds red squares whichever way they stand; which way is up, the green line tells."""

    def __init__(self) -> None:
        pass

    def detect(self, rgb: np.ndarray, *, search_small: bool = True) -> list[Detection]:
        from scipy.ndimage import find_objects, label

        found = []
        for number, (rows, columns) in enumerate(find_objects(label(rgb[..., 0] > 100)[0])):
            box = np.array([[columns.start, rows.start], [columns.stop, rows.stop]], np.float32)
            box[1] += 1e-3 * number  # a tie goes to the last one
            found.append(Detection(0.9, box, np.tile(box.mean(0), (6, 1)) + np.arange(6)[:, None] * [[1.0, 0]]))
        return sorted(found, key=lambda face: -face.area)

    def turned_scores(self, rgb: np.ndarray, region: Region) -> np.ndarray:
        x, y, half = round(region.center_x), round(region.center_y), FACE_PX // 2 - 2
        green = [rgb[y - half, x, 1], rgb[y, x + half - 1, 1], rgb[y + half - 1, x, 1], rgb[y, x - half, 1]]
        return 0.6 + 0.3 * (np.array(green) > 100)


class UprightMesh(FaceMesh):
    """Lays level landmarks on whatever it is shown, as the real one does on faces that stand on their head."""

    def __init__(self) -> None:
        pass

    def landmarks(self, rgb: np.ndarray, region: Region) -> LandmarkFrame:
        points = np.zeros((478, 3), np.float32)
        points[:, :2] = [region.center_x, region.center_y]
        points[0, :2] -= FACE_PX / 2
        points[1, :2] += FACE_PX / 2
        points[RIGHT_EYE_OUTER, 0] -= 10
        points[LEFT_EYE_OUTER, 0] += 10
        return LandmarkFrame(points, 1.0)


def find(rgb: np.ndarray, number: int | None = None):
    return find_face(Portrait(rgb, "party.png", notes=("said before",)), SquareDetector(), UprightMesh(), number)


def test_one_upright_face_needs_no_word() -> None:
    face = find(painted((60, 50)))
    assert face.notes == ("said before",) and len(face.others) == 0
    np.testing.assert_array_equal(face.portrait.rgb, painted((60, 50)))


def test_several_faces_are_numbered_and_the_others_kept() -> None:
    party = painted((60, 50), (180, 100))
    second = find(party)
    assert second.notes[1] == "2 faces: number 2 from the left speaks (the largest one), the others stay still"
    np.testing.assert_allclose(second.others.mean(1), [[60, 50]], atol=1)
    first = find(party, 1)
    assert first.notes[1] == "2 faces: number 1 from the left speaks (as asked), the others stay still"
    np.testing.assert_allclose(first.frame.points[2, :2], [60, 50], atol=1)
    with pytest.raises(InputError, match=r"received face 3 of party\.png; accepted: 1 to 2"):
        find(party, 3)


@pytest.mark.parametrize(
    ("quarters", "note"),
    [
        (1, "the picture lies on its side: turned a quarter to the right"),
        (2, "the picture is on its head: turned the right way up"),
        (3, "the picture lies on its side: turned a quarter to the left"),
    ],
)
def test_a_fallen_picture_is_turned(quarters: int, note: str) -> None:
    upright = painted((60, 50))
    face = find(np.ascontiguousarray(np.rot90(upright, quarters)))
    np.testing.assert_array_equal(face.portrait.rgb, upright)
    assert face.notes[1:] == (note,)


def test_no_face_any_way_up() -> None:
    with pytest.raises(InputError, match="no face was found"):
        find(painted())


@pytest.mark.real
@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_the_astronaut_is_stood_up(detector: FaceDetector, mesh: FaceMesh, astronaut: Portrait, quarters: int) -> None:
    upright = find_face(astronaut, detector, mesh)
    fallen = replace(astronaut, rgb=np.ascontiguousarray(np.rot90(astronaut.rgb, -quarters)))
    stood = find_face(fallen, detector, mesh)
    np.testing.assert_array_equal(stood.portrait.rgb, astronaut.rgb)
    assert upright.notes == () and len(stood.notes) == 1
    away = np.linalg.norm(stood.frame.points - upright.frame.points, axis=1).mean()
    assert away < 0.05 * upright.frame.eye_distance
