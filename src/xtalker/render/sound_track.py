"""The original sound for a video: decoded at its own rate and channels, handed out sample by sample."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Final

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.error import FFmpegError
from av.stream import Disposition
from jaxtyping import Float32

from xtalker.values import InputError
from xtalker.values.files import check_readable

_GAP_S: Final = 0.1
_ACCEPTED: Final = "a file with sound: wav, mp3, m4a, flac, ogg, opus, mp4, mkv"
# The file may name no other file and no address: playlists that do would be followed otherwise.
_OPTIONS: Final = {"protocol_whitelist": "none"}
_LAYOUTS: Final = {1: "mono", 2: "stereo"}


class SoundTrack:
    """Sound of a file from the moment of its first picture (if any) or its first sample on; a context manager.

    Damaged packets are left out, gaps in the time stamps become silence, and after the end comes silence for
    ever; values that are not finite become 0.

    Args:
        path: any container and codec that PyAV decodes.
        rates_hz: rates that the encoder takes, or None for any; the nearest higher one is used.

    Attributes:
        rate_hz: samples a second.
        layout: "mono" or "stereo"; more channels are mixed down to stereo.

    Raises:
        InputError: missing, empty or without sound.
    """

    def __init__(self, path: Path, rates_hz: tuple[int, ...] | None = None) -> None:
        check_readable(path, kind="sound file", accepted=_ACCEPTED)
        self._path, self._handle = path, path.open("rb")
        try:
            self._container = av.open(self._handle, options=_OPTIONS, metadata_errors="replace")
            self._stream = self._container.streams.best("audio")
            if self._stream is None:
                raise _refusal("the file holds no sound", f"{path} ({self._container.format.long_name})")
            context = self._stream.codec_context
            own_rate_hz = int(context.sample_rate)
        except FFmpegError as error:
            self._handle.close()
            raise _refusal("the file cannot be read as sound", f"{path} ({error.strerror})") from error
        except BaseException:
            self._handle.close()
            raise
        self.rate_hz = own_rate_hz
        if rates_hz is not None and own_rate_hz not in rates_hz:
            self.rate_hz = min((r for r in rates_hz if r >= own_rate_hz), default=max(rates_hz))
        self.layout = _LAYOUTS[min(max(int(context.channels), 1), 2)]
        self._waiting = np.zeros((2 if self.layout == "stereo" else 1, 0), np.float32)
        self._blocks: Iterator[np.ndarray] | None = self._placed()

    def __enter__(self) -> SoundTrack:
        """The track itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self._container.close()
        self._handle.close()

    def take(self, count: int) -> Float32[np.ndarray, "channels {count}"]:
        """The next samples, -1..1; silence once the sound is over."""
        parts, have = [self._waiting], self._waiting.shape[1]
        while have < count and self._blocks is not None:
            block = next(self._blocks, None)
            if block is None:
                self._blocks = None
                break
            parts.append(block)
            have += block.shape[1]
        if have < count:
            parts.append(np.zeros((len(self._waiting), count - have), np.float32))
        joined = np.concatenate(parts, axis=1)
        self._waiting = joined[:, count:]
        return np.ascontiguousarray(joined[:, :count])

    def _placed(self) -> Iterator[np.ndarray]:
        """Blocks of samples without gaps, the first one at time zero."""
        resampler = AudioResampler(format="fltp", layout=self.layout, rate=self.rate_hz)
        start_s, num_out = self._picture_start_s(), 0
        for frame in self._frames():
            if frame.time is not None:
                start_s = frame.time if start_s is None else start_s
                late = round((frame.time - start_s) * self.rate_hz) - num_out
                if late > _GAP_S * self.rate_hz or (num_out == 0 and late > 0):
                    yield np.zeros((len(self._waiting), late), np.float32)
                    num_out += late
            early = 0 if frame.time is None or start_s is None or num_out else max(0.0, start_s - frame.time)
            for part in resampler.resample(frame):
                block = np.nan_to_num(part.to_ndarray(), nan=0, posinf=0, neginf=0)[:, round(early * self.rate_hz) :]
                early = max(0.0, early - part.samples / self.rate_hz)
                num_out += block.shape[1]
                yield block
        for part in resampler.resample(None):
            yield np.nan_to_num(part.to_ndarray(), nan=0, posinf=0, neginf=0)

    def _frames(self) -> Iterator[AudioFrame]:
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
            except FFmpegError:
                packet = None
            try:
                yield from self._stream.decode(packet)
            except (EOFError, FFmpegError):
                if packet is None:
                    return
            if packet is None or packet.size == 0:
                return

    def _picture_start_s(self) -> float | None:
        """Time of the first picture; cover art is no picture."""
        for video in self._container.streams.video:
            cover = bool(video.disposition & Disposition.attached_pic)
            if not cover and video.start_time is not None and video.time_base is not None:
                return float(video.start_time * video.time_base)
        return None


def _refusal(what: str, received: object) -> InputError:
    return InputError(what, received=received, accepted=_ACCEPTED, next_step="give the sound file that was spoken")
