"""Archives of arrays (.npz, .npy) from anywhere: nothing is unpickled, and no claim is believed before it is checked.

Members are inflated in pieces and never beyond the size that they claim, so a small file cannot take much memory.
"""

from __future__ import annotations

import math
import os
import struct
import zipfile
from collections.abc import Collection
from io import BufferedIOBase
from pathlib import Path
from typing import Any, Final, cast

import numpy as np
from numpy.lib import format as npy_format

MAX_SHRINK, SHRINK_CHECKED_FROM = 100, 16 << 20
_PACKING: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # bzip2 and LZMA inflate without a limit
_NUMBERS_AND_TEXT: Final = "fiubU"
_PIECE: Final = 1 << 20
_END, _END_64, _END_BYTES, _END_SEARCHED = b"PK\x05\x06", b"PK\x06\x07", 22, 22 + (1 << 16)
_LAST_CHARACTER, _SURROGATES = 0x10FFFF, (0xD800, 0xDFFF)
Header = tuple[tuple[int, ...], bool, np.dtype[Any]]


class Damaged(Exception):
    """What is wrong with an archive, in a few words."""


class TooLarge(Exception):
    """What of an archive is beyond its bounds, in a few words."""


class Foreign(Exception):
    """An array of something other than numbers and text."""


def names_in(path: Path, *, max_members: int) -> tuple[str, ...]:
    """Names of the arrays, from the archive's list alone.

    Raises:
        Damaged, TooLarge: see `arrays_in`; Exception: whatever else a broken archive makes the reader raise.
    """
    _check_end(path, max_members)
    with zipfile.ZipFile(path) as archive:
        return tuple(m.filename.removesuffix(".npy") for m in archive.infolist())


def arrays_in(
    path: Path,
    *,
    max_bytes: int,
    max_members: int,
    only: Collection[str] | None = None,
) -> dict[str, np.ndarray]:
    """Arrays of an archive.

    Args:
        path: the file.
        max_bytes: most that all arrays may take together.
        max_members: most arrays.
        only: names of those that are wanted, where they are there; None is all.

    Raises:
        Damaged: cut off, or claims that do not fit together.
        TooLarge: beyond a bound.
        Foreign: objects, records, complex numbers.
        Exception: whatever else a broken archive makes the reader raise.
    """
    _check_end(path, max_members)
    out = {}
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        _check_members(members, path.stat().st_size, max_bytes)
        for member in members:
            name = member.filename.removesuffix(".npy")
            if only is None or name in only:
                with archive.open(member) as stream:
                    out[name] = _array(cast(BufferedIOBase, stream), member.file_size, member.filename)
    return out


def array_in(path: Path, *, max_bytes: int) -> np.ndarray:
    """The array of a file that holds one (.npy).

    Raises:
        As `arrays_in`.
    """
    size = path.stat().st_size
    if size > max_bytes:
        raise TooLarge(f"{size} bytes")
    with path.open("rb") as stream:
        return _array(stream, size, path.name)


def _check_end(path: Path, max_members: int) -> None:
    """The number of members, before the list of them is read into memory."""
    with path.open("rb") as stream:
        size = stream.seek(0, os.SEEK_END)
        stream.seek(max(0, size - _END_SEARCHED))
        tail = stream.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) < at + _END_BYTES:
        raise Damaged("no archive, or cut off")
    count = struct.unpack_from("<H", tail, at + 10)[0]
    if count > max_members or tail[max(0, at - 20) : at].startswith(_END_64):
        raise TooLarge(f"{count} members or more")


def _check_members(members: list[zipfile.ZipInfo], file_bytes: int, max_bytes: int) -> None:
    total = sum(m.file_size for m in members)
    names = {m.filename for m in members}
    if len(names) < len(members):
        raise TooLarge(f"{len(members)} members, {len(names)} different")
    if total > max_bytes:
        raise TooLarge(f"{total} bytes when unpacked")
    if any(m.file_size > max(SHRINK_CHECKED_FROM, MAX_SHRINK * m.compress_size) for m in members):
        raise TooLarge(f"packed more than {MAX_SHRINK}-fold")
    if sum(m.compress_size for m in members) > file_bytes:
        raise Damaged("members that are larger than the file")
    if other := [m.filename for m in members if m.compress_type not in _PACKING]:
        raise Damaged(f"'{other[0]}' is packed in another way than stored or deflated")


def _array(stream: BufferedIOBase, size: int, name: str) -> np.ndarray:
    """One array out of a stream of `size` bytes, as it claims; what is there is compared with it."""
    shape, fortran, dtype = _header(stream)
    if dtype.kind not in _NUMBERS_AND_TEXT or dtype.names is not None:
        raise Foreign(f"array '{name}' of type {dtype}")
    claimed, there = math.prod(shape) * dtype.itemsize, size - stream.tell()
    if min(shape, default=0) < 0 or claimed != there:
        raise Damaged(f"array '{name}' claims {claimed} bytes, {there} are there")
    flat = np.empty(math.prod(shape), dtype)
    room = flat.view(np.uint8).data if flat.size and dtype.itemsize else memoryview(b"")
    filled = 0
    while piece := stream.read(_PIECE):  # up to the end, where the archive's check sum is compared
        if filled + len(piece) > claimed:
            raise Damaged(f"array '{name}' goes on beyond its {claimed} bytes")
        room[filled : filled + len(piece)] = piece
        filled += len(piece)
    if filled < claimed:
        raise Damaged(f"array '{name}' ends after {filled} of {claimed} bytes")
    _check_text(flat, name)
    return flat.reshape(shape, order="F" if fortran else "C")


def _header(stream: BufferedIOBase) -> Header:
    version = npy_format.read_magic(stream)
    if version not in ((1, 0), (2, 0)):
        raise Damaged(f"array format {version} is not supported")
    read = npy_format.read_array_header_1_0 if version == (1, 0) else npy_format.read_array_header_2_0
    try:
        return read(stream)
    except Exception as error:  # numpy reads it as Python's own text: many kinds of error, memory among them
        raise Damaged(f"an array header that cannot be read ({type(error).__name__})") from error


def _check_text(flat: np.ndarray, name: str) -> None:
    """Text is only text when its numbers are characters."""
    if flat.dtype.kind != "U" or not flat.dtype.itemsize or not flat.size:
        return
    codes = flat.view(flat.dtype.byteorder.replace("|", "=") + "u4")
    if codes.max() > _LAST_CHARACTER or bool(((codes >= _SURROGATES[0]) & (codes <= _SURROGATES[1])).any()):
        raise Damaged(f"array '{name}' holds no text")
