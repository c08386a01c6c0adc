"""What is behind the head: the backdrop of its look, one colour, a picture, or nothing.

A background is asked for in words: "transparent", a colour ("#20242c", "white"), or a picture file; None leaves the
backdrop of the look.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float32
from PIL import Image, ImageColor, ImageOps

from xtalker.media.still import open_picture
from xtalker.render.looks import Colour
from xtalker.values.files import check_readable

TRANSPARENT: Final = "transparent"
Backdrop = Float32[np.ndarray, "height columns 3"]
"""Display colours 0..1 behind each row: one column for the whole width, or one for each pixel."""

_ACCEPTED: Final = f"'{TRANSPARENT}', a colour such as '#20242c' or 'white', or a picture (png, jpg, ...)"
_MAX_SIDE: Final = 8192
_log = logging.getLogger("xtalker")


def check_background(background: str | None) -> None:
    """Refuse what is neither a colour nor a file, before any work is done.

    Raises:
        InputError: neither, or a file that is missing or empty.
    """
    if background is None or background == TRANSPARENT or _colour(background) is not None:
        return
    check_readable(Path(background), kind="background", accepted=_ACCEPTED)


def read_background(background: str | None, colours: tuple[Colour, Colour], width: int, height: int) -> Backdrop:
    """Display colours behind the head.

    Args:
        background: in words; see above. Transparent is black here, for which `picture_into` knows the cover.
        colours: top and bottom of the look's own backdrop.
        width: of the picture, pixels.
        height: of the picture, pixels.

    Raises:
        InputError: neither a colour nor a picture.
    """
    if background is None:
        t = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
        top, bottom = (np.array(c, np.float32) for c in colours)
        return ((1 - t) * top + t * bottom).astype(np.float32)
    colour = (0.0, 0.0, 0.0) if background == TRANSPARENT else _colour(background)
    if colour is not None:
        return np.tile(np.array(colour, np.float32), (height, 1, 1))
    return _picture(Path(background), width, height)


def _colour(text: str) -> tuple[float, float, float] | None:
    try:
        red, green, blue = ImageColor.getrgb(text)[:3]
    except ValueError:
        return None
    return red / 255, green / 255, blue / 255


def _picture(path: Path, width: int, height: int) -> Backdrop:
    """The middle of a picture, as large as fills the frame, in its own orientation."""
    still = open_picture(path, kind="background", accepted=_ACCEPTED, min_side=1, max_side=_MAX_SIDE)
    for note in still.notes:
        _log.warning("%s: %s", path, note)
    filled = ImageOps.fit(still.picture, (width, height), Image.Resampling.LANCZOS)
    return np.asarray(filled, np.float32) / np.float32(255)
