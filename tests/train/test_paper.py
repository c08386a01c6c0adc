"""The paper's recipe: what a step learns from, and that parts, processes and resuming change nothing."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.tiny.clips import tiny_clip, write_tiny_clips
from tests.tiny.paper import TINY_PAPER_RECIPE, add_tiny_tracks

from xtalker.networks.paper.checkpoint import read_paper
from xtalker.networks.paper.generate import PaperGenerator
from xtalker.networks.paper.network import PaperNetwork
from xtalker.train.__main__ import main
from xtalker.train.clips import write_clip
from xtalker.train.loop import Job
from xtalker.train.paper import batch_loss, build, train_paper
from xtalker.train.paper_bank import PaperBank, open_paper_bank
from xtalker.train.paper_batches import draw_crops
from xtalker.train.paper_clips import PaperTracks, add_tracks
from xtalker.train.paper_plan import plan
from xtalker.train.paper_team import Team
from xtalker.train.recipes.paper import ON_OPEN_CLIPS, PAPER_ABLATIONS, PaperRecipe, changed, deviations, parsed
from xtalker.values import InputError, SpeechFeatures

_OPEN = changed(TINY_PAPER_RECIPE, ON_OPEN_CLIPS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_clips(tmp_path_factory.mktemp("clips"), count=16)


@pytest.fixture(scope="module")
def opened(folder: Path) -> tuple[PaperBank, PaperRecipe]:
    return open_paper_bank(folder, _OPEN, bars=False)


def _stop_after(steps: int):
    left = iter(range(steps))
    return lambda: next(left, None) is None


def _weights(path: Path) -> dict[str, torch.Tensor]:
    return read_paper(path).network.state_dict()


def _apart(one: Path, other: Path) -> float:
    a, b = _weights(one), _weights(other)
    return max(float((a[name] - b[name]).abs().max()) for name in a)


def test_published_recipe() -> None:
    recipe = PaperRecipe()
    assert (recipe.batch, recipe.crop_frames, recipe.epochs, recipe.learning_rate) == (128, 250, 100, 1e-4)
    assert (recipe.weight_decay, recipe.largest_gradient, recipe.bfloat16, recipe.average_decay) == (0.01, 1.0, True, 0)
    assert deviations(recipe) == {}
    assert deviations(changed(recipe, ON_OPEN_CLIPS)) == ON_OPEN_CLIPS
    for changes in PAPER_ABLATIONS.values():
        assert len(changes) == 1
        assert deviations(changed(recipe, changes)) == changes


@pytest.mark.parametrize(("steps", "warm_share"), [(10, 0.3), (100, 0.3), (97, 0.1)])
def test_learning_rate_is_torchs_one_cycle(steps: int, warm_share: float) -> None:
    recipe = PaperRecipe(steps=steps, warm_share=warm_share)
    optimiser = torch.optim.AdamW([torch.nn.Parameter(torch.zeros(1))], lr=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 1e-4, total_steps=steps, pct_start=warm_share)
    for step in range(steps):
        assert recipe.learning_rate_at(step) == pytest.approx(optimiser.param_groups[0]["lr"], rel=1e-9)
        optimiser.step()
        if step + 1 < steps:
            schedule.step()
    assert PaperRecipe(steps=steps, warm_share=0.0).learning_rate_at(0) == 1e-4


def test_fields_by_name() -> None:
    values = parsed(["epochs=3", "layout=open58", "dropout=0", "standard_speech=true", "learning_rate=3e-4"])
    recipe = changed(PaperRecipe(), values)
    assert (recipe.epochs, recipe.learning_rate) == (3, 3e-4) and recipe.generator.layout == "open58"
    assert recipe.generator.standard_speech is True and recipe.generator.dropout == 0.0
    for wrong, text in (
        ("hair=1", "no field 'hair'"), ("epochs=two", "must be like 100"), ("bfloat16=1", "true or false"),
        ("learning_rate=nan", "finite"), ("warmup_steps=3", "no field"), ("styles=a", "no field"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=text):
            parsed([wrong])
    for impossible in ({"reference": "last"}, {"warm_share": 1.0}, {"batch": 0}):
        with pytest.raises(ValueError, match=r"must|start at 1"):
            changed(PaperRecipe(), impossible)


def test_the_loss_is_the_mean_square_of_the_velocity(opened: tuple[PaperBank, PaperRecipe]) -> None:
    bank, recipe = opened
    batch, network = draw_crops(bank, recipe, 0, range(4)), build(bank, recipe)
    with torch.no_grad():
        for head in (network.pose_out, network.expression_out, network.identity_out):
            head.layers[-1].weight.zero_()
            head.layers[-1].bias.zero_()
    live = network.live.bool()
    _, velocity = batch.states("white", 512, network.live)
    wanted = (velocity[..., live] ** 2).mean((1, 2)).mean()
    assert float(batch_loss(network, batch, recipe, network.live).detach()) == pytest.approx(float(wanted), rel=1e-5)


def test_resumed_equals_uninterrupted(opened: tuple[PaperBank, PaperRecipe], tmp_path: Path) -> None:
    bank, recipe = opened
    recipe = changed(recipe, {"dropout": 0.2, "accumulate": 2, "average_decay": 0.9, "bfloat16": True})
    whole, parts = Job(tmp_path / "whole.safetensors", save_every=2), Job(tmp_path / "parts.safetensors")
    train_paper(bank, recipe, whole)
    assert train_paper(bank, recipe, parts, should_stop=_stop_after(3)) is None
    assert (
        parts.training_checkpoint.exists() and PaperGenerator.from_checkpoint(parts.out).encoder == bank.clips.encoder
    )
    torch.rand(5)  # what happens elsewhere does not matter
    assert train_paper(bank, recipe, replace(parts, resume=True)) is not None
    assert parts.out.read_bytes() == whole.out.read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["parts.safetensors", "whole.safetensors"]


def test_accumulated_parts_equal_the_whole_batch(opened: tuple[PaperBank, PaperRecipe], tmp_path: Path) -> None:
    bank, recipe = opened
    for parts in (1, 2, 4):
        train_paper(bank, replace(recipe, steps=3, accumulate=parts), Job(tmp_path / f"{parts}.safetensors"))
    for parts in (2, 4):
        assert _apart(tmp_path / "1.safetensors", tmp_path / f"{parts}.safetensors") < 2e-5
    train_paper(bank, replace(recipe, steps=3, batch=2), Job(tmp_path / "half.safetensors"))
    assert _apart(tmp_path / "1.safetensors", tmp_path / "half.safetensors") > 1e-3  # a part alone would not pass
    with pytest.raises(InputError, match="cannot be shared out"):
        train_paper(bank, replace(recipe, accumulate=3), Job(tmp_path / "a.safetensors"))


def _trained_together(options: list[str]) -> list[str]:
    """What each of two processes says, started as `torchrun` starts them."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        place = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free.getsockname()[1]), "WORLD_SIZE": "2",
                 "OMP_NUM_THREADS": "1"}  # fmt: skip
    command = [sys.executable, "-m", "xtalker.train", *options]
    workers = [
        subprocess.Popen(command, env={**os.environ, **place, "RANK": rank, "LOCAL_RANK": rank}, stdout=subprocess.PIPE,
                         text=True)
        for rank in "01"
    ]  # fmt: skip
    try:
        said = [worker.communicate(timeout=100)[0] for worker in workers]
    finally:
        for worker in workers:
            worker.kill()
    assert [worker.returncode for worker in workers] == [0, 0]
    return said


