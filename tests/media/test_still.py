"""What is kept and said of unusual picture files: cover, range, animation."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from xtalker.media.light import to_standard
from xtalker.media.still import Still, open_picture
from xtalker.media.still_transfer import transfer_of

PQ, HLG, SRGB = 16, 18, 13


def opened(path: Path, max_side: int = 512) -> Still:
    return open_picture(path, kind="portrait", accepted="a picture", min_side=1, max_side=max_side)


def shades() -> np.ndarray:
    ramp = np.linspace(0, 255, 96).astype(np.uint8)
    return np.stack([np.tile(ramp, (80, 1)), np.tile(ramp[::-1], (80, 1)), np.full((80, 96), 90, np.uint8)], -1)


def with_chunk(png: bytes, name: bytes, data: bytes) -> bytes:
    """A PNG with one more chunk after its header."""
    chunk = struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    return png[:33] + chunk + png[33:]


def png_of(path: Path, transfer: int) -> Path:
    Image.fromarray(shades()).save(path)
    path.write_bytes(with_chunk(path.read_bytes(), b"cICP", bytes([9, transfer, 0, 1])))
    return path


def avif_of(path: Path, transfer: int) -> Path:
    Image.fromarray(shades()).save(path, quality=95)
    data = path.read_bytes()
    at = data.index(b"colrnclx") + len(b"colrnclx") + 2
    path.write_bytes(data[:at] + struct.pack(">H", transfer) + data[at + 2 :])
    return path


@pytest.mark.parametrize(("transfer", "name"), [(PQ, "PQ"), (HLG, "HLG")])
@pytest.mark.parametrize("make", [png_of, avif_of])
def test_high_range_is_brought_down_by_its_transfer(tmp_path: Path, make, transfer: int, name: str) -> None:
    kind = "png" if make is png_of else "avif"
    still = opened(make(tmp_path / f"face.{kind}", transfer))
    assert still.notes == (f"a picture of high dynamic range ({name}): brought to the standard range",)
    wanted = to_standard(shades().astype(np.uint16) * np.uint16(257), transfer).astype(int)
    away = np.abs(np.asarray(still.picture, int) - wanted)
    assert np.median(away) <= (0 if kind == "png" else 3)
    assert np.abs(shades().astype(int) - wanted).mean() > 10  # it does matter


@pytest.mark.parametrize("make", [png_of, avif_of])
def test_the_standard_range_stays(tmp_path: Path, make) -> None:
    path = make(tmp_path / ("face.png" if make is png_of else "face.avif"), SRGB)
    still = opened(path)
    assert still.notes == () and still.cover is None
    assert np.median(np.abs(np.asarray(still.picture, int) - shades())) <= (0 if make is png_of else 2)


def test_other_formats_and_broken_heads_name_no_transfer(tmp_path: Path) -> None:
    path = tmp_path / "face.bin"
    for data in (b"", b"\x89PNG\r\n\x1a\n\0\0\0\x02cICP", b"colrnclx\0", b"\xff" * 40):
        path.write_bytes(data)
        assert transfer_of(path, "PNG") is None and transfer_of(path, "AVIF") is None
    assert transfer_of(path, "JPEG") is None


def test_cover_is_kept_upright_and_in_size(tmp_path: Path) -> None:
    cover = np.zeros((80, 96), np.uint8)
    cover[:, 48:] = 255
    exif = Image.Exif()
    exif[0x0112] = 3  # stored on its head
    Image.fromarray(np.dstack([shades(), cover])).save(tmp_path / "face.png", exif=exif)
    still = opened(tmp_path / "face.png", max_side=48)
    assert still.cover is not None and still.cover.shape == (40, 48) == still.picture.size[::-1]
    assert still.cover[:, :22].min() >= 254 and still.cover[:, 26:].max() <= 1  # the filter rings
    assert np.abs(np.asarray(still.picture, int)[:, 26:] - 128).max() <= 1


def test_an_opaque_picture_has_no_cover(tmp_path: Path) -> None:
    Image.fromarray(shades()).save(tmp_path / "face.png")
    assert opened(tmp_path / "face.png").cover is None


def test_an_animation_is_noted(tmp_path: Path) -> None:
    pages = [Image.fromarray(np.roll(shades(), n, 1)) for n in (0, 30, 60)]
    pages[0].save(tmp_path / "face.gif", save_all=True, append_images=pages[1:])
    assert opened(tmp_path / "face.gif").notes == ("the file holds 3 pictures: the first one is used",)
