"""Fundamental frequency of each moment: normalised square difference, by FFT.

McLeod and Wyvill, "A smarter way to find pitch" (ICMC 2005): the first peak that nearly reaches the highest is the
period, which keeps multiples of the period from winning. The sound is low-passed first, since pitch lies in the
low harmonics and hiss does not.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float
from scipy import fft

from xtalker.values.conventions import SAMPLE_RATE_HZ

LOWEST_HZ, HIGHEST_HZ = 60.0, 500.0
REACH_SAMPLES: Final = 512
"""Samples needed on each side of a moment."""

_DOWN: Final = 2
_RATE_HZ: Final = SAMPLE_RATE_HZ // _DOWN
_WINDOW: Final = 384  # 48 ms: nearly three periods of the lowest pitch
_MAX_LAG: Final = int(_RATE_HZ / LOWEST_HZ) + 2
_FIRST_LAG: Final = 4  # a peak before HIGHEST_HZ is seen and refused, instead of its double being taken
_NEARLY: Final = 0.93
_REACH: Final = 63
_CUTOFF_HZ: Final = 1500.0


def pitch_of_rows(
    wave: Float[np.ndarray, "samples"], first: int, hop: int, num_rows: int
) -> tuple[Float[np.ndarray, "rows"], Float[np.ndarray, "rows"]]:
    """Pitch around the samples `first`, `first + hop`, ...

    Args:
        wave: 16 kHz; must reach REACH_SAMPLES beyond the first and the last moment.
        first: sample of the first moment, even.
        hop: samples between moments, even.
        num_rows: moments.

    Returns:
        Hertz, 0 where no period between LOWEST_HZ and HIGHEST_HZ shows; periodicity -1..1 (1: repeats exactly).
    """
    low = np.convolve(wave, _low_pass(), mode="full")[_REACH : _REACH + len(wave) : _DOWN]
    starts = (first + hop * np.arange(num_rows)) // _DOWN - _WINDOW // 2
    windows = np.lib.stride_tricks.sliding_window_view(low, _WINDOW)[starts]
    return _peak(_likeness(windows - windows.mean(axis=1, keepdims=True)))


def _low_pass() -> Float[np.ndarray, "127"]:
    """A sinc under a Hamming window, of gain 1: what SciPy's `firwin` gives, which takes 0.3 s to load."""
    at = np.arange(-_REACH, _REACH + 1)
    taps = np.sinc(2 * _CUTOFF_HZ / SAMPLE_RATE_HZ * at) * np.hamming(len(at))
    return np.asarray(taps / taps.sum())


def _likeness(windows: Float[np.ndarray, "rows window"]) -> Float[np.ndarray, "rows lags"]:
    """2 sum x(t) x(t + lag) / sum (x(t)^2 + x(t + lag)^2), over the part of the window that both reach."""
    spectrum = fft.rfft(windows, fft.next_fast_len(_WINDOW + _MAX_LAG, real=True), axis=1)
    products = fft.irfft(spectrum.real**2 + spectrum.imag**2, axis=1)[:, :_MAX_LAG]
    energy = np.cumsum(np.pad(windows**2, ((0, 0), (1, 0))), axis=1)
    lags = np.arange(_MAX_LAG)
    both = energy[:, _WINDOW - lags] + energy[:, -1:] - energy[:, lags]
    # Rounding leaves traces of the loud in the silent: what is far below the whole window's energy is none.
    heard = both > 1e-9 * energy[:, -1:]
    return np.where(heard, 2 * products / np.where(heard, both, 1.0), 0.0)


def _peak(likeness: Float[np.ndarray, "rows lags"]) -> tuple[Float[np.ndarray, "rows"], Float[np.ndarray, "rows"]]:
    before, here, after = likeness[:, :-2], likeness[:, 1:-1], likeness[:, 2:]
    peak = (here > before) & (here >= after) & (here > 0)
    peak[:, : _FIRST_LAG - 1] = False
    height = np.where(peak, here, -1.0)
    chosen = np.argmax(height >= _NEARLY * height.max(axis=1, keepdims=True), axis=1)
    row = np.arange(len(likeness))
    a, b, c = before[row, chosen], here[row, chosen], after[row, chosen]
    bend = np.where(peak[row, chosen], a - 2 * b + c, -1.0)
    offset = np.where(peak[row, chosen], 0.5 * (a - c) / np.minimum(bend, -1e-12), 0.0)
    frequency = _RATE_HZ / (chosen + 1 + np.clip(offset, -0.5, 0.5))
    found = peak[row, chosen] & (frequency >= LOWEST_HZ) & (frequency <= HIGHEST_HZ)
    strength = np.where(found, b - 0.25 * (a - c) * offset, 0.0)
    return np.where(found, frequency, 0.0), np.clip(strength, -1.0, 1.0)


def without_jumps(pitch_hz: Float[np.ndarray, "rows"], *, reach: int) -> Float[np.ndarray, "rows"]:
    """Values far (0.4 octaves) from the median of their pitched neighbours take that median.

    Args:
        pitch_hz: 0 where there is none; such rows stay so.
        reach: rows on each side that count as neighbours.
    """
    octaves = np.log2(pitch_hz, where=pitch_hz > 0, out=np.full_like(pitch_hz, np.nan))
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(octaves, reach, constant_values=np.nan), 2 * reach + 1)
    median = octaves.copy()
    pitched = pitch_hz > 0
    median[pitched] = np.nanmedian(windows[pitched], axis=1)
    off = pitched & (np.abs(octaves - median) > 0.4)
    return np.where(off, np.exp2(np.where(off, median, 0.0)), pitch_hz)
