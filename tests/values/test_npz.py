"""Archives that lie about their size or break in any way cost little and end in one sentence."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest

from xtalker.values import InputError
from xtalker.values.files import array_names, read_array, read_arrays

KIND, BOUND = "motion file", 1 << 26


def _npy(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array)
    return stream.getvalue()


def _header(text: str) -> bytes:
    body = text.ljust(117).encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(body)) + body


def _zip(path: Path, data: bytes, packing: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", packing) as archive:
        archive.writestr("a.npy", data)
    return path


def _claim(path: Path, size: int) -> None:
    """Write another unpacked size into both headers of the only member."""
    data = bytearray(path.read_bytes())
    struct.pack_into("<I", data, 22, size)
    struct.pack_into("<I", data, data.index(b"PK\x01\x02") + 24, size)
    path.write_bytes(data)


def _peak_bytes(path: Path) -> int:
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match="motion file"):
            read_arrays(path, kind=KIND, max_bytes=BOUND)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("packing", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA, zipfile.ZIP_DEFLATED])
def test_more_than_was_claimed_is_never_unpacked(tmp_path: Path, packing: int) -> None:
    small, hidden = _npy(np.zeros(1000)), bytes(64 << 20)
    path = _zip(tmp_path / "a.npz", small + hidden, packing)
    _claim(path, len(small))
    assert path.stat().st_size < 1 << 17 and _peak_bytes(path) < 8 << 20


def test_other_packings_are_named(tmp_path: Path) -> None:
    path = _zip(tmp_path / "a.npz", _npy(np.zeros(3)), zipfile.ZIP_BZIP2)
    with pytest.raises(InputError, match="packed in another way than stored or deflated"):
        read_arrays(path, kind=KIND, max_bytes=BOUND)


def test_a_long_list_of_members_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        for number in range(20_000):
            archive.writestr(f"{number}", b"")
    assert _peak_bytes(tmp_path / "a.npz") < 2 << 20


@pytest.mark.parametrize(
    "header",
    [
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1,), ",  # TokenError
        "  {'descr': 1}\n {'a'",  # IndentationError
        "(" * 900,
        "{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999999,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}",
        "{'descr': '<f0', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '|O', 'fortran_order': False, 'shape': (1,)}",
        "[1, 2, 3]",
        "\x00\x01",
    ],
)
def test_headers_that_cannot_be_read(tmp_path: Path, header: str) -> None:
    data = _header(header) + bytes(8)
    with pytest.raises(InputError, match="motion file"):
        read_arrays(_zip(tmp_path / "a.npz", data), kind=KIND, max_bytes=BOUND)
    (tmp_path / "a.npy").write_bytes(data)
    with pytest.raises(InputError, match="motion file"):
        read_array(tmp_path / "a.npy", kind=KIND, max_bytes=BOUND)


@pytest.mark.parametrize("code", [0x110000, 0xD800])
def test_text_that_is_no_text(tmp_path: Path, code: int) -> None:
    data = _npy(np.array(["ab"]))[:-8] + struct.pack("<II", 97, code)
    with pytest.raises(InputError, match="holds no text"):
        read_arrays(_zip(tmp_path / "a.npz", data), kind=KIND, max_bytes=BOUND)


def test_an_archive_named_npy(tmp_path: Path) -> None:
    path = _zip(tmp_path / "a.npz", _npy(np.zeros(3)))
    with pytest.raises(InputError, match="damaged motion file, or none at all"):
        read_array(path.rename(tmp_path / "a.npy"), kind=KIND, max_bytes=BOUND)


def test_every_broken_byte_ends_in_a_sentence_or_in_arrays(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "a.npz", a=np.arange(40.0), text=np.array(["one", "two"]))
    whole, rng = (tmp_path / "a.npz").read_bytes(), np.random.default_rng(0)
    for _ in range(1000):
        data = bytearray(whole)
        for at in rng.integers(0, len(data), rng.integers(1, 4)):
            data[at] = rng.integers(0, 256)
        (tmp_path / "a.npz").write_bytes(data)
        try:
            read = read_arrays(tmp_path / "a.npz", kind=KIND, max_bytes=BOUND)
        except InputError as error:
            assert "motion file" in str(error)
        else:
            assert sum(array.nbytes for array in read.values()) < 10_000


def test_only_what_is_wanted_is_unpacked(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", a=np.arange(3), b=np.zeros(2))
    assert read_arrays(tmp_path / "a.npz", kind=KIND, max_bytes=BOUND, only=("b", "c")).keys() == {"b"}
    assert array_names(tmp_path / "a.npz", kind=KIND) == ("a", "b")
    np.save(tmp_path / "a.npy", np.arange(6, dtype=np.float32).reshape(2, 3))
    np.testing.assert_array_equal(
        read_array(tmp_path / "a.npy", kind=KIND, max_bytes=BOUND), np.arange(6).reshape(2, 3)
    )
