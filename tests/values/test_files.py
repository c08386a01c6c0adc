"""Outputs are whole or absent; arrays from outside are bounded."""

import errno
import io
import os
import stat
import zipfile
from pathlib import Path

import numpy as np
import pytest

from xtalker.values import InputError, OutputError
from xtalker.values.files import read_arrays, whole_file


def test_file_appears_when_the_block_ends(tmp_path: Path) -> None:
    path = tmp_path / "take.mp4"
    with whole_file(path) as part:
        assert part.parent == tmp_path and part.suffix == ".mp4"
        part.write_text("done")
        assert not path.exists()
    assert path.read_text() == "done"
    assert list(tmp_path.iterdir()) == [path]


def test_rights_follow_the_umask_as_for_any_new_file(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        with whole_file(tmp_path / "a.npz") as part:
            part.write_text("x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.npz").stat().st_mode) == 0o640


@pytest.mark.parametrize("error", [ValueError("bad"), KeyboardInterrupt(), SystemExit(1), OSError(errno.EIO, "input")])
def test_nothing_is_left_and_nothing_overwritten_on_failure(tmp_path: Path, error: BaseException) -> None:
    path = tmp_path / "take.npz"
    path.write_text("old")
    with pytest.raises(type(error)), whole_file(path) as part:
        part.write_text("half")
        raise error
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_full_disk_while_writing(tmp_path: Path, code: int) -> None:
    with (
        pytest.raises(OutputError, match=r"disk full: received .*take\.npz.*free some space"),
        whole_file(tmp_path / "take.npz"),
    ):
        raise OSError(code, "no room")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (errno.ENOSPC, "disk full"),
        (errno.EACCES, "folder is not writable.*change the rights of"),
        (errno.EROFS, "folder is not writable"),
        (errno.ENAMETOOLONG, r"cannot write \(File name too long\)"),
    ],
)
def test_place_that_refuses_new_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, text: str) -> None:
    def refuse(*_: object) -> int:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(OutputError, match=text), whole_file(tmp_path / "take.npz"):
        raise AssertionError("the block must not run")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_read_only_folder(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(OutputError, match="folder is not writable"), whole_file(tmp_path / "take.npz"):
            pass
    finally:
        tmp_path.chmod(0o700)


def test_missing_folder_folder_in_the_way_and_device(tmp_path: Path) -> None:
    places = {
        tmp_path / "none" / "take.npz": r"no such folder to write to.*create the folder '.*none'",
        tmp_path: "a folder is in the way.*add a file name",
        Path(os.devnull): "not an ordinary file",
    }
    for place, text in places.items():
        with pytest.raises(OutputError, match=text), whole_file(place):
            pass


def _npz(path: Path, members: dict[str, bytes], **options: int) -> Path:
    with zipfile.ZipFile(path, "w", **options) as archive:  # type: ignore[arg-type]
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def _npy(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array)
    return stream.getvalue()


def _read(path: Path, max_bytes: int = 1 << 26) -> dict[str, np.ndarray]:
    return dict(read_arrays(path, kind="motion file", max_bytes=max_bytes))


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_arrays_come_back(tmp_path: Path, save: object) -> None:
    arrays = {
        "numbers": np.random.default_rng(0).normal(size=(3, 4)),
        "columns": np.asfortranarray(np.arange(6).reshape(2, 3)),
        "text": np.array(["ä", "bc"]),
        "scalar": np.array(3),
        "none": np.zeros((0, 2), np.float32),
    }
    save(tmp_path / "a.npz", **arrays)  # type: ignore[operator]
    read = _read(tmp_path / "a.npz")
    assert read.keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(read[name], array)
        assert read[name].dtype == array.dtype and read[name].flags.writeable


def _lying_header(shape: str, version: bytes = b"\x01\x00") -> bytes:
    text = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}".ljust(117).encode() + b"\n"
    return b"\x93NUMPY" + version + len(text).to_bytes(2, "little") + text + b"12345678"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (_lying_header("(1000000000, 1000000000)"), "claims 8000000000000000000 bytes, 8 are there"),
        (_lying_header("(-1, -1)"), "claims 8 bytes, 8 are there"),
        (_lying_header("(2,)"), "claims 16 bytes, 8 are there"),
        (_lying_header("()") + b"more", "claims 8 bytes, 12 are there"),
        (_lying_header("(1,)", b"\x09\x00"), "damaged motion file"),
        (_lying_header("__import__('os').getpid()"), "damaged motion file"),
        (b"not an array", "damaged motion file"),
        (_npy(np.array([{}])), "something other than numbers and text.*type object.*never unpickled"),
        (_npy(np.zeros(2, [("a", "f4")])), "something other than numbers and text"),
        (_npy(np.zeros(2, complex)), "something other than numbers and text.*type complex128"),
    ],
)
def test_lying_or_foreign_array_is_refused(tmp_path: Path, data: bytes, text: str) -> None:
    with pytest.raises(InputError, match=text):
        _read(_npz(tmp_path / "a.npz", {"a.npy": data}))


