"""Clips to people to one figure."""

from __future__ import annotations

import numpy as np
import pytest

from xtalker.metrics import summarise, summarise_difference
from xtalker.values import InputError

RANDOM = np.random.default_rng(8)


def test_people_count_alike_however_many_clips_they_have():
    summary = summarise({"a": np.full(90, 1.0), "b": np.array([3.0, 5.0])})
    assert summary.mean == pytest.approx(2.5)
    assert (summary.people, summary.clips) == (2, 92)


def test_order_and_doubling_of_clips_leave_the_mean():
    clips = RANDOM.normal(size=30)
    mean = summarise({"a": clips}).mean
    assert summarise({"a": clips[::-1]}).mean == pytest.approx(mean)
    assert summarise({"a": np.tile(clips, 2)}).mean == pytest.approx(mean)


def test_interval_of_one_person_is_that_of_the_mean_of_clips():
    clips = RANDOM.normal(5, 2, 400)
    summary = summarise({"a": clips})
    half = 1.96 * clips.std() / np.sqrt(400)
    assert summary.low == pytest.approx(clips.mean() - half, abs=0.15 * half)
    assert summary.high == pytest.approx(clips.mean() + half, abs=0.15 * half)


def test_people_who_differ_widen_the_interval():
    alike = {name: RANDOM.normal(5, 0.1, 50) for name in "abcd"}
    different = {name: mine + 3 * i for i, (name, mine) in enumerate(alike.items())}
    width = lambda s: s.high - s.low  # noqa: E731
    assert width(summarise(different)) > 20 * width(summarise(alike))


def test_the_same_seed_gives_the_same_interval():
    clips = {"a": RANDOM.normal(size=20)}
    assert summarise(clips, seed=1) == summarise(clips, seed=1)
    assert summarise(clips, seed=1) != summarise(clips, seed=2)


def test_a_paired_difference_is_surer_than_the_figures():
    hard = RANDOM.normal(5, 2, 60)
    ours, theirs = {"a": hard}, {"a": hard + 0.5 + RANDOM.normal(0, 0.05, 60)}
    gain = summarise_difference(theirs, ours)
    assert gain.mean == pytest.approx(0.5, abs=0.05)
    assert 0.4 < gain.low < gain.high < 0.6


def test_what_cannot_be_summarised_is_refused():
    with pytest.raises(InputError, match="no people"):
        summarise({})
    with pytest.raises(InputError, match="b's track is too short"):
        summarise({"a": np.ones(2), "b": np.ones(0)})
    with pytest.raises(InputError, match="NaN"):
        summarise({"a": np.array([1.0, np.nan])})
    with pytest.raises(InputError, match=r"\['a'\] and \['b'\]"):
        summarise_difference({"a": np.ones(2)}, {"b": np.ones(2)})
    with pytest.raises(InputError, match=r"predicted \(2,\), true \(3,\)"):
        summarise_difference({"a": np.ones(2)}, {"a": np.ones(3)})
