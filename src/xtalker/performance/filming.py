"""Motion and identity to a video file, a few frames at a time so that memory does not grow with length."""

from __future__ import annotations

import tempfile
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float
from tqdm import tqdm

from xtalker.head.interface import HeadModel
from xtalker.performance.shot import Shot
from xtalker.render.depth_video import write_depth_video
from xtalker.render.head_renderer import Frame, HeadRenderer
from xtalker.render.video import VIDEO_KINDS, write_video
from xtalker.values import Audio, Identity, InputError, Motion
from xtalker.values.conventions import SAMPLE_RATE_HZ

__all__ = ["VIDEO_SUFFIXES", "Shot", "film", "frames"]

VIDEO_SUFFIXES = tuple(VIDEO_KINDS)
DEPTH_RANGE_M: Final = (0.2, 3.0)
"""Range of depth videos, the same for every take so that they can be compared; steps of 0.04 mm."""
_CHUNK_FRAMES = 32
_FARTHEST_M = 1.0


def frames(head: HeadModel, identity: Identity, motion: Motion, shot: Shot) -> Iterator[Frame]:
    """Pictures of every frame, made as they are asked for.

    Raises:
        InputError: the motion tears the head apart (motion files come from anywhere).
    """
    yield from _filmed(_renderer(head, identity, shot), head, identity, motion)


def _renderer(head: HeadModel, identity: Identity, shot: Shot) -> HeadRenderer:
    return HeadRenderer(
        head.topology, head.neutral(identity), look=shot.look, width=shot.size, height=shot.size,
        supersample=shot.supersample,
    )  # fmt: skip


def _filmed(renderer: HeadRenderer, head: HeadModel, identity: Identity, motion: Motion) -> Iterator[Frame]:
    camera = renderer.portrait_camera()
    for start in range(0, motion.num_frames, _CHUNK_FRAMES):
        chunk = head.vertices(identity, motion[start : start + _CHUNK_FRAMES])
        _check_in_one_piece(chunk, start)
        for vertices in chunk:
            yield renderer.render(vertices, camera)


def film(
    head: HeadModel, identity: Identity, motion: Motion, path: Path, *, sound: Path | Audio | None, shot: Shot,
    progress: bool = False,
) -> None:  # fmt: skip
    """Write the video, and the depth video if the shot asks for one.

    Raises:
        OutputError: a place that cannot be written.
    """
    renderer = _renderer(head, identity, shot)
    pictures = (frame.rgb for frame in _filmed(renderer, head, identity, motion))
    with _as_file(sound) as sound_file:
        write_video(path, pictures, sound=sound_file, num_frames=motion.num_frames, progress=progress)
    if shot.depth is not None:
        seen = tqdm(
            _filmed(renderer, head, identity, motion), total=motion.num_frames, desc="depth", unit="frame",
            disable=not progress,
        )  # fmt: skip
        near_m, far_m = DEPTH_RANGE_M
        write_depth_video(shot.depth, (frame.depth for frame in seen), near_m=near_m, far_m=far_m)


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
    with tempfile.TemporaryDirectory(prefix="xtalker-") as folder:
        path = Path(folder) / "speech.wav"
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(SAMPLE_RATE_HZ)
            file.writeframes(np.rint(np.clip(sound.samples, -1, 1) * 32767).astype("<i2").tobytes())
        yield path
