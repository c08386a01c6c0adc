"""A run that ends in the middle leaves no half file and does not touch what was there."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.cli.conftest import Command, contents

from xtalker.export.motion_npz import write_motion
from xtalker.render.head_renderer import Frame, HeadRenderer
from xtalker.render.video import _Writer
from xtalker.values import Identity, Motion
from xtalker.values.errors import InputError


def _after(count: int, error: BaseException, real: Callable[..., object]) -> Callable[..., object]:
    """`real`, until it has been called `count` times; then the error."""
    calls = 0

    def call(*arguments: object) -> object:
        nonlocal calls
        calls += 1
        if calls > count:
            raise error
        return real(*arguments)

    return call


@pytest.fixture
def before(work: Path) -> dict[str, bytes]:
    write_motion(work / "motion.npz", Motion.zeros(12), Identity(), card={})
    (work / "out.mp4").write_bytes(b"precious")
    return contents(work)


RENDER = ("render", "motion.npz", "-o", "out.mp4", "--size", "64")


@pytest.mark.parametrize("frames_done", [0, 5])
def test_interrupt(
    xtalker: Command, work: Path, before: dict[str, bytes], monkeypatch: pytest.MonkeyPatch, frames_done: int
) -> None:
    monkeypatch.setattr(HeadRenderer, "render", _after(frames_done, KeyboardInterrupt(), HeadRenderer.render))
    outcome = xtalker(*RENDER)
    assert (outcome.code, outcome.out) == (130, "")
    assert outcome.err == "xtalker: stopped by Ctrl-C; no unfinished file was left\n"
    assert contents(work) == before


def test_disk_full(xtalker: Command, work: Path, before: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    full = OSError(errno.ENOSPC, "No space left on device")
    monkeypatch.setattr(_Writer, "add", _after(5, full, _Writer.add))
    assert "disk full: received out.mp4; accepted: a disk with room" in xtalker(*RENDER).refusal()
    assert contents(work) == before


def test_disk_full_for_motion(
    xtalker: Command, work: Path, speech: Path, tiny_parts: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = np.savez

    def fail(stream: Any, **arrays: np.ndarray) -> None:
        if Path(stream.name).parent == Path():  # the cache is elsewhere
            raise OSError(errno.ENOSPC, "No space left on device")
        real(stream, **arrays)

    monkeypatch.setattr(np, "savez", fail)
    assert "disk full: received out.npz" in xtalker("talk", speech.name, "-o", "out.npz").refusal()
    assert list(contents(work)) == ["speech.wav"]


def test_fault_of_ours(xtalker: Command, work: Path, before: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(HeadRenderer, "render", _after(5, ZeroDivisionError("7 / 0\nin frame 5"), HeadRenderer.render))
    outcome = xtalker(*RENDER)
    assert (outcome.code, outcome.out) == (70, "")
    assert outcome.err == (
        "xtalker: ZeroDivisionError: 7 / 0 in frame 5: this is a fault of xtalker; "
        "run again with --debug for the traceback\n"
    )
    assert contents(work) == before


def test_debug_shows_the_traceback(xtalker: Command, before: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(HeadRenderer, "render", _after(5, ZeroDivisionError("7 / 0"), HeadRenderer.render))
    outcome = xtalker(*RENDER, "--debug")
    assert outcome.code == 70 and "Traceback (most recent call last)" in outcome.err
    assert outcome.err.endswith("xtalker: ZeroDivisionError: 7 / 0: this is a fault of xtalker\n")


def test_interrupt_behind_another_error(
    xtalker: Command, work: Path, before: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Compiled code that is interrupted may raise something else."""

    def interrupted(*arguments: object) -> None:
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            raise SystemError("returned a result with an exception set") from None

    monkeypatch.setattr(HeadRenderer, "render", interrupted)
    outcome = xtalker(*RENDER)
    assert (outcome.code, outcome.err) == (130, "xtalker: stopped by Ctrl-C; no unfinished file was left\n")
    assert contents(work) == before
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (MemoryError(), "not enough memory: received a request that the system refused; accepted: what fits; next: "),
        (OSError(errno.EIO, "Input/output error", "disk"), "the system refused (Input/output error): received disk; "),
        (InputError("a", received="b", accepted="c", next_step="d"), "a: received b; accepted: c; next: d"),
    ],
)
def test_what_the_user_can_change(
    xtalker: Command, work: Path, before: dict[str, bytes], monkeypatch: pytest.MonkeyPatch,
    error: Exception, text: str,
) -> None:  # fmt: skip
    monkeypatch.setattr(HeadRenderer, "render", _after(2, error, HeadRenderer.render))
    assert text in xtalker(*RENDER).refusal()
    assert contents(work) == before


def test_library_warnings_do_not_leak(
    xtalker: Command, before: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = HeadRenderer.render

    def noisy(self: HeadRenderer, *arguments: object) -> Frame:
        import warnings

        warnings.warn("mind the gap", RuntimeWarning, stacklevel=1)
        return real(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(HeadRenderer, "render", noisy)
    outcome = xtalker(*RENDER)
    assert (outcome.code, outcome.err) == (0, "")
    assert "mind the gap" in xtalker(*RENDER, "--debug").err


def _start(work: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "xtalker", *arguments], cwd=work, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "PYTHONFAULTHANDLER": ""},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "code", "said"), [("SIGINT", 130, "Ctrl-C"), ("SIGTERM", 143, "SIGTERM"), ("SIGHUP", 129, "SIGHUP")]
)
def test_a_real_interrupt_of_a_real_process(work: Path, name: str, code: int, said: str) -> None:
    write_motion(work / "motion.npz", Motion.zeros(20_000), Identity(), card={})
    (work / "out.mp4").write_bytes(b"precious")
    process = _start(work, *RENDER)
    try:
        deadline = time.monotonic() + 40
        seen = 0
        while seen < 5:  # the place is tried with a file that lasts no time; the film's lasts
            assert process.poll() is None and time.monotonic() < deadline
            seen = seen + 1 if any(work.glob(".out*.part.mp4")) else 0
            time.sleep(0.1)
        process.send_signal(getattr(signal, name))
        out, err = process.communicate(timeout=30)
    finally:
        process.kill()
        process.communicate()
    assert (process.returncode, out) == (code, ""), err
    assert err == f"xtalker: stopped by {said}; no unfinished file was left\n"
    assert sorted(contents(work)) == ["motion.npz", "out.mp4"]
    assert (work / "out.mp4").read_bytes() == b"precious"


def test_a_reader_that_went_away(work: Path) -> None:
    process = _start(work, "doctor", "--json")
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=60) == 1 and "Traceback" not in err and "fault" not in err


def test_bad_input_in_a_real_process(work: Path) -> None:
    """Exit code and one line as a shell sees them; and nothing of any library on the streams."""
    out, err = (process := _start(work, "talk", "none.wav", "-o", "out.mp4")).communicate(timeout=60)
    assert (process.returncode, out) == (1, "")
    assert err.startswith("xtalker: no such sound file: received none.wav;") and err.count("\n") == 1
    assert contents(work) == {}
