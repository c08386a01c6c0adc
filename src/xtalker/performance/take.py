"""A Take: what was performed or watched, ready to be looked at or saved."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from jaxtyping import Float

from xtalker.capture.portrait import PortraitFit
from xtalker.export import EXPORTERS, check_held, check_ready, export, left_out, place_of, suffix_of
from xtalker.export.arkit_glb import ArkitGlb
from xtalker.export.interface import Content, Exporter
from xtalker.export.motion_npz import read_appearance, read_motion, read_tracks
from xtalker.export.sound_file import SOUND_KINDS
from xtalker.head.interface import HeadModel
from xtalker.performance import own_flame, parts
from xtalker.performance.filming import VIDEO_SUFFIXES, film
from xtalker.performance.person import Person, read_person, require_flawless
from xtalker.performance.shot import MESH_SUFFIXES, PHOTO_LOOK, Shot, check_photo
from xtalker.performance.take_content import check_mesh_look, content_of
from xtalker.render.photo_framing import PhotoFraming
from xtalker.render.video import SEQUENCE_SUFFIX, video_place
from xtalker.speech import load_audio
from xtalker.values import Audio, Identity, InputError, Motion, OutputError
from xtalker.values.appearance import Appearance
from xtalker.values.conventions import FRAME_RATE_HZ
from xtalker.values.human import require_human
from xtalker.values.photo_avatar import PhotoAvatar
from xtalker.values.tracks import Tracks

MOTION_SUFFIX = ".npz"
_log = logging.getLogger("xtalker")


@dataclass(frozen=True)
class Take:
    """Motion of one head, with all that is needed to see it.

    Attributes:
        motion: 25 frames a second.
        identity: whose head.
        head: the head model.
        sound: file whose sound belongs to the motion, or its samples.
        portrait: what was read from the portrait, if there was one.
        confidence: of each frame, for a watched video.
        card: where it comes from, label -> text.
        tracks: what steered it.
        appearance: skin, hair and eyes of the person, for the look "portrait"; None takes the portrait's.
        person: who it is, where there is a portrait.
        avatar: the photograph ready to move, for the look "photo"; None takes the portrait's.
    """

    motion: Motion
    identity: Identity
    head: HeadModel
    sound: Path | Audio | None = None
    portrait: PortraitFit | None = None
    confidence: Float[np.ndarray, "frames"] | None = None
    card: Mapping[str, str] = field(default_factory=dict)
    tracks: Tracks = field(default_factory=Tracks)
    appearance: Appearance | None = None
    person: Person | None = None
    avatar: PhotoAvatar | None = None

    @property
    def has_photo(self) -> bool:
        """Whether the photograph itself can speak."""
        return self.avatar is not None or self.person is not None

    @property
    def skin(self) -> Appearance | None:
        """Skin, hair and eyes, as far as they are known; read from the portrait when first asked for."""
        return self.appearance if self.appearance is not None or self.person is None else self.person.appearance

    @property
    def photo(self) -> PhotoAvatar | None:
        """The photograph ready to move, if there is one; prepared from the portrait when first asked for."""
        return self.avatar if self.avatar is not None or self.person is None else self.person.avatar

    @property
    def photo_notes(self) -> tuple[str, ...]:
        """What has been said of the photo so far, a line each."""
        if self.avatar is not None:
            return self.avatar.notes
        return () if self.person is None else self.person.notes

    def look_of(self, shot: Shot) -> str:
        """The look in which a shot shows this take."""
        return shot.look_of(photo=self.has_photo, appearance=self.appearance is not None)

    def size_of(self, shot: Shot) -> tuple[int, int]:
        """Width and height of the picture in which a shot shows this take."""
        own = (shot.DEFAULT_SIDE, shot.DEFAULT_SIDE)
        if shot.size is None and self.look_of(shot) == PHOTO_LOOK and self.photo is not None:
            own = PhotoFraming(shot.crop).own_size(self.photo, shot.DEFAULT_SIDE)
        return shot.picture_size(own)

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.motion.num_frames / FRAME_RATE_HZ

    def require_whole(self, path: Path, shot: Shot) -> None:
        """Refuse a video that would not show everything as it should; see `save` with `strict`.

        Raises:
            OutputError: a sound that the file cannot have.
            InputError: a photo of which something had to be said.
        """
        _tell(path, self._unheard(path), strict=True)
        if self.look_of(shot) == PHOTO_LOOK and self.photo is not None:
            picture = None if self.person is None else self.person.picture
            require_flawless(self.photo, "the avatar" if picture is None else picture.source)

    def _unheard(self, path: Path) -> tuple[str, ...]:
        """What a video leaves out."""
        return ("sound",) if path.suffix.lower() == SEQUENCE_SUFFIX and self.sound is not None else ()

    def vertices(self, canonical: bool = False) -> Float[np.ndarray, "frames vertices 3"]:
        """Vertices of all frames, metres; canonical leaves the head rotation out."""
        return self.head.vertices(self.identity, self.motion, canonical=canonical)

    def landmarks(self, canonical: bool = False) -> Float[np.ndarray, "frames 478 3"]:
        """The 478 landmarks in MediaPipe's order, metres."""
        return self.head.landmarks(self.identity, self.motion, canonical=canonical)

    def save(
        self,
        path: Path | str,
        *,
        shot: Shot | None = None,
        strict: bool = False,
        flame: Path | str | None = None,
        arkit: bool = False,
        progress: bool = False,
    ) -> Path:
        """Write a video or a data file; the suffix decides.

        What a data file cannot hold is said in one warning in the log "xtalker". The sound is not told for motion
        files (.npz), which never have one.

        Args:
            path: .mp4, .webm, .mkv or .mov for video with sound, .png for a folder of pictures; .npz for motion; any
                other ending of `export.EXPORTERS`.
            shot: look, size, background, frame rate and depth of a video; look and smile of a .glb, .usdc or .usdz,
                which shows the photograph's layers where there is one ("photo"), or the full head ("portrait", "skin").
            strict: write nothing where something would be left out, or where the photo does not show everything well.
            flame: the user's FLAME file, for .flame.npz; None takes that of XTALKER_ASSET_FLAME.
            arkit: a .glb of the full head whose morphs are ARKit's 52 shapes, for web avatars; see
                `export.arkit_model`.
            progress: show a bar.

        Returns:
            The file; for .obj, .ply and .png the folder of the sequence.

        Raises:
            OutputError: unknown suffix, a place that cannot be written, content that the format cannot hold; with
                `strict`, anything that would be left out; with `arkit`, another ending than .glb.
            InputError: a sound or FLAME file that cannot be read; the look "photo" without a photo; with `strict`, a
                photo of which something is said.
        """
        path = Path(path)
        flame = None if flame is None else Path(flame)
        check_suffix(path, flame)
        if arkit:
            check_arkit(path)
        if suffix_of(path) in MESH_SUFFIXES:
            check_mesh_look(None if shot is None else shot.look, path, arkit=arkit)
        require_human(self.motion, self.identity, source=self.card.get("made_by", "this take"))
        if suffix_of(path) in VIDEO_SUFFIXES:
            silent, shot = self._unheard(path), shot or Shot()
            check_photo(shot, photo=self.has_photo)
            if strict:
                self.require_whole(path, shot)
            _tell(path, silent, strict=False)
            photo = self.look_of(shot) == PHOTO_LOOK
            film(
                self.head, self.identity, self.motion, path, sound=None if silent else self.sound, shot=shot,
                camera=self.tracks.camera, appearance=None if photo else self.skin,
                avatar=self.photo if photo else None, progress=progress,
            )  # fmt: skip
            return video_place(path)
        exporter: Exporter | None = ArkitGlb() if arkit else None
        if suffix_of(path) == own_flame.FLAME_SUFFIX:
            exporter = own_flame.exporter_to(path, flame)
        content = content_of(self, path, shot or Shot(), arkit=arkit)
        return save_content(path, content, strict=strict, exporter=exporter)


