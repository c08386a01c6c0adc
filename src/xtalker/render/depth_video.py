"""Depth as a video.

.mkv   FFV1, lossless, 16 bit, metric, with the range in the metadata
.mp4   H.264, 8 bit: inverse depth, normalised over the whole take, near is bright, nothing is black; what video
       diffusion models with a depth control were trained on
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av
import numpy as np
from av.video.frame import VideoFrame
from jaxtyping import Float32, UInt8, UInt16

from xtalker.geometry.timeline import FrameRate
from xtalker.media.opening import open_media
from xtalker.render.video import video_writer
from xtalker.values import InputError, OutputError
from xtalker.values.conventions import FRAME_RATE_HZ
from xtalker.values.files import check_readable, whole_file
from xtalker.values.unfinished import work_folder

LOSSLESS_SUFFIX: Final = ".mkv"
DEPTH_SUFFIXES: Final = (LOSSLESS_SUFFIX, ".mp4")
FARTHEST_LEVEL: Final = 48
"""Grey of the farthest visible surface in 8 bits, so that it stands out from nothing."""
_CONTROL_OPTIONS: Final = {"crf": "10"}  # a lip of a few millimetres is a few grey levels
_STEPS: Final = 65_534  # codes 1..65535; 0 stays for "nothing"
_NEAR, _FAR = "depth_near_m", "depth_far_m"


def depth_codes(
    depth: Float32[np.ndarray, "height width"], near_m: float, far_m: float
) -> UInt16[np.ndarray, "height width"]:
    """16-bit codes of depths: 0 for nothing, 1 at `near_m`, 65535 at `far_m`.

    Raises:
        OutputError: a depth lies outside the range.
    """
    seen = depth > 0
    if seen.any() and (depth[seen].min() < near_m or depth[seen].max() > far_m):
        raise OutputError(
            "depth outside the range of the file", received=f"{depth[seen].min():.3f} to {depth[seen].max():.3f} m",
            accepted=f"{near_m:.3f} to {far_m:.3f} m", next_step="write with a wider range",
        )  # fmt: skip
    code = 1 + np.round((depth.astype(np.float64) - near_m) / (far_m - near_m) * _STEPS)
    return np.where(seen, code, 0).astype(np.uint16)


def depths_from_codes(
    codes: UInt16[np.ndarray, "height width"], near_m: float, far_m: float
) -> Float32[np.ndarray, "height width"]:
    """Inverse of `depth_codes`, to half a step of (far - near) / 65534."""
    depth = near_m + (codes.astype(np.float64) - 1) / _STEPS * (far_m - near_m)
    return np.where(codes > 0, depth, 0).astype(np.float32)


def write_depth_video(
    path: Path, frames: Iterable[Float32[np.ndarray, "height width"]], *, near_m: float, far_m: float,
    frame_rate_hz: FrameRate = FRAME_RATE_HZ,
) -> None:  # fmt: skip
    """Write depth frames as they come; 0 means nothing.

    Args:
        path: .mkv or .mp4; written beside its place and renamed when whole.
        frames: metres along the viewing axis, all of one size.
        near_m: nearest depth that the codes can hold; kept in the file's metadata, as is the next.
        far_m: farthest.
        frame_rate_hz: frames a second.

    Raises:
        OutputError: another suffix, a depth outside the range, a place that cannot be written.
    """
    with depth_writer(path, near_m=near_m, far_m=far_m, frame_rate_hz=frame_rate_hz) as add:
        for depth in frames:
            add(depth)


@contextmanager
def depth_writer(
    path: Path, *, near_m: float, far_m: float, frame_rate_hz: FrameRate = FRAME_RATE_HZ
) -> Iterator[Callable[[Float32[np.ndarray, "height width"]], None]]:
    """`write_depth_video` for frames that are pushed: gives a function that adds one; the file is there at the end.

    Raises:
        OutputError: as `write_depth_video`.
    """
    if path.suffix.lower() not in DEPTH_SUFFIXES:
        raise OutputError(
            "unknown kind of depth file", received=path, accepted=" ".join(DEPTH_SUFFIXES),
            next_step="give the output one of these suffixes",
        )  # fmt: skip
    writer = _lossless_writer if path.suffix.lower() == LOSSLESS_SUFFIX else _inverse_writer
    with writer(path, near_m, far_m, frame_rate_hz) as add:
        yield add


@contextmanager
def _lossless_writer(
    path: Path, near_m: float, far_m: float, frame_rate_hz: FrameRate
) -> Iterator[Callable[[Float32[np.ndarray, "height width"]], None]]:
    with whole_file(path) as part, av.open(str(part), "w") as container:
        container.metadata[_NEAR], container.metadata[_FAR] = repr(float(near_m)), repr(float(far_m))
        stream: Any = None
        num_frames = 0

        def add(depth: Float32[np.ndarray, "height width"]) -> None:
            nonlocal stream, num_frames
            codes = depth_codes(depth, near_m, far_m)
            if stream is None:
                stream = container.add_stream("ffv1", rate=frame_rate_hz)
                stream.height, stream.width = codes.shape
                stream.pix_fmt = "gray16le"
            frame = VideoFrame.from_ndarray(codes, format="gray16le")
            frame.pts, frame.time_base = num_frames, 1 / Fraction(frame_rate_hz)
            container.mux(stream.encode(frame))
            num_frames += 1

        yield add
        if stream is None:
            raise OutputError(
                "no frame to write", received=path, accepted="one frame or more", next_step="render a longer motion"
            )
        container.mux(stream.encode(None))


@contextmanager
def _inverse_writer(
    path: Path, near_m: float, far_m: float, frame_rate_hz: FrameRate
) -> Iterator[Callable[[Float32[np.ndarray, "height width"]], None]]:
    """The range is known only at the end: depth waits in a lossless file until then."""
    seen = [np.inf, 0.0]
    with work_folder() as folder:
        waiting = folder / f"depth{LOSSLESS_SUFFIX}"
        with _lossless_writer(waiting, near_m, far_m, frame_rate_hz) as keep:

            def add(depth: Float32[np.ndarray, "height width"]) -> None:
                there = depth[depth > 0]
                if there.size:
                    seen[0], seen[1] = min(seen[0], float(there.min())), max(seen[1], float(there.max()))
                keep(depth)

            yield add
        nearest, farthest = seen if seen[1] > 0 else (near_m, far_m)
        with video_writer(path, frame_rate_hz=frame_rate_hz, picture_options=_CONTROL_OPTIONS) as show:
            for depth in read_depth_video(waiting):
                show(np.repeat(inverse_levels(depth, nearest, farthest)[..., None], 3, axis=2))


def inverse_levels(
    depth: Float32[np.ndarray, "height width"], nearest_m: float, farthest_m: float
) -> UInt8[np.ndarray, "height width"]:
    """Grey of inverse depth: 255 at `nearest_m`, FARTHEST_LEVEL at `farthest_m`, 0 for nothing."""
    share = (1 / np.clip(depth, nearest_m, farthest_m) - 1 / farthest_m) / max(1 / nearest_m - 1 / farthest_m, 1e-9)
    grey = FARTHEST_LEVEL + (255 - FARTHEST_LEVEL) * share
    return np.where(depth > 0, np.rint(grey), 0).astype(np.uint8)


def read_depth_video(path: Path) -> Iterator[Float32[np.ndarray, "height width"]]:
    """Depth frames of a file of `write_depth_video`, metres, 0 for nothing.

    Raises:
        InputError: missing, or a video without a depth range.
    """
    check_readable(path, kind="depth video", accepted="a depth video (.mkv)")
    with open_media(path) as container:
        metadata = {key.lower(): value for key, value in container.metadata.items()}
        if _NEAR not in metadata or _FAR not in metadata:
            raise InputError(
                "this video has no depth range", received=path, accepted="a depth video (.mkv) written by xtalker",
                next_step="check the path",
            )  # fmt: skip
        near_m, far_m = float(metadata[_NEAR]), float(metadata[_FAR])
        for frame in container.decode(video=0):
            yield depths_from_codes(frame.to_ndarray(), near_m, far_m)
