"""What a portrait shows less well than a talking photo needs, and what is done about it; a line each.

docs/photo_inputs.md lists the lines; `benchmarks/photo_inputs.py` measures how often they are missing or wrong.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import UInt8

from xtalker.capture.images import Portrait
from xtalker.capture.portrait import PortraitFit
from xtalker.geometry.landmark_rings import FACE_OVAL
from xtalker.performance.photo_motion import TURN_LIMITS_RAD
from xtalker.values import InputError
from xtalker.values.conventions import LEFT_EYE_OUTER, RIGHT_EYE_OUTER

LARGEST_YAW_RAD: Final = float(np.radians(35))
"""Of a face in a photo: beyond it half of the mouth is not seen."""

_SAID_YAW_RAD: Final = float(np.radians(20))
_SMALL_EYES_PX: Final = 60.0
_NO_COVER, _ALL_COVER = 16, 240
_LEAST_CLEAR: Final = 0.02
_LEAST_SOLID_FACE: Final = 0.95


def check_turn(fit: PortraitFit, source: str) -> None:
    """Refuse a face that is seen from the side.

    Raises:
        InputError: turned by more than `LARGEST_YAW_RAD`.
    """
    yaw_rad = float(fit.reference.head[0, 1])
    if abs(yaw_rad) > LARGEST_YAW_RAD:
        raise InputError(
            "the face is seen too much from the side for the photo itself to speak",
            received=f"{source} (turned by {np.degrees(abs(yaw_rad)):.0f} degrees)",
            accepted=f"up to {np.degrees(LARGEST_YAW_RAD):.0f} degrees to either side",
            next_step="use a more frontal photo, or --look portrait",
        )


def fit_notes(fit: PortraitFit) -> tuple[str, ...]:
    """Turn of the head and size of the face."""
    notes = []
    yaw_rad = float(fit.reference.head[0, 1])
    if abs(yaw_rad) > _SAID_YAW_RAD:
        side = "left" if yaw_rad > 0 else "right"
        notes.append(
            f"the head is turned {np.degrees(abs(yaw_rad)):.0f} degrees to its {side}: turns further that way are "
            f"limited to {np.degrees(TURN_LIMITS_RAD[1]):.0f} degrees in all"
        )
    eyes = fit.landmarks[[LEFT_EYE_OUTER, RIGHT_EYE_OUTER], :2]
    apart_px = float(np.linalg.norm(eyes[0] - eyes[1]))
    if apart_px < _SMALL_EYES_PX:
        notes.append(
            f"a small face ({apart_px:.0f} pixels between the outer corners of the eyes, {_SMALL_EYES_PX:.0f} wanted): "
            "enlarged, so it looks soft"
        )
    return tuple(notes)


COVERED_NOTE: Final = (
    "something covers the mouth (mask, hand, microphone): the lips stay closed, and what covers them moves a little "
    "with the jaw"
)
DRAWN_NOTE: Final = "the picture seems to be a drawing: lips, lids and teeth may look painted"
COVER_NOTE: Final = "a transparent picture: its own cover is the person's; grey lies behind (--background puts another)"
COVER_LEFT_NOTE: Final = "a transparent picture whose transparency does not surround the person: laid on grey"


def meaningful_cover(portrait: Portrait, fit: PortraitFit) -> UInt8[np.ndarray, "height width"] | None:
    """The picture's own transparency, if it surrounds a face that is all there."""
    if portrait.cover is None or not is_clear(portrait):
        return None
    height, width = portrait.cover.shape
    oval = fit.landmarks[list(FACE_OVAL), :2]
    inner = oval.mean(0) + np.linspace(0.1, 0.95, 8)[:, None, None] * (oval - oval.mean(0))
    at = np.clip(inner.reshape(-1, 2).astype(int), 0, [width - 1, height - 1])
    solid = portrait.cover[at[:, 1], at[:, 0]] >= _ALL_COVER
    return portrait.cover if solid.mean() >= _LEAST_SOLID_FACE else None


def is_clear(portrait: Portrait) -> bool:
    """Whether a picture is transparent somewhere that matters."""
    return portrait.cover is not None and bool((portrait.cover < _NO_COVER).mean() >= _LEAST_CLEAR)
