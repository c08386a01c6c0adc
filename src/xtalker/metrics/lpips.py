"""Learned perceptual distance, on the features of whatever network is given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.metrics.arrays import accepts_tensors, require_pair
from xtalker.metrics.card import Card
from xtalker.values import InputError

CARD: Final = Card(
    name="lpips",
    quantity="squared difference of feature vectors of length 1, weighted by channel, mean over positions,"
    " sum over layers, mean over frames",
    unit="1",
    region="whole picture: crop to the face first",
    direction="lower",
    perfect=0.0,
    source="Zhang et al. 2018; network and weights are part of the result: name them",
    known_failure="depends on the resolution; forgives shifts that eyes see on lips",
    span=(0.0, None),
)


@accepts_tensors
def lpips(
    predicted: Sequence[Float[np.ndarray, "_ _ _ _"]],
    true: Sequence[Float[np.ndarray, "_ _ _ _"]],
    weights: Sequence[Float[np.ndarray, "_"]],
) -> float:
    """Mean perceptual distance.

    Args:
        predicted: features of each layer, (frames, height, width, channels); sizes differ between layers.
        true: the same layers and frames.
        weights: for each layer, one for each channel.

    Raises:
        InputError: numbers of layers or shapes that differ, NaN.
    """
    if not len(predicted) == len(true) == len(weights) > 0:
        raise InputError(
            "the lists have different lengths", received=f"{len(predicted)}, {len(true)} and {len(weights)} layers",
            accepted="as many predicted and true layers as weights", next_step="give every layer once",
        )  # fmt: skip
    return float(sum(_layer(*layer) for layer in zip(predicted, true, weights)))


def _layer(
    one: Float[np.ndarray, "frames height width channels"],
    other: Float[np.ndarray, "..."],
    weight: Float[np.ndarray, "_"],
) -> float:
    require_pair(one, other)
    require_pair(np.zeros(one.shape[-1:]), weight)
    return float((((_unit(one) - _unit(other)) ** 2) @ weight.astype(np.float64)).mean())


def _unit(
    features: Float[np.ndarray, "frames height width channels"],
) -> Float[np.ndarray, "frames height width channels"]:
    features = features.astype(np.float64)
    return np.asarray(features / (np.linalg.norm(features, axis=-1, keepdims=True) + 1e-10))
