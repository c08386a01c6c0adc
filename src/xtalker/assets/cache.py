"""The per-user cache: whole files only, safe between processes, verified before use."""

from __future__ import annotations

import hashlib
import logging
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs

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
    override = os.environ.get("XTALKER_CACHE")
    root = Path(override).expanduser() if override else Path(platformdirs.user_cache_dir("xtalker", False))
    folder = root.absolute() / kind
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            "the cache folder cannot be made", received=f"{folder} ({error.strerror})",
            accepted="a folder that can be written", next_step="set XTALKER_CACHE to such a folder",
        ) from error  # fmt: skip
    return folder


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
    memory = cache_folder("verified") / hashlib.sha256(str(path.absolute()).encode()).hexdigest()
    if memory.is_file() and memory.read_text() == line:
        return True
    if sha256_of(path) != sha256:
        return False
    with whole_file(memory) as beside:
        beside.write_text(line)
    return True
