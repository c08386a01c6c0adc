"""Appearance in motion files."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from xtalker.export.interface import Content
from xtalker.export.motion_npz import MotionNpz, read_appearance, read_motion
from xtalker.export.stored_skin import skin_arrays, skin_from_arrays
from xtalker.values import Identity, InputError, Motion
from xtalker.values.appearance import HAIR_ANGLES_RAD, HAIR_PICTURE_SIZE, Appearance, HairStyle

PLACE = Path("take.npz")


def _appearance() -> Appearance:
    texture = np.random.default_rng(0).integers(0, 256, (1024, 1024, 4), dtype=np.uint8)
    texture[4:] = texture[:4].repeat(255, axis=0)
    picture = np.full((*HAIR_PICTURE_SIZE[::-1], 4), 77, np.uint8)
    picture[3, 5] = 1
    stand = tuple(np.linspace(0, 0.06, len(HAIR_ANGLES_RAD)).tolist())
    style = HairStyle(stand, (-0.25, 0.25, 0.5, 0.25, 0.125), 0.125, (0.25, 0.125, 0.5), picture)
    covered = ("mouth and chin (something covers them)",)
    return Appearance(texture, (0.1, 0.2, 0.3), (0.5, 0.25, 0.125), covered, style)


def _png(size: tuple[int, int], mode: str) -> np.ndarray:
    stream = io.BytesIO()
    Image.new(mode, size).save(stream, "PNG")
    return np.frombuffer(stream.getvalue(), np.uint8)


def _same(one: Appearance, other: Appearance) -> None:
    np.testing.assert_array_equal(one.texture, other.texture)
    np.testing.assert_allclose((*one.iris, *one.hair), (*other.iris, *other.hair), rtol=1e-6)
    assert one.generic == other.generic
    assert one.style is not None and other.style is not None
    np.testing.assert_allclose(one.style.stand_m, other.style.stand_m, rtol=1e-6)
    shape, same = ((s.front_rad, s.length_m, s.colour) for s in (one.style, other.style))
    assert shape == same
    np.testing.assert_array_equal(one.style.picture, other.style.picture)


def test_a_motion_file_keeps_it(tmp_path: Path) -> None:
    own, path = _appearance(), tmp_path / "take.npz"
    content = Content(Motion.zeros(2), Identity(), appearance=own, texture=own.texture[..., :3])
    assert MotionNpz().leaves_out(content) == ()
    MotionNpz().write(path, content)
    read_motion(path)
    stored = read_appearance(path)
    assert stored is not None
    _same(stored, own)


def test_files_without_one_say_none(tmp_path: Path) -> None:
    MotionNpz().write(tmp_path / "take.npz", Content(Motion.zeros(1), Identity()))
    assert read_appearance(tmp_path / "take.npz") is None


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"skin_texture": _png((512, 1024), "RGBA")}, "512x1024 pixels"),
        ({"skin_texture": _png((1024, 1024), "RGB")}, "mode RGB"),
        ({"skin_texture": np.zeros(100, np.uint8)}, "damaged skin texture"),
        ({"skin_texture": skin_arrays(_appearance())["skin_texture"][:-2000]}, "damaged skin texture"),
        ({"skin_texture": np.zeros((4, 4), np.uint8)}, "not a PNG"),
        ({"skin_texture": np.zeros((8 << 20) + 1, np.uint8)}, "not a PNG"),
        ({"skin_colours": np.full((2, 3), np.nan, np.float32)}, "out of range"),
        ({"skin_colours": np.zeros((3, 2), np.float32)}, "out of range"),
        ({"skin_generic": np.zeros(3)}, "generic parts"),
        ({"hair_shape": np.zeros(19, np.float32)}, "shape of hair"),
        ({"hair_shape": np.full(24, -0.1, np.float32)}, "shape of hair"),
        ({"hair_shape": np.full(24, np.nan, np.float32)}, "shape of hair"),
        ({"hair_shape": np.full(24, 0.9, np.float32)}, "reaches 0.90 m"),
        ({"hair_picture": _png((260, 220), "RGBA")}, "260x220 pixels"),
        ({"hair_picture": np.zeros(0, np.uint8)}, "picture of hair that is not a PNG"),
    ],
)
def test_anything_else_is_refused(changed: dict[str, np.ndarray], fault: str) -> None:
    with pytest.raises(InputError, match=fault):
        skin_from_arrays({**skin_arrays(_appearance()), **changed}, PLACE)


def test_cropped_heads_have_no_style() -> None:
    arrays = skin_arrays(replace(_appearance(), style=None))
    read = skin_from_arrays(arrays, PLACE)
    assert read is not None and read.style is None and not [name for name in arrays if "hair" in name]


def test_jpegs_are_not_decoded() -> None:
    stream = io.BytesIO()
    Image.new("RGB", (1024, 1024)).save(stream, "JPEG")
    arrays = {**skin_arrays(_appearance()), "skin_texture": np.frombuffer(stream.getvalue(), np.uint8)}
    with pytest.raises(InputError, match="damaged"):
        skin_from_arrays(arrays, PLACE)
