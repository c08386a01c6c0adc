"""Who is filmed: a portrait or an avatar, read as far as it is asked for and only once."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from xtalker.appearance.avatar_file import AVATAR_SUFFIX, load_avatar
from xtalker.appearance.prepare import prepare, prepared_photo
from xtalker.capture.detail import CapturedDetail, detail_of
from xtalker.capture.images import Portrait, load_portrait
from xtalker.capture.portrait import PortraitFit, fit_face
from xtalker.capture.portrait_face import PortraitFace, find_face
from xtalker.capture.texture import appearance_of
from xtalker.performance import parts
from xtalker.performance.photo_notes import judge
from xtalker.render.scene import build_scene
from xtalker.values import Identity, InputError
from xtalker.values.appearance import Appearance
from xtalker.values.conventions import NUM_LANDMARKS
from xtalker.values.photo_avatar import PhotoAvatar

_log = logging.getLogger("xtalker")


@dataclass(frozen=True)
class Person:
    """A person in a picture, or an avatar that was made from one.

    Attributes:
        picture: the upright portrait; None for an avatar.
        fit: shape and pose of the face in it; None for an avatar.
        ready: the avatar; None for a portrait.
        found: the face as it was found; None for an avatar.
    """

    picture: Portrait | None = None
    fit: PortraitFit | None = None
    ready: PhotoAvatar | None = None
    found: PortraitFace | None = None

    @classmethod
    def of(cls, source: Portrait | PhotoAvatar, face: int | None = None) -> Person:
        """Find a face in a portrait; what was done to find it is said aloud.

        Args:
            source: a picture or an avatar.
            face: which, counted from the left of the picture; None takes the largest.

        Raises:
            InputError: no face in it, or none of this number; a number for an avatar.
        """
        if isinstance(source, PhotoAvatar):
            if face is not None:
                raise InputError(
                    "an avatar holds one face",
                    received=f"face {face} of an avatar",
                    accepted="a number for a picture only",
                    next_step="leave the number out, or make the avatar of that face with 'xtalker portrait --face'",
                )
            return cls(ready=source)
        found = find_face(source, *parts.face_models(), face)
        for note in found.notes:
            _log.warning("%s: %s", source.source, note)
        return cls(found.portrait, fit_face(found, parts.open_head()), found=found)

    @cached_property
    def identity(self) -> Identity:
        """Shape of the head and detail of the skin."""
        if self.ready is not None:
            return self.ready.identity
        assert self.fit is not None, "a person is a portrait or an avatar"
        return replace(self.fit.identity, detail=self._detail.code)

    @cached_property
    def _detail(self) -> CapturedDetail:
        """What the portrait says of lines and pores; what it does not is said with the colours, which need it."""
        assert self.picture is not None and self.fit is not None, "an avatar holds its own"
        return detail_of(self.picture, self.fit, parts.open_head())

    @cached_property
    def appearance(self) -> Appearance | None:
        """Skin, hair and eyes for a full 3D head; what the portrait does not show is said aloud.

        None for an avatar, which holds the photograph only.
        """
        if self.picture is None or self.fit is None:
            return None
        appearance = appearance_of(self.picture, self.fit, parts.open_head())
        for part in (*self._detail.faults, *appearance.generic):
            _log.warning("%s does not show everything; generic: %s", self.picture.source, part)
        return appearance

    @property
    def notes(self) -> tuple[str, ...]:
        """What has been said of the photo so far; all of it once `avatar` was asked for."""
        if self.ready is not None or "avatar" in vars(self):
            return self.avatar.notes
        return () if self.found is None else self.found.notes

    @cached_property
    def avatar(self) -> PhotoAvatar:
        """The photograph itself, ready to move; what limits it is said aloud.

        Raises:
            InputError: a face that is seen too much from the side.
        """
        if self.ready is not None:
            return self.ready
        assert self.fit is not None and self.found is not None, "a person is a portrait or an avatar"
        avatar = _prepared(self.found, self.fit)
        for note in avatar.notes[len(self.found.notes) :]:
            _log.warning("%s: %s", self.found.portrait.source, note)
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


def read_person(path: Path | str, face: int | None = None) -> Person:
    """A face in a picture, or an avatar; colours and photo are read once they are asked for.

    Args:
        path: a picture or avatar file.
        face: which, counted from the left of the picture; None takes the largest.

    Raises:
        InputError: not a usable picture of a face, or avatar.
    """
    return Person.of(open_portrait(path), face)


def require_flawless(avatar: PhotoAvatar, source: str) -> None:
    """Refuse an avatar of a photo that does not show everything well.

    Raises:
        InputError: it has notes.
    """
    if avatar.notes:
        raise InputError(
            "the photo does not show everything that it should",
            received=f"{source}: {'; '.join(avatar.notes)}",
            accepted="with --strict, only photos of which nothing had to be said",
            next_step="use another photo, or leave --strict out",
        )


def _prepared(found: PortraitFace, fit: PortraitFit) -> PhotoAvatar:
    """A portrait whose face was found, ready to move, with all notes."""
    picture, judged = found.portrait, judge(found, fit)
    points = np.concatenate([fit.landmarks[:, :2], fit.shift[None], found.others.reshape(-1, 2)])
    rgb, placed, enlarged = prepared_photo(picture.rgb, points)
    marks, shift, others = placed[:NUM_LANDMARKS], placed[NUM_LANDMARKS], placed[NUM_LANDMARKS + 1 :].reshape(-1, 2, 2)
    cover = judged.cover
    if cover is not None:
        cover = np.ascontiguousarray(prepared_photo(np.dstack([cover] * 3), points)[0][..., 0])
    avatar = prepare(
        rgb,
        marks,
        parts.open_head(),
        fit.identity,
        fit.reference,
        fit.scale * enlarged,
        shift,
        parts.selfie_segmentation(),
        enlarged=enlarged,
        other_people=others,
        own_cover=cover,
        mouth_covered=judged.mouth_covered,
    )
    return replace(avatar, notes=judged.notes + avatar.notes)
