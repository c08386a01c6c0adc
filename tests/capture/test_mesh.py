"""Landmarks of the astronaut: facts that must hold, and how they follow the picture."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from xtalker.capture import FaceDetector, FaceMesh, FaceTracker, LandmarkFrame, Portrait
from xtalker.values.conventions import LEFT_EYE_OUTER, RIGHT_EYE_OUTER

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def settled(detector: FaceDetector, mesh: FaceMesh, astronaut: Portrait) -> LandmarkFrame:
    frame = FaceTracker(detector, mesh).update(astronaut.rgb)
    assert frame is not None
    return frame


def test_facts(detector: FaceDetector, mesh: FaceMesh, astronaut: Portrait) -> None:
    (face,) = detector.detect(astronaut.rgb)
    frame = mesh.landmarks(astronaut.rgb, face.region())
    assert frame.points.shape == (478, 3)
    assert frame.points.dtype == np.float32
    assert frame.presence > 0.9
    right_eye, left_eye, nose = frame.points[[RIGHT_EYE_OUTER, LEFT_EYE_OUTER, 1]]
    assert right_eye[0] < nose[0] < left_eye[0]  # the subject's right is the image's left
    assert nose[2] < min(right_eye[2], left_eye[2])  # the nose is nearer
    # Iris centres agree with the detector's eyes, which another network placed.
    irises = frame.points[[468, 473], :2]
    assert np.abs(irises - face.keypoints[:2]).max() < 0.12 * frame.eye_distance


def test_lips_and_lids_enclose_what_they_should(settled: LandmarkFrame) -> None:
    x, y = settled.points[:, 0], settled.points[:, 1]
    assert y[0] < y[13] <= y[14] < y[17]  # outer upper, inner upper, inner lower, outer lower lip
    assert x[61] < x[13] < x[291]
    assert y[159] < y[468] < y[145]
    assert y[386] < y[473] < y[374]


def test_no_face_in_grey(mesh: FaceMesh, settled: LandmarkFrame) -> None:
    grey = np.full((512, 512, 3), 128, np.uint8)
    assert mesh.landmarks(grey, settled.region()).presence < 0.5


@pytest.mark.parametrize("degrees", [20, -20])
def test_turning_the_picture_turns_the_landmarks(
    detector: FaceDetector, mesh: FaceMesh, astronaut: Portrait, settled: LandmarkFrame, degrees: int
) -> None:
    center = (220.0, 128.0)
    turned = Image.fromarray(astronaut.rgb).rotate(degrees, Image.Resampling.BICUBIC, center=center)
    frame = FaceTracker(detector, mesh).update(np.array(turned))
    assert frame is not None
    # Pillow turns counter-clockwise as seen, about pixel edges; image y points down.
    a = -np.radians(degrees)
    matrix = np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]])
    middle = np.array(center) - 0.5
    expected = (settled.points[:, :2] - middle) @ matrix.T + middle
    deviation = np.linalg.norm(frame.points[:, :2] - expected, axis=1) / settled.eye_distance
    assert deviation.mean() < 0.01


def test_mirroring_swaps_left_and_right(
    detector: FaceDetector, mesh: FaceMesh, astronaut: Portrait, settled: LandmarkFrame
) -> None:
    frame = FaceTracker(detector, mesh).update(np.ascontiguousarray(astronaut.rgb[:, ::-1]))
    assert frame is not None
    pairs = [(RIGHT_EYE_OUTER, LEFT_EYE_OUTER), (61, 291), (468, 473), (133, 362), (13, 13)]
    for a, b in (*pairs, *((b, a) for a, b in pairs)):
        expected = settled.points[a, :2] * [-1, 1] + [astronaut.rgb.shape[1] - 1, 0]
        assert np.linalg.norm(frame.points[b, :2] - expected) < 0.05 * settled.eye_distance


def test_scaling_the_picture_scales_landmarks_and_depth(
    detector: FaceDetector, mesh: FaceMesh, astronaut: Portrait, settled: LandmarkFrame
) -> None:
    large = Image.fromarray(astronaut.rgb).resize((1024, 1024), Image.Resampling.BICUBIC)
    frame = FaceTracker(detector, mesh).update(np.array(large))
    assert frame is not None
    expected = settled.points * 2 + np.array([0.5, 0.5, 0], np.float32)
    deviation = np.linalg.norm(frame.points - expected, axis=1) / frame.eye_distance
    assert deviation.mean() < 0.015
