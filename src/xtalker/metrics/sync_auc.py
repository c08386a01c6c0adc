"""Whether a score tells matched sound from shuffled sound."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.metrics.arrays import accepts_tensors, require_track
from xtalker.metrics.card import Card

CARD: Final = Card(
    name="sync_auc",
    quantity="probability that a matched pair scores higher than a shuffled one, ties count half (area "
    "under the ROC curve)",
    unit="1",
    region="one score for each pair of motion and sound",
    direction="higher",
    perfect=1.0,
    source="usual; the Mann-Whitney statistic",
    known_failure="0.5 is chance. Shuffling within one person and sentence length is harder than among all: say which",
    span=(0.0, 1.0),
)


@accepts_tensors
def sync_auc(matched: Float[np.ndarray, "_"], shuffled: Float[np.ndarray, "_"]) -> float:
    """Area under the ROC curve.

    Args:
        matched: scores of motion with its own sound, higher = more in sync.
        shuffled: scores of motion with other sound.

    Raises:
        InputError: no scores, NaN.
    """
    require_track(matched, "matched")
    require_track(shuffled, "shuffled")
    above = np.sign(matched.astype(np.float64)[:, None] - shuffled)
    return float((above + 1).mean() / 2)
