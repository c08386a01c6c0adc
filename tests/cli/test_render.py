"""`render`: sizes, frame rates, backgrounds, depth; the same options on `talk`."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image
from tests.cli.conftest import Command, contents

from xtalker.export.motion_npz import write_motion
from xtalker.render import read_frames
from xtalker.values import Identity, Motion

FRAMES = 10


@pytest.fixture
def motion(work: Path) -> Path:
    moving = Motion.zeros(FRAMES)
    moving.jaw[:, 0] = np.linspace(0, 0.2, FRAMES)
    write_motion(work / "motion.npz", moving, Identity(), card={})
    return work / "motion.npz"


def test_size_rate_and_background(xtalker: Command, work: Path, motion: Path) -> None:
    options = ("--size", "96x64", "--fps", 50, "--background", "#102030", "--json")
    outcome = xtalker("render", "motion.npz", "-o", "a.mp4", *options)
    assert outcome.code == 0, outcome
    figures = json.loads(outcome.out)
    assert (figures["size"], figures["fps"], figures["made"]) == ([96, 64], 50, ["a.mp4"])
    with av.open(str(work / "a.mp4")) as container:
        assert container.streams.video[0].average_rate == 50
    frames = list(read_frames(work / "a.mp4"))
    assert len(frames) == 2 * FRAMES and frames[0].shape == (64, 96, 3)
    np.testing.assert_allclose(frames[0][:20, :10].mean((0, 1)), (0x10, 0x20, 0x30), atol=3)


def test_a_sequence_of_transparent_pictures(xtalker: Command, work: Path, motion: Path, speech: Path) -> None:
    options = ("--size", "64", "--background", "transparent")
    outcome = xtalker("render", "motion.npz", "-o", "a.png", *options)
    assert outcome.code == 0 and f"a_png ({FRAMES} files" in outcome.out and outcome.err == ""
    picture = np.asarray(Image.open(work / "a_png" / "000003.png"))
    assert picture.shape == (64, 64, 4) and picture[0, 0, 3] == 0 and picture[32, 32, 3] == 255
    outcome = xtalker("render", "motion.npz", "--audio", "speech.wav", "-o", "a.png", *options)
    assert outcome.err.splitlines()[-1] == "xtalker: warning: a.png leaves out: sound"


def test_depth_for_diffusion_models(xtalker: Command, work: Path, motion: Path) -> None:
    assert xtalker("render", "motion.npz", "-o", "a.mp4", "--size", "64", "--depth", "d.mp4").code == 0
    (depth, *_), (colour, *_) = read_frames(work / "d.mp4"), read_frames(work / "a.mp4")
    assert depth.shape == colour.shape and depth[0, 0].max() < 8 and depth.max() > 240


@pytest.mark.usefixtures("no_models")
@pytest.mark.parametrize(
    ("options", "text"),
    [
        (("-o", "a.mp4", "--background", "transparent"), "keeps no transparency: received a.mp4; accepted: .webm .mov"),
        (("-o", "a.mp4", "--background", "none.png"), "cannot read the background: received none.png"),
        (("-o", "a.mp4", "--depth", "d.webm"), "received d.webm; accepted: .mkv .mp4"),
    ],
)
def test_refused_before_any_work(
    xtalker: Command, work: Path, motion: Path, speech: Path, options: tuple[str, ...], text: str
) -> None:
    before = contents(work)
    assert text in xtalker("render", "motion.npz", *options).refusal()
    assert text in xtalker("talk", "speech.wav", *options).refusal()
    assert contents(work) == before


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (("--size", "96x65"), "65 is odd"),
        (("--size", "96x"), "a whole number from 64 to 4096 is expected, not ''"),
        (("--fps", "23"), "23 is out of range: 24 to 60"),
        (("--fps", "61"), "61 is out of range: 24 to 60"),
    ],
)
def test_wrong_numbers(xtalker: Command, motion: Path, options: tuple[str, ...], text: str) -> None:
    outcome = xtalker("render", "motion.npz", "-o", "a.mp4", *options)
    assert outcome.code == 2 and text in outcome.err


def test_video_options_are_refused_for_data(xtalker: Command, speech: Path) -> None:
    outcome = xtalker("talk", "speech.wav", "-o", "a.npz", "--fps", "30")
    assert outcome.code == 2 and "--fps says how a video looks" in outcome.err


@pytest.mark.parametrize(("text", "rate"), [("29.97", Fraction(30_000, 1001)), ("23.976", Fraction(24_000, 1001))])
def test_rates_of_ntsc(xtalker: Command, work: Path, text: str, rate: Fraction) -> None:
    write_motion(work / "motion.npz", Motion.zeros(50), Identity(), card={})
    outcome = xtalker("render", "motion.npz", "-o", "a.mp4", "--size", 64, "--fps", text, "--json")
    assert json.loads(outcome.out)["fps"] == round(float(rate), 3)
    with av.open("a.mp4") as container:
        stream = container.streams.video[0]
        assert stream.average_rate == rate and stream.frames == round(2 * rate)
    assert (
        "a whole number from 24 to 60 is expected"
        in xtalker("render", "motion.npz", "-o", "a.mp4", "--fps", "27.5").err
    )
