"""What a video is not is said, once; a video that is what it seems is passed without a word."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from xtalker.capture import FaceDetector, FaceMesh
from xtalker.capture.landmarks import FaceTracker
from xtalker.capture.video import VideoFrame, read_video
from xtalker.capture.video_survey import Survey, Surveyed
from xtalker.capture.video_track import read_landmarks
from xtalker.head.open_head import OpenHead

pytestmark = pytest.mark.real
Frames = list[np.ndarray]
Judge = Callable[[Frames], Surveyed]


@pytest.fixture(scope="module")
def people(shared_data: Path) -> tuple[Frames, Frames]:
    """Thirty frames of two people before the same cloth."""
    out = []
    for speaker in ("s3", "s30"):
        clip = sorted((shared_data / "grid_multi" / speaker).glob("*.mp4"))[0]
        frames = [frame.rgb for frame in islice(read_video(clip), 30)]
        out.append([np.asarray(Image.fromarray(rgb).resize((360, 288))) for rgb in frames])
    return out[0], out[1]


@pytest.fixture(scope="module")
def judge(detector: FaceDetector, mesh: FaceMesh) -> Judge:
    tracker, head = FaceTracker(detector, mesh), OpenHead()

    def judge(frames: Frames) -> Surveyed:
        survey = Survey(tracker)
        timed = (VideoFrame(rgb, (n + 0.5) / 25) for n, rgb in enumerate(frames))
        points, _ = read_landmarks(timed, tracker, survey)
        return survey.judge(head, points)

    return judge


def test_one_person_is_no_news(judge: Judge, people: tuple[Frames, Frames]) -> None:
    found = judge(people[0])
    assert found.notes == () and found.person.all() and (found.trust == 1).all()


def test_a_flash_is_no_cut(judge: Judge, people: tuple[Frames, Frames]) -> None:
    frames = list(people[0])
    frames[12] = np.clip(frames[12].astype(int) + 60, 0, 255).astype(np.uint8)
    assert judge(frames).notes == ()


def test_somebody_else_after_a_cut_is_left_out(judge: Judge, people: tuple[Frames, Frames]) -> None:
    found = judge([*people[0], *people[1][:20]])
    assert found.notes == ("somebody else is seen from 1.20 s on: left out, whoever is seen longest is followed",)
    assert found.person[:30].all() and not found.person[30:].any()


def test_two_faces_are_counted(judge: Judge, people: tuple[Frames, Frames]) -> None:
    found = judge([np.concatenate(pair, axis=1) for pair in zip(*people)])
    assert found.notes == ("shows 2 faces: the one that is largest at first is followed",)


def test_frames_without_a_face_are_counted(judge: Judge, people: tuple[Frames, Frames]) -> None:
    grey = np.full_like(people[0][0], 120)
    (note,) = judge([*people[0][:15], *[grey] * 15]).notes
    assert note.startswith("no face in 15 of 30 frames (50%)")


def test_a_covered_mouth_is_not_trusted(judge: Judge, people: tuple[Frames, Frames]) -> None:
    covered = [rgb.copy() for rgb in people[0]]
    for rgb in covered:
        rgb[150:274, 72:288] = (40, 80, 60)
    found = judge(covered)
    assert "the mouth is covered in 2 of 2 looks: its motion is a guess" in found.notes
    assert found.trust.max() < 0.5
