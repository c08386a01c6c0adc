"""What a portrait shows less well than a talking photo needs, and what is done about it; a line each.

docs/photo_inputs.md lists the lines; `benchmarks/photo_inputs.py` measures how often they are missing or wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import UInt8

from xtalker.capture.images import Portrait
from xtalker.capture.photo_faults import looks_drawn, mouth_covered
from xtalker.capture.portrait import PortraitFit
from xtalker.capture.portrait_face import PortraitFace
from xtalker.geometry.landmark_rings import FACE_OVAL
from xtalker.performance.photo_motion import TURN_LIMITS_RAD
from xtalker.values import InputError
from xtalker.values.conventions import LEFT_EYE_OUTER, RIGHT_EYE_OUTER

LARGEST_YAW_RAD: Final = float(np.radians(40))
"""Of a face in a photo, as it is estimated: beyond it half of the mouth is not seen.

The estimate is too large between 20 and 40 degrees: heads drawn at 20 are read as 26, at 35 as 39 to 41.
"""

_SAID_YAW_RAD: Final = float(np.radians(24))
_SMALL_EYES_PX: Final = 60.0
_NO_COVER, _ALL_COVER = 16, 240
_LEAST_CLEAR: Final = 0.02
_LEAST_SOLID_FACE: Final = 0.95


_COVERED: Final = (
    "something covers the mouth (mask, hand, microphone): the lips stay closed, and what covers them moves a little "
    "with the jaw"
)
_DRAWN: Final = "the picture seems to be a drawing: lips, lids and teeth may look painted"
_OWN_COVER: Final = "a transparent picture: its own cover is the person's; grey lies behind (--background puts another)"
_LAID_ON_GREY: Final = "a transparent picture whose transparency does not surround the person: laid on grey"


@dataclass(frozen=True)
class Judgement:
    """What a photo shows.

    Attributes:
        notes: a line for each thing that its owner may not expect.
        mouth_covered: whether the lips must not be opened.
        cover: the picture's own cover of the person, 255 = all; None where there is none that can be used.
    """

    notes: tuple[str, ...]
    mouth_covered: bool
    cover: UInt8[np.ndarray, "height width"] | None


def judge(found: PortraitFace, fit: PortraitFit) -> Judgement:
    """Look at a face for all that can be told before it is prepared; eyes are judged then.

    Raises:
        InputError: turned by more than `LARGEST_YAW_RAD`.
    """
    picture = found.portrait
    _check_turn(fit, picture.source)
    drawn = looks_drawn(picture.rgb, fit.landmarks)
    covered = not drawn and mouth_covered(picture.rgb, fit.landmarks)
    notes = [*found.notes, *_pose_notes(fit)]
    cover = None
    if _is_clear(picture):
        cover = _surrounding_cover(picture, fit)
        notes.append(_LAID_ON_GREY if cover is None else _OWN_COVER)
    notes += [_DRAWN] if drawn else []
    notes += [_COVERED] if covered else []
    return Judgement(tuple(notes), covered, cover)


def _check_turn(fit: PortraitFit, source: str) -> None:
    """Refuse a face that is seen from the side."""
    yaw_rad = float(fit.reference.head[0, 1])
    if abs(yaw_rad) > LARGEST_YAW_RAD:
        raise InputError(
            "the face is seen too much from the side for the photo itself to speak",
            received=f"{source} (turned by about {np.degrees(abs(yaw_rad)):.0f} degrees)",
            accepted=f"up to {np.degrees(LARGEST_YAW_RAD):.0f} degrees to either side",
            next_step="use a more frontal photo, or --look portrait",
        )


def _pose_notes(fit: PortraitFit) -> tuple[str, ...]:
    """Turn of the head and size of the face."""
    notes = []
    yaw_rad = float(fit.reference.head[0, 1])
    if abs(yaw_rad) > _SAID_YAW_RAD:
        side = "left" if yaw_rad > 0 else "right"
        notes.append(
            f"the head is turned about {np.degrees(abs(yaw_rad)):.0f} degrees to its {side}: turns further that way "
            f"are limited to {np.degrees(TURN_LIMITS_RAD[1]):.0f} degrees in all, turns back to the hidden side as well"
        )
    eyes = fit.landmarks[[LEFT_EYE_OUTER, RIGHT_EYE_OUTER], :2]
    apart_px = float(np.linalg.norm(eyes[0] - eyes[1]))
    if apart_px < _SMALL_EYES_PX:
        notes.append(
            f"a small face ({apart_px:.0f} pixels between the outer corners of the eyes, {_SMALL_EYES_PX:.0f} wanted): "
            "enlarged, so it looks soft"
        )
    return tuple(notes)


def _surrounding_cover(portrait: Portrait, fit: PortraitFit) -> UInt8[np.ndarray, "height width"] | None:
    """The picture's own transparency, if it surrounds a face that is all there."""
    assert portrait.cover is not None
    height, width = portrait.cover.shape
    oval = fit.landmarks[list(FACE_OVAL), :2]
    inner = oval.mean(0) + np.linspace(0.1, 0.95, 8)[:, None, None] * (oval - oval.mean(0))
    at = np.clip(inner.reshape(-1, 2).astype(int), 0, [width - 1, height - 1])
    solid = portrait.cover[at[:, 1], at[:, 0]] >= _ALL_COVER
    return portrait.cover if solid.mean() >= _LEAST_SOLID_FACE else None


def _is_clear(portrait: Portrait) -> bool:
    """Whether a picture is transparent somewhere that matters."""
    return portrait.cover is not None and bool((portrait.cover < _NO_COVER).mean() >= _LEAST_CLEAR)