def test_two_processes_equal_one(tmp_path: Path) -> None:
    """Also where one process's crops all have emotion features and the other's do not."""
    clips = write_tiny_clips(tmp_path / "clips", count=16)
    for name in ("clip_00.npz", "clip_02.npz"):
        add_tracks(clips / name, PaperTracks(np.ones((50, 3), np.float32), "tiny"))
    options = ["--recipe", "paper", "--data", str(clips), "--steps", "2", "--batch", "4", "--crop-frames", "60"]
    fields = ("joins_clips=false", "width=16", "attention_heads=2", "blocks=1", "head_blocks=1", "identity_blocks=1",
              "dropout=0", "bfloat16=false", "learning_rate=0.001")  # fmt: skip
    options += [word for field in fields for word in ("--set", field)]
    assert main([*options, "--out", str(tmp_path / "one.safetensors")]) == 0
    said = _trained_together([*options, "--set", "accumulate=2", "--out", str(tmp_path / "two.safetensors")])
    assert "wrote" in said[0] and said[1] == ""
    assert _apart(tmp_path / "one.safetensors", tmp_path / "two.safetensors") < 2e-5


@pytest.mark.parametrize("changes", [{"layout": "open58"}, {"weighs_columns": True, "rotations": "added"}])
def test_learns_that_the_jaw_follows_the_loudness(changes: dict[str, object], folder: Path, tmp_path: Path) -> None:
    recipe = changed(_OPEN, {
        "steps": 60, "batch": 8, "learning_rate": 5e-3, "width": 32, "speech_through": "frames", "gain_db": 3.0,
        **changes,
    })  # fmt: skip
    bank, recipe = open_paper_bank(folder, recipe, bars=False)
    train_paper(bank, recipe, Job(tmp_path / "tiny.safetensors"))
    paper = PaperGenerator.from_checkpoint(tmp_path / "tiny.safetensors")
    follows = []
    for seed in range(100, 103):
        clip = tiny_clip("unseen", seed=seed)
        features = SpeechFeatures(clip.linguistic[0], clip.amplitude, clip.encoder)
        follows.append(np.corrcoef(paper.generate(features, seed=0).jaw[:, 0], clip.motion.jaw[:, 0])[0, 1])
    assert np.mean(follows) > 0.7


