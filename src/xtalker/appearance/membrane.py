"""Smooth continuation of a picture into what is not known of it."""

from __future__ import annotations

from typing import Final, no_type_check

import numba
import numpy as np
from jaxtyping import Bool, Float32

from xtalker.appearance.pixels import blurred, resized

_SWEEPS: Final = 24
_OVER_RELAXATION: Final = 1.7
_SMALLEST: Final = 8


def membrane(
    picture: Float32[np.ndarray, "height width channels"], known: Bool[np.ndarray, "height width"]
) -> Float32[np.ndarray, "height width channels"]:
    """Laplace's equation where nothing is known, without flow over the picture's border; the rest as it is.

    Solved from coarse to fine: a shrunken problem gives the start, some sweeps of successive over-relaxation smooth
    it. With nothing known at all the picture comes back.
    """
    if known.all() or not known.any():
        return np.array(picture, np.float32)
    height, width = known.shape
    out = np.array(picture, np.float32)
    if min(height, width) > _SMALLEST:
        small = ((width + 1) // 2, (height + 1) // 2)
        share = resized(known.astype(np.float32), *small)
        kept = resized(out * known[..., None], *small) / np.maximum(share, 1e-6)[..., None]
        coarse = membrane(kept, share > 1e-3)
        out[~known] = resized(coarse, width, height, "linear")[~known]
        sweeps = _SWEEPS
    else:
        out[~known] = out[known].mean(0)
        sweeps = 4 * _SWEEPS
    _relax(out, np.ascontiguousarray(known), sweeps, np.float32(_OVER_RELAXATION))
    return out


@numba.njit(cache=True)
@no_type_check
def _relax(out, known, sweeps, factor):
    rows, columns, channels = out.shape
    for _ in range(sweeps):
        for y in range(rows):
            for x in range(columns):
                if known[y, x]:
                    continue
                n = np.float32((x > 0) + (x < columns - 1) + (y > 0) + (y < rows - 1))
                for c in range(channels):
                    total = np.float32(0)
                    if x > 0:
                        total += out[y, x - 1, c]
                    if x < columns - 1:
                        total += out[y, x + 1, c]
                    if y > 0:
                        total += out[y - 1, x, c]
                    if y < rows - 1:
                        total += out[y + 1, x, c]
                    out[y, x, c] += factor * (total / n - out[y, x, c])


def blurred_within(
    picture: Float32[np.ndarray, "height width channels"], known: Bool[np.ndarray, "height width"], sigma_px: float
) -> Float32[np.ndarray, "height width channels"]:
    """Gaussian mean of known pixels only; as it was where none is near."""
    share = blurred(known.astype(np.float32), sigma_px)[..., None]
    mean = blurred(picture * known[..., None].astype(np.float32), sigma_px) / np.maximum(share, 1e-4)
    return np.where(share > 1e-3, mean, picture).astype(np.float32)
