"""The page of speed; measuring itself is run by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import throughput


def _report() -> dict[str, object]:
    lengths = [
        {"seconds": 10, "motion_wall_s": 3.0, "motion_peak_mb": 700.0, "video_wall_s": 9.0, "video_peak_mb": 800.0},
        {"seconds": 1800, "motion_wall_s": 90.0, "motion_peak_mb": 900.0},
    ]
    found = {
        "stages": {"decode": 2500.0, "export to .glb": 250.0}, "first_picture_s": {"imports": 0.5}, "lengths": lengths,
    }  # fmt: skip
    return {
        "hardware": {"processor": "a processor", "cores": 2, "memory_gb": 24.0},
        "versions": {"python": "3.11"},
        "parts": {name: {"found": each, "load_averages_1min": [0.1, 3.0]} for name, each in found.items()},
    }


def test_the_page_has_every_figure_with_hardware_and_versions() -> None:
    text = "\n".join(throughput.page(_report()))
    assert (
        "a processor, 2 cores, 24 GB" in text
        and "python 3.11" in text
        and text.count("Load 0.1 before, 3.0 after") == 3
    )
    assert "| decode | 2,500 | 100.0 |" in text and "| export to .glb | 250 | 10.0 |" in text
    assert "| imports | 0.50 |" in text
    assert "| 10 s | 3 | 700 | 9 | 800 |" in text and "| 30 min | 90 | 900 | - | - |" in text


def test_rate_is_frames_over_the_fastest_time_but_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = iter([0.0, 0.1, 1.0, 3.0, 4.0, 4.5, 5.0, 6.0, 7.0, 9.0, 10.0, 12.0])
    monkeypatch.setattr(throughput.time, "perf_counter", lambda: next(ticks))
    assert throughput.rate(lambda: None, 50) == 100


def test_a_failed_run_says_its_last_line() -> None:
    import sys

    with pytest.raises(RuntimeError, match="code 3: it broke"):
        throughput.run_command([sys.executable, "-c", "import sys; print('it broke', file=sys.stderr); sys.exit(3)"])


def test_a_part_is_measured_again_and_the_others_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RESULTS", "PAGE"):
        monkeypatch.setattr(throughput, name, tmp_path / name)
    throughput.RESULTS.write_text(json.dumps(_report()))
    monkeypatch.setattr(throughput, "first_picture", lambda folder: {"imports": 0.25})
    assert throughput.main(["--part", "first_picture_s"]) == 0
    parts = json.loads(throughput.RESULTS.read_text())["parts"]
    assert parts["first_picture_s"]["found"] == {"imports": 0.25}
    assert parts["stages"] == _report()["parts"]["stages"]
    assert "| imports | 0.25 |" in throughput.PAGE.read_text()