def save_content(path: Path, content: Content, *, strict: bool, exporter: Exporter | None = None) -> Path:
    """Export, after saying what is left out; see `Take.save`."""
    lost = left_out(path, content, exporter=exporter)
    if strict:
        _tell(path, lost, strict=True)
    sound = content.sound
    if "sound" not in lost and isinstance(sound, Path) and sound.suffix.lower() not in SOUND_KINDS:
        content = replace(content, sound=load_audio(sound))
    check_held(path, content, exporter=exporter)
    told = tuple(name for name in lost if name != "sound" or suffix_of(path) != MOTION_SUFFIX)
    _tell(path, told, strict=False)
    export(path, content, exporter=exporter)
    return place_of(path)


def _tell(path: Path, lost: tuple[str, ...], *, strict: bool) -> None:
    """Say in the log what a file leaves out, or refuse it.

    Raises:
        OutputError: something would be left out, and `strict`.
    """
    if strict and lost:
        raise OutputError(
            "this file would not keep everything", received=f"{path.name} without {', '.join(lost)}",
            accepted="with --strict, only formats that lose nothing",
            next_step="choose another ending, or leave --strict out",
        )  # fmt: skip
    if lost:
        _log.warning("%s leaves out: %s", path.name, ", ".join(lost))


def check_arkit(path: Path) -> None:
    """Refuse a file that cannot have ARKit's shapes as morphs.

    Raises:
        OutputError: not a .glb.
    """
    if suffix_of(path) != ArkitGlb.suffix:
        raise OutputError(
            "ARKit's shapes are written as morphs of a .glb", received=path.name, accepted="a name ending in .glb",
            next_step="name the file .glb, or leave --arkit out; a .csv has ARKit's curves",
        )  # fmt: skip


