"""Pipes as files: what can be read only once is kept, bounded, for as long as the program runs."""

from __future__ import annotations

import atexit
import os
import select
import stat
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from xtalker.values import InputError
from xtalker.values.unfinished import temporary_prefix

MAX_BYTES: Final = 2 << 30
PATIENCE_S: Final = 60.0
_PIECE: Final = 1 << 20
_kept: dict[tuple[int, int, str], Path] = {}


def readable_again(path: Path) -> Path:
    """The path itself for an ordinary file; for a pipe, a file with all that came out of it.

    A pipe is read once, whoever asks for it later gets the same file.

    Raises:
        InputError: another kind of device, more than 2 GB, or nothing for a minute.
    """
    seen = path.stat()
    if stat.S_ISREG(seen.st_mode):
        return path
    if not (stat.S_ISFIFO(seen.st_mode) or stat.S_ISSOCK(seen.st_mode)):
        raise _refusal(path, "not an ordinary file and no pipe")
    key = (seen.st_dev, seen.st_ino, str(path))
    if key not in _kept:
        _kept[key] = _drained(path)
    return _kept[key]


def _drained(path: Path) -> Path:
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    handle, name = tempfile.mkstemp(prefix=temporary_prefix(), suffix=".piped")
    atexit.register(Path(name).unlink, missing_ok=True)
    with os.fdopen(descriptor, "rb", buffering=0) as pipe, os.fdopen(handle, "wb") as file:
        total = 0
        while piece := _next(pipe.fileno(), path):
            total += len(piece)
            if total > MAX_BYTES:
                raise _refusal(path, f"more than {MAX_BYTES} bytes")
            file.write(piece)
    return Path(name)


def _next(descriptor: int, path: Path) -> bytes:
    """What comes next; nothing at the end, which is when the last writer has gone."""
    waiting = select.poll()
    waiting.register(descriptor, select.POLLIN | select.POLLHUP)
    until_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < until_s:
        if waiting.poll(100):  # no event before the first writer has opened it
            with suppress(BlockingIOError):
                return os.read(descriptor, _PIECE)
    raise _refusal(path, f"nothing came for {PATIENCE_S:g} s")


def _refusal(path: Path, found: str) -> InputError:
    return InputError(
        "this cannot be read as a file",
        received=f"{path} ({found})",
        accepted="an ordinary file, or a pipe that something is written to",
        next_step="save it as a file first",
    )
