"""Portrait files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from xtalker.media.still import PICTURES, open_picture

MAX_SIDE = 2048
MIN_SIDE = 64
_ACCEPTED = f"a picture ({PICTURES}) of one face"


@dataclass(frozen=True)
class Portrait:
    """A picture that holds a face.

    Attributes:
        rgb: upright 8-bit sRGB, at most 2048 on the longer side.
        source: where it came from, for messages.
        cover: how much of each pixel the file holds, 255 = all; None where it knows no transparency.
        notes: what was done to it that its owner may not expect, a line each.
    """

    rgb: UInt8[np.ndarray, "height width 3"]
    source: str
    cover: UInt8[np.ndarray, "height width"] | None = None
    notes: tuple[str, ...] = ()

    def turned(self, quarters: int) -> Portrait:
        """The same picture turned by quarters, anticlockwise as seen."""
        rgb = np.ascontiguousarray(np.rot90(self.rgb, quarters))
        cover = None if self.cover is None else np.ascontiguousarray(np.rot90(self.cover, quarters))
        return replace(self, rgb=rgb, cover=cover)


def load_portrait(path: Path | str) -> Portrait:
    """Read a picture file; see `media.still.open_picture`.

    Raises:
        InputError: missing, a folder, empty, not a picture, truncated, too small, too large.
    """
    path = Path(path)
    still = open_picture(path, kind="portrait", accepted=_ACCEPTED, min_side=MIN_SIDE, max_side=MAX_SIDE)
    return Portrait(np.array(still.picture, np.uint8), str(path), still.cover, still.notes)
