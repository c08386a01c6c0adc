"""Baselines learn what they can and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from tests.tiny.speech import tiny_features

from xtalker.evaluate.baselines import Lesson, cut, fit_baselines, fit_ridge, stacked
from xtalker.evaluate.clips import Heard
from xtalker.generator.channels import DERIVED, HEAD, JAW
from xtalker.values.motion import NUM_MOTION

RANDOM = np.random.default_rng(2)


def _lesson(seed: int, num_frames: int = 40) -> Lesson:
    """The jaw follows the log energy two frames earlier, the head a clock, the first band its own brow."""
    features = tiny_features(num_frames, seed, channels=160)
    log_mel = np.random.default_rng([seed, 9]).normal(size=(num_frames, 80))
    heard = Heard(features, log_mel)
    motion = np.zeros((num_frames, NUM_MOTION))
    motion[:, JAW.start] = np.roll(heard.log_energy[:, 0], 2)
    motion[:2, JAW.start] = heard.log_energy[0, 0]
    motion[:, DERIVED] = motion[:, JAW.start] / 0.36
    motion[:, HEAD.start] = np.sin(np.arange(num_frames) / 5)
    motion[:, 2] = log_mel[:, 0]
    return Lesson(heard, motion)


@pytest.fixture(scope="module")
def baselines():
    return fit_baselines([_lesson(seed) for seed in range(30)])


@pytest.fixture(scope="module")
def unheard() -> Lesson:
    return _lesson(99)


def _r(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.corrcoef(a, b)[0, 1])


def test_mean_face_does_not_move(baselines, unheard):
    out = baselines["mean_face"](unheard.heard)
    assert np.ptp(out, axis=0).max() == 0
    assert out.shape == (40, NUM_MOTION)


def test_time_only_knows_the_clock_and_hears_nothing(baselines, unheard):
    out = baselines["time_only"](unheard.heard)
    np.testing.assert_allclose(out[:, HEAD.start], unheard.motion[:, HEAD.start], atol=1e-12)
    np.testing.assert_array_equal(out, baselines["time_only"](_lesson(5).heard))


def test_time_only_rests_after_the_last_frame_it_knows(baselines):
    out = baselines["time_only"](_lesson(7, num_frames=50).heard)
    np.testing.assert_array_equal(out[40:], np.tile(out[39], (10, 1)))


def test_loudness_moves_the_jaw_only(baselines, unheard):
    out = baselines["loudness_to_jaw"](unheard.heard)
    assert _r(out[5:, JAW.start], unheard.motion[5:, JAW.start]) > 0.97
    moving = np.flatnonzero(np.ptp(out, axis=0))
    assert set(moving) <= {JAW.start, JAW.start + 1, JAW.start + 2, DERIVED}
    np.testing.assert_allclose(out[:, 2], baselines["mean_face"](unheard.heard)[:, 2])


def test_log_mel_hears_what_loudness_cannot(baselines, unheard):
    brow = unheard.motion[:, 2]
    assert _r(baselines["log_mel_ridge"](unheard.heard)[:, 2], brow) > 0.7
    assert abs(_r(baselines["loudness_to_all"](unheard.heard)[:, 2], brow)) < 0.5


def test_whisper_ridge_hears_the_features(baselines, unheard):
    out = baselines["whisper_ridge"](unheard.heard)
    assert _r(out[5:, JAW.start], unheard.motion[5:, JAW.start]) > 0.6


def test_ridge_finds_a_linear_rule_and_ignores_noise():
    x = RANDOM.normal(3, 2, (400, 20))
    rule = np.zeros((20, 2))
    rule[0, 0], rule[3, 1] = 2.0, -1.0
    y = x @ rule + 5
    held_out = np.arange(400) % 5 == 0
    np.testing.assert_allclose(fit_ridge(x, y, held_out)(x), y, atol=0.02)
    noise = RANDOM.normal(size=(400, 2))
    out = fit_ridge(x, noise, held_out)(x)
    assert out.std() < 0.2  # the strength is chosen on held-out rows: nothing to learn, so little is said


def test_neighbours_are_stacked_in_order_with_edges_held():
    rows = np.arange(4.0)[:, None]
    np.testing.assert_array_equal(stacked(rows, 1), [[0, 0, 1], [0, 1, 2], [1, 2, 3], [2, 3, 3]])


def test_cutting_shortens_everything(unheard):
    short = cut(unheard.heard, 7)
    assert short.features.num_frames == len(short.log_mel) == len(short.log_energy) == 7
