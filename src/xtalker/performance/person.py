"""Who is filmed: a portrait, read as far as it is asked for and only once."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from xtalker.appearance.prepare import prepare, prepared_photo
from xtalker.capture.images import Portrait
from xtalker.capture.portrait import PortraitFit, fit_landmarks
from xtalker.capture.texture import appearance_of
from xtalker.performance import parts
from xtalker.values.appearance import Appearance
from xtalker.values.photo_avatar import PhotoAvatar

_log = logging.getLogger("xtalker")


@dataclass(frozen=True)
class Person:
    """A person in a picture.

    Attributes:
        picture: the portrait.
        fit: shape and pose of the face in it.
    """

    picture: Portrait
    fit: PortraitFit

    @cached_property
    def appearance(self) -> Appearance:
        """Skin, hair and eyes for a full 3D head; what the portrait does not show is said aloud."""
        appearance = appearance_of(self.picture, self.fit, parts.open_head())
        for part in appearance.generic:
            _log.warning("%s does not show everything; generic: %s", self.picture.source, part)
        return appearance

    @cached_property
    def avatar(self) -> PhotoAvatar:
        """The photograph itself, ready to move."""
        avatar = avatar_of(self.picture, self.fit)
        for note in avatar.notes:
            _log.warning("%s: %s", self.picture.source, note)
        return avatar


def avatar_of(picture: Portrait, fit: PortraitFit) -> PhotoAvatar:
    """A portrait whose face was found, ready to move."""
    rgb, marks, enlarged = prepared_photo(picture.rgb, fit.landmarks)
    landmarks = np.column_stack([marks, fit.landmarks[:, 2] * enlarged]).astype(np.float32)
    again = fit_landmarks(landmarks, parts.open_head())  # in the pixels of the prepared photo
    identity = replace(again.identity, detail=fit.identity.detail)
    return prepare(
        rgb, marks, parts.open_head(), identity, again.reference, again.scale, again.shift,
        parts.selfie_segmentation(), enlarged=enlarged,
    )  # fmt: skip
