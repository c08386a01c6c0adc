"""The CSIM of 3DXTalker's code: it compares neighbouring predicted frames."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Shaped

from xtalker.metrics.arrays import accepts_tensors, require_track
from xtalker.metrics.card import Card
from xtalker.metrics.csim_copula_gt import csim_copula_gt

CARD: Final = Card(
    name="csim_copula_temporal",
    quantity="copula similarity of each predicted frame with the next one, mean over frames",
    unit="1",
    region="whole picture",
    direction="none",
    perfect=None,
    source="3DXTalker, evaluation",
    known_failure="neither identity nor truth enters: it measures smoothness, and a still picture scores 1",
    span=(0.0, 1.0),
    in_summaries=False,
)


@accepts_tensors
def csim_copula_temporal(predicted: Shaped[np.ndarray, "frames height width channels"]) -> float:
    """Mean copula similarity of neighbouring frames.

    Args:
        predicted: pictures of any scale.

    Raises:
        InputError: NaN, fewer than 2 frames, pictures smaller than a patch.
    """
    require_track(predicted, "predicted", least_frames=2)
    return csim_copula_gt(predicted[:-1], predicted[1:])
