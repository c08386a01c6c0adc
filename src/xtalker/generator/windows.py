"""Any length: windows that continue each other.

A window generates its core and, for context, the frames around it: `before` frames that earlier windows have
made, and `ahead` frames that the next window will make again with more context. Three things remove
the seams. Start noise belongs to absolute frames. Speech is the same on both sides. And whenever the network
is asked for a velocity, the frames before the core are put into the very states that they had at that flow
time when they were generated, so the core continues motion that exists instead of a guess at it.

With `before` >= receptive field and `ahead` >= evaluations x receptive field this equals one long window
exactly. The default is shorter, since influence fades with distance: on a trained network of default size it
strays from one long window by 0.03 standard deviations of a column at most, 0.0004 on average.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.flow.samplers import Velocity
from xtalker.values import SpeechFeatures

FloatArray = Float[np.ndarray, "..."]

REMEMBERED_FRAMES: Final = 200 * 25
_SPARE_FRAMES: Final = 500


@dataclass(frozen=True)
class WindowPlan:
    """Lengths in frames: new frames of a window, context before them, context after them."""

    core: int = 375
    before: int = 75
    ahead: int = 50


class SpeechBuffer:
    """The part of a stream of features that windows still need.

    Of the amplitude the last `REMEMBERED_FRAMES` are kept, since the silence gate looks back: the speech level that it
    remembers falls by 0.25 dB a second, so after three minutes no sound, however loud, makes a difference.
    """

    def __init__(self, source: Iterator[SpeechFeatures], check: Callable[[SpeechFeatures], None]) -> None:
        self._source, self._check = source, check
        self._rows: list[Float[np.ndarray, "frames channels"]] = []
        self._first = 0
        self._amplitude = [np.zeros(0, np.float32)]
        self.first_amplitude = 0
        self.num_frames = 0

    def fill(self, until: int) -> None:
        """Read until that many frames have come, or the source has ended."""
        while self.num_frames < until:
            chunk = next(self._source, None)
            if chunk is None:
                return
            self._check(chunk)
            self._rows.append(chunk.linguistic)
            self._amplitude.append(chunk.amplitude.astype(np.float32))
            self.num_frames += chunk.num_frames

    def forget(self, until: int) -> None:
        """Drop linguistic features of frames before `until`, and the amplitude of long ago."""
        while self._rows and self._first + len(self._rows[0]) <= until:
            self._first += len(self._rows.pop(0))
        if until - REMEMBERED_FRAMES > self.first_amplitude + _SPARE_FRAMES:
            drop = until - REMEMBERED_FRAMES - self.first_amplitude
            self._amplitude = [self.amplitude[drop:].copy()]
            self.first_amplitude += drop

    def linguistic(self, start: int, stop: int) -> Float[np.ndarray, "frames channels"]:
        """Rows of frames start ... stop - 1."""
        first, parts = self._first, []
        for rows in self._rows:
            parts.append(rows[max(start - first, 0) : max(stop - first, 0)])
            first += len(rows)
        return np.concatenate(parts)

    def loudness(self, start: int, stop: int) -> Float[np.ndarray, "frames"]:
        """Amplitude of frames start ... stop - 1."""
        return self.amplitude[start - self.first_amplitude : stop - self.first_amplitude]

    @property
    def amplitude(self) -> Float[np.ndarray, "frames"]:
        """Of the frames from `first_amplitude` on that have come."""
        self._amplitude = [np.concatenate(self._amplitude)]
        return self._amplitude[0]


class Continuation:
    """States of the flow in the frames before the next window, one for each evaluation of the network."""

    def __init__(self) -> None:
        self._past: list[Float[np.ndarray, "batch past columns"]] = []

    def guide(self, velocity: Velocity[FloatArray], num_past: int, keep: slice) -> Velocity[FloatArray]:
        """The velocity of a window whose first `num_past` frames repeat what they did before.

        Args:
            velocity: the network under this window's conditions.
            num_past: frames of the window that were generated before; those kept by the last window.
            keep: frames of this window that come before the next.
        """
        past, self._past = self._past, []

        def guided(state: Float[np.ndarray, "batch frames columns"], time: float) -> FloatArray:
            if num_past:
                state = np.concatenate([past[len(self._past)], state[:, num_past:]], axis=1)
            self._past.append(state[:, keep].copy())
            return velocity(state, time)

        return guided
