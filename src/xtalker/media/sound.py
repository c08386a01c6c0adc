"""Decoded sound on one clock, for what is heard and for what a film carries alike.

Sample 0 is the moment of the first picture, if there is one (silence is put before a later sound and an earlier one is
cut), else the start of the sound. Gaps of more than 0.1 s in the time stamps, and what damage left out, become
silence, handed out as a count: a pause of an hour takes no memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.container import InputContainer
from av.error import FFmpegError
from jaxtyping import Float32

from xtalker.media.opening import picture_start_s, sound_in
from xtalker.values import InputError

RATES_HZ: Final = (2_000, 768_000)
_GAP_S, _DAMAGE_S = 0.1, 0.005
_FLOAT_FORMATS: Final = {"flt", "fltp", "dbl", "dblp"}
_ACCEPTED: Final = "a file with sound: wav, mp3, m4a, flac, ogg, opus, mp4, mkv"
_SILENCE: Final = 16_384  # samples in one piece of it


@dataclass(frozen=True)
class Silence:
    """So many samples of nothing."""

    count: int

    def pieces(self) -> Iterator[int]:
        """Its length in parts of bounded size."""
        left = self.count
        while left > 0:
            yield min(left, _SILENCE)
            left -= _SILENCE


Piece = Float32[np.ndarray, "channels samples"] | Silence


@dataclass
class SoundDecoder:
    """The sound of one opened file.

    Attributes:
        container, stream: what is decoded.
        path: for messages.
        rate_hz: samples a second that are given.
        layout: "mono" or "stereo" for all of it; None is mono where the file is and stereo elsewhere.
        limit_s: longest sound, pauses included.
        num_seen, num_not_finite: values of the file, and those that became 0.
        num_damaged: packets that were left out.
        peak: largest value of the file, above 1 only where its numbers allow it.
        num_out: samples given so far, and those that were cut before the first picture.
        num_to_cut: samples before the first picture.
    """

    container: InputContainer
    stream: Any
    path: Path
    rate_hz: int
    layout: str | None = None
    limit_s: float = 7200.0
    num_seen: int = 0
    num_not_finite: int = 0
    num_damaged: int = 0
    peak: float = 0.0
    num_out: int = 0
    num_to_cut: int = 0
    _num_damaged_before: int = 0
    _start_s: float | None = None
    _resampler: AudioResampler | None = None
    _heard: tuple[str, str, int] | None = field(default=None)

    def pieces(self) -> Iterator[Piece]:
        """All of it, as it is decoded, from -1 to 1.

        Raises:
            InputError: longer than the limit.
            FFmpegError: the decoders' own, of what cannot be left out.
        """
        zero_s = picture_start_s(self.container)
        for frame in self._frames():
            frame = self._finite(frame)
            heard = (frame.format.name, frame.layout.name, frame.sample_rate)
            if heard != self._heard:
                yield from self._flushed()
                # The library would mix two equal channels to 1.41 times their level; whoever hears takes the mean.
                layout = self.layout or ("mono" if len(frame.layout.channels) == 1 else "stereo")
                self._resampler, self._heard = AudioResampler("fltp", layout, self.rate_hz), heard
            if frame.time is not None:
                yield from self._in_step(frame.time, zero_s)
            frame.pts = None  # time is kept here; the resampler only joins
            assert self._resampler is not None
            yield from self._given(self._resampler.resample(frame))
        yield from self._flushed()

    def _frames(self) -> Iterator[AudioFrame]:
        """Decoded frames; damaged packets are counted and left out."""
        packets = self.container.demux(self.stream)
        while True:
            try:
                packet = next(packets, None)
            except FFmpegError:  # the container itself ends in the middle of something
                self.num_damaged += 1
                packet = None
            try:
                yield from self.stream.decode(packet)  # None asks for what the decoder still holds
            except EOFError:  # its last packet was the container's own end mark
                return
            except FFmpegError:
                self.num_damaged += 1
            if packet is None:
                return

    def _finite(self, frame: AudioFrame) -> AudioFrame:
        """The frame with values that a filter can bear; only float formats can hold others."""
        count = frame.samples * len(frame.layout.channels)
        self.num_seen += count
        if frame.format.name not in _FLOAT_FORMATS:
            return frame
        values = frame.to_ndarray()
        finite = np.isfinite(values)
        peak = float(np.abs(values, where=finite, out=np.zeros_like(values)).max(initial=0.0))
        self.peak = max(self.peak, peak)
        self.num_not_finite += count - int(finite.sum())
        if peak <= 1 and finite.all():
            return frame
        bounded: Any = np.clip(np.where(finite, values, 0), -1, 1).astype(values.dtype)
        clean = AudioFrame.from_ndarray(bounded, frame.format.name, frame.layout.name)
        clean.sample_rate, clean.pts, clean.time_base = frame.sample_rate, frame.pts, frame.time_base
        return clean

    def _in_step(self, time_s: float, zero_s: float | None) -> Iterator[Piece]:
        """Silence up to the moment of the next frame."""
        if self._start_s is None:
            self._start_s = time_s if zero_s is None else zero_s
            lead_s, least_s = time_s - self._start_s, 0.0
            self.num_to_cut = max(0, round(-lead_s * self.rate_hz))
        else:
            lead_s = time_s - self._start_s - (self.num_out - self.num_to_cut) / self.rate_hz
            least_s = _GAP_S if self.num_damaged == self._num_damaged_before else _DAMAGE_S
        self._num_damaged_before = self.num_damaged
        if lead_s > least_s:
            if (self.num_out / self.rate_hz) + lead_s > self.limit_s:
                raise too_long(self.path, f"sound at {time_s:.0f} s", self.limit_s)
            count = round(lead_s * self.rate_hz)
            kept = count - max(0, min(count, self.num_to_cut - self.num_out))
            self.num_out += count
            if kept:
                yield Silence(kept)

    def _flushed(self) -> Iterator[Piece]:
        if self._resampler is not None:
            yield from self._given(self._resampler.resample(None))
            self._resampler = self._heard = None

    def _given(self, frames: list[AudioFrame]) -> Iterator[Piece]:
        for frame in frames:
            samples = np.clip(frame.to_ndarray(), -1, 1)
            kept = samples[:, max(0, self.num_to_cut - self.num_out) :]
            self.num_out += samples.shape[1]
            if kept.shape[1]:
                yield kept
        if self.num_out > self.limit_s * self.rate_hz:
            raise too_long(self.path, "more sound than that", self.limit_s)


def require_sound(container: InputContainer, path: Path) -> Any:
    """The stream of sound of a file.

    Raises:
        InputError: none, of an unknown codec, or of a rate that no sound has.
    """
    stream = sound_in(container, path)
    if stream is None:
        what = "the video has no sound" if container.streams.video else "the file holds no sound"
        raise refusal(what, f"{path} ({container.format.long_name})")
    rate_hz = stream.rate or 0
    if not RATES_HZ[0] <= rate_hz <= RATES_HZ[1]:
        raise refusal("the sample rate is out of range", f"{path} ({rate_hz} Hz)", "2 to 768 kHz")
    return stream


def too_long(path: Path, received: str, limit_s: float) -> InputError:
    """What says that a sound is longer than is taken."""
    return InputError(
        "the sound is too long",
        received=f"{path}: {received}",
        accepted=f"up to {limit_s:g} s",
        next_step="cut it into parts",
    )


def refusal(what: str, received: object, accepted: str = _ACCEPTED) -> InputError:
    """What says that a file is no sound that can be used."""
    return InputError(what, received=received, accepted=accepted, next_step="give another file")
