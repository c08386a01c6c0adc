"""Who is filmed: a portrait or an avatar, read as far as it is asked for and only once."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from xtalker.appearance.avatar_file import AVATAR_SUFFIX, load_avatar
from xtalker.appearance.prepare import prepare, prepared_photo
from xtalker.capture.detail import detail_of
from xtalker.capture.images import Portrait, load_portrait
from xtalker.capture.portrait import PortraitFit, fit_landmarks, fit_portrait
from xtalker.capture.texture import appearance_of
from xtalker.performance import parts
from xtalker.render.scene import build_scene
from xtalker.values import Identity, InputError
from xtalker.values.appearance import Appearance
from xtalker.values.photo_avatar import PhotoAvatar

_log = logging.getLogger("xtalker")


@dataclass(frozen=True)
class Person:
    """A person in a picture, or an avatar that was made from one.

    Attributes:
        picture: the portrait; None for an avatar.
        fit: shape and pose of the face in it; None for an avatar.
        ready: the avatar; None for a portrait.
    """

    picture: Portrait | None = None
    fit: PortraitFit | None = None
    ready: PhotoAvatar | None = None

    @classmethod
    def of(cls, source: Portrait | PhotoAvatar) -> Person:
        """Find the face in a portrait; what is too small for skin detail is said aloud.

        Raises:
            InputError: no face in it.
        """
        if isinstance(source, PhotoAvatar):
            return cls(ready=source)
        fit = fit_portrait(source, parts.open_head(), *parts.face_models())
        return cls(source, fit)

    @cached_property
    def identity(self) -> Identity:
        """Shape of the head and detail of the skin."""
        if self.ready is not None:
            return self.ready.identity
        assert self.picture is not None and self.fit is not None, "a person is a portrait or an avatar"
        detail = detail_of(self.picture, self.fit, parts.open_head())
        for part in detail.faults:
            _log.warning("%s does not show everything; generic: %s", self.picture.source, part)
        return replace(self.fit.identity, detail=detail.code)

    @cached_property
    def appearance(self) -> Appearance | None:
        """Skin, hair and eyes for a full 3D head; what the portrait does not show is said aloud.

        None for an avatar, which holds the photograph only.
        """
        if self.picture is None or self.fit is None:
            return None
        appearance = appearance_of(self.picture, self.fit, parts.open_head())
        for part in appearance.generic:
            _log.warning("%s does not show everything; generic: %s", self.picture.source, part)
        return appearance

    @cached_property
    def avatar(self) -> PhotoAvatar:
        """The photograph itself, ready to move."""
        if self.ready is not None:
            return self.ready
        assert self.picture is not None and self.fit is not None, "a person is a portrait or an avatar"
        avatar = _prepared(self.picture, self.fit)
        for note in avatar.notes:
            _log.warning("%s: %s", self.picture.source, note)
        return avatar


def open_portrait(path: Path | str) -> Portrait | PhotoAvatar:
    """A picture file or an avatar file, by its ending.

    Raises:
        InputError: a file that cannot be used, an avatar of another head model.
    """
    path = Path(path)
    if path.suffix.lower() != AVATAR_SUFFIX:
        return load_portrait(path)
    avatar, head = load_avatar(path), parts.open_head()
    num_fine = build_scene(head.topology).num_vertices
    if avatar.head_name != head.name or len(avatar.face.rest) != num_fine:
        raise InputError(
            "the avatar was made for another head model",
            received=f"{path} (head '{avatar.head_name}', {len(avatar.face.rest)} vertices)",
            accepted=f"an avatar of the head '{head.name}' with {num_fine} vertices",
            next_step="make it again from the portrait with 'xtalker portrait'",
        )
    return avatar


def read_person(path: Path | str) -> Person:
    """The largest face in a picture, or an avatar; colours and photo are read once they are asked for.

    Raises:
        InputError: not a usable picture of a face, or avatar.
    """
    return Person.of(open_portrait(path))


def _prepared(picture: Portrait, fit: PortraitFit) -> PhotoAvatar:
    """A portrait whose face was found, ready to move."""
    rgb, marks, enlarged = prepared_photo(picture.rgb, fit.landmarks)
    landmarks = np.column_stack([marks, fit.landmarks[:, 2] * enlarged]).astype(np.float32)
    again = fit_landmarks(landmarks, parts.open_head())  # in the pixels of the prepared photo
    return prepare(
        rgb,
        marks,
        parts.open_head(),
        again.identity,
        again.reference,
        again.scale,
        again.shift,
        parts.selfie_segmentation(),
        enlarged=enlarged,
    )
