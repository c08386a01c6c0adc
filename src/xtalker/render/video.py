"""Frames and the original sound into one video file, with memory that does not grow with its length."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace
from jaxtyping import UInt8
from PIL import Image
from tqdm import tqdm

from xtalker.geometry.timeline import FrameRate
from xtalker.media.opening import open_media
from xtalker.render.sound_track import SoundTrack
from xtalker.values import OutputError
from xtalker.values.conventions import FRAME_RATE_HZ
from xtalker.values.files import whole_file
from xtalker.values.folders import check_folder, frame_names, sequence_folder, whole_folder

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
        pixels, clear_pixels: how pictures are stored, and those with transparency; None where it cannot be.
        sound_format: how the sound's encoder wants its samples.
    """

    picture_codec: str
    picture_options: dict[str, str]
    sound_codec: str
    sound_rates_hz: tuple[int, ...]
    file_options: dict[str, str] = field(default_factory=dict)
    pixels: str = "yuv420p"
    clear_pixels: str | None = None
    sound_format: str = "flt"


_VP9: Final = VideoKind(
    "libvpx-vp9", {"crf": "24", "b": "0", "deadline": "realtime", "cpu-used": "6", "row-mt": "1"},
    "libopus", _OPUS_RATES_HZ,
)  # fmt: skip
VIDEO_KINDS: Final[dict[str, VideoKind]] = {
    ".mp4": VideoKind(
        "libx264", {"crf": "18", "preset": "veryfast"}, "aac", _AAC_RATES_HZ, {"movflags": "+faststart"},
        sound_format="fltp",
    ),
    ".webm": replace(_VP9, clear_pixels="yuva420p"),
    ".mkv": _VP9,
    ".mov": VideoKind(
        "prores_ks", {"profile": "4444", "vendor": "apl0", "alpha_bits": "8"}, "pcm_s16le", _AAC_RATES_HZ,
        pixels="yuv444p10le", clear_pixels="yuva444p10le", sound_format="s16",
    ),
}  # fmt: skip
"""Suffix -> kind: H.264 and AAC play everywhere (libx264 is GPL-2+); VP9 and Opus are free of that; ProRes 4444 is for
programs that cut and composite. WebM and ProRes keep transparency."""

SEQUENCE_SUFFIX: Final = ".png"
"""Ending that becomes a folder with one picture for each frame, with transparency, without sound."""

VIDEO_SUFFIXES: Final = (*VIDEO_KINDS, SEQUENCE_SUFFIX)
CLEAR_SUFFIXES: Final = (*(suffix for suffix, kind in VIDEO_KINDS.items() if kind.clear_pixels), SEQUENCE_SUFFIX)
"""Endings that keep transparency."""

Picture = UInt8[np.ndarray, "height width channels"]
"""Display colours, and with a fourth channel their cover: colours are not dimmed by it."""


def check_video_path(path: Path) -> None:
    """Refuse a suffix that `write_video` does not know, before any work is done.

    Raises:
        OutputError: unknown suffix; for a sequence of pictures, something else in the place of its folder.
    """
    if path.suffix.lower() not in VIDEO_SUFFIXES:
        raise OutputError(
            "unknown kind of video file", received=path, accepted=", ".join(VIDEO_SUFFIXES),
            next_step="give the output one of these suffixes",
        )  # fmt: skip
    if path.suffix.lower() == SEQUENCE_SUFFIX:
        check_folder(sequence_folder(path), frame_names(SEQUENCE_SUFFIX))


def video_place(path: Path) -> Path:
    """What appears under a name: the file, or the folder of a sequence."""
    return sequence_folder(path) if path.suffix.lower() == SEQUENCE_SUFFIX else path


def write_video(
    path: Path, frames: Iterable[Picture], *, frame_rate_hz: FrameRate = FRAME_RATE_HZ,
    sound: Path | None = None, num_frames: int | None = None, progress: bool = False,
) -> None:  # fmt: skip
    """Encode frames as they come, with sound padded with silence or cut to the length of the picture.

    Args:
        path: .mp4 (H.264, AAC), .webm, .mkv (VP9, Opus), .mov (ProRes 4444, PCM) or .png (a folder of pictures, no
            sound); written beside its place and renamed when whole.
        frames: display colours, all of one even size; consumed one at a time.
        frame_rate_hz: frames a second.
        sound: file whose sound is encoded anew at its own rate; None leaves the video silent.
        num_frames: how many frames will come, for the progress bar.
        progress: show one.

    Raises:
        InputError: the sound cannot be read.
        OutputError: unknown suffix, odd or changing size, no frame at all, transparency that the suffix cannot keep,
            a place that cannot be written.
    """
    with video_writer(path, frame_rate_hz=frame_rate_hz, sound=sound) as add:
        for frame in tqdm(frames, total=num_frames, disable=not progress, desc="video", unit="frame"):
            add(frame)


