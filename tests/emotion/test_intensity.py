from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter1d

from xtalker.emotion.intensity import STRONGEST, WEAKEST, dynamic_intensity, intensity_factor
from xtalker.values.tracks import EMOTIONS, MAX_LEVEL, EmotionTrack


def _arousal(num_frames: int = 200, seed: int = 0) -> np.ndarray:
    noise = gaussian_filter1d(np.random.default_rng(seed).standard_normal(num_frames), 8)
    return np.clip(0.4 + 0.25 * noise / noise.std(), 0, 1).astype(np.float32)


def _held(level: float, num_frames: int = 200) -> EmotionTrack:
    levels = np.zeros((num_frames, len(EMOTIONS)), np.float32)
    levels[:, 4], levels[:, 6] = 0.75 * level, 0.25 * level
    return EmotionTrack(levels)


def test_amount_zero_is_the_track_itself() -> None:
    track = _held(1.4)
    assert dynamic_intensity(track, _arousal(), amount=0) is track


def test_a_flat_voice_changes_nothing() -> None:
    track = _held(1.4)
    assert np.allclose(dynamic_intensity(track, np.full(200, 0.7, np.float32), amount=1).levels, track.levels)


@given(st.integers(0, 1000), st.floats(0.05, 1.0), st.floats(0.1, 3.0))
def test_factor_is_bounded_with_mean_one(seed: int, amount: float, stretch: float) -> None:
    factor = intensity_factor(_arousal(seed=seed) * np.float32(stretch), amount=amount)
    assert factor.mean() == pytest.approx(1, abs=1e-6)
    assert 1 + amount * (WEAKEST - 1) <= factor.min() and factor.max() <= 1 + amount * (STRONGEST - 1)


@given(st.floats(0, 2), st.floats(0, 2), st.integers(0, 100))
def test_monotone_in_the_asked_level_and_within_range(one: float, other: float, seed: int) -> None:
    low, high = sorted((one, other))
    shown = [dynamic_intensity(_held(v), _arousal(seed=seed), amount=1).levels.sum(axis=1) for v in (low, high)]
    assert (shown[0] <= shown[1] + 1e-5).all()
    assert shown[0].min() >= 0 and shown[1].max() <= MAX_LEVEL + 1e-4


def test_follows_the_voice_and_keeps_the_mix() -> None:
    arousal = _arousal()
    shown = dynamic_intensity(_held(1.0), arousal, amount=1).levels
    total = shown.sum(axis=1)
    assert np.corrcoef(total, gaussian_filter1d(arousal, 5.0))[0, 1] > 0.9
    assert np.allclose(shown[:, 4], 0.75 * total, atol=1e-6)
    assert total.max() > 1.1 and total.min() < 0.85 and abs(total.mean() - 1) < 0.05


def test_strong_words_raise_it_where_they_are_said() -> None:
    words = np.zeros(200, np.float32)
    words[100:120] = 1
    shown = dynamic_intensity(_held(1.0), np.full(200, 0.5, np.float32), amount=1, text_intensity=words).levels
    total = shown.sum(axis=1)
    assert 100 <= total.argmax() < 120 and total[110] > 1.15 and total[20] < 1
