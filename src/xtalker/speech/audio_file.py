"""load_audio, stream_audio: whatever PyAV decodes -> 16 kHz mono, in step with the picture."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Disposition
from jaxtyping import Float

from xtalker.speech.sound_header import knows_its_length, read_head, wav_claim_s
from xtalker.values import Audio, InputError
from xtalker.values.conventions import SAMPLE_RATE_HZ

_ACCEPTED = "a file with sound: wav, mp3, m4a, flac, ogg, opus, mp4, mkv"
_RATES_HZ = (2_000, 768_000)
_GAP_S, _DAMAGE_S = 0.1, 0.005
_LOUD = 1.5
_SHORT_S = 0.5
_FLOAT_FORMATS = {"flt", "fltp", "dbl", "dblp"}
# The file may name no other file and no address: playlists that do would be followed otherwise.
_OPTIONS = {"protocol_whitelist": "none"}
_log = logging.getLogger("xtalker")


def load_audio(path: Path | str, *, max_duration_s: float = 7200.0) -> Audio:
    """Read a sound file, or the sound of a video, as 16 kHz mono.

    Sample 0 is the moment of the first picture, if there is one (silence is put before a later sound and an earlier
    one is cut), else the start of the sound. Encoder delay that the file declares is taken out. Gaps of more than
    0.1 s in the time stamps, and what damage left out, become silence (mp3 has no time stamps to tell). What is
    damaged is left out, values above 1 are clipped and values that are not finite become 0; each of these is said
    in the log "xtalker".

    Args:
        path: any container and codec that PyAV decodes, any rate from 2 kHz on, any channels.
        max_duration_s: longest sound taken, by what the header claims and by what is there.

    Returns:
        The samples, -1..1.

    Raises:
        InputError: no such file, not a sound, empty, too long, cut short, or without a finite value.
    """
    pieces = list(stream_audio(path, max_duration_s=max_duration_s))
    return Audio(np.concatenate(pieces), str(path))


def stream_audio(path: Path | str, *, max_duration_s: float = 7200.0) -> Iterator[Float[np.ndarray, "_"]]:
    """The samples of `load_audio` in consecutive pieces, as they are decoded; memory does not grow with the length.

    Raises:
        InputError: as `load_audio`; a file that is cut short, or holds no finite value, is refused at its end.
    """
    path = _existing(Path(path))
    try:
        head = _head(path)
        with (
            path.open("rb") as handle,
            av.open(handle, options=_OPTIONS, metadata_errors="replace") as container,
        ):
            stream = _sound_of(container, path)
            claimed_s = max(_claimed_s(container, stream), wav_claim_s(head))
            if claimed_s > max_duration_s:
                raise _too_long(path, f"a header that claims {claimed_s:.0f} s", max_duration_s)
            sound = _Sound(path, max_duration_s)
            for frame in sound.frames(container, stream):
                sound.add(frame, _picture_start_s(container))
                yield from sound.take()
            sound.finish(claimed_s if knows_its_length(head, container.format.name) else 0.0)
            yield from sound.take()
    except (FFmpegError, OSError) as error:
        raise _refusal("the file cannot be read as sound", f"{path} ({_reason(error)})") from error


def _existing(path: Path) -> Path:
    if not path.exists():
        raise _refusal("no such sound file", path)
    if path.is_dir():
        raise _refusal("this is a folder, not a sound file", path)
    if path.is_file() and path.stat().st_size == 0:
        raise _refusal("the sound file is empty", f"{path} (0 bytes)")
    return path


def _head(path: Path) -> bytes:
    with path.open("rb") as handle:
        return read_head(handle)


def _sound_of(container: InputContainer, path: Path) -> AudioStream:
    if not container.streams.audio:
        what = "the video has no sound" if container.streams.video else "the file holds no sound"
        raise _refusal(what, f"{path} ({container.format.long_name})")
    stream = container.streams.best("audio") or container.streams.audio[0]
    assert isinstance(stream, AudioStream)
    rate_hz = stream.rate or 0
    if not _RATES_HZ[0] <= rate_hz <= _RATES_HZ[1]:
        raise _refusal("the sample rate is out of range", f"{path} ({rate_hz} Hz)", "2 to 768 kHz")
    return stream


def _claimed_s(container: InputContainer, stream: AudioStream) -> float:
    """What the header says; only ever used to refuse, or to notice a missing end."""
    of_stream = stream.duration * stream.time_base if stream.duration and stream.time_base else Fraction(0)
    return max(float(of_stream), (container.duration or 0) / av.time_base)


def _picture_start_s(container: InputContainer) -> float | None:
    """Time of the first picture; cover art is no picture."""
    for video in container.streams.video:
        cover = bool(video.disposition & Disposition.attached_pic)
        if not cover and video.start_time is not None and video.time_base is not None:
            return float(video.start_time * video.time_base)
    return None


@dataclass
class _Sound:
    """Samples of one file while they are read; `num_out` counts those that are cut at the start, too."""

    path: Path
    limit_s: float
    chunks: list[Float[np.ndarray, "_"]] = field(default_factory=list)
    num_out: int = 0
    num_seen: int = 0
    num_not_finite: int = 0
    num_damaged: int = 0
    num_damaged_before: int = 0
    num_to_cut: int = 0
    peak: float = 0.0
    start_s: float | None = None
    resampler: AudioResampler | None = None
    heard: tuple[str, str, int] | None = None

    def frames(self, container: InputContainer, stream: AudioStream) -> Iterator[AudioFrame]:
        """Decoded frames; damaged packets are counted and left out."""
        packets = container.demux(stream)
        while True:
            try:
                packet = next(packets, None)
            except FFmpegError:  # the container itself ends in the middle of something
                self.num_damaged += 1
                packet = None
            try:
                yield from stream.decode(packet)  # None asks for what the decoder still holds
            except EOFError:  # its last packet was the container's own end mark
                return
            except FFmpegError:
                self.num_damaged += 1
            if packet is None:
                return

    def add(self, frame: AudioFrame, picture_start_s: float | None) -> None:
        """Resample one frame and put it where its time stamp says."""
        frame = self._finite(frame)
        heard = (frame.format.name, frame.layout.name, frame.sample_rate)
        if heard != self.heard:
            self._flush()
            # The library would mix two equal channels to 1.41 times their level; their mean is taken in `_keep`.
            layout = "mono" if len(frame.layout.channels) == 1 else "stereo"
            self.resampler, self.heard = AudioResampler("fltp", layout, SAMPLE_RATE_HZ), heard
        if frame.time is not None:
            self._keep_in_step(frame.time, picture_start_s)
        frame.pts = None  # time is kept here; the resampler only joins
        assert self.resampler is not None
        self._keep(self.resampler.resample(frame))

    def take(self) -> Iterator[Float[np.ndarray, "_"]]:
        """What has come since the last time, clipped."""
        chunks, self.chunks = self.chunks, []
        yield from (np.clip(chunk, -1, 1) for chunk in chunks)

    def finish(self, claimed_s: float) -> None:
        """Judge the whole."""
        self._flush()
        num_kept = self.num_out - self.num_to_cut
        if num_kept <= 0:
            raise _refusal("the file holds no sound samples", self.path)
        if self.num_not_finite == self.num_seen:
            raise _refusal("the sound holds no finite value", f"{self.path} ({self.num_seen} NaN or infinite)")
        duration_s = num_kept / SAMPLE_RATE_HZ
        if claimed_s - duration_s > max(_SHORT_S, 0.1 * claimed_s):
            raise InputError(
                "the sound file is cut short",
                received=f"{self.path}: {duration_s:.2f} s, its header says {claimed_s:.2f} s",
                accepted="a whole file", next_step="fetch it again, or convert what is there to wav",
            )  # fmt: skip
        self._report()

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

    def _keep_in_step(self, time_s: float, picture_start_s: float | None) -> None:
        if self.start_s is None:
            self.start_s = time_s if picture_start_s is None else picture_start_s
            lead_s, least_s = time_s - self.start_s, 0.0
            self.num_to_cut = max(0, round(-lead_s * SAMPLE_RATE_HZ))
        else:
            lead_s = time_s - self.start_s - (self.num_out - self.num_to_cut) / SAMPLE_RATE_HZ
            least_s = _GAP_S if self.num_damaged == self.num_damaged_before else _DAMAGE_S
        self.num_damaged_before = self.num_damaged
        if lead_s > least_s:
            if (self.num_out / SAMPLE_RATE_HZ) + lead_s > self.limit_s:
                raise _too_long(self.path, f"sound at {time_s:.0f} s", self.limit_s)
            self._append(np.zeros(round(lead_s * SAMPLE_RATE_HZ), np.float32))

    def _flush(self) -> None:
        if self.resampler is not None:
            self._keep(self.resampler.resample(None))
            self.resampler = self.heard = None

    def _keep(self, frames: list[AudioFrame]) -> None:
        for frame in frames:
            self._append(frame.to_ndarray().mean(axis=0))
        if self.num_out > self.limit_s * SAMPLE_RATE_HZ:
            raise _too_long(self.path, "more sound than that", self.limit_s)

    def _append(self, samples: Float[np.ndarray, "_"]) -> None:
        kept = samples[max(0, self.num_to_cut - self.num_out) :]
        if len(kept):
            self.chunks.append(kept)
        self.num_out += len(samples)

    def _report(self) -> None:
        if self.num_damaged:
            _log.warning("%s: %d damaged packets were left out", self.path, self.num_damaged)
        if self.num_not_finite:
            _log.warning(
                "%s: %d of %d values are not finite and became 0", self.path, self.num_not_finite, self.num_seen
            )
        if self.peak > _LOUD:
            _log.warning("%s: the sound peaks at %.3g and was clipped to 1", self.path, self.peak)


def _reason(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__)[:200]


def _too_long(path: Path, received: str, limit_s: float) -> InputError:
    return InputError(
        "the sound is too long", received=f"{path}: {received}", accepted=f"up to {limit_s:g} s",
        next_step="cut it into parts",
    )  # fmt: skip


def _refusal(what: str, received: object, accepted: str = _ACCEPTED) -> InputError:
    return InputError(what, received=received, accepted=accepted, next_step="give another file")
