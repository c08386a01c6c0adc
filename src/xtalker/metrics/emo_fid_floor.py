"""What emo_fid is for two halves of truth."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float, Int

from xtalker.metrics.arrays import accepts_tensors, require_count, require_track
from xtalker.metrics.card import Card
from xtalker.metrics.emo_fid import emo_fid

CARD: Final = Card(
    name="emo_fid_floor",
    quantity="Fréchet distance between two random halves of the true clips, mean over 10 splits",
    unit="unit of the features, squared",
    region="all true clips pooled",
    direction="none",
    perfect=None,
    source="defined here",
    known_failure="halves have half the rows, so the floor of the full set is a little lower",
    span=(0.0, None),
)


@accepts_tensors
def emo_fid_floor(
    true: Float[np.ndarray, "rows size"],
    clips: Int[np.ndarray, "rows"],
    *,
    components: int | None = None,
    splits: int = 10,
    seed: int = 0,
) -> float:
    """Mean split-half distance of truth.

    Args:
        true: features of all clips.
        clips: number of the clip of each row: a clip goes to one half as a whole.
        components: as for `emo_fid`; fixed on the second half.
        splits: how many random splits.
        seed: of the splits.

    Raises:
        InputError: NaN, fewer than 2 clips, too few rows for the dimensions.
    """
    require_track(true, "true")
    names = np.unique(clips)
    require_count("clips", len(names), 2)
    random = np.random.default_rng(seed)
    halves = [np.isin(clips, random.permutation(names)[: len(names) // 2]) for _ in range(splits)]
    return float(np.mean([emo_fid(true[half], true[~half], components=components) for half in halves]))
