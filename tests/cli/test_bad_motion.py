"""Every unusable motion file: one line, exit code 1, nothing written, nothing executed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.cli.conftest import Command, contents

from xtalker.export.motion_npz import write_motion
from xtalker.values import Identity, Motion


class _Trap:
    """Unpickling this would make a file."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return Path.touch, (Path("trapped"),)  # type: ignore[return-value]


def _changed(path: Path, **arrays: np.ndarray) -> None:
    write_motion(path, Motion.zeros(3), Identity(), card={})
    with np.load(path) as file:
        whole = {name: file[name] for name in file.files}
    np.savez(path, **{**whole, **arrays})


def _huge(path: Path) -> None:
    """A header that claims 200 GB."""
    header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000, 50), }"
    body = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode()
    import zipfile

    write_motion(path, Motion.zeros(3), Identity(), card={})
    with zipfile.ZipFile(path) as old:
        members = {m.filename: old.read(m) for m in old.infolist()}
    with zipfile.ZipFile(path, "w") as new:
        for name, data in {**members, "expression.npy": body}.items():
            new.writestr(name, data)


BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "absent": (lambda path: None, "received motion.npz (no such file)"),
    "folder": (Path.mkdir, "received motion.npz (a folder)"),
    "empty": (Path.touch, "received motion.npz (an empty file)"),
    "text": (lambda path: path.write_text("hello"), "damaged motion file, or none at all"),
    "other schema": (lambda path: _changed(path, schema_version=np.array(99)), "another schema_version: received"),
    "other rate": (lambda path: _changed(path, frame_rate_hz=np.array(30)), "another frame_rate_hz: received"),
    "objects": (lambda path: _changed(path, card=np.array([_Trap()], object)), "objects are never unpickled"),
    "NaN": (lambda path: _changed(path, jaw=np.full((3, 3), np.nan, np.float32)), "values that are not finite"),
    "wrong shape": (lambda path: _changed(path, head=np.zeros((4, 3), np.float32)), "head of shape (4, 3)"),
    "huge shape": (_huge, "claims 200000000000 bytes"),
    "another npz": (lambda path: np.savez(path, a=np.zeros(3)), "without schema_version"),
}


@pytest.mark.parametrize(("make", "text"), BAD.values(), ids=BAD)
def test_refused_in_one_line(xtalker: Command, work: Path, make: Callable[[Path], object], text: str) -> None:
    make(work / "motion.npz")
    (work / "out.mp4").write_text("precious")
    before = contents(work)
    assert text in xtalker("render", "motion.npz", "-o", "out.mp4").refusal()
    assert contents(work) == before


def test_motion_of_a_head_that_is_not_here(xtalker: Command, work: Path) -> None:
    zeros = Motion.zeros(2)
    other = Motion(zeros.expression, zeros.jaw, zeros.head, zeros.gaze, head_model="flame")
    write_motion(work / "motion.npz", other, Identity(head_model="flame"), card={})
    refusal = xtalker("render", "motion.npz", "-o", "out.mp4").refusal()
    assert "a head that is not here: received motion.npz (head 'flame')" in refusal


@pytest.mark.parametrize("value", [3e38, 1e4, 200.0])
def test_finite_motion_that_no_head_survives(xtalker: Command, work: Path, value: float) -> None:
    wild = Motion.zeros(3)
    wild.expression[1] = value
    write_motion(work / "motion.npz", wild, Identity(), card={})
    refusal = xtalker("render", "motion.npz", "-o", "out.mp4", "--size", 64).refusal()
    assert "this motion is not that of a head: received motion.npz (expression: up to" in refusal
    assert list(contents(work)) == ["motion.npz"]


@pytest.mark.parametrize("name", ["none.wav", "motion.npz"])
def test_unusable_sound_for_a_good_motion(xtalker: Command, work: Path, name: str) -> None:
    write_motion(work / "motion.npz", Motion.zeros(2), Identity(), card={})
    before = contents(work)
    assert name in xtalker("render", "motion.npz", "--audio", name, "-o", "out.mp4", "--size", 64).refusal()
    assert contents(work) == before
