from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from xtalker.capture.detect import FaceDetector
from xtalker.capture.fit import LandmarkFitter
from xtalker.capture.landmarks import FaceTracker
from xtalker.capture.mesh import FaceMesh
from xtalker.capture.person import fit_person, lip_opening, neutral_frames
from xtalker.capture.track import CHUNK_FRAMES, track_landmarks
from xtalker.capture.video_track import track_video
from xtalker.head.open_head import OpenHead
from xtalker.values import InputError, Motion
from xtalker.values.conventions import CHANNEL

_FRAMES = 60


@pytest.fixture(scope="module")
def head() -> OpenHead:
    return OpenHead()


def _talking(head: OpenHead, frames: int = _FRAMES) -> tuple[Motion, np.ndarray, np.ndarray]:
    """A mouth that opens twice a second, a nod and one blink, filmed at 1,500 pixels a metre."""
    motion = Motion.zeros(frames)
    time = np.arange(frames) / 25
    motion.jaw[:, 0] = 0.12 * np.clip(np.sin(2 * np.pi * 2 * time), 0, None)
    motion.expression[:, CHANNEL["jawOpenCorrective"]] = motion.jaw[:, 0] / head.jaw_open_angle_rad
    motion.head[:, 0] = 0.1 * np.sin(2 * np.pi * 0.4 * time)
    for side in ("Left", "Right"):
        motion.expression[20:23, CHANNEL[f"eyeBlink{side}"]] = 0.9
    shape = np.random.default_rng(0).normal(0, 0.5, 100)
    fitter = LandmarkFitter(head)
    fitter.set_identity(shape)
    from xtalker.capture.fit import FramePoses

    poses = FramePoses(
        motion.expression.astype(float), motion.jaw.astype(float), motion.gaze.astype(float),
        motion.head.astype(float), np.full(frames, 1500.0), np.full((frames, 2), 200.0),
    )  # fmt: skip
    return motion, fitter.project(poses), shape


def test_neutral_frames_have_closed_lips_and_open_eyes(head: OpenHead) -> None:
    motion, pixels, _ = _talking(head)
    chosen = neutral_frames(pixels)
    assert motion.jaw[chosen, 0].max() < 0.02
    assert motion.expression[chosen, CHANNEL["eyeBlinkLeft"]].max() < 0.5


def test_known_motion_comes_back(head: OpenHead) -> None:
    motion, pixels, _ = _talking(head)
    noisy = pixels + np.random.default_rng(1).normal(0, 0.15, pixels.shape)
    track = track_landmarks(head, fit_person(head, noisy), noisy, np.ones(_FRAMES, np.float32))
    assert np.corrcoef(track.motion.jaw[:, 0], motion.jaw[:, 0])[0, 1] > 0.97
    blink = track.motion.expression[:, CHANNEL["eyeBlinkLeft"]]
    assert blink[21] > 0.6 and np.median(blink) < 0.1
    assert np.ptp(track.identity.shape) > 0 and track.residual_percent.mean() < 1
    closed = motion.jaw[:, 0] == 0
    assert np.abs(track.motion.jaw[closed, 0]).max() < 0.02, "a closed mouth must read as closed"


def test_frames_without_a_face_are_bridged_and_have_no_confidence(head: OpenHead) -> None:
    _, pixels, _ = _talking(head)
    person = fit_person(head, pixels)
    pixels = pixels.copy()
    pixels[30:33] = np.nan
    track = track_landmarks(head, person, pixels, np.ones(_FRAMES, np.float32))
    assert not track.confidence[30:33].any() and track.confidence[:30].min() > 0.5
    assert np.isfinite(track.motion.to_matrix()).all()


def test_too_few_faces_are_refused(head: OpenHead) -> None:
    _, pixels, _ = _talking(head)
    person = fit_person(head, pixels)
    pixels = pixels.copy()
    pixels[5:] = np.nan
    with pytest.raises(InputError, match="too few frames show a face: received 5 of 60 frames; accepted"):
        track_landmarks(head, person, pixels, np.ones(_FRAMES, np.float32))


def test_chunks_leave_no_seam(head: OpenHead) -> None:
    frames = CHUNK_FRAMES + 40
    _, pixels, _ = _talking(head, frames)
    track = track_landmarks(head, fit_person(head, pixels), pixels, np.ones(frames, np.float32))
    speed = np.abs(np.diff(track.motion.head[:, 0]))
    around = speed[CHUNK_FRAMES - 3 : CHUNK_FRAMES + 3]
    assert around.max() < 1.2 * speed.max() and around.max() < 0.02


@pytest.mark.real
def test_a_real_clip(head: OpenHead, shared_data: Path, detector: FaceDetector, mesh: FaceMesh) -> None:
    video = sorted((shared_data / "grid_s1" / "video").glob("*.mp4"))[0]
    track = track_video(video, head, FaceTracker(detector, mesh))
    assert track.motion.num_frames == 75 and track.confidence.mean() > 0.8
    assert track.residual_percent.mean() < 2
    marks = head.landmarks(track.identity, track.motion, canonical=True)
    opening = np.linalg.norm(marks[:, 13] - marks[:, 14], axis=1)
    assert np.ptp(opening) > 0.003, "the mouth of a speaker moves by millimetres"


def test_lip_opening_is_in_eye_distances(head: OpenHead) -> None:
    _, pixels, _ = _talking(head)
    np.testing.assert_allclose(lip_opening(2 * pixels), lip_opening(pixels), rtol=1e-9)
