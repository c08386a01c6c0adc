"""Copula similarity of predicted and true pictures."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float, Shaped

from xtalker.metrics.arrays import accepts_tensors, require_count, require_pair
from xtalker.metrics.card import Card

PATCH: Final = 8

CARD: Final = Card(
    name="csim_copula_gt",
    quantity="in patches of 8 x 8 pixels: rank of each pixel in each channel, mean over channels, normal "
    "quantile; 1 minus the root mean square difference, not below 0; mean over patches and frames",
    unit="1",
    region="whole picture, in whole patches from the top left: crop to the face first",
    direction="higher",
    perfect=1.0,
    source="El Ghazouali et al. 2024, CSIM, applied to predicted and true frame",
    known_failure="blind to brightness and contrast; colour pictures without relation score about 0.4. Flat patches "
    "break ties by position, so an even background scores 1 and decides the mean",
    span=(0.0, 1.0),
)


@accepts_tensors
def csim_copula_gt(
    predicted: Shaped[np.ndarray, "frames height width channels"],
    true: Shaped[np.ndarray, "..."],
) -> float:
    """Mean copula similarity of each frame with truth.

    Args:
        predicted: pictures of any scale; only the order of values within a patch counts.
        true: the same frames.

    Raises:
        InputError: shapes that differ, NaN, pictures smaller than a patch.
    """
    require_pair(predicted, true)
    require_count("pixels a side", min(true.shape[1:3]), PATCH)
    # One frame at a time: the ranks of a whole clip would not fit into memory.
    return float(np.mean([_similarity(_copula(one), _copula(other)) for one, other in zip(predicted, true)]))


def _copula(picture: Shaped[np.ndarray, "height width channels"]) -> Float[np.ndarray, "patches pixels"]:
    """Normal quantiles of the mean ranks within each patch."""
    from scipy.special import ndtri

    rows, columns, channels = (size // step for size, step in zip(picture.shape, (PATCH, PATCH, 1)))
    whole = picture[: rows * PATCH, : columns * PATCH]
    patches = whole.reshape(rows, PATCH, columns, PATCH, channels).swapaxes(1, 2).reshape(-1, PATCH**2, channels)
    # The second sort turns an order into ranks; ties go by position, as published.
    ranks = patches.argsort(axis=1, kind="stable").argsort(axis=1) + 1.0
    return np.asarray(ndtri(ranks.mean(axis=2) / (PATCH**2 + 1)))


def _similarity(one: Float[np.ndarray, "patches pixels"], other: Float[np.ndarray, "_ pixels"]) -> float:
    return float(np.maximum(0, 1 - np.sqrt(((one - other) ** 2).mean(axis=1))).mean())
