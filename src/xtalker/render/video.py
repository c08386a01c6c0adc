"""Frames and the original sound into one video file, with memory that does not grow with its length."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace
from jaxtyping import UInt8
from tqdm import tqdm

from xtalker.render.sound_track import SoundTrack
from xtalker.values import OutputError
from xtalker.values.conventions import FRAME_RATE_HZ
from xtalker.values.files import whole_file

_OPUS_RATES_HZ: Final = (48_000,)
_AAC_RATES_HZ: Final = (
    8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 64_000, 88_200, 96_000,
)  # fmt: skip


@dataclass(frozen=True)
class VideoKind:
    """How one kind of file is written.

    Attributes:
        picture_codec, picture_options: encoder of the frames.
        sound_codec, sound_rates_hz: encoder of the sound and the rates that it takes.
        file_options: of the container.
    """

    picture_codec: str
    picture_options: dict[str, str]
    sound_codec: str
    sound_rates_hz: tuple[int, ...]
    file_options: dict[str, str] = field(default_factory=dict)


_VP9: Final = VideoKind(
    "libvpx-vp9", {"crf": "24", "b": "0", "deadline": "realtime", "cpu-used": "6", "row-mt": "1"},
    "libopus", _OPUS_RATES_HZ,
)  # fmt: skip
VIDEO_KINDS: Final[dict[str, VideoKind]] = {
    ".mp4": VideoKind("libx264", {"crf": "18", "preset": "veryfast"}, "aac", _AAC_RATES_HZ, {"movflags": "+faststart"}),
    ".webm": _VP9,
    ".mkv": _VP9,
}
"""Suffix -> kind: H.264 and AAC play everywhere (libx264 is GPL-2+); VP9 and Opus are free of that."""


def check_video_path(path: Path) -> None:
    """Refuse a suffix that `write_video` does not know, before any work is done.

    Raises:
        OutputError: unknown suffix.
    """
    if path.suffix.lower() not in VIDEO_KINDS:
        raise OutputError(
            "unknown kind of video file", received=path, accepted=", ".join(VIDEO_KINDS),
            next_step="give the output one of these suffixes",
        )  # fmt: skip


def write_video(
    path: Path, frames: Iterable[UInt8[np.ndarray, "height width 3"]], *, frame_rate_hz: int = FRAME_RATE_HZ,
    sound: Path | None = None, num_frames: int | None = None, progress: bool = False,
) -> None:  # fmt: skip
    """Encode frames as they come, with sound padded with silence or cut to the length of the picture.

    Args:
        path: .mp4 (H.264, AAC) or .webm, .mkv (VP9, Opus); written beside its place and renamed when whole.
        frames: display colours, all of one even size; consumed one at a time.
        frame_rate_hz: frames a second.
        sound: file whose sound is encoded anew at its own rate; None leaves the video silent.
        num_frames: how many frames will come, for the progress bar.
        progress: show one.

    Raises:
        InputError: the sound cannot be read.
        OutputError: unknown suffix, odd or changing size, no frame at all, a place that cannot be written.
    """
    with video_writer(path, frame_rate_hz=frame_rate_hz, sound=sound) as add:
        for frame in tqdm(frames, total=num_frames, disable=not progress, desc="video", unit="frame"):
            add(frame)


@contextmanager
def video_writer(
    path: Path, *, frame_rate_hz: int = FRAME_RATE_HZ, sound: Path | None = None
) -> Iterator[Callable[[UInt8[np.ndarray, "height width 3"]], None]]:
    """`write_video` for frames that are pushed: gives a function that adds one; the file is there when the block ends.

    Raises:
        InputError: as `write_video`.
        OutputError: as `write_video`.
    """
    check_video_path(path)
    kind = VIDEO_KINDS[path.suffix.lower()]
    track = SoundTrack(sound, kind.sound_rates_hz) if sound is not None else nullcontext()
    with track as source, whole_file(path) as part, av.open(str(part), "w", options=kind.file_options) as container:
        writer = _Writer(container, kind, frame_rate_hz, source)
        yield writer.add
        writer.finish(path)


class _Writer:
    """Both encoders of one file; sound keeps pace with the picture."""

    def __init__(self, container: Any, kind: VideoKind, frame_rate_hz: int, source: SoundTrack | None) -> None:
        self._container, self._kind, self._source = container, kind, source
        self._frame_rate_hz = frame_rate_hz
        self._num_frames, self._num_samples = 0, 0
        self._picture: Any = None
        self._sound: Any = None

    def add(self, frame: UInt8[np.ndarray, "height width 3"]) -> None:
        """Encode one frame and the sound up to its end."""
        height, width = frame.shape[:2]
        if self._picture is None:
            self._open(width, height)
        if (width, height) != (self._picture.width, self._picture.height):
            raise OutputError(
                "the frames of a video differ in size", received=f"{width} x {height}",
                accepted=f"{self._picture.width} x {self._picture.height} like the first",
                next_step="render all frames in one size",
            )  # fmt: skip
        # Unlabelled, players guess the matrix from the size and shift the colours: BT.709 throughout.
        picture = VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24").reformat(
            format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG
        )
        picture.pts, picture.time_base = self._num_frames, Fraction(1, self._frame_rate_hz)
        self._container.mux(self._picture.encode(picture))
        self._num_frames += 1
        self._sound_until(whole_blocks=True)

    def finish(self, path: Path) -> None:
        """The last sound and what the encoders still hold."""
        if self._picture is None:
            raise OutputError(
                "no frame to write", received=path, accepted="one frame or more", next_step="render a longer motion"
            )
        self._sound_until(whole_blocks=False)
        self._container.mux(self._picture.encode(None))
        if self._sound is not None:
            self._container.mux(self._sound.encode(None))

    def _open(self, width: int, height: int) -> None:
        if width % 2 or height % 2:
            raise OutputError(
                "video needs an even picture size", received=f"{width} x {height}",
                accepted="even width and height", next_step="render one pixel more or less",
            )  # fmt: skip
        picture = self._container.add_stream(
            self._kind.picture_codec, rate=self._frame_rate_hz, options=self._kind.picture_options
        )
        picture.width, picture.height, picture.pix_fmt = width, height, "yuv420p"
        context = picture.codec_context
        context.time_base = Fraction(1, self._frame_rate_hz)
        context.colorspace, context.color_primaries, context.color_trc, context.color_range = 1, 1, 1, 1
        self._picture = picture
        if self._source is not None:
            self._sound = self._container.add_stream(self._kind.sound_codec, rate=self._source.rate_hz)
            self._sound.codec_context.layout = self._source.layout
            self._sound.codec_context.format = "fltp" if self._kind.sound_codec == "aac" else "flt"
            self._sound.codec_context.time_base = Fraction(1, self._source.rate_hz)
            self._sound.codec_context.open()

    def _sound_until(self, *, whole_blocks: bool) -> None:
        """Encode sound up to the end of the picture so far, as far as it fills blocks of the encoder."""
        if self._source is None:
            return
        rate_hz = self._source.rate_hz
        target = round(self._num_frames * rate_hz / self._frame_rate_hz)
        block = self._sound.codec_context.frame_size or 1024
        while target - self._num_samples >= (block if whole_blocks else 1):
            samples = self._source.take(min(block, target - self._num_samples))
            self._container.mux(self._sound.encode(self._audio_frame(samples)))
            self._num_samples += samples.shape[1]

    def _audio_frame(self, samples: np.ndarray) -> AudioFrame:
        assert self._source is not None
        if self._kind.sound_codec != "aac":
            samples, layout_format = samples.T.reshape(1, -1), "flt"
        else:
            layout_format = "fltp"
        frame = AudioFrame.from_ndarray(np.ascontiguousarray(samples), format=layout_format, layout=self._source.layout)
        frame.sample_rate = self._source.rate_hz
        frame.pts, frame.time_base = self._num_samples, Fraction(1, self._source.rate_hz)
        return frame


def read_frames(path: Path) -> Iterator[UInt8[np.ndarray, "height width 3"]]:
    """Frames of a video, one at a time, in display colours."""
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            yield frame.to_ndarray(format="rgb24")