def test_unpacked_size_is_checked_before_reading(tmp_path: Path) -> None:
    path = _npz(tmp_path / "a.npz", {"a.npy": _npy(np.zeros(200)), "b.npy": _npy(np.zeros(200))})
    assert len(_read(path, max_bytes=5000)) == 2
    with pytest.raises(InputError, match=r"too large to be one.*bytes when unpacked"):
        _read(path, max_bytes=3000)


def test_zip_bomb_is_refused(tmp_path: Path) -> None:
    big = _npy(np.zeros((17 << 20) // 8))
    path = _npz(tmp_path / "a.npz", {"a.npy": big}, compression=zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 1 << 17
    with pytest.raises(InputError, match="packed more than 100-fold"):
        _read(path)
    assert len(_read(_npz(tmp_path / "b.npz", {"a.npy": big}))) == 1


def test_too_many_members_and_repeated_names(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="65 members"):
        _read(_npz(tmp_path / "a.npz", {f"{i}.npy": b"" for i in range(65)}))
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(tmp_path / "b.npz", "w") as archive:
        for _ in range(2):
            archive.writestr("a.npy", _npy(np.zeros(1)))
    with pytest.raises(InputError, match="2 members, 1 different"):
        _read(tmp_path / "b.npz")


@pytest.mark.parametrize("keep", [0.3, 0.9, 0.99])
def test_truncated_file(tmp_path: Path, keep: float) -> None:
    np.savez(tmp_path / "a.npz", a=np.arange(1000.0))
    data = (tmp_path / "a.npz").read_bytes()
    (tmp_path / "a.npz").write_bytes(data[: int(keep * len(data))])
    with pytest.raises(InputError, match=r"damaged motion file.*make or copy the file again"):
        _read(tmp_path / "a.npz")


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_flipped_bits(tmp_path: Path, save: object) -> None:
    path = tmp_path / "a.npz"
    save(path, a=np.random.default_rng(0).normal(size=1000))  # type: ignore[operator]
    data = bytearray(path.read_bytes())
    data[3000:3010] = bytes(10)
    path.write_bytes(data)
    with pytest.raises(InputError, match="damaged motion file"):
        _read(path)


def test_packed_data_that_cannot_be_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez_compressed(path, a=np.arange(1000.0))
    with zipfile.ZipFile(path) as archive:
        header = archive.getinfo("a.npy").header_offset
    data = bytearray(path.read_bytes())
    name_length, extra_length = data[header + 26], data[header + 28]
    data[header + 30 + name_length + extra_length] = 0x07  # a block type that deflate does not have
    path.write_bytes(data)
    with pytest.raises(InputError, match="damaged motion file"):
        _read(path)


def test_encrypted_and_misnamed_files(tmp_path: Path) -> None:
    (tmp_path / "text.npz").write_text("hello")
    with pytest.raises(InputError, match="damaged motion file, or none at all"):
        _read(tmp_path / "text.npz")
    path = _npz(tmp_path / "locked.npz", {"a.npy": _npy(np.zeros(1))})
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(InputError, match="damaged motion file"):
        _read(path)


def test_missing_folder_and_empty(tmp_path: Path) -> None:
    (tmp_path / "empty.npz").touch()
    for name, found in (("none.npz", "no such file"), ("", "a folder"), ("empty.npz", "an empty file")):
        with pytest.raises(InputError, match=rf"cannot read the motion file.*\({found}\).*check the path"):
            _read(tmp_path / name)
