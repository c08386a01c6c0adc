"""A person's appearance in a motion file.

skin_texture  (bytes,) uint8: a PNG of 1024 x 1024 pixels with alpha, as values.appearance.Appearance.texture
skin_colours  (2, 3) float32: linear colours of the irises, and of brows and lashes
skin_generic  (parts,) text: what the portrait did not show
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from xtalker.values import InputError
from xtalker.values.appearance import TEXTURE_SIDE, Appearance

_LARGEST_PNG: Final = 8 << 20
_MOST_PARTS, _LONGEST_PART = 16, 200


def skin_arrays(appearance: Appearance) -> dict[str, np.ndarray]:
    """Arrays for the file."""
    stream = io.BytesIO()
    Image.fromarray(appearance.texture).save(stream, "PNG")
    return {
        "skin_texture": np.frombuffer(stream.getvalue(), np.uint8),
        "skin_colours": np.array([appearance.iris, appearance.hair], np.float32),
        "skin_generic": np.array(appearance.generic, dtype=f"<U{_LONGEST_PART}"),
    }


def skin_from_arrays(arrays: Mapping[str, np.ndarray], path: Path) -> Appearance | None:
    """What `skin_arrays` made; None where there is no texture.

    Raises:
        InputError: anything else under these names.
    """
    if "skin_texture" not in arrays:
        return None
    packed, colours = arrays["skin_texture"], arrays.get("skin_colours", np.zeros(0))
    generic = arrays.get("skin_generic", np.zeros(0, "<U1"))
    if packed.dtype != np.uint8 or packed.ndim != 1 or not 0 < packed.size <= _LARGEST_PNG:
        raise _wrong(path, "a skin texture that is not a PNG")
    if colours.shape != (2, 3) or colours.dtype.kind != "f" or not ((colours >= 0) & (colours <= 1)).all():
        raise _wrong(path, "colours of eyes and hair out of range")
    if generic.ndim != 1 or generic.size > _MOST_PARTS or generic.dtype.kind != "U":
        raise _wrong(path, "a list of generic parts that is none")
    iris, hair = ((float(r), float(g), float(b)) for r, g, b in colours)
    return Appearance(_unpacked(packed, path), iris, hair, tuple(str(part)[:_LONGEST_PART] for part in generic))


def _unpacked(packed: np.ndarray, path: Path) -> np.ndarray:
    """The picture; its size is judged before it is decoded."""
    try:
        with Image.open(io.BytesIO(packed.tobytes()), formats=("PNG",)) as image:
            if image.size != (TEXTURE_SIDE, TEXTURE_SIDE) or image.mode != "RGBA":
                raise _wrong(path, f"a skin texture of {image.size[0]}x{image.size[1]} pixels, mode {image.mode}")
            return np.array(image, np.uint8)
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
        raise _wrong(path, f"a damaged skin texture: {error}") from error


def _wrong(path: Path, fault: str) -> InputError:
    return InputError(
        "not a skin of this version", received=f"{path} ({fault})",
        accepted=f"a PNG of {TEXTURE_SIDE} x {TEXTURE_SIDE} pixels with alpha, and two linear colours from 0 to 1",
        next_step="make the motion file again with its portrait",
    )  # fmt: skip
