"""Colours continued smoothly into where a picture does not show them."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import scipy.sparse as sp
from jaxtyping import Float, Float32
from scipy.sparse.linalg import splu

from xtalker.appearance.pixels import blurred, resized

_STIFFNESS = 0.6  # of a trusted pixel against its springs to its neighbours


def trusted_fill(
    colour: Float[np.ndarray, "rows columns channels"],
    trust: Float[np.ndarray, "rows columns"],
    side: int = 64,
) -> Float32[np.ndarray, "rows columns channels"]:
    """Smoothest picture (a membrane) that follows pixels as far as they are trusted.

    It is solved on a lattice of `side` x `side` points.

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
    """Gaussian mean of weighted pixels; far from all of them, the mean of all."""
    both = blurred(np.dstack([picture * weight, weight]).astype(np.float32), sigma_px)
    everywhere = float((picture * weight).sum() / max(float(weight.sum()), 1e-6))
    return np.asarray((both[..., 0] + 1e-4 * everywhere) / (both[..., 1] + 1e-4), np.float32)
