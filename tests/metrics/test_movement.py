"""lip_opening_r, amplitude_ratio, jitter_ratio, mouth_lag."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter1d
from scipy.stats import pearsonr
from tests.metrics.conftest import opening, points

from xtalker.metrics import amplitude_ratio, jitter_ratio, lip_opening_r, mouth_lag
from xtalker.metrics.lip_opening_r import correlation
from xtalker.metrics.mouth_lag import _peak
from xtalker.values import InputError

RANDOM = np.random.default_rng(6)


def _speech(num_frames: int, start: float = 0.0) -> np.ndarray:
    """A smooth irregular signal at any time, frames."""
    t = np.arange(num_frames) + start
    return np.sin(t / 2.3) + 0.7 * np.sin(t / 3.71 + 1) + 0.5 * np.sin(t / 1.57 + 2) + 0.9 * np.sin(t / 9.1)


def test_correlation_agrees_with_scipy():
    a, b = RANDOM.normal(size=(2, 60))
    assert lip_opening_r(a, b) == pytest.approx(pearsonr(a, b).statistic)


@settings(max_examples=25, deadline=None)
@given(gain=st.floats(0.1, 9), offset=st.floats(-50, 50))
def test_correlation_is_blind_to_offset_and_amplitude(gain, offset):
    noisy = opening() + np.random.default_rng(1).normal(size=75)
    assert lip_opening_r(gain * noisy + offset, opening()) == pytest.approx(lip_opening_r(noisy, opening()))
    assert lip_opening_r(-gain * noisy, opening()) == pytest.approx(-lip_opening_r(noisy, opening()))


def test_a_still_prediction_is_uncorrelated_and_has_no_lag():
    for level in (0.0, 0.1, 1e6 / 3):
        assert lip_opening_r(np.full(75, level), opening()) == 0
    assert np.isnan(mouth_lag(np.full(75, 0.1), opening()))
    # Rounding of a large constant is no movement.
    nearly = np.full(75, 1e6) + np.where(np.arange(75) == 5, 1e-4, 0)
    for a, b in ((nearly, opening()), (opening(), nearly)):
        assert correlation(a, b) == 0


@pytest.mark.parametrize("metric", [lip_opening_r, amplitude_ratio, mouth_lag])
def test_a_still_truth_is_refused(metric):
    with pytest.raises(InputError, match="does not move"):
        metric(opening(), np.full(75, 0.1))
    with pytest.raises(InputError, match="does not move"):
        jitter_ratio(points(), np.repeat(points()[:1], 75, axis=0))


def test_amplitude_is_the_ratio_of_standard_deviations():
    assert amplitude_ratio(0.37 * opening() + 4, opening()) == pytest.approx(0.37)
    assert amplitude_ratio(np.full(75, 3.0), opening()) == 0


def test_amplitude_of_several_columns_adds_their_variances():
    true = np.stack([_speech(75), np.zeros(75), np.zeros(75)], axis=1)
    turned = np.stack([np.zeros(75), 0.6 * _speech(75), 0.8 * _speech(75)], axis=1)
    assert amplitude_ratio(turned, true) == pytest.approx(1.0)


def test_jitter_is_the_ratio_of_mean_accelerations():
    assert jitter_ratio(2.5 * points(), points()) == pytest.approx(2.5)
    frame = np.arange(30.0)
    bent = np.zeros((30, 2, 3))
    bent[:, 0, 2] = 0.5 * frame**2  # acceleration 1, and 0 for the other point
    straight = bent + frame[:, None, None] * 7
    assert jitter_ratio(straight, bent) == pytest.approx(1.0)
    assert jitter_ratio(3 * bent, bent[:, ::-1]) == pytest.approx(3.0)


def test_smoothing_lowers_jitter_and_freezing_removes_all_movement():
    smooth = gaussian_filter1d(points(), 1.0, axis=0)
    frozen = np.repeat(points()[:1], 75, axis=0)
    assert 0 < jitter_ratio(smooth, points()) < 0.7
    assert jitter_ratio(frozen, points()) == 0


@pytest.mark.parametrize("late", [-10, -9, -3, -1, 0, 1, 2, 7, 10])
def test_whole_frame_delays_are_found(late):
    assert mouth_lag(_speech(75, -late), _speech(75)) == pytest.approx(late, abs=0.05)


@settings(max_examples=30, deadline=None)
@given(late=st.floats(-8.0, 8.0))
def test_delays_between_frames_are_found(late):
    assert mouth_lag(_speech(75, -late), _speech(75)) == pytest.approx(late, abs=0.12)


def test_a_delay_survives_noise_gain_and_offset():
    late = 0.4 * _speech(75, -2.0) + 3 + RANDOM.normal(0, 0.1, 75)
    assert mouth_lag(late, _speech(75)) == pytest.approx(2.0, abs=0.3)


def test_the_top_of_a_parabola():
    assert _peak(np.array([0.2, 0.9, 0.6])) == pytest.approx(0.2)
    assert _peak(np.array([1.0, 1.0, 1.0])) == 0
    assert _peak(np.array([0.5, 1.0])) == 0


def test_exchanging_the_two_turns_the_sign():
    a, b = _speech(75, -1.4), _speech(75)
    assert mouth_lag(a, b) == pytest.approx(-mouth_lag(b, a), abs=1e-9)


def test_a_clip_shorter_than_three_times_the_range_is_refused():
    assert mouth_lag(_speech(30), _speech(30)) == pytest.approx(0, abs=0.05)
    with pytest.raises(InputError, match="at least 30 frames"):
        mouth_lag(_speech(29), _speech(29))
    assert mouth_lag(_speech(29, -1), _speech(29), max_lag_frames=3) == pytest.approx(1, abs=0.1)
