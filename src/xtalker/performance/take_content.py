"""A take as data files are given it; what files with a mesh show follows the look, as in a film."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from xtalker.export import suffix_of
from xtalker.export.interface import Content
from xtalker.head.open_head import OpenHead
from xtalker.head.rig import rig_of
from xtalker.performance.own_surface import own_surface
from xtalker.performance.photo_motion import photo_motion
from xtalker.performance.photo_surface import photo_surface, photo_view
from xtalker.performance.shot import MESH_LOOKS, MESH_SUFFIXES, PHOTO_LOOK, Shot, check_photo
from xtalker.values import OutputError

if TYPE_CHECKING:
    from xtalker.performance.take import Take

_log = logging.getLogger("xtalker")


def content_of(take: Take, path: Path, shot: Shot, *, arkit: bool = False) -> Content:
    """What a data file is given.

    Args:
        take: what is written.
        path: of the file.
        shot: its look and what it keeps of a photo's smile; without a look a photo is shown where there is one.
        arkit: the file has ARKit's shapes as morphs, which only the full head has.

    Raises:
        InputError: the look "photo" without a photo.
        OutputError: a look that a mesh cannot show, or another than the full head's with `arkit`.
    """
    if suffix_of(path) not in MESH_SUFFIXES:
        return _headed(take, path, "portrait")
    look = _mesh_look(take, shot, arkit=arkit)
    return _photographed(take, shot) if look == PHOTO_LOOK else _headed(take, path, look)


def check_mesh_look(look: str | None, path: Path, *, arkit: bool = False) -> None:
    """Refuse, before any work is done, a look that a file with a mesh cannot show.

    Raises:
        OutputError: naming the look.
    """
    accepted = MESH_LOOKS[1:] if arkit else MESH_LOOKS
    if look is not None and look not in accepted:
        raise OutputError(
            "ARKit's shapes are those of the full head" if arkit else "files with a mesh do not show this look",
            received=f"look '{look}' for {path.name}",
            accepted=", ".join(accepted),
            next_step="choose one of these, or leave --look out",
        )


def _mesh_look(take: Take, shot: Shot, *, arkit: bool) -> str:
    if shot.look is None:
        return PHOTO_LOOK if take.has_photo and not arkit else "portrait"
    check_photo(shot, photo=take.has_photo)
    return shot.look


def _headed(take: Take, path: Path, look: str) -> Content:
    """The full head, with the person's skin and hair where they are known and asked for."""
    rig, skin = rig_of(take.head, take.identity), None if look == "skin" else take.skin
    surface = None
    if rig is not None and suffix_of(path) in MESH_SUFFIXES:
        if look == "portrait" and take.has_photo and skin is None:
            _log.warning("an avatar holds the photograph only: generic skin on the full head")
        surface = own_surface(take.head, take.identity, rig, skin)
    texture = None if skin is None else skin.texture[..., :3]
    return replace(_bare(take), rig=rig, camera=take.tracks.camera, texture=texture, appearance=skin, surface=surface)


def _photographed(take: Take, shot: Shot) -> Content:
    """The photograph's layers, from the photo's camera."""
    avatar, head = take.photo, take.head
    assert avatar is not None and isinstance(head, OpenHead), "a photo is bound to the open head"
    camera = take.tracks.camera
    laid = photo_motion(
        avatar,
        take.motion,
        jaw_open_angle_rad=head.jaw_open_angle_rad,
        camera=camera,
        keep_smile=shot.keep_smile,
    )
    view = photo_view(avatar, laid, cut=None if camera is None else camera.cut)
    return replace(_bare(take), rig=rig_of(head, avatar.identity), surface=photo_surface(head, avatar, laid), view=view)


def _bare(take: Take) -> Content:
    return Content(take.motion, take.identity, take.card, sound=take.sound, emotion=take.tracks.emotion)
