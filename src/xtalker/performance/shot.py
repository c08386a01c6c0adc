"""How a take is filmed; light to import, so that the command line can derive its options from it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import ClassVar, Final

SIZES: Final = (64, 4096)
"""Smallest and largest picture side in pixels; video encoders want an even one."""

RATES_HZ: Final = (24, 60)
"""Slowest and fastest video, pictures a second."""

PHOTO_LOOK: Final = "photo"
"""The look in which the photograph itself speaks; the others are drawn on a full 3D head."""

MESH_SUFFIXES: Final = (".glb", ".usdc", ".usdz")
"""Endings of files with a mesh, which show a person."""

MESH_LOOKS: Final = (PHOTO_LOOK, "portrait", "skin")
"""Looks that they can show: the photograph's layers, or the full head with the person's or generic skin."""

DETAILS: Final = ("normal", "dense", "none")
"""How pores, lines and wrinkles are shown."""


@dataclass(frozen=True)
class Shot:
    """How a take is filmed.

    Attributes:
        look: "photo" (the photograph itself speaks) or a name in render.looks; None is "photo" for people with a
            portrait, "portrait" for others whose appearance is known, else "skin".
        size: side of a square picture, or its width and height; pixels, even, 64 to 4096. None is the photo's own
            form with a short side of 512 for the look "photo", else 512 x 512.
        supersample: samples along each side of a pixel, 1 to 4.
        depth: file for a depth video beside the picture, or None: .mkv is lossless and metric, .mp4 inverse depth in
            8 bits, as video diffusion models take it.
        frame_rate_hz: pictures a second, 24 to 60, and those of NTSC as fractions; the motion is interpolated.
        detail: "normal" bends the light on a surface of 23,000 vertices, "dense" moves the vertices of one of 76,000,
            "none" leaves pores, lines and wrinkles out.
        background: "transparent", a colour ("#20242c", "white") or a picture file; None is the look's own.
        crop: how much of the photo the look "photo" shows: "full", "bust" or "head".
        keep_smile: how much of the photo's own smile stays while the mouth speaks, 0 to 1.

    Raises:
        InputError: unknown look or detail, unusable background, or a number out of its range.
    """

    look: str | None = None
    size: int | tuple[int, int] | None = None
    supersample: int = 2
    depth: Path | None = None
    frame_rate_hz: int | Fraction = 25
    background: str | None = None
    detail: str = "normal"
    crop: str = "full"
    keep_smile: float = 0.55

    DEFAULT_SIDE: ClassVar[int] = 512

    def __post_init__(self) -> None:
        """Refuse what could not be rendered or encoded, before any work is done."""
        from xtalker.render.crops import CROPS
        from xtalker.render.looks import LOOKS

        least, most = SIZES
        if self.look is not None and self.look not in (PHOTO_LOOK, *LOOKS):
            raise _refusal("look", self.look, f"one of {', '.join((PHOTO_LOOK, *LOOKS))}")
        if self.crop not in CROPS:
            raise _refusal("crop", self.crop, f"one of {', '.join(CROPS)}")
        if not 0 <= self.keep_smile <= 1:
            raise _refusal("share of the photo's smile", self.keep_smile, "a number from 0 to 1")
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

    def look_of(self, *, photo: bool, appearance: bool) -> str:
        """The look of a person whose photo or whose appearance is known, or neither."""
        return self.look or (PHOTO_LOOK if photo else "portrait" if appearance else "skin")

    def picture_size(self, own: tuple[int, int]) -> tuple[int, int]:
        """Width and height in pixels; `own` where none is asked for."""
        if self.size is None:
            return own
        return (self.size, self.size) if isinstance(self.size, int) else self.size

    @property
    def width(self) -> int:
        """Of the picture of a head, pixels."""
        return self.picture_size((self.DEFAULT_SIDE,) * 2)[0]

    @property
    def height(self) -> int:
        """Of the picture of a head, pixels."""
        return self.picture_size((self.DEFAULT_SIDE,) * 2)[1]

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


def check_photo(shot: Shot, *, photo: bool) -> None:
    """Refuse the look "photo" where there is no photo, before any work is done.

    Raises:
        InputError: so it is.
    """
    from xtalker.values import InputError

    if shot.look == PHOTO_LOOK and not photo:
        raise InputError(
            "the look 'photo' shows a photograph, and there is none",
            received="no portrait",
            accepted="--portrait face.jpg, or another --look",
            next_step="give a portrait, or leave --look out",
        )


def _refusal(what: str, received: object, accepted: str) -> Exception:
    from xtalker.values import InputError

    return InputError(f"unusable {what}", received=received, accepted=accepted, next_step="choose one of these")
