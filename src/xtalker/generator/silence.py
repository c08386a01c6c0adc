"""The gate that closes the lips in pauses.

Rest in silence is learnt from the pauses of the training clips. Where a recording is unlike them (digital
silence, the tone of another room) a sample may still leave the lips ajar, so the mouth's displacement is also
eased to the reference by a weight that follows the sound alone. It touches mouth and jaw, nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from xtalker.values.conventions import FRAME_RATE_HZ

_RAMP = np.array([0.25, 0.5, 0.25], np.float32)


@dataclass(frozen=True)
class SilenceGate:
    """When silence closes the lips.

    A frame falls silent `close_db` below the speech level and stays so until `open_db`. The speech level is
    the loudest frame so far or within the next `level_ahead`, falling by `decay_db_per_s`, at least `least_level`.
    The mouth moves on for `after_s` into a pause and starts `before_s` ahead of the sound, so pauses up to
    their sum change nothing; in between it eases within 100 ms. People open to breathe before they speak: lips that
    were held shut until 0.12 s before the sound cost 0.04 to 0.06 of the correlation of their opening.

    Attributes:
        enabled: False leaves the mouth as generated.
        close_db: silent below this level, relative to speech.
        open_db: no longer silent above this level, relative to speech.
        least_level: amplitude under which nothing counts as speech level.
        decay_db_per_s: fall of the remembered speech level.
        after_s: time from the last sound to closing.
        before_s: time from opening to the first sound.
        level_ahead: frames after a frame in which the speech level may lie; live generation waits for them.
    """

    enabled: bool = True
    close_db: float = -36.0
    open_db: float = -30.0
    least_level: float = 0.01
    decay_db_per_s: float = 0.25
    after_s: float = 0.08
    before_s: float = 0.4
    level_ahead: int = 25

    @property
    def ahead(self) -> int:
        """Frames after a frame that its weight depends on."""
        return _frames(self.before_s) + len(_RAMP) // 2 + self.level_ahead

    def weights(self, amplitude: Float[np.ndarray, "frames"]) -> Float[np.ndarray, "frames"]:
        """How far each frame is eased to rest, 0..1. Beyond its ends the sound counts as silent."""
        if not self.enabled or not len(amplitude):
            return np.zeros(len(amplitude), np.float32)
        after, before, ramp = _frames(self.after_s), _frames(self.before_s), len(_RAMP) // 2
        silent = np.pad(self._silent(amplitude), (after + ramp, before + ramp), constant_values=True)
        resting = np.lib.stride_tricks.sliding_window_view(silent, after + before + 1).all(axis=1)
        return np.convolve(resting.astype(np.float32), _RAMP, mode="valid")

    def _silent(self, amplitude: Float[np.ndarray, "frames"]) -> Bool[np.ndarray, "frames"]:
        level_db = 20 * np.log10(np.maximum(amplitude.astype(np.float64), 1e-6))
        fall = self.decay_db_per_s / FRAME_RATE_HZ * np.arange(len(level_db))
        loudest = np.maximum(np.maximum.accumulate(level_db + fall) - fall, 20 * np.log10(self.least_level))
        ahead = np.pad(level_db, (0, self.level_ahead), constant_values=-np.inf)
        coming = np.lib.stride_tricks.sliding_window_view(ahead, self.level_ahead + 1).max(axis=1)
        relative = level_db - np.maximum(loudest, coming)
        # Hysteresis: frames between the thresholds keep the state of the last frame outside them.
        decided = (relative < self.close_db) | (relative > self.open_db)
        last = np.maximum.accumulate(np.where(decided, np.arange(len(relative)), -1))
        return np.where(last >= 0, relative[last] < self.close_db, True)


def _frames(seconds: float) -> int:
    return round(seconds * FRAME_RATE_HZ)
