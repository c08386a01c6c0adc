"""`--face`, `--strict` and notes: portraits that show less than they should, by the command."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from benchmarks.photo_covers import MOUTH_COVERS
from PIL import Image
from tests.cli.conftest import Command, listing
from tests.tiny.portrait import drawn_avatar

from xtalker.appearance.avatar_file import load_avatar, save_avatar
from xtalker.assets import fetch
from xtalker.capture import load_portrait, portrait_landmarks
from xtalker.performance import parts


@pytest.mark.parametrize("verb", ["talk", "render"])
def test_a_face_needs_a_portrait(xtalker: Command, work: Path, no_models: None, verb: str) -> None:
    outcome = xtalker(verb, "in", "--face", "2", "-o", "out.mp4")
    assert outcome.code == 2 and "--face picks a face in a picture: it needs --portrait" in outcome.err


@pytest.mark.parametrize("number", ["0", "-1", "left", "1.5"])
def test_numbers_that_no_face_has(xtalker: Command, work: Path, no_models: None, number: str) -> None:
    outcome = xtalker("portrait", "face.png", f"--face={number}", "-o", "out.avatar")
    assert outcome.code == 2 and "argument --face" in outcome.err


def test_an_avatar_holds_one_face(xtalker: Command, work: Path, speech: Path, tiny_parts: None) -> None:
    save_avatar(work / "a.avatar", drawn_avatar())
    before = listing(work)
    refusal = xtalker("talk", speech.name, "--portrait", "a.avatar", "--face", "1", "-o", "out.mp4").refusal()
    assert "an avatar holds one face: received face 1 of an avatar" in refusal
    assert listing(work) == before


@pytest.fixture(scope="module")
def two_people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The astronaut twice: small and masked to the left, large to the right; the picture is stored on its head."""
    portrait = load_portrait(fetch("portrait-astronaut"))
    marks = portrait_landmarks(portrait, *parts.face_models()).points
    masked = MOUTH_COVERS["mask surgical"](portrait.rgb, marks, np.random.default_rng(0))
    box = (100, 0, 380, 280)
    sheet = Image.new("RGB", (1100, 600), (120, 130, 140))
    for rgb, side, place in ((masked, 420, (20, 90)), (portrait.rgb, 600, (480, 0))):
        sheet.paste(Image.fromarray(rgb).crop(box).resize((side, side), Image.Resampling.LANCZOS), place)
    path = tmp_path_factory.mktemp("people") / "two.png"
    sheet.transpose(Image.Transpose.ROTATE_180).save(path)
    return path


@pytest.mark.real
def test_notes_are_shown_stored_and_in_json(xtalker: Command, work: Path, two_people: Path) -> None:
    outcome = xtalker("portrait", two_people, "--face", "1", "-o", "a.avatar", "--json")
    assert outcome.code == 0, outcome
    notes = json.loads(outcome.out)["notes"]
    assert notes[0] == "the picture is on its head: turned the right way up"
    assert notes[1] == "2 faces: number 1 from the left speaks (as asked), the others stay still"
    assert notes[2].startswith("something covers the mouth") and len(notes) == 3
    assert outcome.err.splitlines() == [f"xtalker: warning: {two_people}: {note}" for note in notes]
    avatar = load_avatar(work / "a.avatar")
    assert avatar.mouth.covered and avatar.notes == tuple(notes)
    rows, columns = avatar.cover.shape
    assert avatar.cover[: rows // 2, int(0.6 * columns) :].max() == 0  # the other one's head stays still
    again = xtalker("portrait", "a.avatar", "-o", "b.avatar")
    assert [line for line in again.out.splitlines() if line.startswith("note")] == [f"note      {n}" for n in notes]


@pytest.mark.real
def test_strict_refuses_what_is_noted(
    xtalker: Command, work: Path, speech: Path, tiny_parts: None, two_people: Path
) -> None:
    before = listing(work)
    for command in (
        ("portrait", two_people, "--strict", "-o", "a.avatar"),
        ("talk", speech.name, "--portrait", two_people, "--strict", "--motion", "m.npz", "-o", "out.mp4"),
    ):
        outcome = xtalker(*command)
        refusal = outcome.err.splitlines()[-1]
        assert outcome.code == 1 and "the photo does not show everything that it should: received " in refusal
        assert "the picture is on its head: turned the right way up; 2 faces: number 2" in refusal
        assert listing(work) == before


@pytest.mark.real
def test_strict_lets_a_good_photo_pass(xtalker: Command, work: Path) -> None:
    rgb = Image.open(fetch("portrait-astronaut")).convert("RGB").crop((60, 0, 420, 400))
    rgb.resize((720, 800), Image.Resampling.LANCZOS).save(work / "face.png")
    outcome = xtalker("portrait", "face.png", "--strict", "-o", "a.avatar", "--json")
    assert outcome.code == 0 and json.loads(outcome.out)["notes"] == [] and outcome.err == ""


@pytest.mark.real
def test_a_small_face_is_said(xtalker: Command, work: Path) -> None:
    Image.open(fetch("portrait-astronaut")).convert("RGB").resize((300, 300), Image.Resampling.BOX).save("face.png")
    (note,) = json.loads(xtalker("portrait", "face.png", "-o", "a.avatar", "--json").out)["notes"]
    assert note.startswith("a small face (") and note.endswith(" 60 wanted): enlarged, so it looks soft")
