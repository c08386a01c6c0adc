"""Upper face dynamics deviation: does the upper face move as much as it should."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float, Int

from xtalker.metrics.arrays import accepts_tensors, of_region, require_pair, require_track
from xtalker.metrics.card import Card
from xtalker.values import InputError

CARD: Final = Card(
    name="fdd",
    quantity="standard deviation over time of each vertex's squared distance from rest, mean over "
    "vertices; true minus predicted, signed: positive = too little movement",
    unit="m²",
    region="upper face, each vertex once, canonical pose",
    direction="nearer to perfect",
    perfect=0.0,
    source="CodeTalker, evaluation script",
    known_failure="does not test when the face moves, and over clips + and - cancel: print the mean of fdd_abs "
    "beside it. Squares weigh large displacements",
    span=(None, None),
)


@accepts_tensors
def fdd(
    predicted: Float[np.ndarray, "frames vertices 3"],
    true: Float[np.ndarray, "_ _ 3"],
    rest: Float[np.ndarray, "_ 3"],
    region: Int[np.ndarray, "_"],
) -> float:
    """Missing dynamics of the upper face, square metres.

    Args:
        predicted: vertices, metres, canonical pose.
        true: the same frames and vertices.
        rest: the neutral face of this very person, metres; a template would let identity leak in.
        region: indices of the upper face, each once.

    Raises:
        InputError: shapes that differ, NaN, fewer than 2 frames, a region with duplicates or of another head.
    """
    moved = [of_region(track, region) for track in displacements(predicted, true, rest)]
    predicted_std, true_std = ((track**2).sum(axis=-1).std(axis=0).mean() for track in moved)
    return float(true_std - predicted_std)


def displacements(
    predicted: Float[np.ndarray, "frames vertices 3"],
    true: Float[np.ndarray, "_ _ 3"],
    rest: Float[np.ndarray, "_ 3"],
) -> tuple[Float[np.ndarray, "frames vertices 3"], Float[np.ndarray, "frames vertices 3"]]:
    """Predicted and true way from rest of every vertex, metres.

    Raises:
        InputError: shapes that differ, NaN, fewer than 2 frames.
    """
    require_pair(predicted, true, least_frames=2)
    require_track(rest, "rest")
    if rest.shape != true.shape[1:]:
        raise InputError(
            "the neutral face has another shape", received=f"rest {rest.shape}, true {true.shape}",
            accepted="the same vertices", next_step="take the neutral face of the same head and person",
        )  # fmt: skip
    origin = rest.astype(np.float64)
    return predicted - origin, true - origin
