"""`xtalker train personal`: what cannot teach is refused in one line, before anything is tracked."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest
from tests.cli.conftest import Command, listing

from xtalker.capture.detect import Detection
from xtalker.generator import Generator
from xtalker.train import personal_video
from xtalker.train.personal import Recording
from xtalker.values import InputError, Motion, SpeechFeatures

_SHORT_S = 5


@pytest.fixture
def sound(work: Path) -> Path:
    with wave.open(str(work / "me.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(np.zeros(_SHORT_S * 16_000, np.int16).tobytes())
    return work / "me.wav"


def test_a_missing_video(xtalker: Command, work: Path) -> None:
    line = xtalker("train", "personal", "--video", "none.mp4", "-o", "me.safetensors").refusal()
    assert "none.mp4" in line and not listing(work)


def test_a_recording_that_is_too_short(xtalker: Command, work: Path, sound: Path) -> None:
    line = xtalker("train", "personal", "--video", sound, "-o", "me.safetensors").refusal()
    assert "too little to learn from: received 5 s" in line and list(listing(work)) == ["me.wav"]


@pytest.mark.parametrize("name", ["", "a" * 65, "a\nb"])
def test_names_that_no_style_can_have(xtalker: Command, work: Path, sound: Path, name: str) -> None:
    line = xtalker("train", "personal", "--video", sound, "--name", name, "-o", "me.safetensors").refusal()
    assert "no such name" in line


def test_another_ending_of_the_output(xtalker: Command, work: Path, sound: Path) -> None:
    assert "me.mp4" in xtalker("train", "personal", "--video", sound, "-o", "me.mp4").refusal()


def _face(left: float, width: float) -> Detection:
    box = np.array([[left, 0], [left + width, width]], np.float32)
    return Detection(0.9, box, np.zeros((6, 2), np.float32))


def test_company_is_two_faces_of_about_one_size() -> None:
    assert personal_video.has_company([_face(0, 100), _face(200, 60)])
    assert not personal_video.has_company([_face(0, 100), _face(200, 20)])
    assert not personal_video.has_company([_face(0, 100)]) and not personal_video.has_company([])


def test_three_seconds_out_of_step_are_named(tiny_generator: Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(0)
    features = SpeechFeatures(
        random.standard_normal((900, tiny_generator.network.config.speech_channels)).astype(np.float32),
        np.full(900, 0.1, np.float32), tiny_generator.encoder,
    )  # fmt: skip
    motion = tiny_generator.generate(features, seed=0)
    late = Motion.from_matrix(np.roll(motion.to_matrix(), 75, axis=0))
    ok = Recording(motion, np.ones(900, np.float32), features)
    personal_video.require_step(Path("me.mp4"), tiny_generator, ok)
    with pytest.raises(InputError, match=r"the picture comes 3\.00 s after the sound"):
        personal_video.require_step(Path("me.mp4"), tiny_generator, Recording(late, ok.confidence, features))
