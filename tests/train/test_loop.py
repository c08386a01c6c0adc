import importlib
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.tiny.clips import tiny_clip, write_tiny_clips
from tests.tiny.generator import TINY_CONFIG

from xtalker.generator import Generator, SilenceGate
from xtalker.generator.channels import temperatures
from xtalker.train.__main__ import main
from xtalker.train.batches import Batch, ClipBank, draw_batch, open_bank
from xtalker.train.loop import Job, train
from xtalker.train.recipes import RECIPES
from xtalker.train.recipes.open import OpenRecipe
from xtalker.values import InputError, SpeechFeatures

_SHORT = OpenRecipe(steps=8, batch=4, crop_frames=20, warmup_steps=2, generator=replace(TINY_CONFIG, dropout=0.2))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_clips(tmp_path_factory.mktemp("clips"), count=32)


@pytest.fixture(scope="module")
def bank(folder: Path) -> ClipBank:
    return open_bank(folder)


def _stop_after(steps: int):
    left = iter(range(steps))
    return lambda: next(left, None) is None


def test_resumed_equals_uninterrupted(bank: ClipBank, tmp_path: Path) -> None:
    whole, parts = Job(tmp_path / "whole.safetensors"), Job(tmp_path / "parts.safetensors")
    train(bank, _SHORT, whole)
    assert train(bank, _SHORT, parts, should_stop=_stop_after(3)) is None
    assert not parts.out.exists() and parts.training_checkpoint.exists()
    torch.rand(5)  # what happens elsewhere does not matter
    assert train(bank, _SHORT, replace(parts, resume=True), should_stop=_stop_after(2)) is None
    assert train(bank, _SHORT, replace(parts, resume=True)) is not None
    assert parts.out.read_bytes() == whole.out.read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["parts.safetensors", "whole.safetensors"]


