"""Speech as numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from xtalker.values.conventions import FRAME_RATE_HZ, SAMPLE_RATE_HZ


@dataclass(frozen=True)
class Audio:
    """Mono speech at 16 kHz.

    Attributes:
        samples: amplitude in -1..1, float32.
        source: where it came from, for messages and file metadata.
    """

    samples: Float[np.ndarray, "samples"]
    source: str = "memory"

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.samples) / SAMPLE_RATE_HZ

    @property
    def num_frames(self) -> int:
        """Number of 25 fps frames that cover the sound: a started frame counts when at least half full."""
        return max(1, int(np.floor(self.duration_s * FRAME_RATE_HZ + 0.5)))


@dataclass(frozen=True)
class SpeechFeatures:
    """What the generator hears, one row for each 25 fps frame, sampled at frame centres.

    Attributes:
        linguistic: hidden states of the speech encoder, (frames, channels).
        amplitude: mean of the Hilbert envelope over each frame, linear, (frames,).
        encoder: fingerprint of the encoder and its window policy; a checkpoint refuses another one.
    """

    linguistic: Float[np.ndarray, "frames channels"]
    amplitude: Float[np.ndarray, "frames"]
    encoder: str

    @property
    def num_frames(self) -> int:
        """Number of 25 fps frames."""
        return len(self.amplitude)


_LOUDEST = 8.0
"""Peaks of recordings may pass 1; whole numbers from -32768 on are another scale."""


def samples_fault(samples: object) -> str | None:
    """What keeps samples from being speech at 16 kHz mono from -1 to 1, in a few words; None where nothing does.

    Length is not judged; that a rate is another one cannot be seen.
    """
    if not isinstance(samples, np.ndarray):
        return f"a {type(samples).__name__}"
    if samples.ndim != 1:
        return f"an array of shape {samples.shape}"
    if samples.dtype.kind != "f":
        return f"numbers of type {samples.dtype}"
    if not np.isfinite(samples).all():
        return "NaN or infinite numbers"
    loudest = float(np.abs(samples).max(initial=0.0))
    return f"a peak of {loudest:.3g}" if loudest > _LOUDEST else None
