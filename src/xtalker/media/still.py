"""Picture files: whatever people have, upright and in 8-bit sRGB; refused by size before anything is decoded."""

from __future__ import annotations

import io
import logging
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from xtalker.media.sniff import HEIC, kind_of
from xtalker.media.still_transfer import NAMES, transfer_of
from xtalker.values import InputError
from xtalker.values.files import check_readable, damage_explained

MAX_PIXELS: Final = 50_000_000
PICTURES: Final = "JPEG, PNG, WebP, TIFF, BMP, GIF, AVIF"
# A fixed list: other plugins of Pillow start programs (EPS) or are rarely tested.
_FORMATS: Final = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "PPM", "AVIF")
_GREY: Final = (128, 128, 128, 255)
_FROM_HEIC: Final = (
    "save it as JPEG: on the phone under Settings, Camera, Formats, Most Compatible; on a Mac with "
    "'sips -s format jpeg IN.heic --out OUT.jpg'; elsewhere with any picture viewer that opens it"
)
_log = logging.getLogger("xtalker")


@dataclass(frozen=True)
class Still:
    """A picture as it was read.

    Attributes:
        picture: of mode RGB.
        cover: how much of each pixel the file holds, 255 = all; None where it knows no transparency.
        notes: what was done to it that its owner may not expect, a line each.
    """

    picture: Image.Image
    cover: UInt8[np.ndarray, "height width"] | None = None
    notes: tuple[str, ...] = ()


def open_picture(path: Path, *, kind: str, accepted: str, min_side: int, max_side: int) -> Still:
    """Read a picture file.

    EXIF rotation and colour profile are honoured, PQ and HLG are brought to the standard range, transparency is laid
    over grey, of an animation the first frame is taken, larger pictures are brought down with antialiasing.

    Args:
        path: the file.
        kind: what it should be, for messages.
        accepted: what would be taken.
        min_side: shortest side that is taken, pixels, once the picture is brought down.
        max_side: longest side that is given.

    Raises:
        InputError: missing, a folder, empty, not a picture, damaged, too small, too large.
    """
    check_readable(path, kind=kind, accepted=accepted)
    damaged = damage_explained(
        path,
        kind=kind,
        what="the picture is damaged or cut off",
        accepted="a whole picture file",
        next_step="copy or download it again",
    )
    with damaged, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's concern metadata and sizes, which are judged here
        try:
            return _opened(path, min_side, max_side)
        except Image.DecompressionBombError as error:
            raise _too_large(f"more than {2 * (Image.MAX_IMAGE_PIXELS or 0) // 1_000_000} megapixels", path) from error
        except UnidentifiedImageError as error:
            raise _no_picture(path, accepted) from error


def _opened(path: Path, min_side: int, max_side: int) -> Still:
    notes = []
    with Image.open(path, formats=_FORMATS) as image:
        _check_size(image.size, path, min_side, max_side)
        count = getattr(image, "n_frames", 1)
        if count > 1 and image.format != "MPO":
            notes.append(f"the file holds {count} pictures: the first one is used")
        transfer = transfer_of(path, image.format)
        if transfer is not None:
            notes.append(f"a picture of high dynamic range ({NAMES[transfer]}): brought to the standard range")
        image.draft(image.mode, (max_side, max_side))  # JPEG: decodes at a half or a quarter, no smaller than asked
        image.load()
        upright = ImageOps.exif_transpose(image)
        rgb, cover = _to_rgb(upright, path)
    scale = max_side / max(rgb.size)
    if scale < 1:
        size = (max(1, round(rgb.width * scale)), max(1, round(rgb.height * scale)))
        rgb = rgb.resize(size, Image.Resampling.LANCZOS)
        cover = None if cover is None else cover.resize(size, Image.Resampling.LANCZOS)
    if transfer is not None:
        from xtalker.media.light import to_standard  # with it come the decoders of video

        rgb = Image.fromarray(to_standard(np.asarray(rgb, np.uint16) * np.uint16(257), transfer))
    return Still(rgb, None if cover is None else np.asarray(cover), tuple(notes))


def _no_picture(path: Path, accepted: str) -> InputError:
    kind = kind_of(path)
    if kind == HEIC:
        return InputError(f"{HEIC[2:]}s are not read", received=path, accepted=accepted, next_step=_FROM_HEIC)
    said = "" if kind is None or kind.endswith(" picture") else f" ({kind})"
    return InputError(
        "not a picture",
        received=f"{path}{said}",
        accepted=accepted,
        next_step="give an image file or convert it to PNG",
    )


def _check_size(size: tuple[int, int], path: Path, min_side: int, max_side: int) -> None:
    """Judge the header, before decoding."""
    width, height = size
    if width * height > MAX_PIXELS:
        raise _too_large(f"{width}x{height} pixels", path)
    if min(size) * min(1.0, max_side / max(size)) < min_side:
        raise InputError(
            "the picture is too small or too narrow",
            received=f"{path} ({width}x{height} pixels)",
            accepted=f"at least {min_side} pixels on the shorter side when the longer one is at most {max_side}",
            next_step="use a larger picture of the face",
        )


def _too_large(size: str, path: Path) -> InputError:
    return InputError(
        "the picture is too large",
        received=f"{path} ({size})",
        accepted=f"at most {MAX_PIXELS // 1_000_000} megapixels",
        next_step="scale it down first; 2048 pixels on the longer side are enough",
    )


def _to_rgb(image: Image.Image, path: Path) -> tuple[Image.Image, Image.Image | None]:
    """8-bit sRGB over grey, and the cover where the picture has one."""
    cover = None
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        image = _deep_to_grey(image, path)
    profile = image.info.get("icc_profile")
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        cover = layer.getchannel("A")
        image = Image.alpha_composite(Image.new("RGBA", layer.size, _GREY), layer)
    if profile and image.mode in ("RGB", "CMYK"):
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
            assert converted is not None  # only in-place conversion gives None
            return converted, cover
        except (ImageCms.PyCMSError, OSError, TypeError, ValueError):
            _log.warning("%s: its colour profile is damaged and is left out", path)
    return image.convert("RGB"), cover


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
