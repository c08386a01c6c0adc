"""silence_open, silence_speed, closure_recall, and seconds to frames."""

from __future__ import annotations

import numpy as np
import pytest

from xtalker.metrics import closure_recall, silence_open, silence_speed
from xtalker.metrics.intervals import frames_inside, frames_touched
from xtalker.values import InputError


def _numbers(mask: np.ndarray) -> list[int]:
    return np.flatnonzero(mask).tolist()


def test_frames_inside_lie_wholly_inside():
    inside, late = frames_inside([(0.04, 0.2), (0.21, 0.33)], 10)
    assert _numbers(inside) == [1, 2, 3, 4]
    assert _numbers(late) == [6, 7]


def test_trimming_takes_time_off_both_ends():
    (inside,) = frames_inside([(0.0, 0.8)], 25, trim_s=0.1)
    assert _numbers(inside) == list(range(3, 17))  # 0.1 to 0.7 s: frames 2.5 to 17.5


def test_frames_touched_share_time():
    first, second, outside = frames_touched([(0.05, 0.09), (0.08, 0.12), (0.4, 0.5)], 10)
    assert _numbers(first) == [1, 2]
    assert _numbers(second) == [2]
    assert _numbers(outside) == []


def test_silence_open_is_the_mean_inside_trimmed_pauses():
    opening = np.full(75, 9.0)
    opening[3:17] = 1.0  # trimmed (0, 0.8)
    opening[58:72] = 2.0  # trimmed (2.2, 3)
    assert silence_open(opening, [(0.0, 0.8)]) == 1.0
    assert silence_open(opening, [(0.0, 0.8), (2.2, 3.0)]) == pytest.approx(1.5)
    assert silence_open(opening, [(0.0, 0.8)], trim_s=0.0) > 1.0


def test_speed_of_uniform_motion():
    points = np.zeros((75, 4, 3))
    points[:, :2, 1] = 0.001 * np.arange(75)[:, None]  # half of the points at 25 mm/s
    assert silence_speed(points, [(0.0, 0.8)]) == pytest.approx(25 / np.sqrt(2))


def test_speed_leaves_out_talk_and_the_jump_between_pauses():
    points = np.zeros((75, 4, 3))
    points[30:] = 0.5
    points[40:45] += np.random.default_rng(0).normal(size=(5, 4, 3))
    assert silence_speed(points, [(0.0, 1.1), (2.0, 3.0)]) == 0
    # Pauses that meet once trimmed are still two: frame 29 to 30 belongs to neither.
    assert silence_speed(points, [(0.0, 1.2), (1.2, 1.6)], trim_s=0.0) == 0


def test_pauses_too_short_give_nan():
    assert np.isnan(silence_open(np.ones(75), [(1.0, 1.2)]))
    assert np.isnan(silence_speed(np.zeros((75, 2, 3)), [(1.0, 1.26)]))


def test_closures_are_counted_by_the_smallest_opening():
    opening = np.full(75, 6.0)
    opening[26], opening[40] = 0.3, 1.2
    intervals = [(1.0, 1.12), (1.56, 1.68), (2.0, 2.2)]
    assert closure_recall(opening, intervals) == pytest.approx(1 / 3)
    assert closure_recall(opening, intervals, threshold_mm=2.0) == pytest.approx(2 / 3)
    assert closure_recall(opening, intervals, threshold_mm=0.3) == 0
    assert closure_recall(opening - 6, intervals) == 1


@pytest.mark.parametrize("wrong", [[], [(0.5, 0.5)], [(0.5, 0.2)], [(0.0, np.nan)]])
def test_unusable_intervals_are_refused(wrong):
    for call in (
        lambda: silence_open(np.ones(75), wrong),
        lambda: silence_speed(np.ones((75, 2, 3)), wrong),
        lambda: closure_recall(np.ones(75), wrong),
    ):
        with pytest.raises(InputError, match="unusable intervals"):
            call()


def test_a_closure_after_the_end_is_refused():
    with pytest.raises(InputError, match=r"\(3\.1, 3\.2\) s for 75 frames"):
        closure_recall(np.ones(75), [(1.0, 1.1), (3.1, 3.2)])
