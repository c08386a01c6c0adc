from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.tiny.clips import tiny_clip, write_tiny_clips
from tests.tiny.generator import TINY_CONFIG

from xtalker.networks.peers import PEERS
from xtalker.networks.peers.generate import PeerGenerator
from xtalker.train.__main__ import main
from xtalker.train.batches import ClipBank, open_bank
from xtalker.train.loop import Job
from xtalker.train.peers import train_peer
from xtalker.train.recipes import RECIPES
from xtalker.train.recipes.peers import PeerRecipe
from xtalker.values import SpeechFeatures

_SHORT = PeerRecipe(steps=6, batch=4, crop_frames=20, warmup_steps=2, generator=replace(TINY_CONFIG, dropout=0.2))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_clips(tmp_path_factory.mktemp("clips"), count=32)


@pytest.fixture(scope="module")
def bank(folder: Path) -> ClipBank:
    return open_bank(folder)


def test_every_design_has_a_recipe() -> None:
    assert set(RECIPES) - {"open", "live", "paper"} == set(PEERS)


@pytest.mark.parametrize("design", PEERS)
def test_resumed_equals_uninterrupted(design: str, bank: ClipBank, tmp_path: Path) -> None:
    recipe = replace(_SHORT, design=design)
    train_peer(bank, recipe, Job(tmp_path / "whole.safetensors"))
    parts = Job(tmp_path / "parts.safetensors")
    left = iter(range(2))
    assert train_peer(bank, recipe, parts, should_stop=lambda: next(left, None) is None) is None
    assert train_peer(bank, recipe, replace(parts, resume=True)) is not None
    assert (tmp_path / "parts.safetensors").read_bytes() == (tmp_path / "whole.safetensors").read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["parts.safetensors", "whole.safetensors"]


@pytest.mark.parametrize("design", PEERS)
def test_learns_that_the_jaw_follows_the_loudness(design: str, bank: ClipBank, tmp_path: Path) -> None:
    config = replace(TINY_CONFIG, width=32)
    recipe = PeerRecipe(
        steps=40 if design == "autoregressive" else 100, batch=8, crop_frames=16, learning_rate=5e-3, warmup_steps=10,
        average_decay=0.9, design=design, generator=config,
    )  # fmt: skip
    train_peer(bank, recipe, Job(tmp_path / "tiny.safetensors"))
    peer = PeerGenerator.from_checkpoint(tmp_path / "tiny.safetensors")
    follows = []
    for seed in range(100, 103):
        clip = tiny_clip("unseen", seed=seed)
        features = SpeechFeatures(clip.linguistic[0], clip.amplitude, clip.encoder)
        follows.append(np.corrcoef(peer.generate(features, seed=0).jaw[:, 0], clip.motion.jaw[:, 0])[0, 1])
    assert np.mean(follows) > 0.7


@pytest.mark.parametrize("design", PEERS)
def test_command_line_trains_a_design(design: str, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "a.safetensors"
    torch.manual_seed(0)
    assert main(["--peer", design, "--data", str(folder), "--out", str(out), "--steps", "1", "--batch", "2"]) == 0
    assert f" --peer {design} " in PeerGenerator.from_checkpoint(out).card.command


def test_an_ablation_of_a_peer_is_refused(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["--data", str(folder), "--out", str(tmp_path / "a.safetensors")]
    assert main(["--recipe", "codes", "--ablation", "keyed-noise", *where]) == 1
    assert "no ablation of another design" in capsys.readouterr().err
