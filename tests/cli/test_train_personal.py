"""`xtalker train personal`: what cannot teach is refused in one line, before anything is tracked."""

from __future__ import annotations

import signal
import wave
from pathlib import Path

import numpy as np
import pytest
from tests.cli.conftest import Command, listing
from tests.tiny.clips import tiny_clip
from tests.tiny.generator import write_tiny_generator
from tests.tiny.speech import tiny_features

from xtalker.capture.detect import Detection, FaceDetector
from xtalker.generator import Generator
from xtalker.performance import parts
from xtalker.render.video import video_writer
from xtalker.train import personal_run, personal_video
from xtalker.train.batches import Batch, ClipBank, draw_batch
from xtalker.train.personal import Recording, write_recording
from xtalker.train.recipes.open import OpenRecipe
from xtalker.values import InputError, Motion, SpeechFeatures

_SHORT_S, _LONG_S = 5, 31


def _silence(path: Path, seconds: int) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(np.zeros(seconds * 16_000, np.int16).tobytes())
    return path


@pytest.fixture
def sound(work: Path) -> Path:
    return _silence(work / "me.wav", _SHORT_S)


@pytest.fixture
def wall(work: Path, tmp_path: Path) -> Path:
    """Half a minute of a grey wall, with sound."""
    with video_writer(work / "wall.mp4", sound=_silence(tmp_path / "s.wav", _LONG_S), frame_rate_hz=25) as add:
        for _ in range(25 * _LONG_S):
            add(np.full((64, 64, 3), 128, np.uint8))
    return work / "wall.mp4"


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


def test_two_people_are_refused(xtalker: Command, wall: Path, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Two(FaceDetector):
        def __init__(self) -> None:
            pass

        def detect(self, rgb: np.ndarray, *, search_small: bool = True) -> list[Detection]:
            return [_face(0, 30), _face(32, 28)]

    monkeypatch.setattr(parts, "face_models", lambda: (Two(), None))
    line = xtalker("train", "personal", "--video", wall, "-o", "me.safetensors", "--quiet").err.splitlines()[-1]
    assert "more than one person: received wall.mp4: two faces or more in 16 of 16 frames" in line
    assert list(listing(work)) == ["wall.mp4"]


@pytest.mark.real
def test_a_video_without_a_face_is_refused(xtalker: Command, wall: Path, work: Path) -> None:
    outcome = xtalker("train", "personal", "--video", wall, "-o", "me.safetensors", "--quiet")
    assert outcome.code == 1 and f"too few frames show a face: received 0 of {25 * _LONG_S} frames" in outcome.err
    assert list(listing(work)) == ["wall.mp4"]


@pytest.fixture
def tracked(work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tiny shipped generator, and a video whose tracking is already in the cache."""
    base = write_tiny_generator(tmp_path / "base.safetensors")
    clip = tiny_clip("me", seed=5, num_frames=800)
    recording = Recording(clip.motion, clip.confidence, tiny_features(800, 5))
    write_recording(recording, tmp_path / "clips", "person")
    (work / "me.mp4").write_bytes(b"a film")
    monkeypatch.setattr(personal_run, "fetch", lambda name: base)
    monkeypatch.setattr(personal_run, "_clips", lambda video, generator, *, bars: tmp_path / "clips")


@pytest.mark.usefixtures("tracked")
def test_ctrl_c_keeps_the_run_and_resume_ends_it_as_if_never_stopped(
    xtalker: Command, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def draw(bank: ClipBank, recipe: OpenRecipe, step: int) -> Batch:
        if step == 2:
            signal.raise_signal(signal.SIGINT)
        return draw_batch(bank, recipe, step)

    command = ("train", "personal", "--video", "me.mp4", "--steps", 4)
    whole = xtalker(*command, "-o", "whole.safetensors")
    assert whole.code == 0, whole.err
    assert "now       xtalker talk SPEECH --generator whole.safetensors" in whole.out
    with monkeypatch.context() as patched:
        patched.setattr("xtalker.train.loop.draw_batch", draw)
        stopped = xtalker(*command, "-o", "parts.safetensors")
    assert stopped.code == 130 and "--resume continues" in stopped.err and stopped.out == ""
    assert sorted(listing(work)) == ["me.mp4", "parts.training.safetensors", "whole.safetensors"]
    assert xtalker(*command, "-o", "parts.safetensors", "--resume").code == 0
    assert (work / "parts.safetensors").read_bytes() == (work / "whole.safetensors").read_bytes()


@pytest.mark.usefixtures("tracked")
def test_out_of_memory_says_what_to_lower(xtalker: Command, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def draw(bank: ClipBank, recipe: OpenRecipe, step: int) -> Batch:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 4096 bytes.")

    monkeypatch.setattr("xtalker.train.loop.draw_batch", draw)
    line = xtalker("train", "personal", "--video", "me.mp4", "-o", "me.safetensors", "--quiet").refusal()
    assert "not enough memory: received 4096 bytes; accepted: what fits; next: a shorter or smaller video" in line
    assert list(listing(work)) == ["me.mp4"]


@pytest.mark.usefixtures("tracked")
def test_a_name_that_a_style_has(xtalker: Command, work: Path) -> None:
    assert xtalker("train", "personal", "--video", "me.mp4", "--steps", 1, "-o", "a.safetensors").code == 0
    personal_run.fetch = lambda name: work / "a.safetensors"  # type: ignore[attr-defined]
    line = xtalker("train", "personal", "--video", "me.mp4", "--steps", 1, "-o", "b.safetensors").refusal()
    assert "no such name or number of steps: received name 'me'" in line


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
