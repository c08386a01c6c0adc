"""Lip sync error, distance: the LSE-D of Wav2Lip, on the embeddings of whatever expert is given."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.metrics.arrays import accepts_tensors
from xtalker.metrics.card import Card
from xtalker.metrics.offset_distances import padded_distances
from xtalker.metrics.sync_distance import sync_distance

CARD: Final = Card(
    name="lse_d",
    quantity="Euclidean distance of mouth and speech embedding, mean over frames, at the best of the "
    "offsets -15 to 15 frames",
    unit="unit of the embeddings",
    region="frames of the clip, speech continued with zeros",
    direction="lower",
    perfect=0.0,
    source="Wav2Lip's evaluation on SyncNet",
    known_failure="the published expert saw real mouths: on grey renders truth itself has a confidence of 3.0 "
    "to 4.8 and some systems exceed it, so better than truth is not better. Zero padding counts "
    "at both ends",
    span=(0.0, None),
    in_summaries=False,
)


@accepts_tensors
def lse_d(mouth: Float[np.ndarray, "frames size"], speech: Float[np.ndarray, "_ _"]) -> float:
    """Smallest mean distance.

    Args:
        mouth: embeddings of the mouth, one for each frame.
        speech: embeddings of the speech of the same frames.

    Raises:
        InputError: shapes that differ, NaN.
    """
    return sync_distance(padded_distances(mouth, speech))
