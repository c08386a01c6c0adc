"""Log-mel spectrograms as Whisper defines them: 80 Slaney bands, 25 ms Hann windows every 10 ms.

Radford et al., "Robust speech recognition via large-scale weak supervision" (2022), section 2.2; the mel scale is
that of Slaney's Auditory Toolbox (1998): linear below 1 kHz, logarithmic above.
"""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float
from scipy import fft

from xtalker.values.conventions import SAMPLE_RATE_HZ

FFT_SAMPLES, HOP_SAMPLES, NUM_MELS = 400, 160, 80
POWER_FLOOR = 1e-10
_LINEAR_HZ_PER_MEL = 200 / 3
_BREAK_HZ, _BREAK_MEL = 1000.0, 15.0
_LOG_STEP = math.log(6.4) / 27
_HANN = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FFT_SAMPLES) / FFT_SAMPLES)).astype(np.float32)


def mel_filters() -> Float[np.ndarray, "80 201"]:
    """Triangular filters, each of area 1 over frequency in Hz."""
    bins_hz = np.linspace(0, SAMPLE_RATE_HZ / 2, FFT_SAMPLES // 2 + 1)
    top_mel = _BREAK_MEL + math.log(SAMPLE_RATE_HZ / 2 / _BREAK_HZ) / _LOG_STEP
    mels = np.linspace(0, top_mel, NUM_MELS + 2)
    linear_hz = mels * _LINEAR_HZ_PER_MEL
    log_hz = _BREAK_HZ * np.exp((mels - _BREAK_MEL) * _LOG_STEP)
    edges_hz = np.where(mels < _BREAK_MEL, linear_hz, log_hz)
    lower, centre, upper = edges_hz[:-2, None], edges_hz[1:-1, None], edges_hz[2:, None]
    triangle = np.minimum((bins_hz - lower) / (centre - lower), (upper - bins_hz) / (upper - centre))
    return np.asarray(np.maximum(triangle, 0) * 2 / (upper - lower), np.float32)


def mel_power(
    waves: Float[np.ndarray, "*batch samples"], filters: Float[np.ndarray, "80 201"], *, padded: bool
) -> Float[np.ndarray, "*batch 80 hops"]:
    """Power in each band, float32.

    Args:
        waves: samples at 16 kHz.
        filters: from `mel_filters`.
        padded: True mirrors the ends, so that hop j is centred on sample 160 j, and drops the last hop as Whisper
            does; False takes whole windows only, hop j centred on sample 160 j + 200.
    """
    waves = waves.astype(np.float32, copy=False)
    if padded:
        reach = FFT_SAMPLES // 2
        waves = np.pad(waves, [(0, 0)] * (waves.ndim - 1) + [(reach, reach)], mode="reflect")
    hops = np.lib.stride_tricks.sliding_window_view(waves, FFT_SAMPLES, axis=-1)[..., ::HOP_SAMPLES, :]
    if padded:
        hops = hops[..., :-1, :]
    spectrum = fft.rfft(hops * _HANN, axis=-1)
    power = spectrum.real**2 + spectrum.imag**2
    return np.asarray(filters @ np.swapaxes(power, -1, -2))


def whisper_log_mel(
    waves: Float[np.ndarray, "windows samples"], filters: Float[np.ndarray, "80 201"]
) -> Float[np.ndarray, "windows 80 hops"]:
    """Whisper's input: log10 power, floored 80 dB below the loudest bin *of each window*, scaled to about -1..1."""
    log_power = np.log10(np.maximum(mel_power(waves, filters, padded=True), np.float32(POWER_FLOOR)))
    loudest = log_power.max(axis=(1, 2), keepdims=True)
    return np.asarray((np.maximum(log_power, loudest - 8) + 4) / 4, np.float32)