@contextmanager
def video_writer(
    path: Path, *, frame_rate_hz: FrameRate = FRAME_RATE_HZ, sound: Path | None = None,
    picture_options: Mapping[str, str] | None = None,
) -> Iterator[Callable[[Picture], None]]:  # fmt: skip
    """`write_video` for frames that are pushed: gives a function that adds one; the file is there when the block ends.

    `picture_options` replace single options of the picture's encoder.

    Raises:
        InputError: as `write_video`.
        OutputError: as `write_video`.
    """
    check_video_path(path)
    if path.suffix.lower() == SEQUENCE_SUFFIX:
        with _sequence_writer(path) as add:
            yield add
        return
    kind = VIDEO_KINDS[path.suffix.lower()]
    kind = replace(kind, picture_options={**kind.picture_options, **(picture_options or {})})
    track = SoundTrack(sound, kind.sound_rates_hz) if sound is not None else nullcontext()
    with track as source, whole_file(path) as part, av.open(str(part), "w", options=kind.file_options) as container:
        writer = _Writer(container, kind, frame_rate_hz, source)
        yield writer.add
        writer.finish(path)


@contextmanager
def _sequence_writer(path: Path) -> Iterator[Callable[[Picture], None]]:
    with whole_folder(sequence_folder(path), frame_names(SEQUENCE_SUFFIX)) as folder:
        number = 0

        def add(frame: Picture) -> None:
            nonlocal number
            Image.fromarray(frame).save(folder / f"{number:06d}{SEQUENCE_SUFFIX}", compress_level=1)
            number += 1

        yield add
        if not number:
            raise _no_frame(path)


def _no_frame(path: Path) -> OutputError:
    return OutputError(
        "no frame to write", received=path, accepted="one frame or more", next_step="render a longer motion"
    )


class _Writer:
    """Both encoders of one file; sound keeps pace with the picture."""

    def __init__(self, container: Any, kind: VideoKind, frame_rate_hz: FrameRate, source: SoundTrack | None) -> None:
        self._container, self._kind, self._source = container, kind, source
        self._frame_rate_hz = frame_rate_hz
        self._num_frames, self._num_samples = 0, 0
        self._picture: Any = None
        self._sound: Any = None

    def add(self, frame: Picture) -> None:
        """Encode one frame and the sound up to its end."""
        height, width, channels = frame.shape
        if self._picture is None:
            self._open(width, height, clear=channels == 4)
        if (width, height) != (self._picture.width, self._picture.height):
            raise OutputError(
                "the frames of a video differ in size", received=f"{width} x {height}",
                accepted=f"{self._picture.width} x {self._picture.height} like the first",
                next_step="render all frames in one size",
            )  # fmt: skip
        # Unlabelled, players guess the matrix from the size and shift the colours: BT.709 throughout.
        source = VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgba" if channels == 4 else "rgb24")
        picture = source.reformat(
            format=self._picture.pix_fmt, dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG
        )
        picture.pts, picture.time_base = self._num_frames, 1 / Fraction(self._frame_rate_hz)
        self._container.mux(self._picture.encode(picture))
        self._num_frames += 1
        self._sound_until(whole_blocks=True)

    def finish(self, path: Path) -> None:
        """The last sound and what the encoders still hold."""
        if self._picture is None:
            raise _no_frame(path)
        self._sound_until(whole_blocks=False)
        self._container.mux(self._picture.encode(None))
        if self._sound is not None:
            self._container.mux(self._sound.encode(None))

    def _open(self, width: int, height: int, *, clear: bool) -> None:
        pixels = self._kind.clear_pixels if clear else self._kind.pixels
        if pixels is None:
            raise OutputError(
                "this kind of file keeps no transparency", received="frames with a transparent background",
                accepted=", ".join(CLEAR_SUFFIXES), next_step="give the output one of these suffixes",
            )  # fmt: skip
        if width % 2 or height % 2:
            raise OutputError(
                "video needs an even picture size", received=f"{width} x {height}",
                accepted="even width and height", next_step="render one pixel more or less",
            )  # fmt: skip
        options = dict(self._kind.picture_options)
        if self._kind.picture_codec == "libx264" and -(-width // 16) % 8:
            # x264's macroblock tree reads past rows that do not fill its vectors: the same frames would give
            # another file each time.
            options.setdefault("mbtree", "0")
        picture = self._container.add_stream(self._kind.picture_codec, rate=self._frame_rate_hz, options=options)
        picture.width, picture.height, picture.pix_fmt = width, height, pixels
        context = picture.codec_context
        context.time_base = 1 / Fraction(self._frame_rate_hz)
        context.colorspace, context.color_primaries, context.color_trc, context.color_range = 1, 1, 1, 1
        self._picture = picture
        if self._source is not None:
            self._sound = self._container.add_stream(self._kind.sound_codec, rate=self._source.rate_hz)
            self._sound.codec_context.layout = self._source.layout
            self._sound.codec_context.format = self._kind.sound_format
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
        if self._kind.sound_format == "s16":
            samples = np.rint(np.clip(samples, -1, 1) * 32767).astype(np.int16)
        if self._kind.sound_format != "fltp":  # one row of interleaved channels
            samples = samples.T.reshape(1, -1)
        frame = AudioFrame.from_ndarray(
            np.ascontiguousarray(samples), format=self._kind.sound_format, layout=self._source.layout
        )
        frame.sample_rate = self._source.rate_hz
        frame.pts, frame.time_base = self._num_samples, Fraction(1, self._source.rate_hz)
        return frame


def read_frames(path: Path) -> Iterator[UInt8[np.ndarray, "height width 3"]]:
    """Frames of a video, one at a time, in display colours."""
    with open_media(path) as container:
        for frame in container.decode(video=0):
            yield frame.to_ndarray(format="rgb24")
