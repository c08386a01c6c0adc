"""Video files as frames at the project's 25 fps, whatever the source's rate."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
from jaxtyping import UInt8

from xtalker.geometry.timeline import frames_covering
from xtalker.media.light import is_hdr, standard_rgb
from xtalker.media.opening import MAX_PIXELS, open_media, picture_in
from xtalker.media.sniff import kind_of
from xtalker.values import InputError
from xtalker.values.conventions import FRAME_RATE_HZ
from xtalker.values.files import check_readable, damage_explained

MAX_SIDE = 1280
MAX_DURATION_S = 3600
MIN_SIDE = 64
_ACCEPTED = "a video file (mp4, mov, mkv, webm, avi, mpeg) of one face"
# Playlists can name other files and addresses, so containers are listed and nothing but this file is opened.
_CONTAINERS = "mov,matroska,avi,mpeg,mpegts,mpegvideo,flv,asf,ogg,h264,hevc,m4v,dv,mxf,gif"
_DAMAGED = "the video is damaged, cut off or none at all"
_AGAIN = "copy it again or convert it to mp4"
_TIE_S = 1e-6
_MISSING_END_S = 0.5


@dataclass(frozen=True)
class VideoFrame:
    """One frame at 25 fps.

    Attributes:
        rgb: upright, square pixels, at most 1280 on the longer side.
        time_s: its centre, (index + 0.5) / 25, counted from the start of the file's first picture.
    """

    rgb: UInt8[np.ndarray, "height width 3"]
    time_s: float


def read_video(path: Path | str, *, threads: int = 2) -> Iterator[VideoFrame]:
    """Frames at exactly 25 fps, in constant memory.

    A source frame stands for the middle of its nominal duration; each 25 fps frame takes the source frame nearest to
    its own centre by timestamps (the earlier one of two equally near), so variable rates work and 25 fps passes
    unchanged. Rotation and pixel aspect ratio are applied.

    Args:
        path: the file.
        threads: for decoding.

    Raises:
        InputError: while iterating: missing, no picture, damaged, ends early, too long, too large.
    """
    path = Path(path)
    check_readable(path, kind="video", accepted=_ACCEPTED)
    with _explained(path), open_media(path, containers=_CONTAINERS) as container:
        yield from _resampled(container, path, threads)


def count_frames(path: Path | str) -> int | None:
    """Number of frames that `read_video` will give, from the header (for progress bars); None when it is silent.

    Raises:
        InputError: missing, no picture, damaged.
    """
    path = Path(path)
    check_readable(path, kind="video", accepted=_ACCEPTED)
    with _explained(path), open_media(path, containers=_CONTAINERS) as container:
        stream = _picture(container, path)
        declared_end = _declared_end_s(container, stream)
        if declared_end is None:
            return None
        return frames_covering(max(0.0, declared_end - _zero_s(stream)))


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Whatever the decoders raise is said of the file, and what the file is where that is the fault."""
    kind = kind_of(path)
    still = kind is not None and kind.endswith((" picture", " drawing", " document", " page", " sound"))
    what = f"this is {kind}, not a video" if still else _DAMAGED
    with damage_explained(path, kind="video", what=what, accepted=_ACCEPTED, next_step=_AGAIN):
        try:
            yield
        except av.ArgumentError as error:  # the decoder's word for a size that it was told not to take
            if still:
                raise
            fault = f"a picture that cannot be decoded, or of more than {MAX_PIXELS // 1_000_000} megapixels"
            raise _damaged(path, fault) from error


def _picture(container: Any, path: Path) -> Any:
    """The first moving picture, of a size that can be used; cover art does not count."""
    stream = picture_in(container, path)
    if stream is None:
        raise InputError(
            "the file holds no moving picture", received=path, accepted=_ACCEPTED, next_step="give a video"
        )
    if stream.width and stream.height:
        _check_size(stream.width, stream.height, path)
    return stream


