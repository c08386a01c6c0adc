"""How a take is filmed; light to import, so that the command line can derive its options from it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from xtalker.values.appearance import Appearance

SIZES: Final = (64, 4096)
"""Smallest and largest picture side in pixels; video encoders want an even one."""

RATES_HZ: Final = (24, 60)
"""Slowest and fastest video, pictures a second."""

DETAILS: Final = ("normal", "dense", "none")
"""How pores, lines and wrinkles are shown."""


@dataclass(frozen=True)
class Shot:
    """How a take is filmed.

    Attributes:
        look: name in render.looks; None is "portrait" for people whose appearance is known, else "skin".
        size: side of a square picture, or its width and height; pixels, even, 64 to 4096.
        supersample: samples along each side of a pixel, 1 to 4.
        depth: file for a depth video beside the picture, or None: .mkv is lossless and metric, .mp4 inverse depth in
            8 bits, as video diffusion models take it.
        frame_rate_hz: pictures a second, 24 to 60, and those of NTSC as fractions; the motion is interpolated.
        detail: "normal" bends the light on a surface of 23,000 vertices, "dense" moves the vertices of one of 76,000,
            "none" leaves pores, lines and wrinkles out.
        background: "transparent", a colour ("#20242c", "white") or a picture file; None is the look's own.

    Raises:
        InputError: unknown look or detail, unusable background, or a number out of its range.
    """

    look: str | None = None
    size: int | tuple[int, int] = 512
    supersample: int = 2
    depth: Path | None = None
    frame_rate_hz: int | Fraction = 25
    background: str | None = None
    detail: str = "normal"

    def __post_init__(self) -> None:
        """Refuse what could not be rendered or encoded, before any work is done."""
        from xtalker.render.looks import LOOKS

        least, most = SIZES
        if self.look is not None and self.look not in LOOKS:
            raise _refusal("look", self.look, f"one of {', '.join(LOOKS)}")
        if self.detail not in DETAILS:
            raise _refusal("detail", self.detail, f"one of {', '.join(DETAILS)}")
        if not all(least <= side <= most and side % 2 == 0 for side in (self.width, self.height)):
            raise _refusal("picture size", self.size, f"an even number of pixels from {least} to {most}")
        if not 1 <= self.supersample <= 4:
            raise _refusal("supersampling", self.supersample, "1 to 4 samples along each side of a pixel")
        if not Fraction(RATES_HZ[0] * 1000, 1001) <= self.frame_rate_hz <= RATES_HZ[1]:
            raise _refusal("frame rate", self.frame_rate_hz, f"{RATES_HZ[0]} to {RATES_HZ[1]} pictures a second")
        if self.background is not None:
            from xtalker.render.background import check_background

            check_background(self.background)

    def look_of(self, appearance: Appearance | None) -> str:
        """The look of a person of this appearance."""
        return self.look or ("skin" if appearance is None else "portrait")

    @property
    def width(self) -> int:
        """Of the picture, pixels."""
        return self.size if isinstance(self.size, int) else self.size[0]

    @property
    def height(self) -> int:
        """Of the picture, pixels."""
        return self.size if isinstance(self.size, int) else self.size[1]

    @property
    def transparent(self) -> bool:
        """Whether there is nothing behind the head."""
        from xtalker.render.background import TRANSPARENT

        return self.background == TRANSPARENT


def check_shot_place(path: Path, shot: Shot) -> None:
    """Refuse a file that cannot keep what the shot asks for, before any work is done.

    Raises:
        OutputError: transparency for a suffix without it.
    """
    from xtalker.render.video import CLEAR_SUFFIXES
    from xtalker.values import OutputError

    if shot.transparent and path.suffix.lower() not in CLEAR_SUFFIXES:
        raise OutputError(
            "this kind of file keeps no transparency", received=path, accepted=" ".join(CLEAR_SUFFIXES),
            next_step="give the output one of these endings, or the picture a background",
        )  # fmt: skip


def _refusal(what: str, received: object, accepted: str) -> Exception:
    from xtalker.values import InputError

    return InputError(f"unusable {what}", received=received, accepted=accepted, next_step="choose one of these")
