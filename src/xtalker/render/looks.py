"""How a head looks: colours, gloss, lights and backdrop. Colours are linear light, 0..1, unless said."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

Colour = tuple[float | int, float | int, float | int]


@dataclass(frozen=True)
class Light:
    """A far lamp: direction towards it (world axes, any length) and its strength."""

    direction: Colour
    colour: Colour


_STUDIO: Final = (
    Light((0.62, 0.58, 0.80), (2.85, 2.64, 2.42)),
    Light((-0.85, 0.10, 0.55), (0.42, 0.48, 0.60)),
    Light((-0.50, 0.55, -0.90), (1.9, 1.95, 2.1)),
)


@dataclass(frozen=True)
class Look:
    """Everything that a renderer needs to know about appearance.

    Attributes:
        own: true takes skin, hair and eyes from the person's Appearance where there is one.
        coloured: false turns every colour into `clay` with a faint trace of its brightness.
        clay: the grey of an uncoloured look.
        skin, blush, lips, lids, mouth: skin, what cheeks, nose and ears lean to, lips, lid skin, mouth lining.
        hair: brows, lashes and cropped hair.
        iris, sclera, tooth, gum, tongue: as named.
        bleed: how far light wraps around into shadow, for red, green and blue.
        gloss: strength of the skin's highlights.
        lights: the lamps.
        ambient: light from everywhere: from above and from below.
        backdrop: display colours 0..1 of the top and bottom of the background.
    """

    own: bool = False
    coloured: bool = True
    clay: float = 0.30
    skin: Colour = (0.60, 0.355, 0.245)
    blush: Colour = (0.60, 0.24, 0.18)
    lips: Colour = (0.44, 0.155, 0.135)
    lids: Colour = (0.50, 0.27, 0.19)
    mouth: Colour = (0.26, 0.065, 0.055)
    hair: Colour = (0.030, 0.019, 0.013)
    iris: Colour = (0.125, 0.150, 0.135)
    sclera: Colour = (0.66, 0.62, 0.585)
    tooth: Colour = (0.66, 0.60, 0.49)
    gum: Colour = (0.45, 0.16, 0.145)
    tongue: Colour = (0.42, 0.15, 0.135)
    bleed: Colour = (0.42, 0.20, 0.12)
    gloss: float = 1.0
    lights: tuple[Light, ...] = field(default=_STUDIO)
    ambient: tuple[Colour, Colour] = ((0.20, 0.23, 0.28), (0.115, 0.09, 0.08))
    backdrop: tuple[Colour, Colour] = ((0.42, 0.45, 0.49), (0.20, 0.215, 0.24))


LOOKS: Final[dict[str, Look]] = {
    "skin": Look(),
    "portrait": Look(own=True),
    "clay": Look(coloured=False, bleed=(0.15, 0.15, 0.15), gloss=0.35),
}
"""Name -> look, for `--look`."""
