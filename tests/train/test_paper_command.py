"""The paper's recipe from the command line."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

import pytest
import torch
from tests.tiny.clips import write_tiny_clips

from xtalker.networks.paper.checkpoint import read_paper
from xtalker.train.__main__ import main
from xtalker.values import InputError


def _weights(path: Path) -> dict[str, torch.Tensor]:
    return read_paper(path).network.state_dict()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_clips(tmp_path_factory.mktemp("clips"), count=16)


def test_dry_run_prints_and_trains_nothing(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tiny = ["--set", "width=16", "--set", "attention_heads=2", "--crop-frames", "60", "--batch", "2"]
    arguments = ["--recipe", "paper", "--data", str(folder), "--out", str(tmp_path / "a.safetensors"), "--dry-run"]
    assert main([*arguments, *tiny]) == 0
    out = capsys.readouterr().out
    assert "parameters" in out and "memory" in out and "hours" in out and "reference=neutral" in out
    assert main([*arguments, *tiny, "--as-published"]) == 0
    assert "reference=neutral" not in capsys.readouterr().out and list(tmp_path.iterdir()) == []


def test_out_of_time_exports_and_resumes(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tiny = ["--set", "width=16", "--set", "attention_heads=2", "--crop-frames", "60", "--batch", "2", "--steps", "2"]
    arguments = ["--recipe", "paper", "--data", str(folder), *tiny]
    assert main([*arguments, "--out", str(tmp_path / "a.safetensors")]) == 0
    assert main([*arguments, "--out", str(tmp_path / "b.safetensors"), "--minutes", "0"]) == 0
    assert "time is up; wrote" in capsys.readouterr().out and (tmp_path / "b.training.safetensors").is_file()
    one, other = _weights(tmp_path / "a.safetensors"), _weights(tmp_path / "b.safetensors")
    assert any(not torch.equal(one[name], other[name]) for name in one)
    assert main([*arguments, "--out", str(tmp_path / "b.safetensors"), "--resume"]) == 0
    other = _weights(tmp_path / "b.safetensors")
    assert all(torch.equal(one[name], other[name]) for name in one)
    card = read_paper(tmp_path / "b.safetensors").card
    assert "--recipe paper" in card.command and "--set width=16" in card.command and "width=16" in card.data


def test_tensorboard_is_told_or_named(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    board = importlib.import_module("xtalker.train.paper_log").board
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(InputError, match=r"pip install 'xtalker\[tensorboard\]'"), board(tmp_path):
        pass
    with board(None) as tell:
        tell(1, 2.0, 3.0)
    monkeypatch.undo()
    pytest.importorskip("tensorboard", reason="tensorboard is not installed: the extra 'tensorboard'")
    reader = importlib.import_module("tensorboard.backend.event_processing.event_accumulator")
    with board(tmp_path) as tell:
        tell(50, 1.5, 1e-4)
    events = reader.EventAccumulator(str(tmp_path)).Reload()
    assert [(e.step, e.value) for e in events.Scalars("loss")] == [(50, 1.5)]


@pytest.mark.parametrize(
    ("options", "text"),
    [(["--set", "hair=1"], "no field 'hair'"), (["--warmup-steps", "3"], "received --warmup-steps"),
     (["--set", "attention_heads=5"], "not an even multiple"), (["--peer", "codes"], "two recipes at once"),
     (["--ablation", "cross-attention"], "received --ablation cross-attention"), (["--batch", "3"], "shared out"),
     (["--recipe", "open", "--set", "width=16"], "received --set"), (["--recipe", "open", "--dry-run"], "--dry-run"),
     (["--recipe", "open", "--ablation", "local"], "received --ablation")],
)  # fmt: skip
def test_options_of_another_recipe_are_refused(
    options: list[str], text: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--recipe", "paper", "--data", str(folder), "--out", str(tmp_path / "a.safetensors")]
    assert (
        main([*arguments, "--set", "accumulate=2", *options] if "open" not in options else [*arguments, *options]) == 1
    )
    error = capsys.readouterr().err
    assert text in error and error.count("\n") == 1 and list(tmp_path.iterdir()) == []


def test_a_stored_run_says_what_it_was(folder: Path, tmp_path: Path) -> None:
    arguments = ["--recipe", "paper", "--data", str(folder), "--steps", "1", "--batch", "2", "--crop-frames", "60"]
    arguments += ["--set", "width=16", "--set", "attention_heads=2", "--ablation", "keyed-noise", "--as-published"]
    assert main([*arguments, "--out", str(tmp_path / "a.safetensors")]) == 0
    config = read_paper(tmp_path / "a.safetensors").network.config
    assert config.start_noise == "keyed" and config.loudness == "linear" and json.dumps(config.layout) == '"latent284"'
