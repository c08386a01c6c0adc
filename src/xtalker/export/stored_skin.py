"""A person's appearance in a motion file.

skin_texture  (bytes,) uint8: a PNG of 1024 x 1024 pixels with alpha, as values.appearance.Appearance.texture
skin_colours  (2, 3) float32: linear colours of the irises, and of brows and lashes
skin_generic  (parts,) text: what the portrait did not show
hair_shape    (24,) float32: stand in each of 15 directions, hairline at 5 longitudes, length, linear colour, as
              values.appearance.HairStyle; absent with hair_picture where there is no style
hair_picture  (bytes,) uint8: a PNG of 220 x 260 pixels with alpha
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from xtalker.values import InputError
from xtalker.values.appearance import (
    HAIR_ANGLES_RAD,
    HAIR_FRONT_RAD,
    HAIR_PICTURE_SIZE,
    TEXTURE_SIDE,
    Appearance,
    HairStyle,
)

_LARGEST_PNG: Final = 8 << 20
_MOST_PARTS, _LONGEST_PART = 16, 200
_LARGEST_HAIR_M: Final = 0.5
_MOST_RAD: Final = np.pi / 2


def skin_arrays(appearance: Appearance) -> dict[str, np.ndarray]:
    """Arrays for the file."""
    return {
        "skin_texture": _packed(appearance.texture),
        "skin_colours": np.array([appearance.iris, appearance.hair], np.float32),
        "skin_generic": np.array(appearance.generic, dtype=f"<U{_LONGEST_PART}"),
        **_hair_arrays(appearance.style),
    }


def _hair_arrays(style: HairStyle | None) -> dict[str, np.ndarray]:
    if style is None:
        return {}
    shape = np.array([*style.stand_m, *style.front_rad, style.length_m, *style.colour], np.float32)
    return {"hair_shape": shape, "hair_picture": _packed(style.picture)}


def _packed(picture: np.ndarray) -> np.ndarray:
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, "PNG")
    return np.frombuffer(stream.getvalue(), np.uint8)


def skin_from_arrays(arrays: Mapping[str, np.ndarray], path: Path) -> Appearance | None:
    """What `skin_arrays` made; None where there is no texture.

    Raises:
        InputError: anything else under these names.
    """
    if "skin_texture" not in arrays:
        return None
    colours, generic = arrays.get("skin_colours", np.zeros(0)), arrays.get("skin_generic", np.zeros(0, "<U1"))
    if colours.shape != (2, 3) or colours.dtype.kind != "f" or not ((colours >= 0) & (colours <= 1)).all():
        raise _wrong(path, "colours of eyes and hair out of range")
    if generic.ndim != 1 or generic.size > _MOST_PARTS or generic.dtype.kind != "U":
        raise _wrong(path, "a list of generic parts that is none")
    iris, hair = ((float(r), float(g), float(b)) for r, g, b in colours)
    texture = _unpacked(arrays["skin_texture"], (TEXTURE_SIDE, TEXTURE_SIDE), "skin texture", path)
    parts = tuple(str(part)[:_LONGEST_PART] for part in generic)
    return Appearance(texture, iris, hair, parts, _style(arrays, path))


def _style(arrays: Mapping[str, np.ndarray], path: Path) -> HairStyle | None:
    if "hair_shape" not in arrays:
        return None
    shape = arrays["hair_shape"]
    num, front = len(HAIR_ANGLES_RAD), len(HAIR_FRONT_RAD)
    if shape.shape != (num + front + 4,) or shape.dtype.kind != "f" or not (np.abs(shape) <= _MOST_RAD).all():
        raise _wrong(path, "a shape of hair out of range")
    line = tuple(float(value) for value in shape[num : num + front])
    *stand, length, red, green, blue = (float(value) for value in np.delete(shape, slice(num, num + front)))
    if min(*stand, length, red, green, blue) < 0 or max(red, green, blue) > 1:
        raise _wrong(path, "a shape of hair out of range")
    if max(*stand, length) > _LARGEST_HAIR_M:
        raise _wrong(path, f"hair that reaches {max(*stand, length):.2f} m")
    picture = _unpacked(arrays.get("hair_picture", np.zeros(0)), HAIR_PICTURE_SIZE, "picture of hair", path)
    return HairStyle(tuple(stand), line, length, (red, green, blue), picture)


def _unpacked(packed: np.ndarray, size: tuple[int, int], what: str, path: Path) -> np.ndarray:
    """The picture; its size is judged before it is decoded."""
    if packed.dtype != np.uint8 or packed.ndim != 1 or not 0 < packed.size <= _LARGEST_PNG:
        raise _wrong(path, f"a {what} that is not a PNG")
    try:
        with Image.open(io.BytesIO(packed.tobytes()), formats=("PNG",)) as image:
            if image.size != size or image.mode != "RGBA":
                raise _wrong(path, f"a {what} of {image.size[0]}x{image.size[1]} pixels, mode {image.mode}")
            return np.array(image, np.uint8)
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
        raise _wrong(path, f"a damaged {what}: {error}") from error


def _wrong(path: Path, fault: str) -> InputError:
    return InputError(
        "not a skin of this version", received=f"{path} ({fault})",
        accepted=f"a PNG of {TEXTURE_SIDE} x {TEXTURE_SIDE} pixels with alpha, and two linear colours from 0 to 1",
        next_step="make the motion file again with its portrait",
    )  # fmt: skip
