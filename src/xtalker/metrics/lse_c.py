"""Lip sync error, confidence: the LSE-C of Wav2Lip, on the embeddings of whatever expert is given."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.metrics.arrays import accepts_tensors
from xtalker.metrics.card import Card
from xtalker.metrics.offset_distances import padded_distances
from xtalker.metrics.sync_confidence import sync_confidence

CARD: Final = Card(
    name="lse_c",
    quantity="median over the offsets -15 to 15 frames of the mean Euclidean distance of mouth and speech "
    "embedding, minus its minimum",
    unit="unit of the embeddings",
    region="frames of the clip, speech continued with zeros",
    direction="higher",
    perfect=None,
    source="Wav2Lip's evaluation on SyncNet",
    known_failure="the published expert saw real mouths: on grey renders truth itself has a confidence of 3.0 "
    "to 4.8 and some systems exceed it, so better than truth is not better. Zero padding counts "
    "at both ends",
    span=(0.0, None),
    in_summaries=False,
)


@accepts_tensors
def lse_c(mouth: Float[np.ndarray, "frames size"], speech: Float[np.ndarray, "_ _"]) -> float:
    """Median minus minimum of the mean distances.

    Args:
        mouth: embeddings of the mouth, one for each frame.
        speech: embeddings of the speech of the same frames.

    Raises:
        InputError: shapes that differ, NaN.
    """
    return sync_confidence(padded_distances(mouth, speech))
