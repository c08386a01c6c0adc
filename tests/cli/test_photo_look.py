"""The look in which the photograph itself speaks: avatars on the command line, refusals before any work."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.cli.conftest import Command, contents
from tests.tiny.portrait import drawn_avatar

from xtalker.appearance.avatar_file import load_avatar, save_avatar
from xtalker.assets import fetch
from xtalker.export.motion_npz import write_motion
from xtalker.render import read_frames
from xtalker.values import Identity, Motion

FRAMES = 5


@pytest.fixture
def motion(work: Path) -> Path:
    moving = Motion.zeros(FRAMES)
    moving.jaw[:, 0] = np.linspace(0, 0.2, FRAMES)
    write_motion(work / "motion.npz", moving, Identity(), card={})
    return work / "motion.npz"


@pytest.fixture
def avatar(work: Path) -> Path:
    save_avatar(work / "face.avatar", drawn_avatar())
    return work / "face.avatar"


@pytest.mark.usefixtures("motion", "avatar")
def test_an_avatar_is_filmed_in_its_own_form(xtalker: Command, work: Path) -> None:
    outcome = xtalker("render", "motion.npz", "--portrait", "face.avatar", "-o", "a.mp4", "--json")
    assert (outcome.code, outcome.err) == (0, ""), outcome
    figures = json.loads(outcome.out)
    assert (figures["look"], figures["size"], figures["frames"]) == ("photo", [512, 610], FRAMES)
    frames = list(read_frames(work / "a.mp4"))
    assert len(frames) == FRAMES
    photo = np.asarray(Image.fromarray(drawn_avatar().photo).resize((512, 610)), float)
    assert np.abs(frames[0] - photo).mean() < 3


@pytest.mark.usefixtures("motion", "avatar")
def test_crops_and_other_looks(xtalker: Command, work: Path) -> None:
    render = ("render", "motion.npz", "--portrait", "face.avatar", "--json")
    close = xtalker(*render, "-o", "b.mp4", "--crop", "head", "--keep-smile", "0.2", "--size", "64")
    assert json.loads(close.out)["size"] == 64
    clay = xtalker(*render, "-o", "c.mp4", "--look", "clay", "--size", "64")
    assert json.loads(clay.out)["look"] == "clay", clay


@pytest.mark.usefixtures("tiny_parts", "avatar")
def test_an_avatar_speaks(xtalker: Command, work: Path, speech: Path) -> None:
    outcome = xtalker("talk", "speech.wav", "--portrait", "face.avatar", "-o", "a.mp4", "--size", "84x100", "--json")
    assert (outcome.code, outcome.err) == (0, ""), outcome
    figures = json.loads(outcome.out)
    assert (figures["look"], figures["portrait_residual_percent"]) == ("photo", None)
    first = next(iter(read_frames(work / "a.mp4")))
    photo = np.asarray(Image.fromarray(drawn_avatar().photo).resize((84, 100), Image.Resampling.LANCZOS), float)
    assert np.abs(first - photo).mean() < 12  # a random mouth in few pixels; another look is off by 60


@pytest.mark.usefixtures("no_models", "motion")
def test_a_photo_that_is_not_there_is_refused_before_any_work(xtalker: Command, work: Path, speech: Path) -> None:
    before = contents(work)
    text = "the look 'photo' shows a photograph, and there is none: received no portrait; accepted: --portrait"
    for verb in (("talk", "speech.wav"), ("render", "motion.npz")):
        assert text in xtalker(*verb, "-o", "a.mp4", "--look", "photo").refusal()
    assert contents(work) == before


@pytest.mark.usefixtures("no_models", "motion", "avatar")
@pytest.mark.parametrize(
    ("options", "text"),
    [
        (("--keep-smile", "2"), "a number from 0 to 1 is expected, not '2'"),
        (("--keep-smile", "nan"), "a number from 0 to 1 is expected, not 'nan'"),
        (("--crop", "feet"), "invalid choice: 'feet' (choose from"),
        (("--crop", "head", "--look", "clay"), "--crop is of the look 'photo', which needs a --portrait"),
        (("--keep-smile", "0.5", "--look", "skin"), "--keep-smile is of the look 'photo'"),
    ],
)
def test_wrong_usage(xtalker: Command, speech: Path, options: tuple[str, ...], text: str) -> None:
    for verb in (("talk", "speech.wav"), ("render", "motion.npz")):
        outcome = xtalker(*verb, "-o", "a.mp4", "--portrait", "face.avatar", *options)
        assert outcome.code == 2 and text in outcome.err


def test_photo_options_are_of_no_use_for_data(xtalker: Command, speech: Path) -> None:
    outcome = xtalker("talk", "speech.wav", "-o", "a.npz", "--keep-smile", "0.5")
    assert outcome.code == 2 and "--keep-smile says how a video looks, but a.npz is not one" in outcome.err


@pytest.mark.usefixtures("motion")
def test_damaged_avatars_are_told_in_one_line(xtalker: Command, work: Path, speech: Path, avatar: Path) -> None:
    (work / "short.avatar").write_bytes(avatar.read_bytes()[:9000])
    Image.new("RGB", (300, 300)).save(work / "picture.png")
    (work / "picture.png").rename(work / "picture.avatar")
    for name in ("short.avatar", "picture.avatar", "missing.avatar"):
        said = xtalker("render", "motion.npz", "--portrait", name, "-o", "a.mp4").refusal()
        assert name in said and "avatar file" in said
        assert not (work / "a.mp4").exists()


def test_an_avatar_of_another_head_is_told(xtalker: Command, work: Path, motion: Path, avatar: Path) -> None:
    with np.load(avatar) as stored:
        arrays = dict(stored) | {"head_name": np.array("other")}
    with (work / "other.avatar").open("wb") as stream:
        np.savez(stream, **arrays)
    said = xtalker("render", "motion.npz", "--portrait", "other.avatar", "-o", "a.mp4").refusal()
    assert "the avatar was made for another head model: received other.avatar (head 'other'" in said


@pytest.mark.usefixtures("no_models")
def test_the_verb_portrait_refuses_before_any_work(xtalker: Command, work: Path) -> None:
    Image.new("RGB", (300, 300)).save(work / "face.png")
    (work / "text.jpg").write_text("no picture")
    before = contents(work)
    assert "received face.npz; accepted: .avatar" in xtalker("portrait", "face.png", "-o", "face.npz").refusal()
    assert "no such folder" in xtalker("portrait", "face.png", "-o", "away/face.avatar").refusal()
    assert "text.jpg" in xtalker("portrait", "text.jpg", "-o", "face.avatar").refusal()
    assert "missing.jpg" in xtalker("portrait", "missing.jpg", "-o", "face.avatar").refusal()
    assert contents(work) == before


def test_an_avatar_is_never_its_own_output(xtalker: Command, avatar: Path) -> None:
    said = xtalker("portrait", "face.avatar", "-o", "face.avatar").refusal()
    assert "the output would replace another file of this run" in said


@pytest.mark.real
def test_a_picture_without_a_face(xtalker: Command, work: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (300, 300, 3), dtype=np.uint8)
    Image.fromarray(noise).save(work / "noise.png")
    assert "noise.png" in xtalker("portrait", "noise.png", "-o", "face.avatar").refusal()
    assert not (work / "face.avatar").exists()


@pytest.mark.real
def test_the_demo_portrait_becomes_an_avatar(xtalker: Command, work: Path) -> None:
    outcome = xtalker("portrait", fetch("portrait-astronaut"), "-o", "face.avatar", "--json")
    assert outcome.code == 0, outcome
    figures = json.loads(outcome.out)
    made = work / "face.avatar"
    assert figures["bytes"] == made.stat().st_size < 8e6 and figures["made"] == ["face.avatar"]
    avatar = load_avatar(made)
    assert avatar.photo.shape[:2] == (figures["height"], figures["width"]) and list(avatar.notes) == figures["notes"]
    with np.load(made) as stored:
        card = json.loads(str(stored["card"]))
    assert card == {"made_by": "xtalker portrait", "portrait": fetch("portrait-astronaut").name}
    again = xtalker("portrait", "face.avatar", "-o", "copy.avatar")
    assert again.code == 0 and "made      copy.avatar" in again.out
