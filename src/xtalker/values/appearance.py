"""How one person's head is coloured: skin, hair and eyes, without light."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import UInt8

TEXTURE_SIDE: Final = 1024
"""Width and height of every skin texture in pixels."""

LinearColour = tuple[float, float, float]

HAIR_ANGLES_RAD: Final = tuple(float(a) for a in np.radians(np.arange(-105, 106, 15)))
"""Directions of a hair's outline seen from in front: 0 is up, growing to the subject's left."""

HAIR_FRONT_RAD: Final = tuple(float(a) for a in np.radians((-40, -20, 0, 20, 40)))
"""Longitudes, seen from the middle of the skull, at which a hairline is measured."""

HAIR_PIXEL_M: Final = 0.002
HAIR_CORNER_M: Final = (-0.22, 0.20)
HAIR_PICTURE_SIZE: Final = (220, 260)
"""Pictures of hair: size of a pixel, left and upper corner from the middle between the eyes, width and height."""


@dataclass(frozen=True)
class HairStyle:
    """The shape of a person's hair, and how it looks from in front.

    Attributes:
        stand_m: how far it reaches beyond the skull in each direction of `HAIR_ANGLES_RAD`, metres.
        front_rad: latitude of the hairline at the longitudes of `HAIR_FRONT_RAD`.
        length_m: how far below the eyes it hangs beside the face, metres; 0 for hair that ends above the ears.
        colour: linear 0..1.
        picture: sRGB red, green, blue without the picture's level of light, and cover, in the plane of the face.
    """

    stand_m: tuple[float, ...]
    front_rad: tuple[float, ...]
    length_m: float
    colour: LinearColour
    picture: UInt8[np.ndarray, "260 220 4"]


@dataclass(frozen=True)
class Appearance:
    """Colours of a person under white, even light.

    Attributes:
        texture: skin and hair around the resting head (`geometry.head_map` says where each place lies): sRGB red,
            green, blue, and how much of it is hair. Row 0 is the top of the head; the face is in the middle.
        iris: colour of the eyes, linear 0..1.
        hair: colour of brows and lashes, linear 0..1.
        generic: parts that the portrait did not show and that are generic, in a few words each.
        style: shape of the hair on the head; None is a bald or a cropped head, as the texture says.
    """

    texture: UInt8[np.ndarray, "1024 1024 4"]
    iris: LinearColour
    hair: LinearColour
    generic: tuple[str, ...] = ()
    style: HairStyle | None = None
