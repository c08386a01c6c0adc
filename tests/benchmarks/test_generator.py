"""Bars, ratios and the parts of the command that need no data."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from benchmarks.clips import Heard, SpokenClip
from benchmarks.generator import BARS, PARTS, Bar, bars, table
from benchmarks.scores import Row, Shape
from tests.tiny.clips import tiny_clip
from tests.tiny.generator import tiny_generator
from tests.tiny.speech import tiny_features

from benchmarks import generator as command
from benchmarks import generator_lips, generator_live, generator_taught
from xtalker.evaluate.baselines import Lesson
from xtalker.train.clips import write_clip
from xtalker.values import Identity, Motion


def _row(error: float, recall: float = 0.5, speed: float = 1.0) -> Row:
    figures = {
        "lip_error_max_mm": error,
        generator_lips.IN_PICTURE: error,
        "closure_recall": recall,
        "silence_speed_mm_s": speed,
    }
    return Row(["a", "b"], [figures, figures])


@pytest.mark.parametrize(
    ("bar", "value", "met"),
    [
        (Bar("x.y", 0.9), 0.9, True), (Bar("x.y", 0.9), 0.89, False), (Bar("x.y", most=1.0), 1.0, True),
        (Bar("x.y", most=1.0), 1.01, False), (Bar("x.y", -0.5, 0.5), -0.6, False), (Bar("x.y", 0.9), None, None),
    ],
)  # fmt: skip
def test_a_bar_is_met_missed_or_not_measured(bar: Bar, value: float | None, met: bool | None) -> None:
    assert bar.met({"x": {"y": value}}) is met
    assert bar.met({"x": None}) is None and bar.met({}) is None


def test_every_bar_is_listed_with_its_figure_and_belongs_to_a_part() -> None:
    report = {"grid_test": {"lip_opening_r": 0.94}, "long": {"seam_error": 1.2}, "reasons": {"speed": "not asked"}}
    listed = bars(report)
    assert len(listed) == len(BARS) == len({bar.figure for bar in BARS})
    assert {bar.figure.split(".")[0] for bar in BARS} == set(PARTS)
    found = {bar["figure"]: bar for bar in listed}
    assert found["grid_test.lip_opening_r"]["met"] is True and found["long.seam_error"]["met"] is False
    text = table(report | {"bars": listed})
    assert "without speed: not asked" in text
    missed = [line for line in text.splitlines() if line.endswith("missed")]
    assert len(missed) == 1 and missed[0].startswith("long.seam_error")


def test_ratios_are_ours_over_theirs() -> None:
    rows = {"ours": _row(2.0, 0.9, 3.0), "mean_of_8": _row(1.8), "whisper_ridge": _row(2.5, 0.7),
            "whisper_ridge_same_data": _row(1.6, 0.95), "truth": _row(0.0, 1.0, 2.0)}  # fmt: skip
    found = generator_lips.ratios(rows)
    assert found["lip_max_vs_whisper_ridge"] == pytest.approx(0.8)
    assert found["lip_error_max_in_picture_mm_vs_whisper_ridge"] == pytest.approx(0.8)
    assert found["lip_max_vs_whisper_ridge_mean_of_8"] == pytest.approx(0.72)
    assert found["lip_max_vs_whisper_ridge_same_data"] == pytest.approx(1.25)
    assert found["closure_recall_minus_whisper_ridge"] == pytest.approx(0.2)
    assert found["closure_recall_minus_whisper_ridge_same_data"] == pytest.approx(-0.05)
    assert found["silence_speed_vs_truth"] == pytest.approx(1.5)
    still = {**rows, "truth": _row(0.0, np.nan, 0.0), "ours": _row(2.0, np.nan)}
    assert generator_lips.ratios(still)["silence_speed_vs_truth"] is None
    assert generator_lips.ratios(still)["closure_recall_minus_whisper_ridge"] is None


def test_the_mean_of_samples_is_theirs() -> None:
    generator, features = tiny_generator(), tiny_features(40)
    made = [generator.generate(features, seed=seed).to_matrix() for seed in range(8)]
    mean = generator_lips.mean_of_samples(generator, features).to_matrix()
    np.testing.assert_allclose(mean, np.mean(made, axis=0), atol=1e-6)
    assert np.abs(mean - made[0]).max() > 1e-3


@pytest.mark.parametrize(("opens", "closed"), [(36, 1.0), (35, 0.0)])
def test_lips_are_looked_at_0_2_s_after_the_last_word(opens: int, closed: float) -> None:
    opening = np.zeros(50)
    opening[30:opens] = 5.0  # the word ends at 1.2 s, which is frame 30
    opening[35] = 5.0 if opens == 35 else 0.0
    shape = Shape(np.zeros((50, 1, 3)), opening, np.zeros((50, 3)), np.zeros((50, 3)))
    clip = SpokenClip("a", "s1", None, Identity(), Motion.zeros(50), (), ((1.2, 2.0),), ())
    assert generator_lips.closed_after_speech(shape, clip) == {generator_lips.CLOSED: closed}


def test_a_clip_that_ends_with_its_word_has_no_such_figure() -> None:
    shape = Shape(np.zeros((50, 1, 3)), np.zeros(50), np.zeros((50, 3)), np.zeros((50, 3)))
    for trailing in ((), ((1.95, 2.0),)):
        clip = SpokenClip("a", "s1", None, Identity(), Motion.zeros(50), (), trailing, ())
        assert np.isnan(generator_lips.closed_after_speech(shape, clip)[generator_lips.CLOSED])


def test_depth_does_not_count_in_the_picture() -> None:
    true = Shape(np.zeros((50, 1, 3)), np.zeros(50), np.zeros((50, 3)), np.zeros((50, 3)))
    off = Shape(np.full((50, 1, 3), (3e-3, 4e-3, 7e-3)), np.zeros(50), np.zeros((50, 3)), np.zeros((50, 3)))
    clip = SpokenClip("a", "s1", None, Identity(), Motion.zeros(50), (), (), ())
    assert generator_lips.more_figures(off, true, clip)[generator_lips.IN_PICTURE] == pytest.approx(5.0)


def _lesson(seed: int, lift: float) -> Lesson:
    clip = tiny_clip(str(seed), seed=seed, num_frames=80)
    heard = Heard(tiny_features(80, seed, 160), np.full((80, 80), np.nan, np.float32))
    return Lesson(heard, clip.motion.to_matrix().astype(np.float64) + lift)


def test_what_a_source_does_not_see_is_learnt_from_the_other() -> None:
    grid, other = [_lesson(seed, 0.0) for seed in range(6)], [_lesson(seed, 1.0) for seed in range(6, 12)]
    observed = np.arange(58) < 53
    heard = grid[0].heard
    alone = generator_lips.ridge_of_sources(grid, [], observed)(heard)
    mixed = generator_lips.ridge_of_sources(grid, other, observed)(heard)
    np.testing.assert_allclose(mixed[:, 53:], alone[:, 53:], atol=1e-9)
    assert np.abs(mixed[:, :53] - alone[:, :53]).mean() > 0.05


def test_stored_lessons_are_the_training_clips_of_a_pattern(tmp_path: Path) -> None:
    from dataclasses import replace

    observed = np.arange(58) < 50
    for name, split in (("s1_a", "train"), ("s1_b", "test"), ("facegood_a", "train")):
        clip = tiny_clip(name, seed=1, split=split)
        write_clip(tmp_path, replace(clip, observed=observed) if name.startswith("f") else clip)
    lessons, seen = generator_lips.stored_lessons(tmp_path, "s*_*.npz", 1)
    assert len(lessons) == 1 and seen.all() and lessons[0].heard.features.linguistic.dtype == np.float32
    np.testing.assert_array_equal(generator_lips.stored_lessons(tmp_path, "facegood_*.npz", 1)[1], observed)


def test_pieces_are_the_whole_sound() -> None:
    samples = np.arange(10_000, dtype=np.float32)
    pieces = list(generator_live._cut(samples, (123, 4567, 1)))
    assert [len(piece) for piece in pieces[:4]] == [123, 4567, 1, 123]
    np.testing.assert_array_equal(np.concatenate(pieces), samples)


def test_losses_are_against_quality_mode() -> None:
    found = generator_live.opening_losses({"quality": 0.9, "low_latency": 0.87, "broken": None})
    assert found == {"low_latency_lip_opening_r_loss": pytest.approx(0.03)}
    assert generator_live.opening_losses({"quality": None, "low_latency": 0.8}) == {}


def test_one_late_gives_the_motion_before_at_the_right_length() -> None:
    generator = tiny_generator()
    late = generator_taught.OneLate(lambda features: generator.generate(features, seed=0))
    first, second = tiny_features(30, 1), tiny_features(45, 2)
    late(first)
    got = late(second)
    assert got.num_frames == 45
    np.testing.assert_array_equal(got[:30].to_matrix(), generator.generate(first, seed=0).to_matrix())


def test_a_report_keeps_the_parts_that_are_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    old = {"grid_test": {"lip_opening_r": 0.5}, "speed": {"features_and_generation_fps": 1.0}, "reasons": {"a": "why"}}
    (tmp_path / "old.json").write_text(json.dumps(old))
    monkeypatch.setattr("benchmarks.main_job._generator", lambda path: (tiny_generator(), ""))
    monkeypatch.setattr(generator_live, "speed", lambda generator, baselines: {"features_and_generation_fps": 2000.0})
    arguments = ["--json", "--part", "speed", "--keep", str(tmp_path / "old.json"), "--data", str(tmp_path)]
    assert command.main(arguments) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["grid_test"] == {"lip_opening_r": 0.5} and report["reasons"] == {"a": "why"}
    assert report["speed"]["features_and_generation_fps"] == 2000.0 and report["people_test"] is None
    assert {bar["figure"]: bar["met"] for bar in report["bars"]}["speed.features_and_generation_fps"] is True


def test_without_data_a_part_is_null_and_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setattr("benchmarks.main_job._generator", lambda path: (tiny_generator(), ""))
    assert command.main(["--json", "--part", "grid_test", "facegood_test", "--data", str(tmp_path)]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["grid_test"] is None and "no GRID clips" in report["reasons"]["facegood_test"]


def test_a_missing_checkpoint_is_one_line(tmp_path: Path, capsys) -> None:
    assert command.main(["--checkpoint", str(tmp_path / "none.safetensors")]) == 1
    said = capsys.readouterr()
    assert said.out == "" and said.err.startswith("generator: no such checkpoint") and said.err.count("\n") == 1
