"""Files at the border: outputs appear whole or not at all, inputs come in bounded and without pickle.

whole_file        write beside the place, rename when done
read_arrays       an npz from anywhere; `read_array` an npy
damage_explained  whatever a decoder raises becomes one sentence
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn

import numpy as np

from xtalker.values import npz
from xtalker.values.errors import InputError, OutputError, XtalkerError, memory_wanted
from xtalker.values.unfinished import unfinished

_DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
_NOT_WRITABLE = (errno.EACCES, errno.EPERM, errno.EROFS)
_SAID = 300


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a new, empty file beside `path` with the same suffix; it becomes `path` when the block ends well.

    On any exception, Ctrl-C included, it is removed and what was at `path` stays as it was. What a killed process has
    left in the folder is removed as well.

    Raises:
        OutputError: no such folder, not writable, a directory or device in the way, disk full.
    """
    _check_place(path)
    part = unfinished(path)
    try:
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    except OSError as error:
        _say(error, path)
    try:
        yield part
        _to_disk(part)
        part.replace(path)
        _to_disk(path.parent)
    except BaseException as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        # Other system errors may come from what the block reads: not ours to explain.
        if isinstance(error, OSError) and error.errno in _DISK_FULL:
            _say(error, path)
        raise


def _to_disk(path: Path) -> None:
    """Ask the system to keep a file, or the names in a folder, so that a power cut finds the old or the new one whole.

    Some file systems cannot do it for folders, or at all: that is no reason to lose what was written.
    """
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _check_place(path: Path) -> None:
    accepted = "a file in an existing, writable folder"
    if not path.parent.is_dir():
        raise OutputError(
            "no such folder to write to", received=path, accepted=accepted,
            next_step=f"create the folder '{path.parent}' or choose another",
        )  # fmt: skip
    if path.is_dir():
        raise OutputError("a folder is in the way", received=path, accepted=accepted, next_step="add a file name")
    if path.exists() and not path.is_file():
        raise OutputError("not an ordinary file", received=path, accepted=accepted, next_step="choose another name")


def _say(error: OSError, path: Path) -> NoReturn:
    if error.errno in _DISK_FULL:
        what, accepted, next_step = "disk full", "a disk with room", "free some space or write elsewhere"
    elif error.errno in _NOT_WRITABLE:
        what, accepted = "folder is not writable", "a folder in which you may create files"
        next_step = f"change the rights of '{path.parent}' or write elsewhere"
    else:
        what, accepted = f"cannot write ({error.strerror})", "a file in an existing, writable folder"
        next_step = "write elsewhere"
    raise OutputError(what, received=path, accepted=accepted, next_step=next_step) from error


def read_arrays(
    path: Path,
    *,
    kind: str,
    max_bytes: int,
    max_members: int = 64,
    only: Collection[str] | None = None,
) -> Mapping[str, np.ndarray]:
    """Arrays of numbers and text in an npz file.

    Sizes that the file claims are checked before memory is taken and kept to while it is inflated; object arrays are
    refused, so nothing is ever unpickled.

    Args:
        path: the file.
        kind: what it should be, for messages, such as "motion file".
        max_bytes: most that all arrays may take together when unpacked.
        max_members: most arrays.
        only: names of those that are wanted, where they are there; None is all.

    Raises:
        InputError: missing, not a zip, truncated, too large, object arrays, damaged.
    """
    check_readable(path, kind=kind, accepted=f"a {kind} (.npz)")
    bounds = f"at most {max_members} arrays, {max_bytes} bytes when unpacked, packed {npz.MAX_SHRINK}-fold"
    with _arrays_explained(path, kind, f"a whole {kind} (.npz)", bounds):
        return npz.arrays_in(path, max_bytes=max_bytes, max_members=max_members, only=only)


def read_array(path: Path, *, kind: str, max_bytes: int) -> np.ndarray:
    """The array of numbers or text of an npy file.

    Raises:
        InputError: as `read_arrays`.
    """
    check_readable(path, kind=kind, accepted=f"a {kind} (.npy)")
    with _arrays_explained(path, kind, f"a whole {kind} (.npy)", f"at most {max_bytes} bytes"):
        return npz.array_in(path, max_bytes=max_bytes)


def array_names(path: Path, *, kind: str, max_members: int = 64) -> tuple[str, ...]:
    """Names of the arrays of an npz file; nothing is unpacked.

    Raises:
        InputError: as `read_arrays`.
    """
    check_readable(path, kind=kind, accepted=f"a {kind} (.npz)")
    with _arrays_explained(path, kind, f"a whole {kind} (.npz)", f"at most {max_members} arrays"):
        return npz.names_in(path, max_members=max_members)


@contextmanager
def _arrays_explained(path: Path, kind: str, accepted: str, bounds: str) -> Iterator[None]:
    try:
        with damage_explained(path, kind=kind, accepted=accepted):
            yield
    except npz.TooLarge as fault:
        raise InputError(
            f"this {kind} is too large to be one",
            received=f"{path} ({fault})",
            accepted=bounds,
            next_step="check where the file comes from",
        ) from fault
    except npz.Foreign as fault:
        raise InputError(
            f"this {kind} holds something other than numbers and text",
            received=f"{path} ({fault})",
            accepted="arrays of numbers and text; objects are never unpickled",
            next_step="write the file again without object arrays",
        ) from fault


@contextmanager
def damage_explained(
    path: Path,
    *,
    kind: str,
    accepted: str,
    what: str = "",
    next_step: str = "make or copy the file again",
    error: type[XtalkerError] = InputError,
) -> Iterator[None]:
    """Whatever a decoder raises inside the block says that the file is damaged; there is no list of its errors.

    The kind of the error is named, and `--debug` shows it whole.

    Args:
        path: the file.
        kind: what it should be.
        accepted: what would have worked.
        what: the fault; the default is that the kind is damaged, or none at all.
        next_step: what to do.
        error: the kind of error to raise.

    Raises:
        XtalkerError: of that kind. What is said already, the end of memory and of disks pass unchanged.
    """
    try:
        yield
    except (XtalkerError, npz.TooLarge, npz.Foreign):
        raise
    except Exception as fault:
        if memory_wanted(fault) is not None or (isinstance(fault, OSError) and fault.errno in _DISK_FULL):
            raise
        named = "" if isinstance(fault, npz.Damaged) else f"{type(fault).__name__}: "
        said = f"{named}{getattr(fault, 'strerror', None) or fault}"[:_SAID]
        raise error(
            what or f"damaged {kind}, or none at all",
            received=f"{path} ({said})",
            accepted=accepted,
            next_step=next_step,
        ) from fault


def check_readable(path: Path, *, kind: str, accepted: str) -> None:
    """Refuse what is missing, a folder, not an ordinary file, empty or not ours to read.

    Raises:
        InputError: with what was found instead.
    """
    found = _unreadable(path)
    if found is not None:
        raise InputError(
            f"cannot read the {kind}",
            received=f"{path} ({found})",
            accepted=accepted,
            next_step="check the path",
        )


def _unreadable(path: Path) -> str | None:
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            return "a folder"
        if not stat.S_ISREG(mode):
            return "not an ordinary file"
        with path.open("rb") as stream:
            return None if stream.read(1) else "an empty file"
    except FileNotFoundError:
        return "no such file"
    except (OSError, ValueError) as error:  # ValueError: a name with a zero byte
        return getattr(error, "strerror", None) or str(error)
