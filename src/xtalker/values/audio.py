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
