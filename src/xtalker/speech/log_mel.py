"""Encoder "log-mel": 80 bands without learned weights, a baseline."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from xtalker.speech.encoder import phase_frames
from xtalker.speech.mel import FFT_SAMPLES, HOP_SAMPLES, NUM_MELS, POWER_FLOOR, mel_filters, mel_power
from xtalker.values import Audio
from xtalker.values.conventions import FRAME_RATE_HZ, SAMPLES_PER_FRAME

_HOPS_PER_FRAME = SAMPLES_PER_FRAME // HOP_SAMPLES
_LEAD = FFT_SAMPLES // 2 - HOP_SAMPLES
_CHUNK_FRAMES = 60 * FRAME_RATE_HZ


class LogMelEncoder:
    """Log10 of the mean power of three hops, centred 10 ms before, at and 10 ms after the frame centre.

    Every value depends on 45 ms of sound only and outside the sound lies silence, so a sound that comes whole
    frames later gives the same features whole frames later, without exception. Values are (log10(power) + 4) / 4
    with an absolute floor of 1e-10: -1.5 is silence.
    """

    rate_hz = FRAME_RATE_HZ
    channels = NUM_MELS
    fingerprint = "log-mel/80/three-hops/25fps-centres/1"

    def __init__(self) -> None:
        self._filters = mel_filters()

    @classmethod
    def load(cls) -> LogMelEncoder:
        """The encoder; there is nothing to fetch."""
        return cls()

    def encode(self, audio: Audio, *, phase_s: float = 0.0) -> Float[np.ndarray, "frames channels"]:
        """See `SpeechEncoder.encode`; there are no windows, so the phase is only checked."""
        phase_frames(phase_s)
        out = np.empty((audio.num_frames, NUM_MELS), np.float32)
        for start in range(0, len(out), _CHUNK_FRAMES):
            stop = min(start + _CHUNK_FRAMES, len(out))
            out[start:stop] = self._frames(audio.samples, start, stop)
        return out

    def _frames(self, samples: Float[np.ndarray, "samples"], start: int, stop: int) -> Float[np.ndarray, "frames 80"]:
        first, last = start * SAMPLES_PER_FRAME - _LEAD, stop * SAMPLES_PER_FRAME + FFT_SAMPLES - HOP_SAMPLES
        wave = cut_with_silence(samples, first, last)
        power = mel_power(wave, self._filters, padded=False)[:, : (stop - start) * _HOPS_PER_FRAME]
        centred = power.reshape(NUM_MELS, stop - start, _HOPS_PER_FRAME)[..., :3].mean(axis=2)
        return np.asarray((np.log10(np.maximum(centred, np.float32(POWER_FLOOR))) + 4) / 4, np.float32).T


def cut_with_silence(samples: Float[np.ndarray, "samples"], first: int, last: int) -> Float[np.ndarray, "window"]:
    """Samples first..last - 1 as float32, zero outside the sound."""
    out = np.zeros(last - first, np.float32)
    inside = slice(max(first, 0), max(min(last, len(samples)), 0))
    if inside.stop > inside.start:
        out[inside.start - first : inside.stop - first] = samples[inside]
    return out
