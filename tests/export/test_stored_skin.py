"""Appearance in motion files."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from xtalker.export.interface import Content
from xtalker.export.motion_npz import MotionNpz, read_appearance, read_motion
from xtalker.export.stored_skin import skin_arrays, skin_from_arrays
from xtalker.values import Identity, InputError, Motion
from xtalker.values.appearance import Appearance

PLACE = Path("take.npz")


def _appearance() -> Appearance:
    texture = np.random.default_rng(0).integers(0, 256, (1024, 1024, 4), dtype=np.uint8)
    texture[4:] = texture[:4].repeat(255, axis=0)
    return Appearance(texture, (0.1, 0.2, 0.3), (0.5, 0.25, 0.125), ("mouth and chin (something covers them)",))


def _png(size: tuple[int, int], mode: str) -> np.ndarray:
    stream = io.BytesIO()
    Image.new(mode, size).save(stream, "PNG")
    return np.frombuffer(stream.getvalue(), np.uint8)


def _same(one: Appearance, other: Appearance) -> None:
    np.testing.assert_array_equal(one.texture, other.texture)
    np.testing.assert_allclose((*one.iris, *one.hair), (*other.iris, *other.hair), rtol=1e-6)
    assert one.generic == other.generic


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
    ],
)
def test_anything_else_is_refused(changed: dict[str, np.ndarray], fault: str) -> None:
    with pytest.raises(InputError, match=fault):
        skin_from_arrays({**skin_arrays(_appearance()), **changed}, PLACE)


def test_jpegs_are_not_decoded() -> None:
    stream = io.BytesIO()
    Image.new("RGB", (1024, 1024)).save(stream, "JPEG")
    arrays = {**skin_arrays(_appearance()), "skin_texture": np.frombuffer(stream.getvalue(), np.uint8)}
    with pytest.raises(InputError, match="damaged"):
        skin_from_arrays(arrays, PLACE)
