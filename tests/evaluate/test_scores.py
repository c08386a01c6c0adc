"""Clips to rows of the table."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from benchmarks.quality import definitions

from xtalker.evaluate.clips import SpokenClip
from xtalker.evaluate.scores import FIGURES, Mouth, Row, figures_of, improvement_percent, matched
from xtalker.head.open_head import OpenHead
from xtalker.metrics import lip_opening
from xtalker.values import Identity, InputError, Motion
from xtalker.values.conventions import NUM_SHAPE

RANDOM = np.random.default_rng(1)


@pytest.fixture(scope="module")
def head() -> OpenHead:
    return OpenHead()


@pytest.fixture(scope="module")
def clip() -> SpokenClip:
    motion = Motion.zeros(75)
    motion.jaw[20:55, 0] = 0.12 * (1 + np.sin(np.arange(35) / 2))
    motion.head[:, 1] = 0.1 * np.sin(np.arange(75) / 9)
    identity = Identity(RANDOM.normal(0, 1, NUM_SHAPE).astype(np.float32))
    return SpokenClip(
        "s1_a", "s1", Path("a.mp4"), identity, motion, ((0.0, 0.8),), ((2.2, 3.0),), ((0.4, 0.6), (0.9, 1.0))
    )


@pytest.fixture(scope="module")
def mouth(head) -> Mouth:
    return Mouth(head)


def test_the_mouth_equals_the_whole_head(head, mouth, clip):
    motion = Motion(*(RANDOM.normal(0, 0.1, (9, n)).astype(np.float32) for n in (50, 3, 3, 2)))
    shape = mouth.shape(clip.identity, motion)
    whole = head.vertices(clip.identity, motion, canonical=True)
    np.testing.assert_allclose(shape.lips, whole[:, head.topology.regions["lips"]], atol=1e-7)
    rest = lip_opening(head.landmarks(clip.identity, Motion.zeros(1), canonical=True))
    opening = lip_opening(head.landmarks(clip.identity, motion, canonical=True)) - rest
    np.testing.assert_allclose(shape.opening_mm, opening, atol=1e-4)


def test_the_neutral_face_has_no_opening_and_an_open_jaw_has(mouth, clip):
    opening = mouth.shape(clip.identity, clip.motion).opening_mm
    np.testing.assert_allclose(opening[:20], 0, atol=1e-4)
    assert opening[20:55].max() > 5


def test_truth_scores_perfectly(mouth, clip):
    true = mouth.shape(clip.identity, clip.motion)
    figures = figures_of(true, true, clip)
    assert set(figures) == set(FIGURES)
    zero = ("lip_error_mean_mm", "lip_error_max_mm", "jaw_mae_deg", "mouth_lag_frames", "silence_speed_mm_s")
    one = ("lip_opening_r", "lip_amplitude_ratio", "head_amplitude_ratio", "lip_jitter_ratio")
    for name, perfect in {**dict.fromkeys(zero, 0), **dict.fromkeys(one, 1), "closure_recall": 0.5}.items():
        assert figures[name] == pytest.approx(perfect, abs=1e-6), name


def test_head_pose_does_not_count_in_lip_error(mouth, clip):
    true = mouth.shape(clip.identity, clip.motion)
    turned = replace(clip.motion, head=clip.motion.head + np.float32(0.4))
    assert figures_of(mouth.shape(clip.identity, turned), true, clip)["lip_error_max_mm"] == 0


def test_a_late_prediction_has_a_positive_lag(mouth, clip):
    late = Motion.concatenate([clip.motion[:2], clip.motion[:-2]])
    figures = figures_of(mouth.shape(clip.identity, late), mouth.shape(clip.identity, clip.motion), clip)
    assert figures["mouth_lag_frames"] == pytest.approx(2, abs=0.2)


def test_without_alignment_there_are_no_pauses_and_no_closures(mouth, clip):
    bare = replace(clip, leading=(), trailing=(), closures=())
    true = mouth.shape(clip.identity, clip.motion)
    missing = {name for name, value in figures_of(true, true, bare).items() if np.isnan(value)}
    assert missing == {n for n in FIGURES if n.startswith(("silence", "leading", "trailing", "closure"))}


def test_a_frame_or_two_may_be_missing_at_the_end_but_no_more(clip):
    assert matched(clip.motion, 74).num_frames == 74
    longer = matched(clip.motion, 77)
    np.testing.assert_array_equal(longer.jaw[-2:], np.tile(clip.motion.jaw[-1], (2, 1)))
    for frames in (72, 78):
        with pytest.raises(InputError, match=f"75 and {frames} frames"):
            matched(clip.motion, frames)


def _row(values: list[float], speakers: list[str]) -> Row:
    return Row(speakers, [dict.fromkeys(FIGURES, value) for value in values])


def test_rows_average_over_people_and_lags_take_the_median():
    row = _row([1.0, 1.0, 1.0, 5.0], ["a", "a", "a", "b"])
    assert row.means()["lip_error_mean_mm"] == pytest.approx(3.0)
    assert row.means()["mouth_lag_frames"] == 1.0
    low, high = row.intervals()["lip_error_mean_mm"]
    assert low <= 3.0 <= high


def test_clips_without_a_figure_are_left_out_and_none_at_all_is_none():
    row = _row([2.0, float("nan")], ["a", "b"])
    assert row.figure("closure_recall") == 2.0
    assert _row([float("nan")], ["a"]).figure("closure_recall") is None


def test_improvement_is_in_percent_of_theirs():
    ours, theirs = _row([1.0, 1.5], ["a", "a"]), _row([2.0, 2.5], ["a", "a"])
    gain = improvement_percent(ours, theirs, "lip_error_mean_mm")
    assert gain["percent"] == pytest.approx(100 * 1.0 / 2.25)
    assert gain["low"] == pytest.approx(gain["percent"])  # every clip gains the same


def test_every_figure_says_what_it_is():
    cards = definitions()
    assert set(cards) == set(FIGURES)
    assert cards["lip_error_max_mm"]["unit"] == "mm"
    assert cards["mouth_lag_frames"]["over_clips"] == "median"


def test_where_truth_is_still_there_is_no_ratio_and_errors_are_all_the_same_there(mouth, clip):
    """A capture of the mouth alone has a head that never moves."""
    still = replace(clip.motion, head=np.zeros_like(clip.motion.head))
    found = figures_of(mouth.shape(clip.identity, clip.motion), mouth.shape(clip.identity, still), clip)
    assert np.isnan(found["head_amplitude_ratio"]) and found["lip_error_mean_mm"] == 0
    frozen = Motion.zeros(75)
    found = figures_of(mouth.shape(clip.identity, clip.motion), mouth.shape(clip.identity, frozen), clip)
    assert np.isnan([found[n] for n in ("lip_opening_r", "mouth_lag_frames", "lip_jitter_ratio")]).all()
    assert found["lip_error_mean_mm"] > 0
