"""Single pictures: PNG files and contact sheets."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from xtalker.values import InputError, OutputError
from xtalker.values.files import whole_file


def contact_sheet(
    frames: Iterable[UInt8[np.ndarray, "height width 3"]], columns: int
) -> UInt8[np.ndarray, "sheet_height sheet_width 3"]:
    """Frames of one size side by side, row by row; the rest of the last row is black.

    Raises:
        InputError: no frames.
    """
    tiles = list(frames)
    if not tiles:
        raise InputError("no frames for a contact sheet", received="0 frames", accepted="one or more",
                         next_step="choose more frames")  # fmt: skip
    height, width = tiles[0].shape[:2]
    columns = min(columns, len(tiles))
    sheet = np.zeros((-(-len(tiles) // columns) * height, columns * width, 3), np.uint8)
    for number, tile in enumerate(tiles):
        row, column = divmod(number, columns)
        sheet[row * height : (row + 1) * height, column * width : (column + 1) * width] = tile
    return sheet


def write_png(path: Path, rgb: UInt8[np.ndarray, "height width 3"]) -> None:
    """Write a picture; beside its place first, renamed when whole.

    Raises:
        OutputError: another suffix, or a place that cannot be written.
    """
    if path.suffix.lower() != ".png":
        raise OutputError("unknown kind of picture", received=path, accepted=".png",
                          next_step="give the output this suffix")  # fmt: skip
    with whole_file(path) as part:
        Image.fromarray(rgb).save(part, format="PNG")
