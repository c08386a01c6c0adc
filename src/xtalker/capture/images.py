"""Portrait files."""

from __future__ import annotations

from dataclasses import dataclass
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
    """

    rgb: UInt8[np.ndarray, "height width 3"]
    source: str


def load_portrait(path: Path | str) -> Portrait:
    """Read a picture file; see `media.still.open_picture`.

    Raises:
        InputError: missing, a folder, empty, not a picture, truncated, too small, too large.
    """
    path = Path(path)
    picture = open_picture(path, kind="portrait", accepted=_ACCEPTED, min_side=MIN_SIDE, max_side=MAX_SIDE)
    return Portrait(np.array(picture, np.uint8), str(path))
