"""Smooth continuation of a picture into what is not known of it."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, no_type_check

import numba
import numpy as np
import scipy.sparse as sp
from jaxtyping import Bool, Float, Float32
from scipy.sparse.linalg import splu

from xtalker.appearance.pixels import blurred, resized

_SWEEPS: Final = 24
_OVER_RELAXATION: Final = 1.7
_SMALLEST: Final = 8
_STIFFNESS: Final = 0.6  # of a trusted pixel against its springs to its neighbours


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


def trusted_membrane(
    colour: Float[np.ndarray, "rows columns channels"],
    trust: Float[np.ndarray, "rows columns"],
    side: int = 64,
) -> Float32[np.ndarray, "rows columns channels"]:
    """Smoothest picture that follows trusted pixels, solved on a lattice of `side` x `side` points.

    Args:
        colour: picture; what is not trusted may hold anything.
        trust: 0 to 1.
        side: points of the lattice along each side.
    """
    rows, columns, channels = colour.shape
    weight = np.asarray(resized(np.asarray(trust, np.float32), side, side), np.float64)
    mean = resized(np.asarray(colour * trust[..., None], np.float32), side, side) / np.maximum(weight, 1e-6)[..., None]
    flat, pull = mean.reshape(-1, channels).astype(np.float64), _STIFFNESS * weight.ravel()
    seen = pull > 1e-3
    usual = np.median(flat[seen], axis=0) if seen.any() else flat.mean(0)
    system = (_springs(side) + sp.diags(pull + 1e-5)).tocsc()
    solved = splu(system, permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True}).solve(
        pull[:, None] * flat + 1e-5 * usual
    )
    return resized(solved.reshape(side, side, channels).astype(np.float32), columns, rows, "cubic")


@lru_cache(maxsize=4)
def _springs(side: int) -> sp.csc_matrix:
    line = sp.diags([np.r_[1, np.full(side - 2, 2.0), 1], -np.ones(side - 1), -np.ones(side - 1)], [0, 1, -1])
    eye = sp.identity(side)
    return (sp.kron(line, eye) + sp.kron(eye, line)).tocsc()


def local_mean(
    picture: Float[np.ndarray, "rows columns"],
    weight: Float[np.ndarray, "rows columns"],
    sigma_px: float,
) -> Float32[np.ndarray, "rows columns"]:
    """Gaussian mean of weighted pixels."""
    both = blurred(np.dstack([picture * weight, weight]).astype(np.float32), sigma_px)
    return np.asarray(both[..., 0] / np.maximum(both[..., 1], 1e-3))
