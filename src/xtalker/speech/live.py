"""Features while the sound is still coming: bounded look-ahead, and the same rows however the sound is cut.

A hop of a few frames is heard with some sound before it and a little after it, and nothing else. Hops lie on a fixed
grid from the start of the sound, so the rows depend on the sound alone, never on how it arrives. They differ from
`extract_features`, whose windows reach seconds ahead; a generator hears both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from xtalker.speech.encoder import SpeechEncoder
from xtalker.speech.envelope import amplitude_envelope
from xtalker.speech.log_mel import cut_with_silence
from xtalker.values import Audio, InputError, SpeechFeatures
from xtalker.values.audio import samples_fault
from xtalker.values.conventions import SAMPLES_PER_FRAME

Cut = Callable[[int, int], Float[np.ndarray, "samples"]]


@dataclass(frozen=True)
class LiveWindow:
    """Frames heard for one hop: before it, the hop itself, after it."""

    before: int = 63
    hop: int = 5
    ahead: int = 12

    def __post_init__(self) -> None:
        """A hop has at least one frame."""
        if self.hop < 1 or min(self.before, self.ahead) < 0:
            raise ValueError(f"{self} has no hop, or reaches backwards")

    @property
    def frames(self) -> int:
        """Length of the window."""
        return self.before + self.hop + self.ahead


@runtime_checkable
class LiveEncoder(SpeechEncoder, Protocol):
    """An encoder that can hear a window of any length."""

    def hear(self, samples: Float[np.ndarray, "samples"]) -> Float[np.ndarray, "frames channels"]:
        """A row for each whole frame of the samples, heard with nothing around them."""
        ...


@runtime_checkable
class HeardStream(Protocol):
    """A sound that is heard hop by hop, in order, with a memory instead of a window."""

    def rows(self, cut: Cut, begin: int, end: int) -> Float[np.ndarray, "frames channels"]:
        """Rows of frames begin ... end - 1.

        Args:
            cut: gives the samples from a first one to before a last one, silence where there are none.
            begin: first frame, where the last hop ended.
            end: frame after the last.
        """
        ...


@runtime_checkable
class StreamEncoder(LiveEncoder, Protocol):
    """An encoder whose rows of a stream are those of windows that are long enough.

    Attributes:
        before_frames: of such windows, before a hop.
        ahead_frames: after it.
    """

    before_frames: int
    ahead_frames: int

    def stream(self) -> HeardStream:
        """A sound that has not begun."""
        ...


def live_features(
    sound: Iterable[Float[np.ndarray, "_"]], encoder: LiveEncoder, window: LiveWindow | None = None
) -> Iterator[SpeechFeatures]:
    """Features of each hop, as soon as the hop and `window.ahead` frames more have come.

    Memory does not grow with the length.

    Args:
        sound: consecutive pieces of 16 kHz mono samples, -1 to 1, of any length; when they end, so does the sound.
        encoder: what hears.
        window: how much of it at a time.

    Raises:
        InputError: pieces that are not finite, of another type or scale, or of several channels.
    """
    window = window or LiveWindow()
    buffer = _Tail()
    hear = _hearing(encoder, window)
    begin = 0
    for piece in sound:
        buffer.add(_usable(piece))
        while buffer.end >= (begin + window.hop + window.ahead) * SAMPLES_PER_FRAME:
            yield _hop(buffer, hear, window, begin, begin + window.hop)
            begin += window.hop
            buffer.forget((begin - window.before) * SAMPLES_PER_FRAME)
    frames = Audio(np.zeros(buffer.end, np.float32)).num_frames if buffer.end else 0
    while begin < frames:
        yield _hop(buffer, hear, window, begin, min(begin + window.hop, frames))
        begin += window.hop


def _usable(piece: object) -> Float[np.ndarray, "_"]:
    """What came, which programs hand over in many forms."""
    fault = samples_fault(piece)
    if fault is not None:
        raise InputError(
            "a piece of sound that cannot be used",
            received=fault,
            accepted="one-dimensional arrays of floating-point numbers from -1 to 1, 16 kHz mono",
            next_step="check the microphone's format: divide 16-bit numbers by 32768, take one channel",
        )
    assert isinstance(piece, np.ndarray)
    return piece


def _hearing(encoder: LiveEncoder, window: LiveWindow) -> _Windows | _Stream:
    """Step by step where that gives the same."""
    if (
        isinstance(encoder, StreamEncoder)
        and window.before >= encoder.before_frames
        and window.ahead >= encoder.ahead_frames
    ):
        return _Stream(encoder)
    return _Windows(encoder)


class _Windows:
    def __init__(self, encoder: LiveEncoder) -> None:
        self._encoder, self.fingerprint = encoder, encoder.fingerprint

    def rows(
        self, buffer: _Tail, samples: Float[np.ndarray, "samples"], frames: tuple[int, int], before: int
    ) -> Float[np.ndarray, "frames channels"]:
        return self._encoder.hear(samples)[before : before + frames[1] - frames[0]]


class _Stream:
    def __init__(self, encoder: StreamEncoder) -> None:
        self._stream, self.fingerprint = encoder.stream(), encoder.fingerprint

    def rows(
        self, buffer: _Tail, samples: Float[np.ndarray, "samples"], frames: tuple[int, int], before: int
    ) -> Float[np.ndarray, "frames channels"]:
        return self._stream.rows(buffer.cut, *frames)


def _hop(buffer: _Tail, hear: _Windows | _Stream, window: LiveWindow, begin: int, end: int) -> SpeechFeatures:
    first = begin - window.before
    samples = buffer.cut(first * SAMPLES_PER_FRAME, (first + window.frames) * SAMPLES_PER_FRAME)
    loudness = amplitude_envelope(Audio(samples))[window.before : window.before + end - begin]
    return SpeechFeatures(hear.rows(buffer, samples, (begin, end), window.before), loudness, hear.fingerprint)


class _Tail:
    """The end of a sound that is still coming."""

    def __init__(self) -> None:
        self._samples, self._first = np.zeros(0, np.float32), 0

    @property
    def end(self) -> int:
        """Samples that have come so far."""
        return self._first + len(self._samples)

    def add(self, piece: Float[np.ndarray, "_"]) -> None:
        self._samples = np.concatenate([self._samples, piece.astype(np.float32)])

    def forget(self, until: int) -> None:
        """Drop samples before `until`."""
        if until > self._first:
            self._samples, self._first = self._samples[until - self._first :], until

    def cut(self, first: int, last: int) -> Float[np.ndarray, "samples"]:
        """Samples first..last - 1, silence where there are none."""
        return cut_with_silence(self._samples, first - self._first, last - self._first)
