"""Mel-frequency cepstra as SyncNet hears them: those of the library python_speech_features with its defaults.

Pre-emphasis 0.97, windows of 25 ms without taper every 10 ms, 26 triangular bands on whole bins of a 512-point
transform, 13 coefficients, sine lifter 22 (HTK book, 5.6), the first replaced by the logarithm of the energy.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float
from scipy.fft import dct

from xtalker.values import Audio
from xtalker.values.conventions import SAMPLE_RATE_HZ

NUM_COEFFICIENTS: Final = 13
HOP_SAMPLES: Final = 160
_WINDOW, _FFT, _BANDS, _LIFTER, _EMPHASIS = 400, 512, 26, 22, 0.97
_FULL_SCALE: Final = 32768  # the library's input are 16-bit samples
_CHUNK: Final = 10_000


def mfcc(audio: Audio) -> Float[np.ndarray, "hops 13"]:
    """Coefficients every 10 ms; the last window is completed with silence."""
    wave = np.round(audio.samples.astype(np.float64) * _FULL_SCALE).clip(-_FULL_SCALE, _FULL_SCALE - 1)
    wave = np.append(wave[:1], wave[1:] - _EMPHASIS * wave[:-1])
    hops = 1 + max(0, -(-(len(wave) - _WINDOW) // HOP_SAMPLES))
    wave = np.pad(wave, (0, max(0, (hops - 1) * HOP_SAMPLES + _WINDOW - len(wave))))
    windows = np.lib.stride_tricks.sliding_window_view(wave, _WINDOW)[::HOP_SAMPLES]
    parts = [_coefficients(windows[i : i + _CHUNK]) for i in range(0, hops, _CHUNK)]
    return np.concatenate(parts).astype(np.float32)


def _coefficients(windows: Float[np.ndarray, "hops 400"]) -> Float[np.ndarray, "hops 13"]:
    power = np.abs(np.fft.rfft(windows, _FFT)) ** 2 / _FFT
    tiny = np.finfo(float).eps
    energy, bands = power.sum(axis=1), power @ _filters().T
    out = dct(np.log(np.where(bands == 0, tiny, bands)), type=2, axis=1, norm="ortho")[:, :NUM_COEFFICIENTS]
    out = out * (1 + _LIFTER / 2 * np.sin(np.pi * np.arange(NUM_COEFFICIENTS) / _LIFTER))
    out[:, 0] = np.log(np.where(energy == 0, tiny, energy))
    return np.asarray(out)


def _filters() -> Float[np.ndarray, "26 257"]:
    """Triangles between whole bins."""
    top_mel = 2595 * np.log10(1 + SAMPLE_RATE_HZ / 2 / 700)
    edges_hz = 700 * (10 ** (np.linspace(0, top_mel, _BANDS + 2) / 2595) - 1)
    edges = np.floor((_FFT + 1) * edges_hz / SAMPLE_RATE_HZ)
    lower, centre, upper = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    bins = np.arange(_FFT // 2 + 1)
    rising = np.where((bins >= lower) & (bins < centre), (bins - lower) / (centre - lower), 0)
    falling = np.where((bins >= centre) & (bins < upper), (upper - bins) / (upper - centre), 0)
    return np.asarray(rising + falling)
