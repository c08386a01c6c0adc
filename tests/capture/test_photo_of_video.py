"""Which frame of a video a person's looks are read from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from xtalker.capture.photo_of_video import best_frame
from xtalker.capture.track import Track
from xtalker.values import Identity, Motion
from xtalker.values.conventions import CHANNEL

FRAMES, BEST = 6, 4


def _track() -> Track:
    """All frames turned to the camera, at rest, tracked equally well."""
    ones = np.ones(FRAMES, np.float32)
    return Track(Identity(), Motion.zeros(FRAMES), ones, ones, ones, np.zeros((FRAMES, 2), np.float32))


def test_the_first_of_equals() -> None:
    assert best_frame(_track()) == 0


@pytest.mark.parametrize("fault", ["turned", "nodding", "open mouth", "left eye shut", "right eye shut", "doubtful"])
def test_the_only_frame_without_a_fault(fault: str) -> None:
    track = _track()
    others = np.arange(FRAMES) != BEST
    motion = track.motion
    if fault == "doubtful":
        track = replace(track, confidence=np.where(others, 0.5, 1).astype(np.float32))
    elif fault in ("turned", "nodding"):
        motion.head[others, int(fault == "turned")] = -0.3
    else:
        name = {"open mouth": "jawOpenCorrective", "left eye shut": "eyeBlinkLeft", "right eye shut": "eyeBlinkRight"}
        motion.expression[others, CHANNEL[name[fault]]] = 0.6
    assert best_frame(track) == BEST


def test_a_frame_without_a_face_is_never_taken() -> None:
    track = _track()
    track.motion.head[1:, 1] = 0.9
    confidence = np.full(FRAMES, 0.2, np.float32)
    confidence[0] = 0
    assert best_frame(replace(track, confidence=confidence)) == 1