@pytest.mark.parametrize("fault", [MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory")])
def test_a_step_that_fails_loses_nothing(
    bank: ClipBank, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    whole, parts = Job(tmp_path / "whole.safetensors"), Job(tmp_path / "parts.safetensors")
    train(bank, _SHORT, whole)

    def draw(bank: ClipBank, recipe: OpenRecipe, step: int) -> Batch:
        if step == 5:
            raise fault
        return draw_batch(bank, recipe, step)

    with monkeypatch.context() as patched, pytest.raises(type(fault)):
        patched.setattr("xtalker.train.loop.draw_batch", draw)
        train(bank, _SHORT, parts)
    assert train(bank, _SHORT, replace(parts, resume=True)) is not None
    assert parts.out.read_bytes() == whole.out.read_bytes()


def test_checkpoints_on_the_way_do_not_change_the_run(bank: ClipBank, tmp_path: Path) -> None:
    train(bank, _SHORT, Job(tmp_path / "a.safetensors"))
    train(bank, _SHORT, Job(tmp_path / "b.safetensors", save_every=1))
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()


def test_training_leaves_the_global_generator_alone(bank: ClipBank, tmp_path: Path) -> None:
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    train(bank, replace(_SHORT, steps=1), Job(tmp_path / "a.safetensors"))
    assert torch.equal(torch.rand(4), expected)


def test_resuming_something_else_is_refused(bank: ClipBank, tmp_path: Path) -> None:
    job = Job(tmp_path / "a.safetensors", resume=True)
    train(bank, _SHORT, replace(job, resume=False), should_stop=_stop_after(1))
    with pytest.raises(InputError, match="started with another recipe"):
        train(bank, replace(_SHORT, batch=5), job)
    with pytest.raises(InputError, match="started with another data"):
        train(replace(bank, digest="other"), _SHORT, job)


def test_learning_rate_rises_and_falls_to_zero() -> None:
    recipe = OpenRecipe(steps=100, warmup_steps=10, learning_rate=1.0)
    rates = [recipe.learning_rate_at(step) for step in range(101)]
    assert rates[0] == pytest.approx(0.1) and max(rates) == pytest.approx(1) and rates[9] == pytest.approx(1)
    assert rates[100] == pytest.approx(0, abs=1e-9) and (np.diff(rates[10:]) < 0).all()


def test_learns_that_the_jaw_follows_the_loudness(bank: ClipBank, tmp_path: Path) -> None:
    config = replace(TINY_CONFIG, width=32)
    recipe = OpenRecipe(
        steps=250, batch=16, crop_frames=30, learning_rate=5e-3, warmup_steps=20, gain_db=0.0, generator=config
    )
    train(bank, recipe, Job(tmp_path / "tiny.safetensors"))
    generator = Generator.from_checkpoint(tmp_path / "tiny.safetensors")
    generator = replace(generator, gate=SilenceGate(enabled=False), temperature=temperatures(rest=0.7))
    error, baseline, follows = [], [], []
    mean = np.mean([tiny_clip("x", seed=i).motion.jaw[:, 0] for i in range(24)], axis=0)
    for seed in range(100, 106):
        clip = tiny_clip("unseen", seed=seed)
        features = SpeechFeatures(clip.linguistic[0], clip.amplitude, clip.encoder)
        jaw = generator.generate(features, seed=seed).jaw[:, 0]
        error.append(np.abs(jaw - clip.motion.jaw[:, 0]).mean())
        baseline.append(np.abs(mean - clip.motion.jaw[:, 0]).mean())
        follows.append(np.corrcoef(jaw, clip.motion.jaw[:, 0])[0, 1])
    assert np.mean(error) < 0.35 * np.mean(baseline)
    assert np.mean(follows) > 0.95


def test_command_line_trains_and_writes_the_card(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "cli.safetensors"
    arguments = ["--recipe", "open", "--data", str(folder), "--out", str(out), "--steps", "1", "--batch", "2",
                 "--crop-frames", "10", "--licence", "CC0-1.0", "--about-data", "invented", "--bfloat16",
                 "--jaw-open-angle-rad", "0.5"]  # fmt: skip
    assert main(arguments) == 0
    generator = Generator.from_checkpoint(out)
    assert generator.card.licence == "CC0-1.0" and generator.card.seed == "0"
    assert generator.card.data.startswith("invented; 24 clips, 2 speakers")
    assert generator.card.command.startswith("xtalker train generator --data clips")
    assert generator.network.config.jaw_open_angle_rad == 0.5
    assert generator.network.config.speech_channels == 8
    printed = capsys.readouterr()
    assert "wrote" in printed.out


def test_command_line_says_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--data", str(tmp_path), "--out", str(tmp_path / "a.safetensors")]) == 1
    assert capsys.readouterr().err.startswith(f"error: cannot train on {tmp_path}")


def test_every_recipe_can_be_built() -> None:
    for place in RECIPES.values():
        module, _, name = place.partition(":")
        assert isinstance(getattr(importlib.import_module(module), name)(), OpenRecipe)
    assert OpenRecipe().generator.width == 192


def test_ctrl_c_ends_after_the_step_and_resume_finishes(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def draw(bank: ClipBank, recipe: OpenRecipe, step: int) -> Batch:
        if step == 1:
            signal.raise_signal(signal.SIGINT)
        return draw_batch(bank, recipe, step)

    arguments = ["--data", str(folder), "--out", str(tmp_path / "a.safetensors"), "--steps", "3", "--batch", "2"]
    monkeypatch.setattr("xtalker.train.loop.draw_batch", draw)
    before = signal.getsignal(signal.SIGINT)
    assert main(arguments) == 130
    assert "stopped; the same command with --resume continues" in capsys.readouterr().out
    assert [p.name for p in tmp_path.iterdir()] == ["a.training.safetensors"]
    monkeypatch.undo()
    assert signal.getsignal(signal.SIGINT) is before
    assert main([*arguments, "--resume"]) == 0
    assert [p.name for p in tmp_path.iterdir()] == ["a.safetensors"]