def check_suffix(path: Path, flame: Path | None = None) -> None:
    """Refuse, before any work is done, a file name that no writer knows, or for which something is missing here.

    Raises:
        OutputError: unknown suffix; a package or the FLAME file that it needs is absent.
        InputError: a FLAME file that is not there.
    """
    known = (*VIDEO_SUFFIXES, *EXPORTERS)
    suffix = suffix_of(path)
    if suffix not in known:
        raise OutputError(
            "unknown kind of output file", received=path.name, accepted=" ".join(known),
            next_step="choose a name with one of these endings",
        )  # fmt: skip
    if suffix in EXPORTERS:
        check_ready(path)
    if suffix == own_flame.FLAME_SUFFIX:
        own_flame.check_flame_place(path, flame)


def load_take(
    path: Path | str,
    *,
    sound: Path | str | None = None,
    portrait: Path | str | None = None,
    face: int | None = None,
) -> Take:
    """A take from a motion file.

    Args:
        path: the motion file.
        sound: a file whose sound belongs to it; another length than the motion's is said in the log.
        portrait: a picture of a face or an avatar, whose looks the motion takes in place of the file's.
        face: whose face in a picture of several, counted from the left; None takes the largest.

    Raises:
        InputError: not a motion file of this schema, or of a head that is not here; unusable sound.
    """
    motion, identity, card = read_motion(Path(path))
    tracks = read_tracks(Path(path))
    head = parts.open_head()
    if motion.head_model != head.name:
        raise InputError(
            "the motion belongs to a head that is not here", received=f"{path} (head '{motion.head_model}')",
            accepted=f"motion of the head '{head.name}'", next_step="make the motion with that head",
        )  # fmt: skip
    if sound is not None:
        compare_lengths(load_audio(sound), motion, "video")
    person = None if portrait is None else read_person(portrait, face)
    return Take(
        motion,
        identity if person is None else person.identity,
        head,
        sound=None if sound is None else Path(sound),
        portrait=None if person is None else person.fit,
        card=card,
        tracks=tracks,
        appearance=read_appearance(Path(path)) if person is None else None,
        person=person,
    )


def compare_lengths(audio: Audio, motion: Motion, made: str) -> None:
    """Say in the log when sound and motion differ by more than a frame; `made` names what follows the motion."""
    if abs(audio.num_frames - motion.num_frames) > 1:
        _log.warning(
            "%s lasts %.2f s and the motion %.2f s: the %s is as long as the motion",
            audio.source, audio.duration_s, motion.num_frames / FRAME_RATE_HZ, made,
        )  # fmt: skip
