"""`xtalker train generator` on invented clips: done, stopped and resumed, refused in one line."""

from __future__ import annotations

import json
import signal
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from tests.cli.conftest import Command, listing
from tests.tiny.clips import write_tiny_clips
from tests.tiny.speech import tiny_features

from xtalker.generator import Generator
from xtalker.networks.peers.generate import PeerGenerator
from xtalker.train.batches import Batch, ClipBank, draw_batch, open_bank
from xtalker.train.recipes.open import OpenRecipe

_SHORT = ("--steps", 2, "--batch", 2, "--crop-frames", 10)


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_clips(tmp_path_factory.mktemp("train") / "clips")


def test_an_ablation_is_trained_and_speaks(xtalker: Command, clips: Path, work: Path) -> None:
    found = xtalker("train", "generator", "--ablation", "no-amplitude", "--data", clips, "-o", "a.safetensors",
                    "--json", *_SHORT)  # fmt: skip
    assert found.code == 0, found.err
    report = json.loads(found.out)
    assert report["made"] == ["a.safetensors"] and report["parameters"] > 1e6
    assert report["data"].startswith("9 clips, 2 speakers")
    generator = Generator.from_checkpoint(work / "a.safetensors")
    assert generator.network.config.hears_loudness is False
    assert generator.card.command.startswith("xtalker train generator --data clips --ablation no-amplitude")
    assert str(clips.parent) not in generator.card.command
    assert generator.generate(tiny_features(20), seed=0).num_frames == 20


def test_a_peer_is_trained(xtalker: Command, clips: Path, work: Path) -> None:
    found = xtalker("train", "generator", "--peer", "codes", "--data", clips, "-o", "codes.safetensors", *_SHORT)
    assert found.code == 0, found.err
    assert "million parameters on 9 clips" in found.out
    assert PeerGenerator.from_checkpoint(work / "codes.safetensors").generate(tiny_features(20), seed=0)


def test_ctrl_c_keeps_the_run_and_resume_ends_it_as_if_never_stopped(
    xtalker: Command, clips: Path, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def draw(bank: ClipBank, recipe: OpenRecipe, step: int) -> Batch:
        if step == 1:
            signal.raise_signal(signal.SIGINT)
        return draw_batch(bank, recipe, step)

    command = ("train", "generator", "--data", clips, *_SHORT, "--steps", 3)
    assert xtalker(*command, "-o", "whole.safetensors").code == 0
    with monkeypatch.context() as patched:
        patched.setattr("xtalker.train.loop.draw_batch", draw)
        stopped = xtalker(*command, "-o", "parts.safetensors")
    assert stopped.code == 130 and "--resume continues" in stopped.err and stopped.out == ""
    assert sorted(listing(work)) == ["parts.training.safetensors", "whole.safetensors"]
    assert xtalker(*command, "-o", "parts.safetensors", "--resume").code == 0
    one, other = (Generator.from_checkpoint(work / f"{name}.safetensors") for name in ("whole", "parts"))
    speech = tiny_features(20)
    assert (one.generate(speech, seed=0).to_matrix() == other.generate(speech, seed=0).to_matrix()).all()
    assert sorted(listing(work)) == ["parts.safetensors", "whole.safetensors"]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--data", "none"], "cannot train on none: received no such folder"),
        (["--data", "."], "cannot train on .: received 0 clips, none of split train"),
        (["--data", "CLIPS", "-o", "a.npz"], "unknown kind of output file"),
        (["--data", "CLIPS", "-o", "no/a.safetensors"], "no such folder to write to"),
        (["--data", "CLIPS", "--resume"], "there is no run to resume"),
        (["--data", "CLIPS", "--jaw-open-angle-rad", "9"], "no such angle of the jaw"),
        (["--data", "CLIPS", "--device", "cuda"], "no such device"),
    ],
)
def test_bad_input_is_one_line(
    arguments: list[str], text: str, xtalker: Command, clips: Path, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    given = [str(clips) if each == "CLIPS" else each for each in arguments]
    place = [] if "-o" in given else ["-o", "a.safetensors"]
    assert text in xtalker("train", "generator", *given, *place, *_SHORT).refusal()
    assert listing(work) == {}


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"jaw": np.full((50, 3), np.nan, np.float32)}, "unusable training clip 'clip_00': received NaN or infinite"),
        ({"amplitude": None}, "clips/clip_00.npz (no entry 'amplitude')"),
        ({"confidence": np.ones(60, np.float32)}, "clips/clip_00.npz (shapes"),
    ],
)
def test_a_bad_clip_is_named(changes: dict[str, np.ndarray | None], text: str, xtalker: Command, work: Path) -> None:
    path = write_tiny_clips(work / "clips") / "clip_00.npz"
    with np.load(path) as file:
        arrays = dict(file) | changes
    np.savez(path, **{name: rows for name, rows in arrays.items() if rows is not None})
    assert text in xtalker("train", "generator", "--data", "clips", "-o", "a.safetensors", *_SHORT).refusal()
    assert not list(work.glob("*.safetensors"))


