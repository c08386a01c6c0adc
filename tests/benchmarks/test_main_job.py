"""The command, where it needs no data; and on a few real clips."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks.measured_run import __file__ as measured_run

from benchmarks import main_job

ROOT = Path(main_job.__file__).parents[1]
BARS = ("lip_error_mean_mm", "lip_error_max_mm", "lip_opening_r", "mouth_lag_frames", "silence_open_mm")


def _report(*arguments: str) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, str(ROOT / "benchmarks" / "main_job.py"), "--json", *arguments],
        capture_output=True, text=True, check=False, cwd="/",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)  # one object, nothing else


def test_without_data_quality_is_null_and_says_why(tmp_path):
    report = _report("--part", "quality", "--data", str(tmp_path))
    assert [report[name] for name in BARS] == [None] * len(BARS)
    assert f"no GRID clips in {tmp_path}" in report["reasons"]["lip_opening_r"]
    assert report["baselines"] is None
    assert report["hardware"]["cores"] >= 1
    assert report["versions"]["numpy"]


def test_a_missing_checkpoint_is_one_line(tmp_path, capsys):
    assert main_job.main(["--part", "quality", "--checkpoint", str(tmp_path / "none.safetensors")]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("main_job: ") and captured.err.count("\n") == 1


def test_numbers_are_plain_and_finite():
    value = {"a": [1.23456789, float("nan")], "b": None, "c": 3, "d": (float("inf"),), "e": True}
    assert main_job._plain(value) == {"a": [1.23457, None], "b": None, "c": 3, "d": [None], "e": True}


def test_the_table_shows_what_is_missing_once():
    row = dict.fromkeys(main_job.TABLE, 0.5) | {"lip_opening_r": None}
    report = row | {
        "hardware": {"processor": "P", "cores": 2}, "split": "test", "clips": 3, "baselines": {"mean_face": row},
        "reasons": {"a": "no weights", "b": "no weights"}, "head_250_frames_s": 0.1234,
    }  # fmt: skip
    text = main_job.table(report)
    assert "without a, b: no weights" in text
    assert "GRID speaker 1, test, 3 clips" in text
    assert "0.1234" in text
    assert [line.split()[0] for line in text.splitlines() if line.startswith(("ours", "mean"))] == ["ours", "mean_face"]


def test_a_measured_run_reports_time_memory_and_the_exit_code():
    work = "import time; x = bytearray(200_000_000); time.sleep(0.3); print('said'); raise SystemExit(3)"
    done = subprocess.run(
        [sys.executable, measured_run, sys.executable, "-c", work], capture_output=True, text=True, check=False
    )
    figures = json.loads(done.stdout)
    assert done.returncode == 3
    assert done.stderr.strip() == "said"
    assert 0.3 <= figures["wall_s"] < 30
    assert 200 < figures["peak_mb"] < 260


def test_a_large_parent_does_not_count():
    ballast = bytearray(300_000_000)
    done = subprocess.run(
        [sys.executable, measured_run, sys.executable, "-c", "pass"], capture_output=True, text=True, check=True
    )
    assert len(ballast) > 0
    assert json.loads(done.stdout)["peak_mb"] < 60


@pytest.mark.real
def test_the_light_speed_figures_can_be_measured():
    pytest.importorskip("torch", reason="compares with PyTorch")
    from benchmarks import speed

    figures = speed.head_figures() | speed.portrait_figures()
    assert figures["head_torch_numba_max_m"] < 1e-5
    assert 0 < figures["head_250_frames_s"] < 60
    assert 0 < figures["portrait_residual_percent"] < 10
