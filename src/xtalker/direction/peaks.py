"""Peaks of a curve, as SciPy's `find_peaks` finds them by height and distance; that one takes 0.3 s to load."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float, Int


def find_peaks(curve: Float[np.ndarray, "n"], *, least: float, apart: float) -> Int[np.ndarray, "peaks"]:
    """Samples that are higher than their neighbours, of a plateau its middle one.

    Args:
        curve: its ends are never peaks.
        least: lower peaks are left out.
        apart: of two peaks that are closer than so many samples the higher one stays, of equals the later one.
    """
    peaks = _maxima(curve)
    peaks = peaks[curve[peaks] >= least]
    kept = np.ones(len(peaks), bool)
    for index in np.argsort(curve[peaks])[::-1]:
        if kept[index]:
            kept &= (np.abs(peaks - peaks[index]) >= math.ceil(apart)) | (np.arange(len(peaks)) == index)
    return peaks[kept]


def _maxima(curve: Float[np.ndarray, "n"]) -> Int[np.ndarray, "maxima"]:
    """Middles of the runs of equal samples that both neighbours are lower than."""
    if not len(curve):
        return np.zeros(0, np.int64)
    starts = np.concatenate([[0], np.flatnonzero(np.diff(curve)) + 1])
    ends = np.concatenate([starts[1:], [len(curve)]]) - 1
    level = curve[starts]
    inner = slice(1, -1)
    higher = (level[inner] > level[:-2]) & (level[inner] > level[2:])
    return np.asarray((starts[inner] + ends[inner])[higher] // 2)
