"""The command run in this process, on tiny models, in a folder of its own."""

from __future__ import annotations

import wave
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from tests.tiny.generator import write_tiny_generator
from tests.tiny.speech import tiny_voice

from xtalker.cli.main import main
from xtalker.generator import Generator
from xtalker.performance import parts
from xtalker.speech import SpeechEncoder, load_encoder


@dataclass(frozen=True)
class Outcome:
    """What a run of the command left: exit code and text."""

    code: int
    out: str
    err: str

    def refusal(self) -> str:
        """The one line of a user error; anything else is a failure of the test."""
        lines = self.err.splitlines()
        assert (self.code, self.out, len(lines)) == (1, "", 1), self
        assert lines[0].startswith("xtalker: ") and "Traceback" not in lines[0]
        for part in (": received ", "; accepted: ", "; next: "):
            assert part in lines[0], lines[0]
        return lines[0]


Command = Callable[..., Outcome]


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Each test has its own cache; the ones that need downloaded models keep the user's."""
    monkeypatch.delenv("XTALKER_COMMERCIAL_ONLY", raising=False)
    if request.node.get_closest_marker("real") is None:
        monkeypatch.setenv("XTALKER_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, which is the working folder of the command."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def xtalker(capfd: pytest.CaptureFixture[str]) -> Command:
    """Run `xtalker ARGUMENTS`; streams are captured below Python, so nothing that a library prints is missed."""

    def run(*arguments: object) -> Outcome:
        capfd.readouterr()
        try:
            code = main([str(a) for a in arguments])
        except SystemExit as leaving:
            code = int(leaving.code or 0)
        return Outcome(code, *capfd.readouterr())

    return run


@pytest.fixture(scope="session")
def tiny_encoder() -> SpeechEncoder:
    return load_encoder("log-mel")


@pytest.fixture(scope="session")
def tiny_generator(tiny_encoder: SpeechEncoder, tmp_path_factory: pytest.TempPathFactory) -> Generator:
    path = tmp_path_factory.mktemp("generator") / "tiny.safetensors"
    write_tiny_generator(path, encoder=tiny_encoder.fingerprint, speech_channels=tiny_encoder.channels)
    return Generator.from_checkpoint(path)


@pytest.fixture
def tiny_parts(monkeypatch: pytest.MonkeyPatch, tiny_encoder: SpeechEncoder, tiny_generator: Generator) -> None:
    """Everything but the head is tiny; nothing is downloaded."""
    monkeypatch.setattr(parts, "speech_encoder", lambda: tiny_encoder)
    monkeypatch.setattr(parts, "generator", lambda: tiny_generator)


@pytest.fixture
def no_models(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of the input must be told before any model is loaded."""

    def refuse() -> None:
        raise AssertionError("a model was loaded before the input was judged")

    for name in ("speech_encoder", "generator", "open_head", "face_models"):
        monkeypatch.setattr(parts, name, refuse)


@pytest.fixture
def speech(work: Path) -> Path:
    """Half a second of the synthetic voice: 12 frames and a half, counted as 13."""
    return write_wav(work / "speech.wav", tiny_voice(0.5).samples)


def write_wav(path: Path, samples: np.ndarray, rate_hz: int = 16_000) -> Path:
    """16-bit mono."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(np.rint(samples * 32767).astype("<i2").tobytes())
    return path


def contents(folder: Path) -> dict[str, bytes]:
    """Every file under a folder, hidden ones too, with its bytes."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def listing(folder: Path) -> dict[str, int]:
    """Every file under a folder, hidden ones too, with its size."""
    return {str(p.relative_to(folder)): p.stat().st_size for p in folder.rglob("*") if p.is_file()}
