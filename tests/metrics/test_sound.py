"""Synchrony and beats: plain loops, known offsets, chance levels."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d
from scipy.signal import argrelextrema
from scipy.spatial.transform import Rotation
from scipy.stats import mannwhitneyu
from tests.metrics.conftest import BEATS, embeddings, nodding

from xtalker import metrics
from xtalker.metrics.head_beats import raw_head_beats
from xtalker.metrics.offset_distances import mean_by_offset
from xtalker.values import InputError

RANDOM = np.random.default_rng(12)
MOUTH, SPEECH = RANDOM.normal(size=(2, 50, 6))


def test_padded_distances_agree_with_loops():
    ours = metrics.padded_distances(MOUTH, SPEECH)
    assert ours.shape == (50, 31)
    for frame in range(50):
        for late in range(-15, 16):
            heard = SPEECH[frame - late] if 0 <= frame - late < 50 else np.zeros(6)
            assert ours[frame, late + 15] == pytest.approx(np.sqrt(((MOUTH[frame] - heard) ** 2).sum()))


def test_overlap_distances_agree_with_loops():
    ours = metrics.overlap_distances(MOUTH, SPEECH)
    assert ours.shape == (20, 31)
    for frame in range(20):
        for late in range(-15, 16):
            a, b = MOUTH[frame + 15], SPEECH[frame + 15 - late]
            assert ours[frame, late + 15] == pytest.approx(1 - a @ b / np.sqrt((a @ a) * (b @ b)))


def test_published_scores_from_the_distances():
    mean = metrics.padded_distances(MOUTH, SPEECH).mean(axis=0)
    assert metrics.lse_d(MOUTH, SPEECH) == pytest.approx(min(mean))
    assert metrics.lse_c(MOUTH, SPEECH) == pytest.approx(sorted(mean)[15] - min(mean))
    assert metrics.lse_d_3dxtalker(MOUTH, SPEECH) == pytest.approx(sum(mean) / 31)


def test_sound_scores_from_the_distances():
    distances = np.array([[3.0, 1.0, 2.0, 6.0, 4.0], [5.0, 1.0, 4.0, 8.0, 4.0]])
    assert metrics.sync_distance(distances) == 1
    assert metrics.sync_confidence(distances) == 3
    assert metrics.av_offset(distances) == -1
    assert metrics.av_offset(distances[:, ::-1].copy()) == 1


@pytest.mark.parametrize("late", [-15, -3, 0, 1, 15])
def test_known_offsets_are_found(late):
    track = embeddings(120)
    mouth = np.roll(track, late, axis=0)
    assert metrics.av_offset(metrics.overlap_distances(mouth, track)) == late
    assert metrics.av_offset(metrics.padded_distances(mouth, track)) == late


def test_the_mean_over_offsets_is_nearly_blind_to_delay():
    track = embeddings()
    late = np.roll(track, 5, axis=0)
    shuffled = RANDOM.permutation(track)
    blind = metrics.lse_d_3dxtalker
    assert blind(late, track) == pytest.approx(blind(track, track), rel=0.01)
    assert metrics.lse_d(shuffled, track) > metrics.lse_d(late, track) + 1


def test_windows_with_the_right_offset():
    track = embeddings(30 + 100)
    mouth = track.copy()
    mouth[15:40] = track[14:39]  # first window one late, second three late, third early, last right
    mouth[40:65] = track[37:62]
    mouth[65:90] = track[66:91]
    distances = metrics.overlap_distances(mouth, track)
    assert metrics.av_offset_within(distances) == 0.75
    assert metrics.av_offset_within(distances, tolerance_frames=0) == 0.25
    assert metrics.av_offset_within(distances, tolerance_frames=3) == 1
    assert metrics.av_offset_within(distances[25:74]) == 0  # one whole window, the rest left out
    assert metrics.av_offset_within(distances[25:75]) == 0.5
    assert metrics.av_offset_within(distances[:25]) == 1
    with pytest.raises(InputError, match="too few rows: received 24; accepted: at least 25"):
        metrics.av_offset_within(distances[:24])


def test_unusable_embeddings_are_refused():
    with pytest.raises(InputError, match="at least 31"):
        metrics.overlap_distances(MOUTH[:30], SPEECH[:30])
    assert len(metrics.overlap_distances(MOUTH[:31], SPEECH[:31])) == 1
    assert metrics.overlap_distances(MOUTH[:9], SPEECH[:9], max_offset=2).shape == (5, 5)
    assert metrics.padded_distances(MOUTH[:9], SPEECH[:9], max_offset=2).shape == (9, 5)
    silent = SPEECH.copy()
    silent[[3, 9]] = 0
    with pytest.raises(InputError, match="a speech embedding is zero: received 2 of 50 rows"):
        metrics.overlap_distances(MOUTH, silent)
    with pytest.raises(InputError, match="odd number of columns"):
        mean_by_offset(np.ones((3, 4)))


def test_auc_is_the_mann_whitney_statistic():
    matched, shuffled = RANDOM.integers(2, 9, 40).astype(float), RANDOM.integers(0, 7, 30).astype(float)
    expected = mannwhitneyu(matched, shuffled).statistic / 1200
    assert metrics.sync_auc(matched, shuffled) == pytest.approx(expected)
    with pytest.raises(InputError, match="shuffled track is too short"):
        metrics.sync_auc(matched, shuffled[:0])
    with pytest.raises(InputError, match="matched track is too short"):
        metrics.sync_auc(matched[:0], shuffled)


def test_head_beats_agree_with_scipy():
    head = gaussian_filter1d(RANDOM.normal(0, 1, (250, 3)), 4, axis=0)
    turn = Rotation.from_rotvec(head)
    speed = gaussian_filter1d((turn[1:] * turn[:-1].inv()).magnitude(), 3)
    expected = (argrelextrema(speed, np.less)[0] + 1) / 25
    assert len(expected) > 5
    np.testing.assert_allclose(metrics.head_beats(head), expected)
    raw = gaussian_filter1d(np.linalg.norm(np.diff(head, axis=0), axis=1), 2)
    np.testing.assert_allclose(raw_head_beats(head, smoothing_frames=2.0), (argrelextrema(raw, np.less)[0] + 1) / 25)


def test_a_nodding_head_rests_on_its_beats():
    np.testing.assert_allclose(metrics.head_beats(nodding())[:6], BEATS, atol=0.041)
    assert len(metrics.head_beats(np.tile([0.1, 0.2, 0.3], (50, 1)))) == 0
    assert len(raw_head_beats(np.tile([0.1, 0.2, 0.3], (50, 1)))) == 0
    for beats in (metrics.head_beats, raw_head_beats):
        with pytest.raises(InputError, match="at least 4 frames"):
            beats(nodding()[:3])
        assert len(beats(nodding()[:4])) == 0


def test_a_slow_head_still_has_beats():
    assert len(metrics.head_beats(nodding() * 1e-6)) == len(metrics.head_beats(nodding()))


def _kernel(over, nearest, sigma_sq=7.0) -> float:
    return float(np.mean([max(np.exp(-((25 * (t - n)) ** 2) / 2 / sigma_sq) for n in nearest) for t in over]))


def test_beat_alignment_agrees_with_loops():
    head = gaussian_filter1d(RANDOM.normal(0, 1, (250, 3)), 3, axis=0)
    beats = np.sort(RANDOM.uniform(0, 10, 14))
    moved = metrics.head_beats(head)
    assert metrics.beat_align(head, beats) == pytest.approx(_kernel(beats, moved))
    assert metrics.beat_align(head, beats, sigma_sq=2.0) == pytest.approx(_kernel(beats, moved, 2))
    assert metrics.beat_align_motion(head, beats) == pytest.approx(_kernel(moved, beats))
    others = [beats + 0.3, beats[:5] + 0.1]
    chance = (_kernel(others[0], moved) + _kernel(others[1], moved)) / 2
    assert metrics.beat_align_excess(head, beats, others) == pytest.approx(_kernel(beats, moved) - chance)
    raw = raw_head_beats(head)
    assert metrics.ba_3dxtalker(head, beats) == pytest.approx(_kernel(beats, raw))
    assert metrics.ba_3dxtalker(head, beats, sigma_sq=8.0, smoothing_frames=2.0) == pytest.approx(
        _kernel(beats, raw_head_beats(head, smoothing_frames=2.0), 8)
    )
    with pytest.raises(InputError, match="too few shuffled beats"):
        metrics.beat_align_excess(head, beats, [])
    assert np.isfinite(metrics.beat_align_excess(head, beats, others[:1]))


@pytest.mark.parametrize("score", [metrics.beat_align, metrics.beat_align_motion, metrics.ba_3dxtalker])
def test_a_still_head_is_undefined_and_no_beats_are_refused(score):
    assert np.isnan(score(np.zeros((50, 3)), BEATS[:2]))
    with pytest.raises(InputError, match="beat track is too short"):
        score(nodding(), np.zeros(0))


def test_the_published_form_hears_one_minute():
    head = gaussian_filter1d(RANDOM.normal(0, 1, (1700, 3)), 4, axis=0)
    beats = np.arange(0.5, 68, 0.71)
    expected = _kernel(beats[beats < 60], raw_head_beats(head[:1500]))
    assert metrics.ba_3dxtalker(head, beats) == pytest.approx(expected)
    edge = np.array([1.0, 60.0])
    assert metrics.ba_3dxtalker(head, edge) == pytest.approx(_kernel(edge[:1], raw_head_beats(head[:1500])))
    with pytest.raises(InputError, match="too short"):
        metrics.ba_3dxtalker(head, np.array([61.0]))


def test_chance_is_large_and_the_excess_of_noise_is_nothing():
    """Random tempo and phase, 10 s, 50 trials: white-noise motion scores about 0.4 although it hears nothing."""
    plain, excess = [], []
    for _ in range(50):
        period = 60 / RANDOM.uniform(90, 160)
        beats = np.arange(RANDOM.uniform(0, period), 10, period)
        head = RANDOM.normal(0, 0.05, (250, 3))
        plain.append(metrics.beat_align(head, beats))
        excess.append(metrics.beat_align_excess(head, beats, metrics.shifted_beats(beats, 10.0, count=10)))
    assert 0.3 < np.mean(plain) < 0.5
    assert abs(np.mean(excess)) < 0.05
    others = metrics.shifted_beats(BEATS, 6.0)
    assert metrics.beat_align_excess(nodding(), BEATS, others) > 0.5


def test_shifted_beats_keep_the_rhythm():
    shifted = metrics.shifted_beats(BEATS, 6.0, count=7, seed=3)
    assert len(shifted) == 7
    assert len(metrics.shifted_beats(BEATS, 6.0)) == 100
    for beats in shifted:
        assert beats.min() >= 0 and beats.max() < 6 and (np.diff(beats) >= 0).all()
        gaps = np.sort(np.diff(np.append(beats, beats[0] + 6)))
        np.testing.assert_allclose(gaps, np.sort(np.diff(np.append(BEATS, BEATS[0] + 6))))
    alone = np.concatenate(metrics.shifted_beats(np.array([0.0]), 6.0))
    assert alone.min() < 0.5 and alone.max() > 5.5
    np.testing.assert_array_equal(shifted[2], metrics.shifted_beats(BEATS, 6.0, count=7, seed=3)[2])
    np.testing.assert_array_equal(metrics.shifted_beats(BEATS, 6.0)[5], metrics.shifted_beats(BEATS, 6.0, seed=0)[5])
    metrics.shifted_beats(np.array([0.0, 6.0]), 6.0)
    for wrong in ([-0.1, 1.0], [1.0, 6.1]):
        with pytest.raises(InputError, match="beats lie outside the clip"):
            metrics.shifted_beats(np.array(wrong), 6.0)
    with pytest.raises(InputError, match="beat track is too short"):
        metrics.shifted_beats(BEATS[:0], 6.0)
