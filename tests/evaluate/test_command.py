"""The verb without real models: wrong usage, bad input in one line, a study, a report of tiny parts."""

from __future__ import annotations

import argparse
import json

import pytest
from tests.tiny.generator import tiny_generator, write_tiny_generator

from xtalker.cli import evaluate
from xtalker.performance import parts
from xtalker.values import XtalkerError


def _run(*arguments):
    parser = argparse.ArgumentParser()
    evaluate.add_to(parser.add_subparsers(required=True))
    options = parser.parse_args(["evaluate", *map(str, arguments)])
    return options.run(options)


@pytest.mark.parametrize(
    "arguments", [[], ["default"], ["--peer", "x", "--data", "y", "--report", "z.html"], ["default", "--study", "x"],
                  ["--study", "x"], ["--study-answers", "x"], ["default", "--data", "x", "--suite", "hair"],
                  ["default", "--data", "x", "--clips", "0"]],
)  # fmt: skip
def test_wrong_usage_is_refused(arguments, capsys):
    with pytest.raises(SystemExit) as leaving:
        _run(*arguments)
    assert leaving.value.code == 2
    assert "error:" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["none.safetensors", "--data", "."], "cannot read the checkpoint"),
        (["default", "--data", "none"], "not a data set that can be measured on"),
        (["default", "--data", ".", "--report", "a.pdf"], "unknown kind of output file"),
        (["default", "--data", ".", "--json", "a.html", "--report", "a.html"], "unknown kind of output file"),
        (["--peer", "none", "--data", "."], "no folder of another system's output"),
        (["--study", "x", "--videos", "a"], "cannot be told apart"),
        (["--study-answers", "a.json", "--study-key", "k.json"], "cannot read the key of a study"),
    ],
)
def test_bad_input_is_one_line(arguments, text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(parts, "generator", tiny_generator)
    with pytest.raises(XtalkerError, match=text) as refusal:
        _run(*arguments)
    assert "\n" not in str(refusal.value)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_generator_is_refused(tmp_path, clips_folder):
    from safetensors.numpy import save_file

    path = tmp_path / "a.safetensors"
    for write in (lambda: path.write_bytes(b"x" * 100), lambda: save_file({}, path)):
        write()
        with pytest.raises(XtalkerError):
            _run(path, "--data", clips_folder)


def test_two_checkpoints_to_a_page_and_json(tmp_path, clips_folder, monkeypatch):
    monkeypatch.setattr("xtalker.evaluate.plots.available", lambda: False)
    path = write_tiny_generator(tmp_path / "tiny.safetensors")
    monkeypatch.setattr(parts, "generator", tiny_generator)
    page, figures = tmp_path / "a.html", tmp_path / "a.json"
    report = _run(path, "default", "--data", clips_folder, "--json", figures, "--report", page)
    saved = json.loads(figures.read_text())
    assert list(saved["checkpoints"]) == ["tiny", "default"]
    assert len(saved["checkpoints"]["tiny"]["sha256"]) == 64
    assert saved["suites"]["lips"]["tables"][0]["rows"]["truth"]["lip_error_mean_mm"]["value"] == 0
    assert page.read_text().startswith("<!doctype html>")
    assert any("extra 'plots'" in line for line in report.lines)


def test_a_study_is_made(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "one.mp4").write_bytes(b"video")
    report = _run("--study", tmp_path / "test", "--videos", tmp_path / "a", tmp_path / "b")
    assert report.figures["clips"] == ["one"]
    assert (tmp_path / "test/index.html").is_file() and (tmp_path / "test.key.json").is_file()
