"""Heads move as people's do: amplitudes, speed, no period, no standstill; zero when asked."""

import numpy as np
import pytest
from scipy.signal import welch
from scipy.stats import kstest
from tests.direction.rhythms import rhythm_of, talk

from xtalker.direction.blinks import blink_closure
from xtalker.direction.manner import MANNERS, manner_track
from xtalker.values.conventions import FRAME_RATE_HZ

TEN_MINUTES = 600 * FRAME_RATE_HZ


@pytest.fixture(scope="module")
def degrees() -> np.ndarray:
    return np.degrees(manner_track(talk(TEN_MINUTES, 3), "conversational", seed=0).rotation)


def _speed(degrees: np.ndarray) -> np.ndarray:
    return np.linalg.norm(np.diff(degrees, axis=0), axis=1) * FRAME_RATE_HZ


def test_conversation_moves_as_interviews_do(degrees: np.ndarray) -> None:
    for spread, (low, high) in zip(degrees.std(axis=0), ((1.5, 3), (2, 4), (1, 3.5))):
        assert low < spread < high
    assert 7 < np.median(_speed(degrees)) < 13, "the generator and the accents add about 7"


def test_nobody_freezes(degrees: np.ndarray) -> None:
    still = _speed(degrees) < 1.5
    ends = np.flatnonzero(np.diff(np.concatenate([[0], still, [0]])))
    assert (ends[1::2] - ends[::2]).max(initial=0) < 0.6 * FRAME_RATE_HZ


def test_nothing_repeats(degrees: np.ndarray) -> None:
    """No line in the spectrum: no band of 0.05 Hz stands three times over its neighbours."""
    for angle in degrees.T:
        frequency, power = welch(angle, FRAME_RATE_HZ, nperseg=20 * FRAME_RATE_HZ)
        power = power[(frequency > 0.15) & (frequency < 3)]
        around = np.convolve(np.log(power), np.ones(7) / 7, mode="same")
        assert (np.log(power) - around)[4:-4].max() < np.log(3)


def test_it_is_smooth(degrees: np.ndarray) -> None:
    acceleration = np.linalg.norm(np.diff(degrees, n=2, axis=0), axis=1) * FRAME_RATE_HZ**2
    assert acceleration.max() < 500 and _speed(degrees).max() < 90


def test_manners_are_ordered_and_still_is_exactly_nothing() -> None:
    rhythm = talk(60 * FRAME_RATE_HZ)
    speeds = [np.median(_speed(np.degrees(manner_track(rhythm, name, seed=1).rotation))) for name in MANNERS]
    assert speeds[0] == 0 and (np.diff(speeds) > 0).all()
    stage = np.degrees(manner_track(talk(TEN_MINUTES), "stage", seed=1).rotation)
    assert 10 < stage[:, 1].std() < 17


def test_beats_follow_the_voice() -> None:
    speaking = np.arange(TEN_MINUTES) % 200 < 100
    track = manner_track(rhythm_of(speaking), "conversational", seed=4).rotation
    jerk = np.linalg.norm(np.diff(track, n=2, axis=0), axis=1)
    inside = speaking[1:-1]
    assert jerk[inside].mean() > 1.3 * jerk[~inside].mean()


def test_seeds() -> None:
    rhythm = talk(200)
    one, again, other = (manner_track(rhythm, "calm", seed=s).rotation for s in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()


@pytest.mark.parametrize("num_frames", [0, 1, 7])
def test_short_clips(num_frames: int) -> None:
    assert manner_track(rhythm_of(np.ones(num_frames, bool)), "lively", seed=0).rotation.shape == (num_frames, 3)


def test_the_first_blink_comes_anywhere_in_the_first_three_seconds() -> None:
    first = [np.argmax(blink_closure(talk(250, s), rate=0.35, seed=s) > 0) / FRAME_RATE_HZ for s in range(100)]
    assert kstest(first, "uniform", args=(0, 3)).pvalue > 0.05
