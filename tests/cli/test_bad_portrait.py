"""Every unusable portrait: one line, exit code 1, nothing written; every unusual one: read as it is meant."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms
from tests.cli.conftest import Command, listing

from xtalker.assets import fetch
from xtalker.export.motion_npz import read_motion


def _png_header(width: int, height: int) -> bytes:
    """A picture that exists in its header only."""
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))  # noqa: E731
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "absent": (lambda path: None, "cannot read the portrait: received face.png (no such file)"),
    "folder": (Path.mkdir, "cannot read the portrait: received face.png (a folder)"),
    "empty": (Path.touch, "cannot read the portrait: received face.png (an empty file)"),
    "text": (lambda path: path.write_text("a face"), "not a picture: received face.png"),
    "16x16": (lambda path: Image.new("RGB", (16, 16)).save(path), "too small or too narrow: received face.png (16x16"),
    "20,000x20,000": (lambda path: path.write_bytes(_png_header(20_000, 20_000)), "too large: received face.png"),
    "cut off": (
        lambda path: path.write_bytes(_png_header(256, 256)), "the picture is damaged or cut off: received face.png"
    ),
}  # fmt: skip


@pytest.mark.usefixtures("no_models")
@pytest.mark.parametrize(("make", "text"), BAD.values(), ids=BAD)
def test_refused_in_one_line(
    xtalker: Command, work: Path, speech: Path, make: Callable[[Path], object], text: str
) -> None:
    make(work / "face.png")
    (work / "out.mp4").write_text("precious")
    before = listing(work)
    assert text in xtalker("talk", speech.name, "--portrait", "face.png", "-o", "out.mp4").refusal()
    assert listing(work) == before


@pytest.fixture(scope="session")
def astronaut() -> Image.Image:
    return Image.open(fetch("portrait-astronaut")).convert("RGB")


@pytest.fixture
def fit(xtalker: Command, work: Path, speech: Path, tiny_parts: None) -> Callable[[str], tuple[float, np.ndarray, str]]:
    """Residual in percent, identity and what was said for a portrait, but for its few pixels: all here are small."""

    def run(name: str) -> tuple[float, np.ndarray, str]:
        outcome = xtalker("talk", speech.name, "--portrait", name, "-o", "out.npz", "--json")
        assert outcome.code == 0, outcome
        residual = json.loads(outcome.out)["portrait_residual_percent"]
        said = "".join(line for line in outcome.err.splitlines(keepends=True) if "lines and pores" not in line)
        return residual, read_motion(Path("out.npz"))[1].shape, said

    return run


Fit = Callable[[str], tuple[float, np.ndarray, str]]


@pytest.mark.real
def test_no_face(xtalker: Command, work: Path, speech: Path, tiny_parts: None) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (32, 32, 3)).astype(np.uint8)
    Image.fromarray(noise).resize((512, 512)).save(work / "face.png")
    before = listing(work)
    refusal = xtalker("talk", speech.name, "--portrait", "face.png", "-o", "out.npz").refusal()
    assert "no face was found: received face.png" in refusal
    assert listing(work) == before


@pytest.mark.real
def test_three_faces_take_the_largest_and_say_so(fit: Fit, work: Path, astronaut: Image.Image) -> None:
    head = astronaut.crop((120, 0, 350, 230))
    sheet = Image.new("RGB", (900, 360), (90, 90, 90))
    for side, place in ((360, (270, 0)), (260, (5, 60)), (220, (660, 80))):
        sheet.paste(head.resize((side, side), Image.Resampling.LANCZOS), place)
    sheet.save(work / "three.png")
    astronaut.save(work / "one.png")
    residual, shape, said = fit("three.png")
    assert said.splitlines() == [
        "xtalker: warning: three.png: 3 faces: number 2 from the left speaks (the largest one), the others stay still"
    ]
    alone, shape_alone, nothing = fit("one.png")
    assert nothing == "" and abs(residual - alone) < 0.3
    assert np.corrcoef(shape, shape_alone)[0, 1] > 0.95


@pytest.mark.real
@pytest.mark.parametrize("turn", [3, 6, 8])
def test_exif_rotation_is_honoured(fit: Fit, work: Path, astronaut: Image.Image, turn: int) -> None:
    """Stored lying or upside down with the tag that says so: the same person as upright, to the last bit."""
    undo = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}[turn]
    astronaut.save(work / "upright.png")
    exif = Image.Exif()
    exif[0x0112] = turn
    astronaut.transpose(undo).save(work / "turned.png", exif=exif)
    upright, turned = fit("upright.png"), fit("turned.png")
    assert upright[0] == turned[0] and turned[2] == ""
    np.testing.assert_array_equal(upright[1], turned[1])


def _save_cmyk(image: Image.Image, path: Path) -> None:
    image.convert("CMYK").save(path, quality=95)


def _save_16_bit(image: Image.Image, path: Path) -> None:
    Image.fromarray(np.asarray(image.convert("L"), np.uint16) * 257).save(path)


def _save_with_profile(image: Image.Image, path: Path) -> None:
    image.save(path, icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "save"),
    [("cmyk.jpg", _save_cmyk), ("deep.png", _save_16_bit), ("profile.png", _save_with_profile)],
)
def test_unusual_pictures_show_the_same_face(
    fit: Fit, work: Path, astronaut: Image.Image, name: str, save: Callable[[Image.Image, Path], None]
) -> None:
    astronaut.save(work / "plain.png")
    save(astronaut, work / name)
    plain, unusual = fit("plain.png"), fit(name)
    assert unusual[0] < 3 and unusual[2] == ""
    assert np.corrcoef(plain[1], unusual[1])[0, 1] > 0.9


@pytest.mark.real
def test_animation_gives_its_first_picture_and_says_so(fit: Fit, work: Path, astronaut: Image.Image) -> None:
    others = [Image.new("RGB", astronaut.size, colour) for colour in ("red", "blue")]
    astronaut.save(work / "moving.gif", save_all=True, append_images=others)
    residual, _, said = fit("moving.gif")
    assert residual < 3
    assert said == "xtalker: warning: moving.gif: the file holds 3 pictures: the first one is used\n"
