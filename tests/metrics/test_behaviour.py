"""Roughness, lids, takes, seams, contacts and onsets: exact cases and scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import periodogram
from tests.metrics.conftest import LIPS, points

from xtalker import metrics
from xtalker.values import InputError

RANDOM = np.random.default_rng(14)


def test_jitter_of_a_cubic_is_its_jerk():
    time = np.arange(10) / 25
    track = np.zeros((10, 2, 3))
    track[:, 0, 1] = 5 * time**3 + time**2
    assert metrics.jitter(track) == pytest.approx(30 / 2**0.5)
    assert metrics.jitter(track[:4]) == pytest.approx(30 / 2**0.5)
    with pytest.raises(InputError, match="at least 4 frames"):
        metrics.jitter(track[:3])


@pytest.mark.parametrize("num_frames", [75, 80])
def test_fast_energy_agrees_with_scipys_periodogram(num_frames):
    track = RANDOM.normal(size=(num_frames, 3, 3)).cumsum(axis=0) * 0.01
    frequency, power = periodogram(track, 25, window="hann", detrend="constant", axis=0)
    summed = power.sum(axis=(1, 2))
    # scipy leaves out the mean after the window as well.
    expected = summed[frequency > 8].sum() / summed.sum()
    assert metrics.energy_above_8hz(track) == pytest.approx(expected, rel=0.03)


def test_fast_energy_of_tones():
    time = np.arange(250)[:, None, None] / 25
    tone = lambda hertz: np.sin(2 * np.pi * hertz * time) * np.ones((1, 2, 3))  # noqa: E731
    assert metrics.energy_above_8hz(tone(5.0)) < 1e-9
    assert metrics.energy_above_8hz(tone(11.0)) > 1 - 1e-9
    assert metrics.energy_above_8hz(tone(4.0) + tone(10.0)) == pytest.approx(0.5, abs=1e-6)
    # Exactly 8 Hz and its lower side lobe are not above it; the upper side lobe has a sixth of the power.
    assert metrics.energy_above_8hz(tone(8.0)) == pytest.approx(1 / 6, abs=1e-6)
    with pytest.raises(InputError, match="at least 4 frames"):
        metrics.energy_above_8hz(tone(5.0)[:3])
    assert np.isfinite(metrics.energy_above_8hz(tone(5.0)[:4]))
    assert np.isfinite(metrics.energy_above_8hz(tone(5.0)[:40] * [0, 0, 1]))


def _blinking(*runs: tuple[int, int]) -> np.ndarray:
    closure = np.zeros(100)
    for start, end in runs:
        closure[start:end] = 1.0
    return closure


def test_blinks_are_short_closures_of_both_lids():
    left = _blinking((10, 14), (30, 39), (50, 60), (80, 83), (98, 100))
    right = _blinking((12, 16), (30, 39), (50, 60), (84, 87), (98, 100))
    # 4 s: the first (2 frames), 9 frames = 360 ms, not 10 frames = 400 ms, not one lid after the other, the last.
    assert metrics.blink_rate(left, right) == pytest.approx(3 / 4)
    assert metrics.blink_rate(0.5 * left, right) == 0
    assert metrics.blink_rate(0.51 * left, right) == pytest.approx(3 / 4)
    assert metrics.blink_rate(_blinking((0, 3)), _blinking((0, 3))) == pytest.approx(1 / 4)


def test_absent_lids_are_not_modelled():
    assert metrics.blink_rate(None, None) == metrics.NOT_MODELLED == "not modelled"
    for lids in ((None, np.zeros(9)), (np.zeros(9), None)):
        with pytest.raises(InputError, match="one lid is missing"):
            metrics.blink_rate(*lids)


def test_identity_drift_is_the_mean_variance_rooted():
    shape = np.zeros((4, 2))
    shape[:, 0] = [1, -1, 1, -1]
    assert metrics.identity_drift(shape + 7) == pytest.approx(0.5**0.5)
    with pytest.raises(InputError, match="at least 2 frames"):
        metrics.identity_drift(shape[:1])
    assert metrics.identity_drift(shape[:2]) > 0


def test_diversity_is_the_mean_over_pairs():
    takes = np.zeros((3, 5, 4, 3))
    takes[1, :, 0, 2] = 0.003
    takes[2, :, 0, 2] = -0.001
    assert metrics.diversity(takes, np.array([0])) == pytest.approx((3 + 1 + 4) / 3)
    assert metrics.diversity(takes, np.array([0, 1])) == pytest.approx((3 + 1 + 4) / 6)
    assert metrics.diversity(takes[:2], np.array([0])) == pytest.approx(3)
    with pytest.raises(InputError, match="at least 2"):
        metrics.diversity(takes[:1], np.array([0]))


def test_a_seam_with_twice_the_speed():
    track = np.zeros((40, 2, 3))
    step = np.ones(39)
    step[19] = 2.0  # from frame 19 to 20, where the chunk starts
    track[1:, :, 0] = np.cumsum(step)[:, None]
    track[:, :, 1] = 0.01 * np.arange(40)[:, None] ** 2 / 2
    speed = np.hypot(step, 0.01 * (np.arange(39) + 0.5))
    bend = np.hypot(np.diff(step), 0.01)
    inside = np.arange(38)
    expected = max(
        speed[19] / np.delete(speed, 19).mean(), bend[18:20].mean() / bend[(inside < 18) | (inside > 19)].mean()
    )
    assert metrics.seam_error(track, np.array([20])) == pytest.approx(expected)
    assert metrics.seam_error(track, np.array([21])) < expected
    straight = np.zeros((40, 1, 3))
    straight[1:, 0, 0] = np.cumsum(step + 0.3 * np.cos(np.arange(39)))
    faster = np.abs(np.diff(straight[:, 0, 0]))
    assert metrics.seam_error(straight, np.array([20])) >= faster[19] / np.delete(faster, 19).mean() - 1e-12


def test_seams_need_room():
    track = points(10) + np.arange(10)[:, None, None] ** 2 * 1e-3
    for seams in ([1], [9], [1, 5], [5, 9]):
        with pytest.raises(InputError, match="too close to an end"):
            metrics.seam_error(track, np.array(seams))
    assert metrics.seam_error(track, np.array([2])) > 0
    assert metrics.seam_error(track, np.array([8])) > 0
    with pytest.raises(InputError, match="too few seams: received 0"):
        metrics.seam_error(track, np.zeros(0, int))
    with pytest.raises(InputError, match="too few frames away from the seams"):
        metrics.seam_error(track[:4], np.array([2]))
    with pytest.raises(InputError, match="does not move"):
        metrics.seam_error(track[:1].repeat(9, axis=0), np.array([4]))
    jump = np.zeros((12, 1, 3))
    jump[6:] = 1.0
    assert metrics.seam_error(jump, np.array([6])) == np.inf


def test_intensity_slope_agrees_with_scipy():
    from scipy.stats import spearmanr

    levels, sizes = RANDOM.integers(0, 5, 30).astype(float), RANDOM.integers(0, 9, 30).astype(float)
    assert metrics.intensity_slope(levels, sizes) == pytest.approx(spearmanr(levels, sizes).statistic)
    assert metrics.intensity_slope(levels, np.full(30, 2.0)) == 0
    with pytest.raises(InputError, match="does not move"):
        metrics.intensity_slope(np.ones(4), np.arange(4.0))
    with pytest.raises(InputError, match="at least 3"):
        metrics.intensity_slope(np.arange(2.0), np.arange(2.0))
    assert metrics.intensity_slope(np.arange(3.0), np.arange(3.0)) == pytest.approx(1)


def test_bleed_counts_closures_only():
    neutral, emotional = points(), points()
    emotional[25:30] += [0.002, 0, 0]  # the first interval touches exactly these
    emotional[50:] += 1.0
    assert metrics.bleed(emotional, neutral, [(1.0, 1.2)], LIPS) == pytest.approx(2.0)
    assert metrics.bleed(emotional, neutral, [(1.0, 1.2), (1.2, 1.4)], LIPS) == pytest.approx(1.0)
    with pytest.raises(InputError, match="frames in the intervals: received 0"):
        metrics.bleed(emotional, neutral, [(9.0, 9.2)], LIPS)
    assert metrics.bleed(emotional, neutral, [(1.0, 1.04)], LIPS) == pytest.approx(2.0)
    with pytest.raises(InputError, match="unusable intervals"):
        metrics.bleed(emotional, neutral, [], LIPS)


def test_closures_elsewhere_are_counted_per_free_second():
    track = np.full(75, 5.0)
    track[:4] = track[10] = track[26:29] = track[50:55] = track[73:] = 0.0
    # Frames 25 to 29 are asked for: 70 free frames, 2.8 s.
    assert metrics.closures_elsewhere(track, [(1.0, 1.2)]) == pytest.approx(4 / 2.8)
    assert metrics.closures_elsewhere(track, []) == pytest.approx(5 / 3)
    assert metrics.closures_elsewhere(track, [(1.0, 1.2), (2.1, 2.14)]) == pytest.approx(3 / (68 / 25))
    assert metrics.closures_elsewhere(track, [], threshold_mm=0.0) == 0
    assert metrics.closures_elsewhere(track + 1, []) == 0
    with pytest.raises(InputError, match="frames outside the intervals: received 0"):
        metrics.closures_elsewhere(track, [(0.0, 3.0)])
    assert metrics.closures_elsewhere(track, [(0.0, 2.96)]) == 0
    with pytest.raises(InputError, match="unusable intervals"):
        metrics.closures_elsewhere(track, [(1.0, 0.5)])


def test_labiodental_contact_is_below_one_millimetre():
    gap = np.full(75, 3.0)
    gap[27] = 0.9
    assert metrics.labiodental_recall(gap, [(1.0, 1.2), (1.5, 1.7)]) == 0.5
    assert metrics.labiodental_recall(gap, [(1.0, 1.2)], threshold_mm=0.9) == 0


def _starting(frame: int, metres: float = 0.002) -> np.ndarray:
    """Lips at rest that rise from this frame on; the first step that moves leads to it."""
    track = np.zeros((75, 2, 3))
    track[:, :, 1] = metres * np.maximum(np.arange(75) - frame + 1, 0)[:, None]
    return track


def test_onset_lead_in_milliseconds():
    onset = np.array([1.2])
    assert metrics.onset_lead(_starting(25), onset) == pytest.approx(200)
    assert metrics.onset_lead(_starting(32), onset) == pytest.approx(-80)
    assert metrics.onset_lead(_starting(37), onset) == pytest.approx(-280)
    assert np.isnan(metrics.onset_lead(_starting(38), onset))
    assert metrics.onset_lead(_starting(19), onset) == pytest.approx(440)
    assert np.isnan(metrics.onset_lead(_starting(18), onset))  # in motion when the window opens
    assert np.isnan(metrics.onset_lead(_starting(10), onset))
    exact = np.array([1.0])  # the window opens exactly at the end of a step
    assert metrics.onset_lead(_starting(14), exact) == pytest.approx(440)
    assert np.isnan(metrics.onset_lead(_starting(13), exact))


def test_onset_lead_takes_the_median_and_needs_speed():
    onsets = np.array([1.2, 1.24, 1.36])
    assert metrics.onset_lead(_starting(25), onsets) == pytest.approx(240)
    slow = _starting(25, 0.0008)  # 20 mm/s is not above the threshold
    assert np.isnan(metrics.onset_lead(slow * (1 - 1e-9), onsets))
    assert metrics.onset_lead(slow, onsets, threshold_mm_s=19.0) == pytest.approx(240)
    half = _starting(25)
    half[:, 0] = 0  # mean speed over vertices 25 mm/s
    assert metrics.onset_lead(half, onsets) == pytest.approx(240)
    assert np.isnan(metrics.onset_lead(half, onsets, threshold_mm_s=26.0))
    with pytest.raises(InputError, match="onset track is too short"):
        metrics.onset_lead(half, np.zeros(0))
    with pytest.raises(InputError, match="at least 2 frames"):
        metrics.onset_lead(half[:1], onsets)
    assert np.isnan(metrics.onset_lead(half[:2], onsets))


def test_speed_is_the_median_ratio():
    assert metrics.speed(np.array([1.0, 8.0, 2.0]), np.array([2.0, 2.0, 2.0])) == 1.0
    assert metrics.speed(np.array([0.0, 0.1, 0.3]), np.array([2.0, 0.5, 1.0])) == pytest.approx(0.2)
    for wall, audio in ((1.0, 0.0), (-0.1, 1.0)):
        with pytest.raises(InputError, match="unusable times"):
            metrics.speed(np.array([5.0, wall]), np.array([2.0, audio]))


def test_noise_moves_jitter_of_a_talking_mouth():
    noisy = points() + RANDOM.normal(0, 1e-3, points().shape)
    assert metrics.jitter(noisy) > metrics.jitter(points()) > 0