def _resampled(container: Any, path: Path, threads: int) -> Iterator[VideoFrame]:
    """Each source frame as often as 25 fps centres are nearest to it."""
    stream = _picture(container, path)
    stream.thread_type = "AUTO"
    stream.codec_context.thread_count = threads
    aspect, half_s, zero_s = _pixel_aspect(stream), 0.5 / _rate_hz(stream), _zero_s(stream)
    declared_s = _declared_end_s(container, stream)
    _check_duration(0.0 if declared_s is None else declared_s - zero_s, path)
    held: Any = None
    held_s, index = -np.inf, 0
    for decoded, frame in enumerate(container.decode(stream)):
        middle_s = half_s + (2 * half_s * decoded if frame.time is None else frame.time - zero_s)
        _check_duration(middle_s, path)
        if middle_s <= held_s:
            continue  # a timestamp that goes back cannot be shown in order
        if held is not None:
            stop = max(index, _first_centre_after((held_s + middle_s) / 2 + _TIE_S))
            yield from _repeated(held, range(index, stop), aspect, path)
            index = stop
        held, held_s = frame, middle_s
    if held is None:
        raise _damaged(path, "no picture can be decoded")
    end_s = held_s + half_s
    yield from _repeated(held, range(index, frames_covering(end_s)), aspect, path)
    if declared_s is not None and declared_s - zero_s > end_s + _MISSING_END_S:
        raise _damaged(path, f"ends after {end_s:.2f} of {declared_s - zero_s:.2f} s")


def _first_centre_after(moment_s: float) -> int:
    """Index of the first 25 fps frame whose centre lies after a moment."""
    return max(0, int(np.floor(moment_s * FRAME_RATE_HZ - 0.5)) + 1)


def _repeated(frame: Any, indices: range, pixel_aspect: float, path: Path) -> Iterator[VideoFrame]:
    """The 25 fps frames of these indices, which all show the same source frame."""
    if indices:
        rgb = _to_rgb(frame, pixel_aspect, path)
        for index in indices:
            yield VideoFrame(rgb, (index + 0.5) / FRAME_RATE_HZ)


def _to_rgb(frame: Any, pixel_aspect: float, path: Path) -> UInt8[np.ndarray, "height width 3"]:
    """Square pixels, bounded size, upright, of standard range."""
    _check_size(frame.width, frame.height, path)  # it may change midway
    width, height = frame.width * pixel_aspect, float(frame.height)
    scale = min(1.0, MAX_SIDE / max(width, height))
    size = {"width": max(1, round(width * scale)), "height": max(1, round(height * scale))}
    if is_hdr(frame):
        rgb = standard_rgb(frame, **size)
    else:
        rgb = frame.reformat(**size, format="rgb24", interpolation="AREA").to_ndarray()
    return np.ascontiguousarray(np.rot90(rgb, round(frame.rotation / 90)))


def _check_size(width: int, height: int, path: Path) -> None:
    if width * height > MAX_PIXELS or min(width, height) < MIN_SIDE:
        raise InputError(
            "the video's picture size cannot be used",
            received=f"{path} ({width}x{height} pixels)",
            accepted=f"at least {MIN_SIDE} pixels on the shorter side, at most {MAX_PIXELS // 1_000_000} megapixels",
            next_step="convert the video to 1280x720",
        )


def _rate_hz(stream: Any) -> float:
    """Nominal frame rate; 25 when the file does not say a believable one."""
    rate = float(stream.average_rate or stream.guessed_rate or 0)
    return rate if 1 <= rate <= 1000 else float(FRAME_RATE_HZ)


def _pixel_aspect(stream: Any) -> float:
    """Width of a pixel over its height; 1 when the file does not say a believable one."""
    aspect = float(stream.sample_aspect_ratio or 1)
    return aspect if 0.25 <= aspect <= 4 else 1.0


def _zero_s(stream: Any) -> float:
    """Where the clip's time starts: at its first picture. Sound is brought to the same zero where it is read."""
    return 0.0 if stream.start_time is None else float(stream.start_time * stream.time_base)


def _declared_end_s(container: Any, stream: Any) -> float | None:
    """Where the picture ends according to the header, on the file's clock; None when it does not say."""
    if stream.duration is not None:
        return float((stream.duration + (stream.start_time or 0)) * stream.time_base)
    if container.duration is not None and not container.streams.audio:
        return float(container.duration + (container.start_time or 0)) / float(av.time_base)
    return None


def _check_duration(duration_s: float, path: Path) -> None:
    if duration_s > MAX_DURATION_S:
        raise InputError(
            "the video is too long", received=f"{path} ({duration_s / 60:.0f} minutes)",
            accepted=f"at most {MAX_DURATION_S // 60} minutes", next_step="cut it into parts",
        )  # fmt: skip


def _damaged(path: Path, fault: str) -> InputError:
    return InputError(_DAMAGED, received=f"{path} ({fault})", accepted=_ACCEPTED, next_step=_AGAIN)
