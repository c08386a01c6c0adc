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
    solved = solved_membrane(flat, pull.reshape(side, side), 1e-5, usual)
    return resized(solved.reshape(side, side, channels).astype(np.float32), columns, rows, "cubic")


def solved_membrane(
    values: Float[np.ndarray, "points *channels"],
    pull: Float[np.ndarray, "rows columns"],
    least_pull: float,
    rest: Float[np.ndarray, "*channels"] | float,
) -> Float[np.ndarray, "points *channels"]:
    """Membrane of unit springs on a lattice, pulled towards values, and a little towards rest (Laplace elsewhere).

    Args:
        values: of the lattice points, row by row.
        pull: how strongly each point follows its value.
        least_pull: how strongly all of them follow `rest`.
        rest: where the membrane would lie without values.
    """
    flat = pull.ravel().astype(np.float64)
    system = (_springs(*pull.shape) + sp.diags(flat + least_pull)).tocsc()
    goal = (flat if values.ndim == 1 else flat[:, None]) * values + least_pull * rest
    return np.asarray(splu(system, permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True}).solve(goal))


@lru_cache(maxsize=4)
def _springs(rows: int, columns: int) -> sp.csc_matrix:
    down, across = (
        sp.diags([np.r_[1, np.full(n - 2, 2.0), 1], -np.ones(n - 1), -np.ones(n - 1)], [0, 1, -1])
        for n in (rows, columns)
    )
    return (sp.kron(sp.identity(rows), across) + sp.kron(down, sp.identity(columns))).tocsc()


def local_mean(
    picture: Float[np.ndarray, "rows columns"],
    weight: Float[np.ndarray, "rows columns"],
    sigma_px: float,
) -> Float32[np.ndarray, "rows columns"]:
    """Gaussian mean of weighted pixels; far from all of them, the mean of all."""
    both = blurred(np.dstack([picture * weight, weight]).astype(np.float32), sigma_px)
    everywhere = float((picture * weight).sum() / max(float(weight.sum()), 1e-6))
    return np.asarray((both[..., 0] + 1e-4 * everywhere) / (both[..., 1] + 1e-4), np.float32)
