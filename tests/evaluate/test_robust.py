"""Worse recordings are as much worse as they say."""

from __future__ import annotations

import numpy as np
import pytest

from xtalker.evaluate.suite_robust import CONDITIONS, clipped, louder, noisy, telephone, worsened
from xtalker.values import Audio

RANDOM = np.random.default_rng(4)
TONE = (0.1 * np.sin(2 * np.pi * 440 * np.arange(32_000) / 16_000)).astype(np.float32)


@pytest.mark.parametrize("snr_db", [20.0, 10.0, 5.0])
def test_noise_has_the_asked_distance(snr_db):
    noise = noisy(snr_db)(TONE, np.random.default_rng(1)) - TONE
    ratio = 10 * np.log10((TONE.astype(float) ** 2).mean() / (noise.astype(float) ** 2).mean())
    assert ratio == pytest.approx(snr_db, abs=0.2)


def test_gain_is_in_decibels_and_ends_at_full_scale():
    np.testing.assert_allclose(louder(-12.0)(TONE, RANDOM), TONE / 10**0.6, rtol=1e-6)
    assert np.abs(louder(40.0)(TONE, RANDOM)).max() == 1


def test_the_telephone_keeps_what_lies_below_its_band():
    high = np.sin(2 * np.pi * 6000 * np.arange(32_000) / 16_000).astype(np.float32)
    inside = slice(500, -500)
    np.testing.assert_allclose(telephone(TONE, RANDOM)[inside], TONE[inside], atol=2e-3)
    assert np.abs(telephone(high, RANDOM)[inside]).max() < 0.02


def test_clipping_flattens_three_quarters_of_the_height():
    out = clipped(TONE, RANDOM)
    assert np.abs(out).max() == pytest.approx(np.abs(TONE).max())
    np.testing.assert_allclose(out[np.abs(TONE) < 0.02], 4 * TONE[np.abs(TONE) < 0.02], rtol=1e-5)


@pytest.mark.parametrize("name", list(CONDITIONS))
def test_every_condition_keeps_length_and_range_and_is_repeatable(name):
    audio = Audio(TONE, "tone")
    one, two = (worsened(audio, CONDITIONS[name]) for _ in range(2))
    assert len(one.samples) == len(TONE) and np.abs(one.samples).max() <= 1
    np.testing.assert_array_equal(one.samples, two.samples)
    assert not np.array_equal(one.samples, TONE)


def test_silence_stays_finite():
    out = worsened(Audio(np.zeros(1600, np.float32)), noisy(10.0))
    assert np.isfinite(out.samples).all() and out.samples.any()
