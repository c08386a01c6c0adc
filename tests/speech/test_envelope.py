from __future__ import annotations

import numpy as np
import pytest
from scipy import signal

from xtalker.speech import amplitude_envelope, envelope
from xtalker.values import Audio


def speech_like(num_samples: int, seed: int = 0) -> np.ndarray:
    """Noise of 80 to 4,000 Hz whose level comes and goes four times a second."""
    rng = np.random.default_rng(seed)
    filters = signal.butter(4, (80, 4_000), "bandpass", fs=16_000, output="sos")
    level = 0.5 + 0.5 * np.sin(2 * np.pi * 4 * np.arange(num_samples) / 16_000)
    return (0.3 * level * signal.sosfilt(filters, rng.standard_normal(num_samples))).astype(np.float32)


def test_steady_tone_gives_its_amplitude() -> None:
    tone = 0.4 * np.sin(2 * np.pi * 500 * np.arange(32_000) / 16_000)
    got = amplitude_envelope(Audio(tone.astype(np.float32)))
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, 0.4, atol=1e-4)


def test_equals_the_textbook_transform_of_the_whole() -> None:
    wave = speech_like(64_000)
    truth = np.abs(signal.hilbert(wave.astype(np.float64))).reshape(-1, 640).mean(axis=1)
    np.testing.assert_allclose(amplitude_envelope(Audio(wave)), truth, atol=1e-4)


@pytest.mark.parametrize("offset", [0.0, 0.05])
def test_chunks_equal_the_whole(monkeypatch: pytest.MonkeyPatch, offset: float) -> None:
    wave = Audio(speech_like(40 * 16_000) + np.float32(offset))
    whole = amplitude_envelope(wave)
    monkeypatch.setattr(envelope, "CHUNK_SAMPLES", 1 << 17)
    chunked = amplitude_envelope(wave)
    assert not np.array_equal(whole, chunked)
    np.testing.assert_allclose(chunked, whole, atol=1e-4)


@pytest.mark.parametrize("offset", [0.0, 0.01])
def test_silence_beside_speech_is_silent(offset: float) -> None:
    wave = np.concatenate([np.zeros(16_000), speech_like(32_000) + offset, np.zeros(16_000)]).astype(np.float32)
    got = amplitude_envelope(Audio(wave))
    assert not got[:23].any() and not got[-23:].any() and got[30:70].min() > 0


def test_burst_lands_in_its_frame() -> None:
    wave = np.zeros(16_000, np.float32)
    wave[10 * 640 + 200 : 10 * 640 + 440] = 0.5 * np.sin(np.arange(240))
    assert int(np.argmax(amplitude_envelope(Audio(wave)))) == 10


@pytest.mark.parametrize("count", [0, 1, 319, 640, 959, 960, 16_001])
def test_one_value_for_each_frame_and_silence_is_zero(count: int) -> None:
    audio = Audio(np.zeros(count, np.float32))
    got = amplitude_envelope(audio)
    assert got.shape == (audio.num_frames,)
    assert not got.any()
