"""Motion and identity to a video file, a few frames at a time so that memory does not grow with length."""

from __future__ import annotations

import logging
import wave
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from itertools import repeat
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float
from tqdm import tqdm

from xtalker.head.interface import HeadModel
from xtalker.head.open_head import OpenHead
from xtalker.performance.photo_film import photo_frames
from xtalker.performance.retiming import camera_at, motion_at, num_frames_at
from xtalker.performance.shot import PHOTO_LOOK, Shot, check_shot_place
from xtalker.render.depth_video import depth_writer
from xtalker.render.head_renderer import Frame, HeadRenderer
from xtalker.render.video import VIDEO_SUFFIXES, Picture, video_writer
from xtalker.values import Audio, Identity, InputError, Motion
from xtalker.values.appearance import Appearance
from xtalker.values.conventions import SAMPLE_RATE_HZ
from xtalker.values.photo_avatar import PhotoAvatar
from xtalker.values.tracks import CameraTrack
from xtalker.values.unfinished import work_folder

__all__ = ["VIDEO_SUFFIXES", "Shot", "film", "frames"]

DEPTH_RANGE_M: Final = (0.2, 3.0)
"""Range of depth videos, the same for every take so that they can be compared; steps of 0.04 mm."""
_log = logging.getLogger("xtalker")
_CHUNK_FRAMES = 32
_FARTHEST_M = 1.0


def renderer_for(head: HeadModel, identity: Identity, shot: Shot, appearance: Appearance | None = None) -> HeadRenderer:
    """What draws a person as the shot asks for; the portrait look of somebody without appearance is generic, aloud."""
    look = shot.look_of(photo=False, appearance=appearance is not None)
    if look == "portrait" and appearance is None:
        _log.warning("there is no portrait to take skin from: the skin is generic")
    return HeadRenderer(
        head.topology, head.neutral(identity), look=look, width=shot.width, height=shot.height,
        supersample=shot.supersample, background=shot.background, appearance=appearance,
        detail=identity.detail, dense=shot.detail == "dense", smooth=shot.detail == "none",
    )  # fmt: skip


def frames(
    head: HeadModel, identity: Identity, motion: Motion, shot: Shot, *, camera: CameraTrack | None = None,
    renderer: HeadRenderer | None = None, appearance: Appearance | None = None,
) -> Iterator[Frame]:  # fmt: skip
    """Pictures at the shot's frame rate, made as they are asked for.

    Args:
        head: who speaks.
        identity: their shape.
        motion: what they do.
        shot: how it is filmed.
        camera: where from, frame by frame; None stays in front of the head.
        renderer: of this person and shot; None makes one.
        appearance: their skin, hair and eyes, for the look "portrait".

    Raises:
        InputError: the motion tears the head apart (motion files come from anywhere); a camera track of another length.
    """
    _check_length(camera, motion)
    camera = None if camera is None else camera_at(camera, shot.frame_rate_hz)
    motion = motion_at(motion, shot.frame_rate_hz)
    renderer = renderer or renderer_for(head, identity, shot, appearance)
    cameras = repeat(renderer.portrait_camera()) if camera is None else renderer.moving_cameras(camera)
    for start in range(0, motion.num_frames, _CHUNK_FRAMES):
        part = motion[start : start + _CHUNK_FRAMES]
        chunk = head.drawn(identity, part) if isinstance(head, OpenHead) else head.vertices(identity, part)
        _check_in_one_piece(chunk, start)
        for vertices in chunk:
            yield renderer.render(vertices, next(cameras))


def film(
    head: HeadModel, identity: Identity, motion: Motion, path: Path, *, sound: Path | Audio | None, shot: Shot,
    camera: CameraTrack | None = None, appearance: Appearance | None = None, avatar: PhotoAvatar | None = None,
    progress: bool = False,
) -> None:  # fmt: skip
    """Write the video, and the depth video if the shot asks for one, both from one rendering.

    Args:
        head: who speaks.
        identity: their shape.
        motion: what they do.
        path: of the video.
        sound: what is heard.
        shot: how it is filmed.
        camera: where from, frame by frame; None stays in front of the head.
        appearance: skin, hair and eyes of the speaker, for the look "portrait".
        avatar: the speaker's photo, for the look "photo".
        progress: show a bar.

    Raises:
        InputError: as `frames`.
        OutputError: a place that cannot be written; then neither file is.
    """
    _check_length(camera, motion)
    check_shot_place(path, shot)
    near_m, far_m = DEPTH_RANGE_M
    rate_hz = shot.frame_rate_hz
    if avatar is not None and shot.look_of(photo=True, appearance=False) == PHOTO_LOOK:
        assert isinstance(head, OpenHead), "avatars are bound to the open head"
        drawn = photo_frames(head, avatar, motion, shot, camera=camera)
    else:
        drawn = frames(head, identity, motion, shot, camera=camera, appearance=appearance)
    pictures = tqdm(
        drawn,
        total=num_frames_at(motion.num_frames, rate_hz), desc="video", unit="frame", disable=not progress,
    )  # fmt: skip
    with (
        _as_file(sound) as sound_file,
        video_writer(path, sound=sound_file, frame_rate_hz=rate_hz) as add_picture,
        nullcontext(None)
        if shot.depth is None
        else depth_writer(shot.depth, near_m=near_m, far_m=far_m, frame_rate_hz=rate_hz) as add_depth,
    ):
        for frame in pictures:
            add_picture(_with_cover(frame))
            if add_depth is not None:
                add_depth(frame.depth)


def _with_cover(frame: Frame) -> Picture:
    return frame.rgb if frame.alpha is None else np.dstack([frame.rgb, frame.alpha])


def _check_length(camera: CameraTrack | None, motion: Motion) -> None:
    if camera is not None and camera.num_frames != motion.num_frames:
        raise InputError(
            "camera and motion differ in length", received=f"{camera.num_frames} frames of camera",
            accepted=f"{motion.num_frames} frames like the motion", next_step="make the camera track for this motion",
        )  # fmt: skip


def _check_in_one_piece(vertices: Float[np.ndarray, "frames vertices 3"], first_frame: int) -> None:
    """The rasteriser is fast because it trusts its numbers."""
    farthest_m = np.abs(vertices).max(axis=(1, 2))
    torn = np.flatnonzero(~(farthest_m <= _FARTHEST_M))
    if len(torn):
        raise InputError(
            "the motion or the shape tears the head apart",
            received=f"a vertex {farthest_m[torn[0]]:.3g} m from the head joint in frame {first_frame + torn[0]}",
            accepted=f"vertices within {_FARTHEST_M:g} m: channels of about 0 to 1, angles in radians",
            next_step="check how the motion was made",
        )


@contextmanager
def _as_file(sound: Path | Audio | None) -> Iterator[Path | None]:
    """Samples as a wav file for as long as it is needed; files and silence as they are."""
    if not isinstance(sound, Audio):
        yield sound
        return
    with work_folder() as folder:
        path = folder / "speech.wav"
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(SAMPLE_RATE_HZ)
            file.writeframes(np.rint(np.clip(sound.samples, -1, 1) * 32767).astype("<i2").tobytes())
        yield path
