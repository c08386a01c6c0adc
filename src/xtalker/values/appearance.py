"""How one person's head is coloured: skin, hair and eyes, without light."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import UInt8

TEXTURE_SIDE: Final = 1024
"""Width and height of every skin texture in pixels."""

LinearColour = tuple[float, float, float]


@dataclass(frozen=True)
class Appearance:
    """Colours of a person under white, even light.

    Attributes:
        texture: skin and hair around the resting head (`geometry.head_map` says where each place lies): sRGB red,
            green, blue, and how much of it is hair. Row 0 is the top of the head; the face is in the middle.
        iris: colour of the eyes, linear 0..1.
        hair: colour of brows and lashes, linear 0..1.
        generic: parts that the portrait did not show and that are generic, in a few words each.
    """

    texture: UInt8[np.ndarray, "1024 1024 4"]
    iris: LinearColour
    hair: LinearColour
    generic: tuple[str, ...] = ()
