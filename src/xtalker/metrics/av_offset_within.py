"""How often a sync expert finds mouth and speech together."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.metrics.arrays import accepts_tensors, require_count
from xtalker.metrics.av_offset import av_offset
from xtalker.metrics.card import Card
from xtalker.metrics.offset_distances import mean_by_offset
from xtalker.values.conventions import FRAME_RATE_HZ

CARD: Final = Card(
    name="av_offset_within",
    quantity="share of windows whose best offset is at most 1 frame",
    unit="1",
    region="windows of 1 s without overlap; frames for which speech exists at every offset",
    direction="higher",
    perfect=1.0,
    source="defined here",
    known_failure="windows in silence have no offset and count as misses: truth's own share is the ceiling",
    span=(0.0, 1.0),
)


@accepts_tensors
def av_offset_within(
    distances: Float[np.ndarray, "rows offsets"], *, window_frames: int = FRAME_RATE_HZ, tolerance_frames: int = 1
) -> float:
    """Share of windows with the right offset; a rest shorter than a window is left out.

    Args:
        distances: of mouth and speech for each frame and offset, as `overlap_distances` gives them.
        window_frames: length of a window; its speech may reach beyond it.
        tolerance_frames: largest offset that counts as right.

    Raises:
        InputError: NaN, fewer rows than a window, an even number of columns.
    """
    mean_by_offset(distances)
    require_count("rows", len(distances), window_frames)
    starts = range(0, len(distances) - window_frames + 1, window_frames)
    offsets = [av_offset(distances[start : start + window_frames]) for start in starts]
    return float(np.mean(np.abs(offsets) <= tolerance_frames))
