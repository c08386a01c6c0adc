"""Decoding and merging on made cases; the detector on the astronaut."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from xtalker.capture import Detection, FaceDetector, Portrait, choose_face
from xtalker.capture.detect import anchors, decode, merge, tiles
from xtalker.values import InputError


def face(x: float, y: float, side: float, score: float = 0.9) -> Detection:
    box = np.array([[x, y], [x + side, y + side]], np.float32)
    return Detection(score, box, np.tile(box.mean(axis=0), (6, 1)))


def test_anchors_are_cell_centres() -> None:
    grid = anchors()
    assert grid.shape == (896, 2)
    np.testing.assert_allclose(grid[[0, 1, 2, 511]], np.array([[1, 1], [1, 1], [3, 1], [31, 31]]) / 32)
    np.testing.assert_allclose(grid[[512, 517, 518, 895]], np.array([[1, 1], [1, 1], [3, 1], [15, 15]]) / 16)


def test_decoding_is_relative_to_the_anchor() -> None:
    raw = np.zeros((1, 16), np.float32)
    raw[0, :6] = [12.8, -12.8, 25.6, 51.2, 6.4, 0]
    points = decode(raw, np.array([[0.5, 0.5]]))[0]
    np.testing.assert_allclose(points[:3], [[0.5, 0.2], [0.7, 0.6], [0.55, 0.5]], atol=1e-6)
    np.testing.assert_allclose(points[3:], 0.5)


def test_merging_is_the_weighted_mean_of_what_overlaps() -> None:
    merged = merge([face(10, 10, 20, 0.6), face(100, 100, 20, 0.7), face(12, 10, 20, 0.9)])
    assert [f.score for f in merged] == [0.9, 0.7]
    assert merged[0].box[0, 0] == pytest.approx((0.6 * 10 + 0.9 * 12) / 1.5)
    np.testing.assert_allclose(merged[1].box, [[100, 100], [120, 120]])
    assert merge([]) == []


def test_overlap_below_the_limit_stays_two_faces() -> None:
    # Shifted by 11 of 20: intersection over union is 9 / 31 = 0.29.
    assert len(merge([face(0, 0, 20), face(11, 0, 20)])) == 2
    assert len(merge([face(0, 0, 20), face(10, 0, 20)])) == 1


def test_tiles_cover_the_image_and_overlap_by_half() -> None:
    regions = list(tiles(300, 100, 80.0))
    xs, ys = sorted({r.center_x for r in regions}), sorted({r.center_y for r in regions})
    assert (xs[0], xs[-1]) == (40, 260)
    assert (ys[0], ys[-1]) == (40, 60)
    assert max(np.diff(xs)) <= 40
    assert [(r.center_x, r.center_y) for r in tiles(50, 40, 80.0)] == [(25, 20)]


THREE = (face(50, 50, 30), face(90, 0, 20), face(0, 0, 10))


def test_the_largest_of_several_faces_is_chosen() -> None:
    assert choose_face(THREE, "party.jpg") is THREE[0]


def test_faces_are_numbered_from_the_left() -> None:
    assert [choose_face(THREE, "party.jpg", number) for number in (1, 2, 3)] == [THREE[2], THREE[0], THREE[1]]


@pytest.mark.parametrize("number", [0, 4])
def test_a_number_that_no_face_has(number: int) -> None:
    with pytest.raises(InputError) as error:
        choose_face(THREE, "party.jpg", number)
    assert str(error.value) == (
        f"the picture has no face of this number: received face {number} of party.jpg; accepted: 1 to 3, counted from "
        "the left of the picture; next: choose one of these, or none for the largest face"
    )


def test_no_face_says_what_to_do() -> None:
    with pytest.raises(InputError) as error:
        choose_face([], "wall.jpg")
    assert str(error.value) == (
        "no face was found: received wall.jpg; accepted: a picture in which one face looks towards the camera; "
        "next: use a sharper, brighter or more frontal portrait"
    )


def test_region_levels_the_eyes() -> None:
    keypoints = np.zeros((6, 2), np.float32)
    keypoints[:2] = [[10, 10], [20, 20]]
    region = Detection(0.9, np.array([[0, 0], [40, 20]], np.float32), keypoints).region()
    assert (region.center_x, region.center_y, region.side) == (20, 10, 60)
    assert region.angle_rad == pytest.approx(np.pi / 4)


@pytest.mark.real
def test_one_face_with_eyes_in_order(detector: FaceDetector, astronaut: Portrait) -> None:
    (found,) = detector.detect(astronaut.rgb)
    left_eye, right_eye, nose, mouth = found.keypoints[:4]
    assert found.score > 0.85
    assert left_eye[0] < nose[0] < right_eye[0]
    assert max(left_eye[1], right_eye[1]) < nose[1] < mouth[1]
    assert (found.box[0] < found.keypoints[:4]).all()
    assert (found.keypoints[:4] < found.box[1]).all()


@pytest.mark.real
def test_a_shifted_and_scaled_face_is_found_there(detector: FaceDetector, astronaut: Portrait) -> None:
    """A face a thirtieth of the picture's width: too small for one look."""
    (whole,) = detector.detect(astronaut.rgb)
    scene = np.full((1080, 1440, 3), 90, np.uint8)
    small = np.array(Image.fromarray(astronaut.rgb).resize((270, 270), Image.Resampling.LANCZOS))
    scene[700:970, 1100:1370] = small
    assert detector.detect(scene, search_small=False) == []
    (found,) = detector.detect(scene)
    expected = whole.keypoints * 270 / 512 + [1100, 700]
    assert np.abs(found.keypoints - expected)[:4].max() < 0.15 * np.sqrt(found.area)


@pytest.mark.real
def test_three_faces_largest_first(detector: FaceDetector, astronaut: Portrait) -> None:
    scene, head = np.full((512, 1200, 3), 90, np.uint8), Image.fromarray(astronaut.rgb[40:240, 130:330])
    for x, side in ((20, 250), (380, 400), (860, 300)):
        scene[60 : 60 + side, x : x + side] = np.array(head.resize((side, side)))
    found = detector.detect(scene)
    assert len(found) == 3
    assert [round(f.box[:, 0].mean() // 400) for f in found] == [1, 2, 0]


@pytest.mark.real
@pytest.mark.parametrize("pattern", ["flat", "noise"])
def test_no_face_in_nothing(detector: FaceDetector, pattern: str) -> None:
    shape = (480, 640, 3)
    noise = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    assert detector.detect(noise if pattern == "noise" else np.full(shape, 128, np.uint8)) == []


@pytest.mark.real
def test_a_face_that_fills_the_frame(detector: FaceDetector, astronaut: Portrait) -> None:
    (whole,) = detector.detect(astronaut.rgb)
    (x0, y0), (x1, y1) = np.rint(whole.box).astype(int)
    (found,) = detector.detect(np.ascontiguousarray(astronaut.rgb[y0:y1, x0:x1]))
    assert np.abs(found.keypoints[:4] - (whole.keypoints[:4] - [x0, y0])).max() < 0.15 * (x1 - x0)
