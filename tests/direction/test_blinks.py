import numpy as np
import pytest
from tests.direction.rhythms import rhythm_of, talk

from xtalker.direction.blinks import blink_closure
from xtalker.values.conventions import FRAME_RATE_HZ

MINUTE = 60 * FRAME_RATE_HZ


def starts(closure: np.ndarray) -> np.ndarray:
    return np.flatnonzero((closure[1:] > 0) & (closure[:-1] == 0)) + 1


def test_default_rate_in_every_minute() -> None:
    rates = [(blink_closure(talk(MINUTE, seed), rate=0.35, seed=seed) >= 1) for seed in range(100)]
    counts = np.array([np.sum(shut & ~np.roll(shut, 1)) for shut in rates]) / 60
    assert counts.min() >= 0.28 and counts.max() <= 0.45
    assert counts.mean() == pytest.approx(0.35, abs=0.01)


@pytest.mark.parametrize("rate", [0.1, 0.8, 1.5])
def test_other_rates(rate: float) -> None:
    closure = blink_closure(rhythm_of(np.ones(10 * MINUTE, bool)), rate=rate, seed=3)
    assert len(starts(closure)) / 600 == pytest.approx(rate, rel=0.06)


def test_rate_zero_is_never() -> None:
    assert not blink_closure(talk(MINUTE), rate=0, seed=1).any()


@pytest.mark.parametrize("seed", range(20))
def test_every_blink_is_whole(seed: int) -> None:
    closure = blink_closure(talk(333, seed), rate=1.0, seed=seed)
    assert closure.min() >= 0 and closure.max() <= 1
    assert closure[0] < 0.05 and closure[-1] < 0.05
    edges = np.flatnonzero(np.diff(np.concatenate([[False], closure > 0, [False]]).astype(int)))
    for first, end in edges.reshape(-1, 2):
        blink = closure[first:end]
        assert blink.max() == 1  # seen shut
        assert 5 <= len(blink) <= 11  # 0.265 to 0.405 s, seen in frames of 0.04 s
        apex = int(np.argmax(blink))
        assert (np.diff(blink[: apex + 1]) >= 0).all() and (np.diff(blink[apex:]) <= 0).all()


def test_lids_close_faster_than_they_open() -> None:
    closure = blink_closure(talk(20 * MINUTE), rate=0.35, seed=0)
    change = np.diff(closure)
    # Sampled at 25 Hz the extremes are blunted: the sums of squares are not.
    assert np.sum(change[change > 0] ** 2) > 1.4 * np.sum(change[change < 0] ** 2)


def test_phrase_ends_attract_blinks() -> None:
    speaking = np.arange(40 * MINUTE) % 100 < 75
    at = starts(blink_closure(rhythm_of(speaking), rate=0.35, seed=5)) % 100
    just_after = np.mean((at >= 75) & (at < 88)) / 0.13
    within = np.mean(at < 75) / 0.75
    assert just_after > 2.5 * within


def test_gaps_are_skewed_and_never_too_short() -> None:
    gaps = np.diff(starts(blink_closure(rhythm_of(np.ones(60 * MINUTE, bool)), rate=0.35, seed=2))) / FRAME_RATE_HZ
    assert gaps.min() >= 0.5
    assert 0.35 < gaps.std() / gaps.mean() < 0.8
    assert np.mean(gaps) > 1.08 * np.median(gaps)


def test_seeds() -> None:
    rhythm = talk(MINUTE)
    one, again, other = (blink_closure(rhythm, rate=0.35, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()


@pytest.mark.parametrize("num_frames", [0, 1, 5, 12])
def test_short_clips(num_frames: int) -> None:
    assert len(blink_closure(rhythm_of(np.zeros(num_frames, bool)), rate=1.0, seed=0)) == num_frames
