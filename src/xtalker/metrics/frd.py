"""Facial dynamics on control values."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float, Int

from xtalker.metrics.arrays import accepts_tensors, of_region, require_pair
from xtalker.metrics.card import Card

CARD: Final = Card(
    name="frd",
    quantity="standard deviation over time, mean over channels; true minus predicted, signed: positive = "
    "too little movement",
    unit="unit of the controls",
    region="channels of the upper face",
    direction="nearer to perfect",
    perfect=0.0,
    source="MEDTalk, FRD",
    known_failure="does not test when the face moves; over clips + and - cancel",
    span=(None, None),
)


@accepts_tensors
def frd(
    predicted: Float[np.ndarray, "frames channels"],
    true: Float[np.ndarray, "_ _"],
    region: Int[np.ndarray, "_"],
) -> float:
    """Missing dynamics of the upper face's controls.

    Args:
        predicted: control values.
        true: the same frames and channels.
        region: indices of the upper face channels, each once.

    Raises:
        InputError: shapes that differ, NaN, a region with duplicates or of other controls.
    """
    require_pair(predicted, true, least_frames=2)
    predicted_std, true_std = (
        of_region(track, region).astype(np.float64).std(axis=0).mean() for track in (predicted, true)
    )
    return float(true_std - predicted_std)
