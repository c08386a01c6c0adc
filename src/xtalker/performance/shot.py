"""How a take is filmed; light to import, so that the command line can derive its options from it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

SIZES: Final = (64, 4096)
"""Smallest and largest picture side in pixels; video encoders want an even one."""


@dataclass(frozen=True)
class Shot:
    """How a take is filmed.

    Attributes:
        look: name in render.looks.
        size: width and height of the picture in pixels, even, 64 to 4096.
        supersample: samples along each side of a pixel, 1 to 4.
        depth: file for a lossless depth video beside the picture, or None.

    Raises:
        InputError: unknown look, or a number out of its range.
    """

    look: str = "skin"
    size: int = 512
    supersample: int = 2
    depth: Path | None = None

    def __post_init__(self) -> None:
        """Refuse what could not be rendered or encoded, before any work is done."""
        from xtalker.render.looks import LOOKS

        least, most = SIZES
        if self.look not in LOOKS:
            raise _refusal("look", self.look, f"one of {', '.join(LOOKS)}")
        if not least <= self.size <= most or self.size % 2:
            raise _refusal("picture size", self.size, f"an even number of pixels from {least} to {most}")
        if not 1 <= self.supersample <= 4:
            raise _refusal("supersampling", self.supersample, "1 to 4 samples along each side of a pixel")


def _refusal(what: str, received: object, accepted: str) -> Exception:
    from xtalker.values import InputError

    return InputError(f"unusable {what}", received=received, accepted=accepted, next_step="choose one of these")
