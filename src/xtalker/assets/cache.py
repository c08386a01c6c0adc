"""The per-user cache: whole files only, safe between processes, verified before use."""

from __future__ import annotations

import hashlib
import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

from xtalker.places import cache_root
from xtalker.values import OutputError
from xtalker.values.files import whole_file

_POLL_S = 0.1
_PATIENCE_S = 2.0
_log = logging.getLogger("xtalker")


def cache_folder(kind: str) -> Path:
    """A folder of the per-user cache, made when absent.

    Args:
        kind: what it holds: "assets", "features".

    Raises:
        OutputError: the folder cannot be made. XTALKER_CACHE sets another place.
    """
    folder = cache_place(kind)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            "the cache folder cannot be made", received=f"{folder} ({error.strerror})",
            accepted="a folder that can be written", next_step="set XTALKER_CACHE to such a folder",
        ) from error  # fmt: skip
    return folder


def cache_place(kind: str) -> Path:
    """`cache_folder`, which may be absent.

    Raises:
        OutputError: this user has no place for it.
    """
    root = cache_root()
    if root is None:
        raise OutputError(
            "there is no place for a cache", received="a user without a home folder",
            accepted="a folder that can be written", next_step="set XTALKER_CACHE to such a folder",
        )  # fmt: skip
    return root / kind


@contextmanager
def exclusive(lock: Path) -> Iterator[None]:
    """Hold a lock that one process at a time can have; the system frees it when its holder dies.

    The lock file stays: removing it would let two processes lock two files of the same name.
    """
    started, said = time.monotonic(), False
    with lock.open("a+b") as handle:
        while not _try_lock(handle.fileno()):
            if not said and time.monotonic() - started > _PATIENCE_S:
                _log.info("waiting for another process that holds %s", lock)
                said = True
            time.sleep(_POLL_S)
        yield


if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def sha256_of(path: Path) -> str:
    """Hexadecimal sha256 of a file's content."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def is_intact(path: Path, sha256: str) -> bool:
    """Whether a file has the given hash.

    A verified file is remembered with its size and time of change, so that it is read in full only once.
    """
    seen = path.stat()
    line = f"{sha256} {seen.st_size} {seen.st_mtime_ns}"
    memory: Path | None = None
    # Remembering only saves time: whatever is wrong with the cache, the file is read.
    with suppress(OSError, ValueError, OutputError):
        memory = cache_place("verified") / hashlib.sha256(str(path.absolute()).encode("utf-8", "replace")).hexdigest()
        if memory.is_file() and memory.read_bytes() == line.encode():
            return True
    if sha256_of(path) != sha256:
        return False
    try:
        _remember(memory, line)
    except (OSError, OutputError) as error:
        say_not_kept(error)
    return True


def _remember(memory: Path | None, line: str) -> None:
    folder = cache_folder("verified")
    if memory is None or (memory.exists() and not memory.is_file()):  # not ours: a folder, a pipe
        return
    with whole_file(folder / memory.name) as beside:
        beside.write_text(line)


def say_not_kept(error: Exception) -> None:
    """Say, once for each cache, that it cannot be written: it only saves time."""
    reason = error.what if isinstance(error, OutputError) else str(error)
    _say_once(str(cache_root() or "the cache"), reason)


@cache
def _say_once(place: str, reason: str) -> None:
    _log.warning("nothing can be kept in %s (%s): runs take longer; XTALKER_CACHE sets another place", place, reason)
