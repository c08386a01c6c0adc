"""The LSE-D of 3DXTalker's code: the mean over all offsets instead of the best one."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.metrics.arrays import accepts_tensors
from xtalker.metrics.card import Card
from xtalker.metrics.offset_distances import mean_by_offset, padded_distances

CARD: Final = Card(
    name="lse_d_3dxtalker",
    quantity="Euclidean distance of mouth and speech embedding, mean over frames and over the offsets -15 to 15",
    unit="unit of the embeddings",
    region="frames of the clip, speech continued with zeros; published without a face crop",
    direction="lower",
    perfect=None,
    source="3DXTalker, evaluation",
    known_failure="nearly blind to synchrony: a delay only moves distances to another column. Not comparable "
    "with any LSE-D",
    span=(0.0, None),
    in_summaries=False,
)


@accepts_tensors
def lse_d_3dxtalker(mouth: Float[np.ndarray, "frames size"], speech: Float[np.ndarray, "_ _"]) -> float:
    """Mean distance over all offsets.

    Args:
        mouth: embeddings of the mouth, one for each frame.
        speech: embeddings of the speech of the same frames.

    Raises:
        InputError: shapes that differ, NaN.
    """
    return float(mean_by_offset(padded_distances(mouth, speech)).mean())
