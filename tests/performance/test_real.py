"""The demo, with everything that ships and is downloaded: a stranger's first minute."""

from __future__ import annotations

import json
import wave
from pathlib import Path

import av
import numpy as np
import pytest
from tests.cli.conftest import Command, xtalker

import xtalker as package
from xtalker.assets import CATALOGUE, fetch
from xtalker.export.motion_npz import read_motion
from xtalker.speech import amplitude_envelope, load_audio
from xtalker.values import Identity
from xtalker.values.conventions import SAMPLE_RATE_HZ

__all__ = ["xtalker"]  # a fixture

pytestmark = pytest.mark.real
INNER_UPPER_LIP, INNER_LOWER_LIP = 13, 14


@pytest.fixture(autouse=True)
def shipped() -> None:
    for name in ("generator-open", "demo-speech"):
        packaged = CATALOGUE[name].packaged
        if packaged is None or not packaged.file.is_file():
            pytest.skip(f"{name} is not in the package yet: {CATALOGUE[name].remake}")


def _opening_mm(path: Path) -> np.ndarray:
    """Distance of the inner lips in each frame, canonical, for this identity."""
    take = package.load_take(path)
    points = take.landmarks(canonical=True)
    return 1000 * np.linalg.norm(points[:, INNER_UPPER_LIP] - points[:, INNER_LOWER_LIP], axis=1)


def _neutral_opening_mm(path: Path) -> float:
    take = package.load_take(path)
    corners = take.head.neutral(take.identity)[take.head.landmark_triangles[[INNER_UPPER_LIP, INNER_LOWER_LIP]]]
    upper, lower = np.einsum("lkc,lk->lc", corners, take.head.landmark_weights[[INNER_UPPER_LIP, INNER_LOWER_LIP]])
    return float(1000 * np.linalg.norm(upper - lower))


def test_the_demo(xtalker: Command, work: Path) -> None:
    speech, portrait = fetch("demo-speech"), fetch("portrait-astronaut")
    audio = load_audio(speech)
    outcome = xtalker(
        "talk", speech, "--portrait", portrait, "-o", "demo.mp4", "--motion", "demo.npz", "--size", "256", "--json"
    )
    assert outcome.code == 0, outcome
    assert len(outcome.err.splitlines()) == 1 and "generic: lines and pores" in outcome.err  # 61 pixels from eye to eye
    figures = json.loads(outcome.out)
    assert figures["portrait_residual_percent"] < 3
    assert figures["frames"] == audio.num_frames and figures["made"] == ["demo.npz", "demo.mp4"]

    with av.open("demo.mp4") as container:
        pictures = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
        assert container.streams.video[0].average_rate == 25
    with av.open("demo.mp4") as container:
        heard_s = sum(frame.samples / frame.sample_rate for frame in container.decode(audio=0))
    assert len(pictures) == audio.num_frames and pictures[0].shape == (256, 256, 3)
    assert abs(heard_s - audio.num_frames / 25) < 0.07
    assert np.std(pictures, axis=0).max() > 10  # it moves

    _, identity, _ = read_motion(work / "demo.npz")
    assert np.linalg.norm(identity.shape - Identity().shape) > 1  # the portrait's, not the average

    opening, loudness = _opening_mm(work / "demo.npz"), amplitude_envelope(audio)
    closed = _neutral_opening_mm(work / "demo.npz")
    assert opening.max() > closed + 4  # mm: it opens
    assert np.quantile(opening, 0.1) < closed + 1.5  # and closes
    near = {lag: _correlation(opening, loudness, lag) for lag in range(-5, 6)}
    best = max(near, key=near.__getitem__)
    assert abs(best) <= 1, near  # frames
    # Lips also move without loudness (an f, an m, a rounding), so chance is measured: the same curves out of step.
    out_of_step = [_correlation(opening, loudness, lag) for lag in range(13, len(opening) - 13)]
    assert near[best] > np.quantile(out_of_step, 0.95)
    loud, quiet = (loudness > np.quantile(loudness, 0.6)), (loudness < 0.02 * loudness.max())
    assert opening[loud].mean() > opening[quiet].mean() + 1.5  # mm


def test_silence_around_speech_leaves_the_lips_closed_and_still(xtalker: Command, work: Path) -> None:
    speech = load_audio(fetch("demo-speech"))
    silence = np.zeros(SAMPLE_RATE_HZ, np.float32)
    samples = np.concatenate([silence, speech.samples, silence])
    with wave.open("padded.wav", "wb") as file:
        file.setparams((1, 2, SAMPLE_RATE_HZ, 0, "NONE", ""))
        file.writeframes((samples * 32767).astype("<i2").tobytes())
    outcome = xtalker("talk", "padded.wav", "-o", "padded.npz", "--json")
    assert outcome.code == 0, outcome
    above_closed = _opening_mm(work / "padded.npz") - _neutral_opening_mm(work / "padded.npz")
    lead, trail = above_closed[:20], above_closed[-20:]  # 0.2 s beside the speech are free
    assert max(lead.max(), trail.max()) < 0.3 and max(np.ptp(lead), np.ptp(trail)) < 0.3  # mm
    assert above_closed[25:-25].max() > 4


def _correlation(opening: np.ndarray, loudness: np.ndarray, lag: int) -> float:
    """Of the opening `lag` frames later with the loudness, around the end."""
    return float(np.corrcoef(np.roll(opening, -lag), loudness)[0, 1])
