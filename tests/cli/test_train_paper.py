"""`xtalker train generator --recipe paper` on invented clips, and what `xtalker evaluate` makes of the result."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from tests.cli.conftest import Command, listing
from tests.tiny.clips import write_tiny_clips
from tests.tiny.speech import tiny_features

from xtalker.networks.paper.generate import PaperGenerator

_TINY = ("train", "generator", "--recipe", "paper", "--set", "width=16", "--set", "attention_heads=2", "--batch", 2,
         "--crop-frames", 60, "--steps", 2)  # fmt: skip


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_clips(tmp_path_factory.mktemp("paper") / "clips")


def test_planned_trained_and_evaluated(xtalker: Command, clips: Path, work: Path) -> None:
    planned = xtalker(*_TINY, "--data", clips, "-o", "paper.safetensors", "--dry-run", "--json")
    assert planned.code == 0, planned.err
    report = json.loads(planned.out)
    assert report["steps"] == 2 and report["hours"] > 0 and report["memory_gb"] > 0 and report["parameters"] > 1e4
    assert report["deviations"]["reference"] == "neutral" and "measured on this cpu" in report["how"]
    assert listing(work) == {}
    trained = xtalker(*_TINY, "--data", clips, "-o", "paper.safetensors", "--json")
    assert trained.code == 0, trained.err
    assert json.loads(trained.out)["parameters"] == report["parameters"]
    assert PaperGenerator.from_checkpoint(work / "paper.safetensors").generate(tiny_features(20), seed=0)
    measured = xtalker("evaluate", "paper.safetensors", "paper.safetensors@2", "--data", clips, "--json", "found.json")
    assert measured.code == 0, measured.err
    rows = json.loads((work / "found.json").read_text())["suites"]["lips"]["tables"][0]["rows"]
    assert {"paper", "paper@2"} <= set(rows)


def test_out_of_time_is_no_failure(xtalker: Command, clips: Path, work: Path) -> None:
    stopped = xtalker(*_TINY, "--data", clips, "-o", "a.safetensors", "--minutes", 0)
    assert stopped.code == 0, stopped.err
    assert "as it stands after 0 minutes" in stopped.out and "--resume continues" in stopped.out
    assert sorted(listing(work)) == ["a.safetensors", "a.training.safetensors"]
    assert xtalker(*_TINY, "--data", clips, "-o", "a.safetensors", "--resume").code == 0
    assert sorted(listing(work)) == ["a.safetensors"]


@pytest.mark.parametrize(
    ("options", "text"),
    [(["--set", "hair=1"], "no field 'hair'"), (["--device", "cuda"], "no such device"),
     (["--tensorboard", "logs"], "pip install 'xtalker[tensorboard]'"), (["--resume"], "there is no run to resume")],
)  # fmt: skip
def test_bad_input_is_one_line(
    options: list[str], text: str, xtalker: Command, clips: Path, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    assert text in xtalker(*_TINY, "--data", clips, "-o", "a.safetensors", *options).refusal()
    assert listing(work) == {}
