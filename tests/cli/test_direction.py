"""`xtalker direction check` opens what `talk` opens, and refuses what it refuses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.cli.conftest import Command

from xtalker.export.motion_npz import write_motion
from xtalker.values import Identity, Motion


def check(xtalker: Command, work: Path, content: str) -> str:
    (work / "d.yaml").write_text(content, encoding="utf-8")
    outcome = xtalker("direction", "check", "d.yaml")
    assert outcome.code in (0, 1)
    return outcome.err


@pytest.mark.usefixtures("no_models")
@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("emotion: {image: nosuch.jpg}", "emotion, entry 1, image: cannot read the portrait"),
        (
            "emotion: [{is: happy}, {at: 1, motion: nosuch.npz}]",
            "emotion, entry 2, motion: cannot read the motion file",
        ),
        ("emotion: {motion: nosuch.mp4}", "cannot read the video"),
        ("emotion: {motion: wild.npz}", "not that of a head"),
        ("emotion: {image: sound.jpg}", "not a picture"),
    ],
)
def test_files_that_are_named_are_opened(xtalker: Command, work: Path, content: str, told: str) -> None:
    write_motion(
        work / "wild.npz", Motion(*(np.full((3, n), 1e4, np.float32) for n in (50, 3, 3, 2))), Identity(), card={}
    )
    (work / "sound.jpg").write_bytes(b"RIFF\x24\0\0\0WAVEfmt ")
    assert told in check(xtalker, work, content)


@pytest.mark.usefixtures("no_models")
@pytest.mark.parametrize("content", ["emotion: {text: slightly sad}", "emotion: {is: joy}", "emotion: {motion: m.npz}"])
def test_what_talk_takes_passes(xtalker: Command, work: Path, content: str) -> None:
    write_motion(work / "m.npz", Motion.zeros(3), Identity(), card={})
    assert check(xtalker, work, content) == ""


@pytest.mark.real
@pytest.mark.parametrize("text", ["非常愤怒", "😡"])
def test_descriptions_that_talk_does_not_understand(xtalker: Command, work: Path, text: str) -> None:
    told = check(xtalker, work, f'emotion: {{text: "{text}"}}')
    assert "emotion, entry 1, text: no known word in the description" in told


@pytest.mark.real
def test_a_picture_without_a_face(xtalker: Command, work: Path) -> None:
    Image.new("RGB", (200, 200), (90, 120, 200)).save(work / "sky.png")
    assert "emotion, entry 1, image: no face was found" in check(xtalker, work, "emotion: {image: sky.png}")


def test_the_help_has_an_example(xtalker: Command) -> None:
    assert "is: happy, level: 1.2" in xtalker("direction", "--help").out