def test_a_clip_that_has_gone_is_named_and_the_run_is_kept(
    xtalker: Command, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder larger than memory is read again in every step."""
    folder = write_tiny_clips(work / "clips")
    stored = {path: path.read_bytes() for path in folder.glob("*.npz")}

    def draw(bank: ClipBank, recipe: OpenRecipe, step: int) -> Batch:
        if step == 2:
            for path in stored:
                path.unlink()
        return draw_batch(bank, recipe, step)

    monkeypatch.setattr("xtalker.train.batches.open_bank", partial(open_bank, keep_bytes=0))
    command = ("train", "generator", "--data", "clips", "-o", "a.safetensors", *_SHORT, "--steps", 3)
    with monkeypatch.context() as patched:
        patched.setattr("xtalker.train.loop.draw_batch", draw)
        assert "training clip" in xtalker(*command, "--quiet").refusal()
    for path, content in stored.items():
        path.write_bytes(content)
    assert xtalker(*command, "--resume").code == 0


def test_a_kept_run_is_thrown_away_only_when_asked(xtalker: Command, clips: Path, work: Path) -> None:
    kept = work / "a.training.safetensors"
    kept.write_text("hours of work")
    command = ("train", "generator", "--data", clips, "-o", "a.safetensors", "--quiet", *_SHORT)
    assert "a run is kept there: received a.training.safetensors; accepted: --resume" in xtalker(*command).refusal()
    assert kept.read_text() == "hours of work" and not (work / "a.safetensors").exists()
    assert xtalker(*command, "--resume", "--anew").code == 2
    assert xtalker(*command, "--anew").code == 0
    assert listing(work).keys() == {"a.safetensors"}


@pytest.mark.parametrize(
    ("fault", "wanted"),
    [
        (MemoryError("Unable to allocate 3.5 GiB for an array"), "3.5 GiB"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 4096 bytes."), "4096 bytes"),
        (RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has"), "2.00 GiB"),
    ],
)
def test_out_of_memory_says_what_to_lower(
    fault: Exception, wanted: str, xtalker: Command, clips: Path, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def draw(bank: ClipBank, recipe: OpenRecipe, step: int) -> Batch:
        raise fault

    monkeypatch.setattr("xtalker.train.loop.draw_batch", draw)
    line = xtalker("train", "generator", "--data", clips, "-o", "a.safetensors", "--quiet", *_SHORT).refusal()
    assert (
        f"not enough memory: received {wanted}; accepted: what fits; next: a smaller --batch or --crop-frames" in line
    )
    assert listing(work) == {}


@pytest.mark.parametrize(
    "arguments",
    [["--ablation", "hair"], ["--peer", "hair"], ["--peer", "codes", "--ablation", "absolute"], ["--steps", "0"],
     ["--learning-rate", "nan"], ["--batch", "-1"], ["--seed", "1.5"]],
)  # fmt: skip
def test_wrong_usage_is_refused(arguments: list[str], xtalker: Command, clips: Path, work: Path) -> None:
    found = xtalker("train", "generator", "--data", clips, "-o", "a.safetensors", *arguments)
    assert found.code == 2 and "error:" in found.err
    assert listing(work) == {}
