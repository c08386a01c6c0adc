"""What an exporter is given and what it offers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import UInt8

from xtalker.geometry.camera_path import CameraPath
from xtalker.values import Audio, Identity, Motion
from xtalker.values.appearance import Appearance
from xtalker.values.rig import Rig
from xtalker.values.surface import Surface
from xtalker.values.tracks import CameraTrack, EmotionTrack


@dataclass(frozen=True)
class Content:
    """What can be exported of a take.

    Attributes:
        motion: what the face does.
        identity: whose face it is.
        card: where it comes from, as label -> text (model, licence, seed).
        rig: the head as mesh, morph targets and joints; formats with a mesh need it.
        sound: what is heard: samples, or a sound file (`export.sound_file.SOUND_KINDS`).
        camera: how it is filmed, one row for each frame of the motion.
        emotion: levels that steered the face, one row for each frame.
        texture: colours of the skin over its texture coordinates, top row first, sRGB.
        appearance: what `texture` was made from, in the form in which motion files keep it.
        surface: what files with a mesh show, over its own joints or those of `rig`; None is the rig's own parts with
            `texture`.
        view: how files with a mesh are seen, in place of `camera`.
    """

    motion: Motion
    identity: Identity
    card: Mapping[str, str] = field(default_factory=dict)
    rig: Rig | None = None
    sound: Path | Audio | None = None
    camera: CameraTrack | None = None
    emotion: EmotionTrack | None = None
    texture: UInt8[np.ndarray, "height width 3"] | None = None
    appearance: Appearance | None = None
    surface: Surface | None = None
    view: CameraPath | None = None


@runtime_checkable
class Exporter(Protocol):
    """One file format."""

    @property
    def suffix(self) -> str:
        """File name ending with its dot, lower case."""
        ...

    def can_hold(self, content: Content) -> str | None:
        """None, or in a few words what of the content this format cannot hold."""
        ...

    def write(self, path: Path, content: Content) -> None:
        """Write the content; nothing is left behind, or lost, on failure.

        Raises:
            OutputError: the place cannot be written.
        """
        ...


@runtime_checkable
class SaysWhatIsLost(Protocol):
    """An exporter that says itself what it leaves out; the others keep nothing but motion, identity and card."""

    def leaves_out(self, content: Content) -> tuple[str, ...]:
        """What of the content is not written, in a few words each."""
        ...


@runtime_checkable
class ChecksEarly(Protocol):
    """An exporter that needs more than a writable place, and can tell before there is content."""

    def check_ready(self, path: Path) -> None:
        """Refuse a name under which nothing could be written here.

        Raises:
            OutputError: with what is missing or in the way.
        """
        ...


def fault_for_rigged(content: Content) -> str | None:
    """What keeps a format with a mesh from holding this; None when nothing does."""
    motion, rig = content.motion, content.rig
    if motion.head_model != content.identity.head_model:
        return f"motion of head '{motion.head_model}', identity of '{content.identity.head_model}'"
    if motion.num_frames < 1:
        return "0 frames"
    if rig is None:
        return f"a head '{motion.head_model}' without mesh, morph targets and joints"
    if rig.head_model != motion.head_model:
        return f"motion of head '{motion.head_model}', mesh of '{rig.head_model}'"
    if content.camera is not None and content.camera.num_frames != motion.num_frames:
        return f"a camera of {content.camera.num_frames} frames with a motion of {motion.num_frames}"
    return None
