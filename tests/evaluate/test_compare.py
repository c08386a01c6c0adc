"""Intervals and paired differences."""

from __future__ import annotations

import numpy as np
import pytest

from xtalker.evaluate.compare import figures_with_intervals, interval_by_clip, paired
from xtalker.evaluate.scores import Row
from xtalker.metrics import summarise

RANDOM = np.random.default_rng(3)


def _row(values, speakers, name="lip_error_mean_mm"):
    return Row(speakers, [{name: float(value)} for value in values])


def test_people_who_differ_widen_the_interval_over_people_only():
    values = {person: level + 0.1 * RANDOM.standard_normal(40) for person, level in (("a", 0.0), ("b", 4.0))}
    low, high = interval_by_clip(values)
    whole = summarise(values)
    assert low < 2 < high
    assert high - low < 0.1
    assert whole.high - whole.low > 3


def test_clip_interval_covers_as_often_as_it_says():
    inside = 0
    for seed in range(200):
        sample = np.random.default_rng([seed, 7]).standard_normal(30)
        low, high = interval_by_clip({"a": sample}, seed=seed)
        inside += low <= 0 <= high
    assert 0.88 <= inside / 200 <= 0.99


def test_a_paired_difference_sees_what_clips_hide():
    clips = 10 * RANDOM.standard_normal(30)
    speakers = ["a"] * 15 + ["b"] * 15
    found = paired(_row(clips - 0.5, speakers), _row(clips, speakers), "lip_error_mean_mm")
    assert found["difference"] == pytest.approx(-0.5)
    assert found["by_clip_95"] == pytest.approx([-0.5, -0.5])
    assert found["share_smaller"] == 1.0
    assert (found["clips"], found["people"]) == (30, 2)


def test_clips_without_the_figure_in_one_row_are_left_out_of_both():
    nan = float("nan")
    found = paired(_row([1, nan, 3], "abb"), _row([0, 5, 0], "abb"), "lip_error_mean_mm")
    assert found["clips"] == 2
    assert found["difference"] == pytest.approx(2.0)
    assert paired(_row([nan], "a"), _row([1], "a"), "lip_error_mean_mm") is None


def test_figures_tell_each_person_and_lags_take_the_median():
    found = figures_with_intervals(_row([1, 3, 8], "aab"))["lip_error_mean_mm"]
    assert found["value"] == pytest.approx((2 + 8) / 2)
    assert found["per_person"] == {"a": 2.0, "b": 8.0}
    assert found["by_person_95"][0] <= found["by_clip_95"][0]
    lag = figures_with_intervals(_row([0, 1, 9], "aab", "mouth_lag_frames"))["mouth_lag_frames"]
    assert lag["value"] == 1.0
    assert "by_person_95" not in lag


def test_no_value_at_all_is_none():
    assert figures_with_intervals(_row([float("nan")], "a"))["lip_error_mean_mm"]["value"] is None
