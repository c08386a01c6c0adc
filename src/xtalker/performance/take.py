"""A Take: what was performed or watched, ready to be looked at or saved."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from jaxtyping import Float

from xtalker.capture.portrait import PortraitFit
from xtalker.export import EXPORTERS, export
from xtalker.export.interface import Content
from xtalker.export.motion_npz import read_motion, read_tracks
from xtalker.head.interface import HeadModel
from xtalker.head.rig import rig_of
from xtalker.performance import parts
from xtalker.performance.filming import VIDEO_SUFFIXES, film
from xtalker.performance.shot import Shot
from xtalker.speech import load_audio
from xtalker.values import Audio, Identity, InputError, Motion, OutputError
from xtalker.values.conventions import FRAME_RATE_HZ
from xtalker.values.tracks import Tracks

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
    """

    motion: Motion
    identity: Identity
    head: HeadModel
    sound: Path | Audio | None = None
    portrait: PortraitFit | None = None
    confidence: Float[np.ndarray, "frames"] | None = None
    card: Mapping[str, str] = field(default_factory=dict)
    tracks: Tracks = field(default_factory=Tracks)

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.motion.num_frames / FRAME_RATE_HZ

    def vertices(self, canonical: bool = False) -> Float[np.ndarray, "frames vertices 3"]:
        """Vertices of all frames, metres; canonical leaves the head rotation out."""
        return self.head.vertices(self.identity, self.motion, canonical=canonical)

    def landmarks(self, canonical: bool = False) -> Float[np.ndarray, "frames 478 3"]:
        """The 478 landmarks in MediaPipe's order, metres."""
        return self.head.landmarks(self.identity, self.motion, canonical=canonical)

    def save(self, path: Path | str, *, shot: Shot | None = None, progress: bool = False) -> Path:
        """Write a video or a data file; the suffix decides.

        Args:
            path: .mp4, .webm or .mkv for video with sound; .npz for motion.
            shot: look, size and depth of a video.
            progress: show a bar.

        Raises:
            OutputError: unknown suffix or a place that cannot be written.
        """
        path = Path(path)
        check_suffix(path)
        if path.suffix.lower() in VIDEO_SUFFIXES:
            film(
                self.head, self.identity, self.motion, path, sound=self.sound, shot=shot or Shot(),
                camera=self.tracks.camera, progress=progress,
            )  # fmt: skip
        else:
            export(path, self._content())
        return path

    def _content(self) -> Content:
        return Content(
            self.motion, self.identity, self.card, rig=rig_of(self.head, self.identity), sound=self.sound,
            camera=self.tracks.camera, emotion=self.tracks.emotion,
        )  # fmt: skip


def check_suffix(path: Path) -> None:
    """Refuse a file name that no writer knows, before any work is done.

    Raises:
        OutputError: unknown suffix.
    """
    known = (*VIDEO_SUFFIXES, *EXPORTERS)
    if path.suffix.lower() not in known:
        raise OutputError(
            "unknown kind of output file", received=path.name, accepted=" ".join(known),
            next_step="choose a name with one of these endings",
        )  # fmt: skip


def load_take(path: Path | str, *, sound: Path | str | None = None) -> Take:
    """A take from a motion file.

    Args:
        path: the motion file.
        sound: a file whose sound belongs to it; another length than the motion's is said in the log.

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
        _compare_lengths(load_audio(sound), motion)
    return Take(motion, identity, head, sound=None if sound is None else Path(sound), card=card, tracks=tracks)


def _compare_lengths(audio: Audio, motion: Motion) -> None:
    if abs(audio.num_frames - motion.num_frames) > 1:
        _log.warning(
            "%s lasts %.2f s and the motion %.2f s: the video is as long as the motion",
            audio.source, audio.duration_s, motion.num_frames / FRAME_RATE_HZ,
        )  # fmt: skip
