"""What a speech encoder offers."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from xtalker.values import Audio, InputError
from xtalker.values.conventions import FRAME_RATE_HZ


@runtime_checkable
class SpeechEncoder(Protocol):
    """Turns sound into one vector for each 25 fps frame."""

    @property
    def rate_hz(self) -> int:
        """Vectors a second; always the frame rate of a Motion."""
        ...

    @property
    def channels(self) -> int:
        """Length of each vector."""
        ...

    @property
    def fingerprint(self) -> str:
        """Names weights, layers and window policy: equal fingerprints give equal features."""
        ...

    def encode(self, audio: Audio, *, phase_s: float = 0.0) -> Float[np.ndarray, "frames channels"]:
        """Features at the frame centres (i + 0.5) / 25 s, one row for each of `audio.num_frames`, float32.

        Args:
            audio: the sound.
            phase_s: moves the window grid of an encoder with windows earlier by this much, a multiple of
                0.04 s; training draws it at random. Encoders without windows give the same for every phase.
        """
        ...


def phase_frames(phase_s: float) -> int:
    """A window phase in frames.

    Raises:
        InputError: it is negative or not a multiple of the frame time.
    """
    frames = phase_s * FRAME_RATE_HZ
    if not np.isfinite(frames) or frames < 0 or abs(frames - round(frames)) > 1e-6:
        raise InputError(
            "the window phase does not fall on a frame", received=f"{phase_s} s",
            accepted="multiples of 0.04 s from 0 on", next_step="round it to a frame",
        )  # fmt: skip
    return round(frames)
