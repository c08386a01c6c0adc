"""Files at the border: outputs appear whole or not at all, arrays come in bounded and without pickle.

whole_file   write beside the place, rename when done
read_arrays  an npz from anywhere
"""

from __future__ import annotations

import errno
import io
import math
import os
import secrets
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.lib import format as npy_format

from xtalker.values.errors import InputError, OutputError

_DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
_NOT_WRITABLE = (errno.EACCES, errno.EPERM, errno.EROFS)
_MAX_MEMBERS = 64
_MAX_SHRINK, _SHRINK_CHECKED_FROM = 100, 16 << 20
_NUMBERS_AND_TEXT = "fiubU"
_DAMAGE = (zipfile.BadZipFile, EOFError, ValueError, NotImplementedError, RuntimeError, OSError)


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a new, empty file beside `path` with the same suffix; it becomes `path` when the block ends well.

    On any exception, Ctrl-C included, it is removed and what was at `path` stays as it was.

    Raises:
        OutputError: no such folder, not writable, a directory or device in the way, disk full.
    """
    _check_place(path)
    part = path.with_name(f".{path.stem[:80]}-{secrets.token_hex(4)}.part{path.suffix}")
    try:
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    except OSError as error:
        _say(error, path)
    try:
        yield part
        part.replace(path)
    except BaseException as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        # Other system errors may come from what the block reads: not ours to explain.
        if isinstance(error, OSError) and error.errno in _DISK_FULL:
            _say(error, path)
        raise


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


def read_arrays(path: Path, *, kind: str, max_bytes: int) -> Mapping[str, np.ndarray]:
    """Arrays of numbers and text in an npz file.

    Sizes that the file claims are checked before memory is taken; object arrays are refused, so nothing is
    ever unpickled.

    Args:
        path: the file.
        kind: what it should be, for messages, such as "motion file".
        max_bytes: most that all arrays may take together when unpacked.

    Raises:
        InputError: missing, not a zip, truncated, too large, object arrays, damaged.
    """
    check_readable(path, kind=kind, accepted=f"a {kind} (.npz)")
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            _check_members(members, path, kind, max_bytes)
            return {m.filename.removesuffix(".npy"): _read_member(archive, m, path, kind) for m in members}
    except (*_DAMAGE, zlib.error) as error:
        raise InputError(
            f"damaged {kind}, or none at all",
            received=f"{path} ({error})",
            accepted=f"a whole {kind} (.npz)",
            next_step="make or copy the file again",
        ) from error


def check_readable(path: Path, *, kind: str, accepted: str) -> None:
    """Refuse what is missing, a folder or empty.

    Raises:
        InputError: with what was found instead.
    """
    if path.is_file() and path.stat().st_size > 0:
        return
    found = "a folder" if path.is_dir() else "an empty file" if path.is_file() else "no such file"
    raise InputError(
        f"cannot read the {kind}", received=f"{path} ({found})", accepted=accepted,
        next_step="check the path",
    )  # fmt: skip


def _check_members(members: list[zipfile.ZipInfo], path: Path, kind: str, max_bytes: int) -> None:
    total = sum(m.file_size for m in members)
    shrunk = any(m.file_size > max(_SHRINK_CHECKED_FROM, _MAX_SHRINK * m.compress_size) for m in members)
    names = [m.filename for m in members]
    if len(members) > _MAX_MEMBERS or len(set(names)) < len(names):
        fault = f"{len(members)} members, {len(set(names))} different"
    elif total > max_bytes:
        fault = f"{total} bytes when unpacked"
    elif shrunk:
        fault = f"packed more than {_MAX_SHRINK}-fold"
    else:
        return
    raise InputError(
        f"this {kind} is too large to be one", received=f"{path} ({fault})",
        accepted=f"at most {_MAX_MEMBERS} arrays, {max_bytes} bytes when unpacked, packed {_MAX_SHRINK}-fold",
        next_step="check where the file comes from",
    )  # fmt: skip


def _read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path, kind: str) -> np.ndarray:
    stream = io.BytesIO(archive.read(member))  # never more than the size that was checked
    shape, fortran, dtype = _header(stream)
    if dtype.kind not in _NUMBERS_AND_TEXT or dtype.names is not None:
        raise InputError(
            f"this {kind} holds something other than numbers and text",
            received=f"{path} (array '{member.filename}' of type {dtype})",
            accepted="arrays of numbers and text; objects are never unpickled",
            next_step="write the file again without object arrays",
        )
    data = stream.read()
    claimed = math.prod(shape) * dtype.itemsize
    if min(shape, default=0) < 0 or claimed != len(data):
        raise ValueError(f"array '{member.filename}' claims {claimed} bytes, {len(data)} are there")
    return np.frombuffer(data, dtype).reshape(shape, order="F" if fortran else "C").copy()


def _header(stream: io.BytesIO) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = npy_format.read_magic(stream)
    if version == (1, 0):
        return npy_format.read_array_header_1_0(stream)
    if version == (2, 0):
        return npy_format.read_array_header_2_0(stream)
    raise ValueError(f"array format {version} is not supported")
