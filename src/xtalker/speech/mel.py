"""Log-mel spectrograms as Whisper defines them: 80 Slaney bands, 25 ms Hann windows every 10 ms.

Radford et al., "Robust speech recognition via large-scale weak supervision" (2022), section 2.2; the mel scale is
that of Slaney's Auditory Toolbox (1998): linear below 1 kHz, logarithmic above.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from xtalker.values.conventions import SAMPLE_RATE_HZ

FFT_SAMPLES, HOP_SAMPLES, NUM_MELS = 400, 160, 80
POWER_FLOOR = 1e-10
_LINEAR_HZ_PER_MEL = 200 / 3
_BREAK_HZ, _BREAK_MEL = 1000.0, 15.0
_LOG_STEP = math.log(6.4) / 27


def mel_filters() -> Float[Tensor, "80 201"]:
    """Triangular filters, each of area 1 over frequency in Hz."""
    bins_hz = np.linspace(0, SAMPLE_RATE_HZ / 2, FFT_SAMPLES // 2 + 1)
    top_mel = _BREAK_MEL + math.log(SAMPLE_RATE_HZ / 2 / _BREAK_HZ) / _LOG_STEP
    mels = np.linspace(0, top_mel, NUM_MELS + 2)
    linear_hz = mels * _LINEAR_HZ_PER_MEL
    log_hz = _BREAK_HZ * np.exp((mels - _BREAK_MEL) * _LOG_STEP)
    edges_hz = np.where(mels < _BREAK_MEL, linear_hz, log_hz)
    lower, centre, upper = edges_hz[:-2, None], edges_hz[1:-1, None], edges_hz[2:, None]
    triangle = np.minimum((bins_hz - lower) / (centre - lower), (upper - bins_hz) / (upper - centre))
    return torch.from_numpy((np.maximum(triangle, 0) * 2 / (upper - lower)).astype(np.float32))


def mel_power(
    waves: Float[Tensor, "*batch samples"], filters: Float[Tensor, "80 201"], *, padded: bool
) -> Float[Tensor, "*batch 80 hops"]:
    """Power in each band.

    Args:
        waves: samples at 16 kHz.
        filters: from `mel_filters`, on the device of the waves.
        padded: True mirrors the ends, so that hop j is centred on sample 160 j, and drops the last hop as Whisper
            does; False takes whole windows only, hop j centred on sample 160 j + 200.
    """
    window = torch.hann_window(FFT_SAMPLES, device=waves.device)
    spectrum = torch.stft(
        waves, FFT_SAMPLES, HOP_SAMPLES, window=window, center=padded, pad_mode="reflect", return_complex=True
    )
    if padded:
        spectrum = spectrum[..., :-1]
    return filters @ (spectrum.real.square() + spectrum.imag.square())


def whisper_log_mel(
    waves: Float[Tensor, "windows samples"], filters: Float[Tensor, "80 201"]
) -> Float[Tensor, "windows 80 hops"]:
    """Whisper's input: log10 power, floored 80 dB below the loudest bin *of each window*, scaled to about -1..1."""
    log_power = mel_power(waves, filters, padded=True).clamp(min=POWER_FLOOR).log10()
    loudest = log_power.amax(dim=(1, 2), keepdim=True)
    return (torch.maximum(log_power, loudest - 8) + 4) / 4
