"""What people have as pictures, and what cannot be one."""

from __future__ import annotations

import logging
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from xtalker.capture import load_portrait
from xtalker.values import InputError

KINDS = "a picture (JPEG, PNG, WebP, TIFF, BMP, GIF, AVIF) of one face"


def colours(height: int = 80, width: int = 120) -> np.ndarray:
    """Four flat quarters: red, green / blue, white."""
    rgb = np.zeros((height, width, 3), np.uint8)
    rgb[: height // 2, : width // 2] = [255, 0, 0]
    rgb[: height // 2, width // 2 :] = [0, 255, 0]
    rgb[height // 2 :, : width // 2] = [0, 0, 255]
    rgb[height // 2 :, width // 2 :] = 255
    return rgb


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as error:
        load_portrait(path)
    return str(error.value)


def save(image: Image.Image, path: Path, **options: object) -> Path:
    image.save(path, **options)
    return path


@pytest.mark.parametrize("suffix", ["png", "bmp", "tiff", "ppm", "webp"])
def test_lossless_formats_give_their_pixels(tmp_path: Path, suffix: str) -> None:
    options = {"lossless": True} if suffix == "webp" else {}
    path = save(Image.fromarray(colours()), tmp_path / f"face.{suffix}", **options)
    portrait = load_portrait(path)
    np.testing.assert_array_equal(portrait.rgb, colours())
    assert portrait.source == str(path)


def test_a_path_may_be_text(tmp_path: Path) -> None:
    path = save(Image.fromarray(colours()), tmp_path / "face.png")
    np.testing.assert_array_equal(load_portrait(str(path)).rgb, colours())


def test_cmyk(tmp_path: Path) -> None:
    path = save(Image.fromarray(colours()).convert("CMYK"), tmp_path / "face.jpg", quality=98, subsampling=0)
    with Image.open(path) as stored:
        assert stored.mode == "CMYK"
    away = np.abs(load_portrait(path).rgb.astype(int) - colours())
    assert np.median(away) <= 2
    assert away[10, 10].max() < 10


def test_palette_with_transparency_lies_on_grey(tmp_path: Path) -> None:
    palette = Image.fromarray(colours()).quantize(4)
    transparent = palette.getpixel((0, 0))
    path = save(palette, tmp_path / "face.png", transparency=transparent)
    rgb = load_portrait(path).rgb
    assert rgb[0, 0].tolist() == [128, 128, 128]
    assert rgb[-1, -1].tolist() == [255, 255, 255]


def test_half_transparent_is_half_grey(tmp_path: Path) -> None:
    rgba = np.dstack([colours(), np.full((80, 120), 128, np.uint8)])
    rgb = load_portrait(save(Image.fromarray(rgba), tmp_path / "face.png")).rgb
    np.testing.assert_allclose(rgb[0, 0], [255 * 0.5 + 64, 64, 64], atol=1.5)


def test_sixteen_bit_grey_keeps_its_brightness(tmp_path: Path) -> None:
    deep = np.tile(np.linspace(0, 65535, 256).astype(np.uint16), (80, 1))
    rgb = load_portrait(save(Image.fromarray(deep), tmp_path / "face.png")).rgb
    np.testing.assert_array_equal(rgb[0, :, 0], np.arange(256))
    assert (rgb[..., 0] == rgb[..., 2]).all()


def test_sixteen_bit_colour_png(tmp_path: Path) -> None:
    """Pillow cannot write one, so its few bytes are written here."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    row = b"\0" + struct.pack(">HHH", 0xFFFF, 0x8080, 0x0101) * 70
    data = chunk(b"IHDR", struct.pack(">IIBBBBB", 70, 66, 16, 2, 0, 0, 0))
    data += chunk(b"IDAT", zlib.compress(row * 66)) + chunk(b"IEND", b"")
    path = tmp_path / "face.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + data)
    rgb = load_portrait(path).rgb
    assert rgb.shape == (66, 70, 3)
    assert rgb[3, 3].tolist() == [255, 128, 1]


def test_one_bit(tmp_path: Path) -> None:
    path = save(Image.fromarray(colours()).convert("1"), tmp_path / "face.png")
    assert set(np.unique(load_portrait(path).rgb)) == {0, 255}


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_rotation_is_honoured(tmp_path: Path, orientation: int) -> None:
    """A camera stores the upright picture transformed; reading must undo just that."""
    undo = {
        1: lambda a: a, 2: lambda a: a[:, ::-1], 3: lambda a: a[::-1, ::-1], 4: lambda a: a[::-1],
        5: lambda a: a.transpose(1, 0, 2), 6: lambda a: np.rot90(a), 7: lambda a: np.rot90(a[:, ::-1]),
        8: lambda a: np.rot90(a, -1),
    }  # fmt: skip
    stored = np.ascontiguousarray(undo[orientation](colours()))
    image, exif = Image.fromarray(stored), Image.Exif()
    exif[0x0112] = orientation
    path = save(image, tmp_path / "face.png", exif=exif)
    rgb = load_portrait(path).rgb
    assert rgb.shape == (80, 120, 3)
    if orientation == 7:  # transverse: its inverse is itself
        expected = np.rot90(stored, 2).transpose(1, 0, 2)
        np.testing.assert_array_equal(rgb, expected)
    else:
        np.testing.assert_array_equal(rgb, colours())


def test_colour_profile_is_applied(tmp_path: Path) -> None:
    """Lab-defined profile of sRGB leaves colours; a damaged profile is said and left out."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    path = save(Image.fromarray(colours()), tmp_path / "face.png", icc_profile=profile)
    np.testing.assert_allclose(load_portrait(path).rgb.astype(int), colours(), atol=1)


def test_damaged_profile_is_left_out_aloud(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = save(Image.fromarray(colours()), tmp_path / "face.png", icc_profile=b"no profile")
    with caplog.at_level(logging.WARNING, "xtalker"):
        np.testing.assert_array_equal(load_portrait(path).rgb, colours())
    assert caplog.messages == [f"{path}: its colour profile is damaged and is left out"]


def test_animation_gives_its_first_frame_and_notes_it(tmp_path: Path) -> None:
    frames = [Image.fromarray(np.full((70, 70, 3), v, np.uint8)) for v in (10, 100, 200)]
    path = save(frames[0], tmp_path / "face.gif", save_all=True, append_images=frames[1:])
    portrait = load_portrait(path)
    assert (portrait.rgb == 10).all()
    assert portrait.notes == ("the file holds 3 pictures: the first one is used",)


@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_large_pictures_come_down_to_2048_without_aliasing(tmp_path: Path, suffix: str) -> None:
    fine = np.zeros((1500, 3000, 3), np.uint8)
    fine[:, 1::2] = 200
    fine[:, 1500:] = 40
    rgb = load_portrait(save(Image.fromarray(fine), tmp_path / f"face.{suffix}")).rgb
    assert rgb.shape == (1024, 2048, 3)
    np.testing.assert_allclose(rgb[:, 100:1000].mean(), 100, atol=2)
    assert rgb[:, 100:1000].std() < 40  # of 100 before
    np.testing.assert_allclose(rgb[:, 1100:], 40, atol=2)


def test_no_such_file(tmp_path: Path) -> None:
    path = tmp_path / "none.jpg"
    assert refusal(path) == (
        f"cannot read the portrait: received {path} (no such file); accepted: {KINDS}; next: check the path"
    )


def test_a_folder(tmp_path: Path) -> None:
    assert f"received {tmp_path} (a folder)" in refusal(tmp_path)


def test_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "empty.png"
    path.touch()
    assert "(an empty file)" in refusal(path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"hello, I am text\n" * 50, ""),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", " (a PostScript document)"),
        (b"\x89PNG", ""),
        (b"<!DOCTYPE html><html></html>", " (a web page)"),
        (b"RIFF\x24\0\0\0WAVEfmt ", " (a WAV sound)"),
    ],
)
def test_not_a_picture(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "face.png"
    path.write_bytes(content)
    assert refusal(path) == (
        f"not a picture: received {path}{said}; accepted: {KINDS}; next: give an image file or convert it to PNG"
    )


def test_too_small(tmp_path: Path) -> None:
    path = save(Image.fromarray(colours(16, 16)), tmp_path / "face.png")
    assert refusal(path) == (
        f"the picture is too small or too narrow: received {path} (16x16 pixels); accepted: at least 64 pixels "
        "on the shorter side when the longer one is at most 2048; next: use a larger picture of the face"
    )


@pytest.mark.parametrize(("height", "accepted"), [(63, False), (64, True)])
def test_the_smallest(tmp_path: Path, height: int, accepted: bool) -> None:
    path = save(Image.fromarray(colours(height, 100)), tmp_path / "face.png")
    if accepted:
        assert load_portrait(path).rgb.shape == (64, 100, 3)
    else:
        assert "(100x63 pixels)" in refusal(path)


def test_too_narrow_once_brought_down(tmp_path: Path) -> None:
    path = save(Image.new("RGB", (8000, 100)), tmp_path / "face.png")
    assert "(8000x100 pixels)" in refusal(path)


def png_header(path: Path, width: int, height: int) -> Path:
    """The first chunk of a picture whose pixels are not even there."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    first = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    path.write_bytes(first + struct.pack(">I", 0) + b"IDAT" + struct.pack(">I", zlib.crc32(b"IDAT")))
    return path


@pytest.mark.parametrize(
    ("width", "height", "size"),
    [(20_000, 20_000, "more than 178 megapixels"), (10_000, 8_000, "10000x8000 pixels")],
)
def test_bombs_are_refused_by_their_header(tmp_path: Path, width: int, height: int, size: str) -> None:
    path = png_header(tmp_path / "face.png", width, height)
    assert refusal(path) == (
        f"the picture is too large: received {path} ({size}); accepted: at most 50 megapixels; "
        "next: scale it down first; 2048 pixels on the longer side are enough"
    )


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "tiff", "gif"])
def test_truncated(tmp_path: Path, suffix: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    path = save(Image.fromarray(noise), tmp_path / f"face.{suffix}")
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 6 // 10])
    text = refusal(path)
    assert text.startswith(("the picture is damaged or cut off: received", "not a picture: received"))
    assert "\n" not in text


def test_floating_point_is_refused(tmp_path: Path) -> None:
    path = save(Image.fromarray(np.ones((80, 80), np.float32)), tmp_path / "face.tiff")
    assert "the picture's number format has no fixed white" in refusal(path)
    assert "(floating-point grey)" in refusal(path)


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", 8 + len(content)) + kind + content


@pytest.mark.parametrize("brands", [b"heic\0\0\0\0mif1heic", b"mif1\0\0\0\0mif1heic", b"heix\0\0\0\0heix"])
def test_a_photograph_of_a_phone_is_named_with_the_way_out(tmp_path: Path, brands: bytes) -> None:
    path = tmp_path / "IMG_0001.HEIC"
    path.write_bytes(box(b"ftyp", brands) + box(b"meta", bytes(40)))
    text = refusal(path)
    assert text.startswith(f"HEIC pictures are not read: received {path};") and "next: save it as JPEG" in text


def test_a_container_without_a_picture_in_it(tmp_path: Path) -> None:
    path = tmp_path / "empty.avif"
    Image.fromarray(colours()).save(path)
    data = bytearray(path.read_bytes())
    place = data.index(b"iloc")
    for at in range(place + 8, place + 40):  # where the picture's bytes are, and how many
        data[at] = 0
    path.write_bytes(data)
    assert "\n" not in refusal(path)
