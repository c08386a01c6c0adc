"""`talk --generator --style --guidance`: whose manner the motion has, and what cannot be asked."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.cli.conftest import Command, contents
from tests.tiny.generator import TINY_CONFIG, tiny_saved

import xtalker as package
from xtalker.export.motion_npz import read_motion
from xtalker.generator.checkpoint import write_generator
from xtalker.speech import SpeechEncoder
from xtalker.values import InputError


@pytest.fixture
def personal(work: Path, tiny_encoder: SpeechEncoder) -> Path:
    """A checkpoint with two styles, the second of which is its default; other weights than the shipped one."""
    config = replace(TINY_CONFIG, speech_channels=tiny_encoder.channels, styles=("ann", "me"))
    style = np.random.default_rng(0).standard_normal((config.width, 2), np.float32)
    saved = tiny_saved(config, seed=1, changed={"style.weight": style})
    ones = np.ones(tiny_encoder.channels, np.float32)
    statistics = replace(saved.statistics, linguistic_mean=0 * ones, linguistic_std=ones)
    card = replace(saved.card, encoder=tiny_encoder.fingerprint, default_style="me")
    write_generator(work / "me.safetensors", replace(saved, statistics=statistics, card=card))
    return work / "me.safetensors"


def _spoken(xtalker: Command, *arguments: object) -> tuple[np.ndarray, dict[str, str]]:
    assert xtalker("talk", "speech.wav", "-o", "out.npz", "--seed", 1, *arguments).code == 0
    motion, _, card = read_motion(Path("out.npz"))
    return motion.to_matrix(), dict(card)


@pytest.mark.usefixtures("tiny_parts")
def test_the_checkpoint_speaks_and_the_card_names_it(xtalker: Command, speech: Path, personal: Path) -> None:
    shipped, card = _spoken(xtalker)
    assert (card["generator"], card["style"], card["guidance"]) == ("shipped", "none", "1")
    own, card = _spoken(xtalker, "--generator", personal)
    assert (card["generator"], card["style"]) == ("me.safetensors", "me")
    assert np.abs(own - shipped).max() > 1e-3
    np.testing.assert_array_equal(own, _spoken(xtalker, "--generator", personal, "--style", "me")[0])
    ann, card = _spoken(xtalker, "--generator", personal, "--style", "ann", "--guidance", "2")
    assert np.abs(ann - own).max() > 1e-3 and (card["style"], card["guidance"]) == ("ann", "2")
    free = _spoken(xtalker, "--generator", personal, "--guidance", "0")[0]
    take = package.perform(speech, generator=personal, style={}, seed=1)
    np.testing.assert_array_equal(free, take.motion.to_matrix())
    assert take.card["style"] == "{}"


@pytest.mark.usefixtures("tiny_parts")
def test_the_report_names_it(xtalker: Command, speech: Path, personal: Path) -> None:
    outcome = xtalker("talk", speech.name, "-o", "out.npz", "--generator", personal.name)
    assert outcome.out.splitlines()[0] == "generator me.safetensors, style me"
    outcome = xtalker("talk", speech.name, "-o", "out.npz", "--generator", personal.name, "--json")
    figures = json.loads(outcome.out)
    assert (figures["generator"], figures["style"], figures["guidance"]) == ("me.safetensors", "me", 1.0)


@pytest.mark.usefixtures("tiny_parts")
@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("--generator", "me.safetensors", "--style", "bob"), "unknown style: received bob; accepted: ann, me"),
        (("--style", "ann"), "unknown style: received ann; accepted: none: this generator has no styles"),
        (("--generator", "me.safetensors", "--guidance", "9"), "guidance out of range: received 9"),
        (("--guidance", "nan"), "guidance out of range"),
    ],
)
def test_what_cannot_be_asked(
    xtalker: Command, work: Path, speech: Path, personal: Path, arguments: tuple[str, ...], text: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    def hear(*_: object, **__: object) -> None:
        raise AssertionError("the speech was heard before the request was judged")

    monkeypatch.setattr("xtalker.performance.speaking.extract_features", hear)
    before = contents(work)
    assert text in xtalker("talk", speech.name, "-o", "out.npz", *arguments).refusal()
    assert contents(work) == before


@pytest.mark.usefixtures("no_models")
@pytest.mark.parametrize("verb", [("talk", "speech.wav", "-o", "out.npz"), ("demo", "-o", "out.mp4")])
@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("missing", "no such checkpoint: received bad.safetensors"),
        ("cut", "its end is missing"),
        ("text", "the file is not safetensors"),
        ("other head", "unusable generator checkpoint bad.safetensors: received it moves the head 'flame'"),
    ],
)
def test_files_that_are_no_generator(
    xtalker: Command, work: Path, speech: Path, personal: Path, verb: tuple[str, ...], kind: str, text: str
) -> None:
    bad = work / "bad.safetensors"
    if kind == "cut":
        bad.write_bytes(personal.read_bytes()[:900])
    if kind == "text":
        bad.write_text("no weights")
    if kind == "other head":
        saved = tiny_saved()
        write_generator(bad, replace(saved, card=replace(saved.card, head_model="flame")))
    before = contents(work)
    assert text in xtalker(*verb, "--generator", "bad.safetensors").refusal()
    assert contents(work) == before


@pytest.mark.usefixtures("tiny_parts")
def test_a_checkpoint_of_another_encoder(xtalker: Command, work: Path, speech: Path) -> None:
    saved = tiny_saved()
    write_generator(work / "other.safetensors", replace(saved, card=replace(saved.card, encoder="hubert/1")))
    line = xtalker("talk", speech.name, "-o", "out.npz", "--generator", "other.safetensors").refusal()
    assert "the generator hears through another speech encoder: received hubert/1; accepted: log-mel" in line
    assert not (work / "out.npz").exists()


def test_the_checkpoint_is_never_the_output(xtalker: Command, speech: Path, personal: Path) -> None:
    line = xtalker("talk", speech.name, "-o", "out.npz", "--motion", "me.npz", "--generator", "out.npz").refusal()
    assert "would replace another file of this run" in line


@pytest.mark.usefixtures("tiny_parts")
def test_a_mix_in_python(speech: Path, personal: Path) -> None:
    take = package.perform(speech, generator=personal, style={"ann": 0.5, "me": 0.5})
    assert json.loads(take.card["style"]) == {"ann": 0.5, "me": 0.5}
    with pytest.raises(InputError, match="sum to at most 1"):
        package.perform(speech, generator=personal, style={"ann": 0.9, "me": 0.9})
