"""Which part of a photo the picture shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from xtalker.render.crops import CROPS
from xtalker.values import InputError
from xtalker.values.photo_avatar import PhotoAvatar

_FACE_AT: Final = {"head": 0.56, "bust": 0.44}  # height of the face's middle from the top


@dataclass(frozen=True)
class PhotoFraming:
    """How close the picture is.

    Attributes:
        crop: key of `CROPS`.

    Raises:
        InputError: another crop.
    """

    crop: str = "full"

    def __post_init__(self) -> None:
        """Refuse unknown crops."""
        if self.crop not in CROPS:
            raise InputError(
                "unknown crop", received=self.crop, accepted=", ".join(CROPS), next_step="choose one of these"
            )

    def box(self, avatar: PhotoAvatar, width: int, height: int) -> tuple[float, float, float, float]:
        """Left, top, right, bottom in the photo of a picture of this form: as much as is wanted and as there is."""
        rows, columns = avatar.photo.shape[:2]
        left, top, right, bottom = avatar.face_box
        faces = CROPS[self.crop]
        high = float(rows) if faces is None else min(faces * (bottom - top), rows)
        wide = high * width / height
        if wide > columns:
            high, wide = columns * height / width, float(columns)
        middle_x = (left + right) / 2
        at = _FACE_AT.get(self.crop, _FACE_AT["bust"])
        y = (top + bottom) / 2 - at * high
        x0, y0 = _clamp(middle_x - wide / 2, columns - wide), _clamp(y, rows - high)
        return x0, y0, x0 + wide, y0 + high

    def own_size(self, avatar: PhotoAvatar, short_side: int) -> tuple[int, int]:
        """Even width and height of a picture in the photo's own form (square for the closer crops)."""
        if CROPS[self.crop] is not None:
            return short_side, short_side
        rows, columns = avatar.photo.shape[:2]
        k = short_side / min(rows, columns)
        return 2 * round(columns * k / 2), 2 * round(rows * k / 2)


def _clamp(value: float, most: float) -> float:
    return min(max(value, 0.0), max(most, 0.0))
