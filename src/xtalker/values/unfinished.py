"""Names of files and folders that are not finished, by which the next run knows what a dead one has left behind.

A name carries the machine and the process that write it. What a process of this machine has left that lives no more
is removed; what another machine, or a container with its own processes, writes into a shared folder is not touched.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

_tidied: set[Path] = set()
_LONGEST_STEM = 80
_OURS = re.compile(
    r"\.(?P<stem>.*)-(?P<machine>[0-9a-f]{8})-(?P<process>\d+)-[0-9a-f]{8}\.(?P<kind>part|old)(\..*)?", re.DOTALL
)
_TEMPORARY = re.compile(r"xtalker-(?P<machine>[0-9a-f]{8})-(?P<process>\d+)-.*", re.DOTALL)


def unfinished(path: Path, *, kind: str = "part", suffix: str | None = None) -> Path:
    """A hidden name beside a place, for what will be moved there; leftovers of dead processes go away first.

    Args:
        path: the place.
        kind: "part" for what is being made, "old" for what is being replaced.
        suffix: ending of the name; None takes that of the place.
    """
    tidy(path.parent)
    end = path.suffix if suffix is None else suffix
    own = f"{machine()}-{os.getpid()}-{secrets.token_hex(4)}"
    return path.with_name(f".{path.stem[:_LONGEST_STEM]}-{own}.{kind}{end}")


@contextmanager
def work_folder() -> Iterator[Path]:
    """A temporary folder that goes away at the end, or with the next run where this one is killed."""
    tidy_temporary()
    with tempfile.TemporaryDirectory(prefix=temporary_prefix(), ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def temporary_prefix() -> str:
    """What names of this process's temporary files begin with."""
    return f"xtalker-{machine()}-{os.getpid()}-"


def tidy(folder: Path) -> None:
    """Remove what dead processes have left in a folder; looked for once in a run."""
    folder = folder.absolute()
    if folder in _tidied:
        return
    _tidied.add(folder)
    with suppress(OSError):
        for entry in list(os.scandir(folder)):
            found = _OURS.fullmatch(entry.name)
            if found is not None and _is_dead(found["machine"], found["process"]):
                _remove(Path(entry.path), folder, found)


def tidy_temporary() -> None:
    """`tidy` the system's folder for temporary files."""
    folder = Path(tempfile.gettempdir()).absolute()
    if folder in _tidied:
        return
    _tidied.add(folder)
    with suppress(OSError):
        for entry in list(os.scandir(folder)):
            found = _TEMPORARY.fullmatch(entry.name)
            if found is not None and _is_dead(found["machine"], found["process"]):
                _discard(Path(entry.path))


def _remove(path: Path, folder: Path, found: re.Match[str]) -> None:
    """An old folder whose successor never came goes back to its place."""
    place = folder / found["stem"]
    if found["kind"] == "old" and not place.exists():
        with suppress(OSError):
            path.rename(place)
        return
    _discard(path)


def _discard(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()


def _is_dead(where: str, process: str) -> bool:
    if where != machine():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):  # not ours to signal, so it lives
        return False
    return False


@cache
def machine() -> str:
    """Eight digits that tell this machine, since it was started, and its table of processes from any other."""
    said = [platform.node()]
    with suppress(OSError):
        said += [Path("/proc/sys/kernel/random/boot_id").read_text(), str(Path("/proc/self/ns/pid").readlink())]
    return hashlib.sha256("|".join(said).encode()).hexdigest()[:8]
