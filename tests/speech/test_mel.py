from __future__ import annotations

import numpy as np
import pytest

from xtalker.speech.mel import mel_filters, mel_power, whisper_log_mel


def test_filters_have_unit_area_and_rising_centres() -> None:
    filters = mel_filters().astype(np.float64)
    centres_hz = (filters * np.linspace(0, 8_000, 201)).sum(axis=1) / filters.sum(axis=1)
    assert (np.diff(centres_hz) > 0).all()
    # Wide triangles are sampled well enough for their area; narrow ones have one or two bins.
    np.testing.assert_allclose(filters[60:].sum(axis=1) * 40, 1, atol=0.03)


def test_power_equals_the_plain_sum() -> None:
    wave = np.random.default_rng(0).standard_normal(2_000).astype(np.float32)
    got = mel_power(wave, mel_filters(), padded=False)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)
    hops = np.stack([wave[160 * j : 160 * j + 400] for j in range(got.shape[1])])
    power = np.abs(np.fft.rfft(hops * window, axis=1)) ** 2
    np.testing.assert_allclose(got, mel_filters() @ power.T, rtol=1e-4, atol=1e-6)


def test_tone_is_loudest_in_its_band() -> None:
    tone = np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000).astype(np.float32)
    band = int(mel_power(tone, mel_filters(), padded=True)[:, 50].argmax())
    assert int(mel_filters()[:, 11].argmax()) == band  # bin 11 is 440 Hz


def test_whisper_scaling() -> None:
    noise = np.random.default_rng(0).standard_normal(16_000).astype(np.float32)
    waves = noise * np.float32([[1.0], [0.1]])
    waves[:, :8_000] = 0
    mel = whisper_log_mel(waves, mel_filters())
    assert mel.shape == (2, 80, 100)
    for window in mel:  # silence sits 80 dB, which is 2 units, below the loudest bin of its own window
        assert window.min() == pytest.approx(window.max() - 2, abs=1e-6)
    np.testing.assert_allclose(mel[0] - mel[1], np.full((80, 100), 0.5), atol=1e-4)
