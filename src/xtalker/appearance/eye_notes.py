"""Why an eye of a photo is not moved, in words."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float, UInt8

from xtalker.appearance.eye_frame import EyeFrame, Side
from xtalker.appearance.shut_lids import is_covered
from xtalker.values.photo_avatar import PhotoEye

_SIDES: Final[tuple[Side, Side]] = ("left", "right")


def eye_notes(
    rgb: UInt8[np.ndarray, "height width 3"],
    landmarks: Float[np.ndarray, "478 2"],
    eyes: tuple[PhotoEye, PhotoEye],
) -> tuple[str, ...]:
    """A line for eyes behind dark glasses, and one for shut eyes; left and right are the person's.

    Args:
        rgb: the photo.
        landmarks: its face landmarks, pixels.
        eyes: left and right, as they were read.
    """
    hidden: list[str] = []
    shut: list[str] = []
    for side, eye in zip(_SIDES, eyes):
        if not eye.moves:
            dark = is_covered(rgb, EyeFrame.of(landmarks, side), landmarks)
            (hidden if dark else shut).append(side)
    notes = []
    if hidden:
        notes.append(f"dark glasses or deep shade over {_named(hidden)}: no blinks and no gaze there")
    if shut:
        stay = "stay" if len(shut) == 2 else "stays"
        notes.append(f"the photo shows {_named(shut)} shut: {stay} shut, no blinks and no gaze there")
    return tuple(notes)


def _named(sides: list[str]) -> str:
    return "both eyes" if len(sides) == 2 else f"the {sides[0]} eye"
