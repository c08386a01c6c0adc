"""What a mistyped command line gets: exit code 2 at once, with what is accepted."""

from __future__ import annotations

import subprocess
import sys

import pytest
from tests.cli.conftest import Command

import xtalker as package


def test_version(xtalker: Command) -> None:
    outcome = xtalker("--version")
    assert (outcome.code, outcome.out.strip()) == (0, f"xtalker {package.__version__}")


@pytest.mark.parametrize("verb", ["talk", "track", "render", "doctor"])
def test_help_of_each_verb(xtalker: Command, verb: str) -> None:
    assert verb in xtalker("--help").out
    outcome = xtalker(verb, "--help")
    assert outcome.code == 0 and "--json" in outcome.out and outcome.err == ""


def test_help_says_that_outputs_are_replaced_whole(xtalker: Command) -> None:
    assert "an existing file is replaced once the new one is whole" in " ".join(xtalker("talk", "--help").out.split())


TALK = ("talk", "a.wav", "-o", "b.mp4")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((), "required: VERB"),
        (("speak",), "invalid choice: 'speak' (choose from"),
        (("talk",), "required: SPEECH, -o/--output"),
        (("talk", "a.wav"), "required: -o/--output"),
        (("talk", "", "-o", "b.mp4"), "a file name is expected, and this one is empty"),
        ((*TALK, "--size", "big"), "a whole number from 64 to 4096 is expected, not 'big'"),
        ((*TALK, "--size", "1e3"), "a whole number from 64 to 4096 is expected, not '1e3'"),
        ((*TALK, "--size", "٥١٢"), "a whole number from 64 to 4096 is expected"),
        ((*TALK, "--size", "62"), "62 is out of range: 64 to 4096"),
        ((*TALK, "--size", "4098"), "4098 is out of range: 64 to 4096"),
        ((*TALK, "--size", "513"), "513 is odd; video needs an even number of pixels, such as 514"),
        ((*TALK, "--seed", "-1"), "-1 is out of range: 0 to 18446744073709551615"),
        ((*TALK, "--seed", "18446744073709551616"), "out of range: 0 to 18446744073709551615"),
        ((*TALK, "--seed", "9" * 5000), "a whole number from 0 to"),
        ((*TALK, "--steps", "0"), "0 is out of range: 1 to 1000"),
        ((*TALK, "--look", "gold"), "invalid choice: 'gold' (choose from"),
        ((*TALK, "--portrai", "c.png"), "unrecognized arguments: --portrai c.png"),
        (("talk", "a.wav", "-o", "b.npz", "--size", "64"), "--size says how a video looks, but b.npz is not one"),
        (("talk", "a.wav", "-o", "b.npz", "--depth", "d.mkv"), "--depth says how a video looks, but b.npz is not"),
        (("talk", "a.wav", "-o", "b.npz", "--look", "skin"), "--look says how a video looks, but b.npz is not one"),
        (("talk", "a.wav", "-o", "b.glb", "--crop", "head"), "--crop says how a video looks, but b.glb is not one"),
        (("talk", "a.wav", "-o", "b.glb", "--look", "clay"), "b.glb can show photo, portrait, skin, but not 'clay'"),
        (("talk", "a.wav", "-o", "b.glb", "--arkit", "--look", "photo"), "--arkit writes the full head"),
        (("export", "a.npz", "-o", "b.bvh", "--look", "skin"), "--look says what a .glb, .usdc or .usdz shows"),
        (("export", "a.npz", "--wan", "b", "--look", "skin"), ".usdc or .usdz shows, not a folder for --wan"),
        (("track", "a.mp4", "-o", "b.npz", "--look", "clay"), "unrecognized arguments: --look clay"),
    ],
)
def test_wrong_usage(xtalker: Command, arguments: tuple[str, ...], text: str) -> None:
    outcome = xtalker(*arguments)
    assert outcome.code == 2 and outcome.out == ""
    assert outcome.err.startswith("usage: xtalker") and text in outcome.err.splitlines()[-1]


def test_help_and_wrong_usage_load_nothing_heavy() -> None:
    """What makes them answer at once."""
    program = """
import sys
from xtalker.cli.main import main
for arguments in (["--help"], ["talk", "a.wav", "-o", "b.mp4", "--size", "big"]):
    try:
        main(arguments)
    except SystemExit:
        pass
print([m for m in ("numpy", "torch", "numba", "av", "scipy", "PIL", "jaxtyping") if m in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
