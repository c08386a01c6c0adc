"""Outputs that cannot be written are refused before any work."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from tests.cli.conftest import Command, contents

pytestmark = pytest.mark.usefixtures("no_models")


@pytest.mark.parametrize(
    ("output", "text"),
    [
        ("none/out.mp4", "no such folder to write to: received none/out.mp4"),
        ("out.docx", "unknown kind of output file: received out.docx; accepted: .mp4 .webm .mkv .mov .png .npz"),
        ("out", "unknown kind of output file: received out; accepted: .mp4 .webm .mkv .mov .png .npz"),
        ("folder.mp4", "a folder is in the way: received folder.mp4"),
        ("speech.wav/out.mp4", "no such folder to write to: received speech.wav/out.mp4"),
        ("../", "unknown kind of output file"),
    ],
)
def test_no_place(xtalker: Command, work: Path, speech: Path, output: str, text: str) -> None:
    (work / "folder.mp4").mkdir()
    before = contents(work)
    assert text in xtalker("talk", speech.name, "-o", output).refusal()
    assert contents(work) == before


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("track", "speech.wav", "-o", "out.mp4"), "received out.mp4; accepted: .npz"),
        (("track", "speech.wav", "-o", "out.glb"), "received out.glb; accepted: .npz"),
        (("track", "speech.wav", "-o", "out.vertices.npz"), "received out.vertices.npz; accepted: .npz"),
        (("talk", "speech.wav", "-o", "out.mp4", "--motion", "m.flame.npz"), "received m.flame.npz; accepted: .npz"),
        (("render", "speech.wav", "-o", "out.npz"), "received out.npz; accepted: .mp4 .webm .mkv .mov .png"),
        (("talk", "speech.wav", "-o", "out.mp4", "--motion", "m.csv"), "received m.csv; accepted: .npz"),
        (("talk", "speech.wav", "-o", "out.mp4", "--depth", "d.webm"), "received d.webm; accepted: .mkv .mp4"),
        (("talk", "speech.wav", "-o", "out.mp4", "--motion", "none/m.npz"), "no such folder to write to"),
    ],
)
def test_each_verb_and_option_says_what_it_writes(
    xtalker: Command, work: Path, speech: Path, arguments: tuple[str, ...], text: str
) -> None:
    assert text in xtalker(*arguments).refusal()
    assert list(contents(work)) == ["speech.wav"]


@pytest.mark.parametrize("output", ["film.mp4", "./film.mp4", "../work/film.mp4", "link.mp4"])
def test_an_input_is_never_the_output(xtalker: Command, work: Path, output: str) -> None:
    (work / "film.mp4").write_bytes(b"a film with speech")
    (work / "link.mp4").symlink_to("film.mp4")
    before = contents(work)
    assert "would replace another file of this run" in xtalker("talk", "film.mp4", "-o", output).refusal()
    assert contents(work) == before


def test_two_outputs_are_never_the_same(xtalker: Command, work: Path, speech: Path) -> None:
    same = ("talk", speech.name, "-o", "out.mkv", "--depth", "./out.mkv")
    assert "would replace another file of this run: received out.mkv" in xtalker(*same).refusal()


def test_read_only_folder(xtalker: Command, work: Path, speech: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The superuser may write everywhere, so the system's answer is simulated."""
    real_open = os.open

    def refuse(path: os.PathLike[str], flags: int, *rest: int, **named: object) -> int:
        if flags & os.O_CREAT and Path(path).parent.name == "sealed":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return real_open(path, flags, *rest, **named)

    (work / "sealed").mkdir()
    monkeypatch.setattr(os, "open", refuse)
    refusal = xtalker("talk", speech.name, "-o", "sealed/out.mp4").refusal()
    assert "folder is not writable: received sealed/out.mp4" in refusal and "change the rights of 'sealed'" in refusal
    assert list(contents(work)) == ["speech.wav"]


@pytest.mark.parametrize("verb", ["talk", "export"])
def test_a_package_that_is_absent_is_told_before_any_work(
    xtalker: Command, work: Path, speech: Path, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    from xtalker.export import usd

    monkeypatch.setattr(usd, "find_spec", lambda _: None)
    refusal = xtalker(verb, speech.name, "-o", "out.usdz").refusal()
    assert ".usdz files need USD, which is not installed" in refusal and "pip install 'xtalker[usd]'" in refusal
    assert list(contents(work)) == ["speech.wav"]


def test_a_folder_in_the_way_of_a_sequence_is_told_before_any_work(xtalker: Command, work: Path, speech: Path) -> None:
    (work / "out_ply").mkdir()
    (work / "out_ply" / "mine.txt").write_text("kept")
    assert "something else is in the way: received out_ply" in xtalker("talk", speech.name, "-o", "out.ply").refusal()
    assert (work / "out_ply" / "mine.txt").read_text() == "kept"
