"""Structural similarity."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Bool, Float, Shaped

from xtalker.metrics.arrays import accepts_tensors, require_count
from xtalker.metrics.card import Card
from xtalker.metrics.pictures import pictures_and_mask

SIGMA: Final = 1.5
RADIUS: Final = 5
C1: Final = 0.01**2
C2: Final = 0.03**2

CARD: Final = Card(
    name="ssim",
    quantity="structural similarity in Gaussian windows (11 x 11, sigma 1.5), mean over pixels, channels and frames",
    unit="1",
    region="given mask, or the whole picture; windows that reach beyond the picture are left out",
    direction="higher",
    perfect=1.0,
    source="Wang et al. 2004, with population variances",
    known_failure="blind to small moving details such as lips that fail to close; flat background scores 1",
    span=(-1.0, 1.0),
)


@accepts_tensors
def ssim(
    predicted: Shaped[np.ndarray, "frames height width channels"],
    true: Shaped[np.ndarray, "..."],
    mask: Bool[np.ndarray, "..."] | None = None,
) -> float:
    """Mean structural similarity.

    Args:
        predicted: pictures, 8 bit or floating point from 0 to 1.
        true: the same frames.
        mask: pixels that count, such as the face; None takes all.

    Raises:
        InputError: shapes that differ, NaN, values out of range, an unusable mask.
    """
    one, other, kept = pictures_and_mask(predicted, true, mask)
    require_count("pixels a side", min(true.shape[1:3]), 2 * RADIUS + 1)
    inner = slice(RADIUS, -RADIUS)
    kept = kept[:, inner, inner]
    require_count("pixels of the mask inside the border", int(kept.sum()), 1)
    return float(np.concatenate([_map(a, b)[inner, inner][k] for a, b, k in zip(one, other, kept)]).mean())


def _map(
    one: Float[np.ndarray, "height width channels"], other: Float[np.ndarray, "height width channels"]
) -> Float[np.ndarray, "height width channels"]:
    """Wang's equation 13 at every pixel."""
    a, b = _local_mean(one), _local_mean(other)
    variances = _local_mean(one * one) - a * a + _local_mean(other * other) - b * b
    covariance = _local_mean(one * other) - a * b
    return np.asarray((2 * a * b + C1) * (2 * covariance + C2) / ((a * a + b * b + C1) * (variances + C2)))


def _local_mean(picture: Float[np.ndarray, "height width channels"]) -> Float[np.ndarray, "height width channels"]:
    from scipy.ndimage import gaussian_filter  # slow to load, and most metrics do without

    return np.asarray(gaussian_filter(picture, SIGMA, radius=RADIUS, axes=(0, 1)))