def test_flame_clips_train_all_284_columns(tmp_path: Path) -> None:
    write_tiny_clips(tmp_path / "c", count=8)
    add_tiny_tracks(tmp_path / "c", emotion=False, identity=True)
    bank, recipe = open_paper_bank(tmp_path / "c", TINY_PAPER_RECIPE, bars=False)
    live = bank.statistics.live(recipe.generator)
    assert bank.head_model == "flame" and live[:100].all() and live[156:].all() and live[142]
    train_paper(bank, replace(recipe, steps=2), Job(tmp_path / "a.safetensors"))
    paper = PaperGenerator.from_checkpoint(tmp_path / "a.safetensors")
    clip = tiny_clip("x", seed=3)
    features = SpeechFeatures(clip.linguistic[0], clip.amplitude, clip.encoder)
    latent = paper.generate_latent(features, np.ones(284, np.float32), seed=0)
    assert latent.shape == (50, 284) and np.abs(latent[:, :100] - 1).max() > 0.01
    assert paper.generate(features, seed=0).head_model == "flame"
    add_tiny_tracks(tmp_path / "c", emotion=False, identity=True)
    write_clip(tmp_path / "c", tiny_clip("other", seed=9))
    with pytest.raises(InputError, match="6 of 7 clips with identity"):
        open_paper_bank(tmp_path / "c", TINY_PAPER_RECIPE, bars=False)
    (tmp_path / "c" / "other.npz").unlink()
    with pytest.raises(InputError, match="for the layout open58"):
        open_paper_bank(tmp_path / "c", changed(TINY_PAPER_RECIPE, {"layout": "open58"}), bars=False)


def test_plan_counts_and_measures(opened: tuple[PaperBank, PaperRecipe]) -> None:
    bank, recipe = opened
    found = plan(bank, replace(recipe, steps=100), Team())
    assert found.parameters == sum(p.numel() for p in build(bank, recipe).parameters())
    assert found.hours == pytest.approx(100 * found.step_s / 3600) and found.step_s > 0
    double = plan(bank, replace(recipe, batch=8), Team())
    half = plan(bank, replace(recipe, batch=8, accumulate=2), Team())
    assert half.memory_gb == pytest.approx(found.memory_gb) and double.memory_gb > found.memory_gb
    assert any("measured on this cpu" in line for line in found.lines())


def test_full_size_runs(opened: tuple[PaperBank, PaperRecipe]) -> None:
    """One forward pass of the published size on 4 frames."""
    bank, _ = opened
    recipe = changed(PaperRecipe(), {"speech_channels": 8, "emotion_channels": 0, "crop_frames": 4, "batch": 1})
    network = build(bank, recipe).eval()
    assert isinstance(network, PaperNetwork)
    with torch.inference_mode():
        loss = batch_loss(network, draw_crops(bank, recipe, 0, [0]), recipe, network.live)
    assert 0.1 < float(loss) < 50
