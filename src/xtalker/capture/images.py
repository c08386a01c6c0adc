"""Portrait files: whatever people have, to 8-bit sRGB; refused by size before anything is decoded."""

from __future__ import annotations

import io
import logging
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from xtalker.values import InputError
from xtalker.values.files import check_readable

MAX_PIXELS = 50_000_000
MAX_SIDE = 2048
MIN_SIDE = 64
_ACCEPTED = "a picture (JPEG, PNG, WebP, TIFF, BMP, GIF, AVIF) of one face"
# A fixed list: other plugins of Pillow start programs (EPS) or are rarely tested.
_FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "PPM", "AVIF")
_DAMAGE = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, struct.error)
_GREY = (128, 128, 128, 255)

_log = logging.getLogger("xtalker")


@dataclass(frozen=True)
class Portrait:
    """A picture that holds a face.

    Attributes:
        rgb: upright 8-bit sRGB, at most 2048 on the longer side.
        source: where it came from, for messages.
    """

    rgb: UInt8[np.ndarray, "height width 3"]
    source: str


def load_portrait(path: Path | str) -> Portrait:
    """Read a picture file.

    EXIF rotation and colour profile are honoured, transparency is laid over grey, of an animation the first frame
    is taken (with a warning), larger pictures are brought down to 2048 pixels with antialiasing.

    Raises:
        InputError: missing, a folder, empty, not a picture, truncated, too small, too large.
    """
    path = Path(path)
    check_readable(path, kind="portrait", accepted=_ACCEPTED)
    with _explained(path), Image.open(path, formats=_FORMATS) as image:
        _check_size(image.size, path)
        if getattr(image, "n_frames", 1) > 1 and image.format != "MPO":
            _log.warning("%s holds %d pictures: the first one is used", path, getattr(image, "n_frames", 1))
        image.draft(image.mode, (MAX_SIDE, MAX_SIDE))  # JPEG: decodes at a half or a quarter, no smaller than asked
        image.load()
        upright = ImageOps.exif_transpose(image)
        rgb = _to_rgb(upright, path)
    scale = MAX_SIDE / max(rgb.size)
    if scale < 1:
        rgb = rgb.resize(
            (max(1, round(rgb.width * scale)), max(1, round(rgb.height * scale))), Image.Resampling.LANCZOS
        )
    return Portrait(np.array(rgb, np.uint8), str(path))


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn what Pillow raises into sentences; its warnings concern metadata and sizes, which are judged here."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except Image.DecompressionBombError as error:
        raise _too_large(f"more than {2 * (Image.MAX_IMAGE_PIXELS or 0) // 1_000_000} megapixels", path) from error
    except UnidentifiedImageError as error:
        raise InputError(
            "not a picture", received=path, accepted=_ACCEPTED, next_step="give an image file or convert it to PNG"
        ) from error
    except _DAMAGE as error:
        raise InputError(
            "the picture is damaged or cut off", received=f"{path} ({error})", accepted="a whole picture file",
            next_step="copy or download it again",
        ) from error  # fmt: skip


def _check_size(size: tuple[int, int], path: Path) -> None:
    """Judge the header, before decoding."""
    width, height = size
    if width * height > MAX_PIXELS:
        raise _too_large(f"{width}x{height} pixels", path)
    if min(size) * min(1.0, MAX_SIDE / max(size)) < MIN_SIDE:
        raise InputError(
            "the picture is too small or too narrow",
            received=f"{path} ({width}x{height} pixels)",
            accepted=f"at least {MIN_SIDE} pixels on the shorter side when the longer one is at most {MAX_SIDE}",
            next_step="use a larger picture of the face",
        )


def _too_large(size: str, path: Path) -> InputError:
    return InputError(
        "the picture is too large",
        received=f"{path} ({size})",
        accepted=f"at most {MAX_PIXELS // 1_000_000} megapixels",
        next_step="scale it down first; 2048 pixels on the longer side are enough",
    )


def _to_rgb(image: Image.Image, path: Path) -> Image.Image:
    """8-bit sRGB without transparency."""
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        image = _deep_to_grey(image, path)
    profile = image.info.get("icc_profile")
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", layer.size, _GREY), layer)
    if profile and image.mode in ("RGB", "CMYK"):
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
            assert converted is not None  # only in-place conversion gives None
            return converted
        except (ImageCms.PyCMSError, OSError):
            _log.warning("%s: its colour profile is damaged and is left out", path)
    return image.convert("RGB")


def _deep_to_grey(image: Image.Image, path: Path) -> Image.Image:
    """16-bit grey to 8 bit; deeper numbers have no agreed white."""
    values = np.asarray(image)
    if image.mode == "F" or values.min() < 0 or values.max() > 65535:
        raise InputError(
            "the picture's number format has no fixed white",
            received=f"{path} ({'floating-point' if image.mode == 'F' else '32-bit'} grey)",
            accepted="8 or 16 bits for each channel",
            next_step="convert it to an 8-bit PNG",
        )
    return Image.fromarray(np.rint(values / 257).astype(np.uint8))
