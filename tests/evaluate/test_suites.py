"""Suites on invented clips: known rows have known figures."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from tests.tiny.generator import tiny_generator

from xtalker.evaluate import plots
from xtalker.evaluate.bench import BASELINES, System, cycled, set_up, shifted
from xtalker.evaluate.datasets import open_dataset
from xtalker.evaluate.report import html, plain_report, shown, write_html, write_json
from xtalker.evaluate.suites import SUITES, definitions, run_suite, suite_names
from xtalker.metrics import METRICS
from xtalker.train.clips import read_clip
from xtalker.values import InputError, Motion


@pytest.fixture(scope="module")
def lips(bench):
    return run_suite("lips", bench, pictures=False)


@pytest.fixture(scope="module")
def report(bench, lips):
    return plain_report(bench, [lips], {"hardware": {"cores": 1}, "versions": {"numpy": "0"}})


def test_a_prepared_folder_is_measured_on_its_test_split(dataset):
    assert [clip.name for clip in dataset.clips] == ["clip_10", "clip_09", "clip_11"]
    assert dataset.people == ("a", "b")
    assert len(dataset.training) == 9
    assert not dataset.has_sound
    assert "average head" in dataset.about


def test_a_folder_without_clips_is_refused(tmp_path):
    for folder, found in ((tmp_path, "a folder without clips"), (tmp_path / "none", "no such folder")):
        with pytest.raises(InputError, match=found):
            open_dataset(folder, read=read_clip)


def test_an_empty_split_is_refused(clips_folder):
    with pytest.raises(InputError, match="no clips to measure on"):
        open_dataset(clips_folder, read=read_clip, split="validation")


def test_every_table_has_checkpoints_and_the_seven_baselines(lips):
    (table,) = lips.tables
    assert list(table.rows) == ["one", "two", *BASELINES]
    assert all(len(row.clips) == 3 for row in table.rows.values())


def test_truth_is_perfect_and_the_baselines_are_what_they_say(lips, bench):
    rows = lips.tables[0].rows
    assert rows["truth"].figure("lip_error_mean_mm") == 0
    assert rows["truth"].figure("lip_opening_r") == pytest.approx(1)
    assert rows["hold_first_frame"].figure("lip_amplitude_ratio") == pytest.approx(0, abs=1e-6)
    assert rows["mean_face"].figure("lip_amplitude_ratio") == pytest.approx(0, abs=1e-6)
    assert rows["loudness_to_jaw"].figure("lip_opening_r") > 0.6  # in these clips the jaw follows the loudness
    assert rows["shifted_late"].figure("lip_error_mean_mm") != rows["one"].figure("lip_error_mean_mm")
    assert rows["second_seed"].figure("lip_error_mean_mm") != rows["one"].figure("lip_error_mean_mm")


def test_what_prepared_clips_cannot_tell_is_said(lips, report):
    found = report["suites"]["lips"]
    assert "word times" in found["not_computed"]["closure_recall"]
    assert found["tables"][0]["rows"]["one"]["closure_recall"]["value"] is None
    assert "teeth" in lips.not_computed["labiodental_recall"]
    assert "not the sound" in found["not_computed"]["sync_confidence"]


def test_pose_measures_the_head_and_says_why_there_are_no_beats(bench):
    result = run_suite("pose", bench, pictures=False)
    rows = result.tables[0].rows
    assert rows["truth"].figure("head_error_deg") == 0
    assert rows["truth"].figure("head_amplitude_ratio") == pytest.approx(1)
    assert rows["one"].figure("beat_align") is None
    assert "not the sound" in result.not_computed["beat_align"]


def test_emotion_has_the_upper_face_and_says_what_it_lacks(bench):
    result = run_suite("emotion", bench, pictures=False)
    rows = result.tables[0].rows
    assert rows["truth"].figure("upper_face_error_mm") == 0
    assert rows["one"].figure("upper_face_error_mm") > 0
    assert {"emo_fid", "emo_cos", "bleed_happy_mm"} <= set(result.not_computed)


def test_robustness_needs_sound(bench):
    result = run_suite("robust", bench, pictures=False)
    assert result.tables == ()
    assert set(result.not_computed) == set(result.figures)


@pytest.mark.parametrize("name", list(SUITES))
def test_every_figure_has_a_card(name):
    from importlib import import_module

    module = import_module(SUITES[name].split(":")[0])
    figures = getattr(module, "FIGURES", {})
    assert set(definitions(figures)) == set(figures)
    assert set(figures.values()) <= set(METRICS)


def test_an_unknown_suite_is_refused():
    assert suite_names("all") == tuple(SUITES)
    with pytest.raises(InputError, match="unknown suite: received hair"):
        suite_names("hair")


def test_two_checkpoints_of_one_name_are_refused(dataset, bench):
    twice = [System("one", tiny_generator())] * 2
    for systems in (twice, [System("truth", tiny_generator())], []):
        with pytest.raises(InputError, match="cannot be told apart"):
            set_up(dataset, systems, head=bench.head)


def test_checkpoints_are_compared_with_each_other_and_with_every_baseline(report):
    pairs = [(c["row"], c["minus"]) for c in report["suites"]["lips"]["tables"][0]["comparisons"]]
    assert ("one", "two") in pairs and ("two", "one") not in pairs
    assert {other for row, other in pairs if row == "two"} == set(BASELINES) - {"truth"}


def test_the_report_is_plain_json(report, tmp_path):
    write_json(tmp_path / "a.json", report)
    again = json.loads((tmp_path / "a.json").read_text())
    assert again == report
    clips = again["suites"]["lips"]["tables"][0]["per_clip"]["one"]
    row = again["suites"]["lips"]["tables"][0]["rows"]["one"]["lip_error_mean_mm"]
    by_person = [clips[0]["lip_error_mean_mm"], np.mean([c["lip_error_mean_mm"] for c in clips[1:]])]
    assert row["value"] == pytest.approx(np.mean(by_person), rel=1e-4)


def test_the_page_needs_nothing_else(report, lips, tmp_path):
    write_html(tmp_path / "a.html", report, [lips])
    text = (tmp_path / "a.html").read_text()
    assert "<script" not in text
    assert not re.search(r"(src|href)=['\"]?(?!data:)", text)
    assert "http" not in text.replace("http-equiv", "")
    for name in ("one", "two", *BASELINES):
        assert f">{name}</td>" in text


def test_columns_stand_in_the_order_of_the_suite_and_zeros_are_plain(report, lips):
    text = html(report, [lips]).replace("<wbr>", "")
    head = text[text.index("<th>row</th>") : text.index("</tr>")]
    places = [head.index(f"<th>{name}<br>") for name in lips.figures]
    assert places == sorted(places)
    assert (shown(1.8e-16), shown(-0.0), shown(2.5e-7), shown(0.12345)) == ("0.000", "0.000", "2.50e-07", "0.123")


def test_names_cannot_break_the_page(report, lips):
    evil = json.loads(json.dumps(report).replace('"one"', '"<b onload=x>"'))
    assert "<b onload" not in html(evil, [lips])


def test_shifting_moves_time_and_nothing_else():
    motion = Motion.zeros(20)
    motion.jaw[:, 0] = np.arange(20) / 100
    late, early = shifted(motion, 0.08), shifted(motion, -0.08)
    np.testing.assert_allclose(late.jaw[2:, 0], motion.jaw[:-2, 0], atol=1e-7)
    np.testing.assert_allclose(early.jaw[:-2, 0], motion.jaw[2:, 0], atol=1e-7)
    assert late.jaw[0, 0] == 0 and early.jaw[-1, 0] == motion.jaw[-1, 0]


def test_cycling_begins_again():
    motion = Motion.zeros(3)
    motion.jaw[:, 0] = (1, 2, 3)
    assert cycled(motion, 5).jaw[:, 0].tolist() == [1, 2, 3, 1, 2]
    assert cycled(motion, 2).jaw[:, 0].tolist() == [1, 2]


def test_pictures_are_png_files(bench):
    pytest.importorskip("matplotlib")
    from xtalker.evaluate.scores import Mouth
    from xtalker.evaluate.strips import side_by_side, worst_moments

    places = np.arange(3)
    mouth = Mouth(bench.head)
    first = bench.motions["one"][0]
    made = (
        plots.opening(bench, mouth, 0), plots.sound_and_closures(bench, mouth, 0), plots.heat_map(bench, places),
        plots.expressions(bench, places), plots.head_path(bench, 0), side_by_side(bench.head, bench.clips[0], first),
    )  # fmt: skip
    assert all(picture.png.startswith(b"\x89PNG") and picture.title for picture in made)
    assert (np.diff(worst_moments(bench.head, bench.clips[0], first)) > 0).all()


def test_principal_components_find_the_plane():
    random = np.random.default_rng(0)
    plane = np.linalg.qr(random.normal(size=(6, 2)))[0]
    rows = random.normal(size=(200, 2)) * [3, 1] @ plane.T + 5
    basis, mean, share = plots.principal_components(rows, 2)
    np.testing.assert_allclose(basis @ basis.T, plane @ plane.T, atol=1e-9)
    np.testing.assert_allclose((rows - mean) @ basis @ basis.T + mean, rows, atol=1e-9)
    assert share.sum() == pytest.approx(1) and share[0] > share[1]
