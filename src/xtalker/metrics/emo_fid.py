"""Distance between the distributions of emotion features."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.metrics.arrays import accepts_tensors, require_count, require_pair, require_track
from xtalker.metrics.card import Card

ROWS_PER_DIMENSION: Final = 10

CARD: Final = Card(
    name="emo_fid",
    quantity="Fréchet distance of the normal distributions fitted to predicted and true features",
    unit="unit of the features, squared",
    region="all clips of the test set pooled, never one clip",
    direction="lower",
    perfect=0.0,
    source="Heusel et al. 2017",
    known_failure="biased upwards by few samples: report emo_fid_floor beside it. Frames of one clip are not "
    "independent. Sees no clip in particular",
    span=(0.0, None),
)


@accepts_tensors
def emo_fid(
    predicted: Float[np.ndarray, "_ _"], true: Float[np.ndarray, "_ _"], *, components: int | None = None
) -> float:
    """Fréchet distance.

    Args:
        predicted: features of all clips, one row for each frame or clip.
        true: features of truth; another number of rows is allowed.
        components: keep only this many principal components, fixed on truth, where rows are few.

    Raises:
        InputError: NaN, sizes that differ, fewer than 10 rows for each dimension that is kept.
    """
    require_track(predicted, "predicted")
    require_track(true, "true")
    require_pair(np.zeros(predicted.shape[1:]), np.zeros(true.shape[1:]))
    one, other = predicted.astype(np.float64), true.astype(np.float64)
    if components is not None:
        directions = np.linalg.svd(other - other.mean(axis=0), full_matrices=False)[2][:components]
        one, other = one @ directions.T, other @ directions.T
    require_count("rows", min(len(one), len(other)), ROWS_PER_DIMENSION * other.shape[1])
    shift = one.mean(axis=0) - other.mean(axis=0)
    return float(shift @ shift + _covariance_part(np.atleast_2d(np.cov(one.T)), np.atleast_2d(np.cov(other.T))))


def _covariance_part(one: Float[np.ndarray, "size size"], other: Float[np.ndarray, "size size"]) -> float:
    """trace(A + B - 2 (A B)^(1/2)), through the symmetric root of A, which keeps every number real."""
    values, vectors = np.linalg.eigh(one)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    shared = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ other @ root), 0)).sum()
    # Rounding may leave a trace of either sign where both are equal.
    return max(0.0, float(np.trace(one) + np.trace(other) - 2 * shared))
