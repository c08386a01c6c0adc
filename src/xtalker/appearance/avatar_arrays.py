"""Arrays of an avatar file: pictures packed, and everything checked that comes out of a file from anywhere.

All faults are `ValueError` and its like; who reads the file explains them.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from jaxtyping import UInt8
from PIL import Image

_MAX_POINTS, _MAX_TRIANGLES = 200_000, 400_000
_MOST_TEXT: Final = 1 << 16
_PLACE_M, _DEPTH_M = (-3.0, 3.0), (-3.0, 0.6)  # the photo's camera stands at 1.3


def check_counts(points: int, triangles: int) -> None:
    """Refuse surfaces that are none, or far too large."""
    if not (3 <= points <= _MAX_POINTS and 1 <= triangles <= _MAX_TRIANGLES):
        raise ValueError(f"{points} points, {triangles} triangles")


def places(arrays: Mapping[str, np.ndarray], name: str, count: int) -> np.ndarray:
    """World points that lie before the camera."""
    array = numbers(arrays, name, (count, 3), _PLACE_M)
    check_within(name, array[:, 2], _DEPTH_M)
    return array


def numbers(
    arrays: Mapping[str, np.ndarray],
    name: str,
    shape: tuple[int, ...],
    within: tuple[float, float],
    dtype: type[np.floating[Any]] = np.float32,
) -> np.ndarray:
    """Finite numbers of a shape and a range."""
    array = arrays[name]
    if array.shape != shape or array.dtype.kind not in "fiu":
        raise ValueError(f"'{name}' of {array.dtype} {array.shape}")
    check_within(name, array, within)
    return np.asarray(array, dtype)


def check_within(name: str, array: np.ndarray, within: tuple[float, float]) -> None:
    """Refuse numbers beyond a range."""
    low, high = within
    if not ((array >= low) & (array <= high)).all():  # nothing compares with NaN
        raise ValueError(f"'{name}' beyond {low:g} to {high:g}")


def indices(arrays: Mapping[str, np.ndarray], name: str, shape: tuple[int, ...], below: int) -> np.ndarray:
    """Whole numbers of a shape, from 0 to `below`, which kernels use unchecked."""
    array = arrays[name]
    if array.shape != shape or array.dtype.kind not in "iu":
        raise ValueError(f"'{name}' of {array.dtype} {array.shape}")
    if array.size and not (array.min() >= 0 and array.max() < below):
        raise ValueError(f"'{name}' points outside")
    return np.ascontiguousarray(array, np.int32)


def text(arrays: Mapping[str, np.ndarray], name: str) -> str:
    """A text of some length."""
    array = arrays[name]
    if array.shape != () or array.dtype.kind != "U" or array.dtype.itemsize > _MOST_TEXT:
        raise ValueError(f"'{name}' is no text")
    return str(array)


def packed(picture: UInt8[np.ndarray, "height width *channels"]) -> np.ndarray:
    """Lossless WebP; a plane as grey."""
    stream = io.BytesIO()
    pixels = np.dstack([picture] * 3) if picture.ndim == 2 else picture
    Image.fromarray(pixels).save(stream, "WEBP", lossless=True, method=1, quality=10, exact=True)
    return np.frombuffer(stream.getvalue(), np.uint8)


def unpacked(
    stored: np.ndarray, channels: int, longest_px: float, size: tuple[int, int] | None = None
) -> UInt8[np.ndarray, "height width *channels"]:
    """What `packed` made: its size is judged before anything is decoded."""
    if stored.ndim != 1 or stored.dtype != np.uint8:
        raise ValueError("a picture that is none")
    with Image.open(io.BytesIO(stored.tobytes()), formats=("WEBP",)) as image:
        if max(image.size) > longest_px or min(image.size) < 2 or getattr(image, "n_frames", 1) != 1:
            raise ValueError(f"a picture of {image.size} pixels")
        if size is not None and image.size != size[::-1]:
            raise ValueError(f"a picture of {image.size} pixels beside one of {size[::-1]}")
        pixels = np.asarray(image.convert("RGBA" if channels == 4 else "RGB"))
    return np.ascontiguousarray(pixels[..., 0] if channels == 1 else pixels)
