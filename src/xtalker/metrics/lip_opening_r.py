"""Whether the mouth opens when the true mouth does."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.metrics.arrays import accepts_tensors, require_pair
from xtalker.metrics.card import Card
from xtalker.values import InputError

CARD: Final = Card(
    name="lip_opening_r",
    quantity="Pearson correlation over the frames of a clip of predicted and true lip opening",
    unit="1",
    region="inner lips, three middle pairs of landmarks",
    direction="higher",
    perfect=1.0,
    source="usual; defined here",
    known_failure="blind to offset and amplitude: read it beside amplitude_ratio. One that never moves scores 0",
    span=(-1.0, 1.0),
)


@accepts_tensors
def lip_opening_r(predicted: Float[np.ndarray, "frames"], true: Float[np.ndarray, "_"]) -> float:
    """Correlation of two openings; 0 when the prediction does not move at all.

    Args:
        predicted: lip opening in each frame.
        true: the same frames.

    Raises:
        InputError: lengths that differ, NaN, fewer than 2 frames, or a truth that does not move.
    """
    require_pair(predicted, true, least_frames=2)
    require_movement(true)
    return correlation(predicted, true)


def correlation(a: Float[np.ndarray, "frames"], b: Float[np.ndarray, "frames"]) -> float:
    """Pearson's r of two signals of one length; 0 when one of them is constant."""
    x, y = (s.astype(np.float64) - s.astype(np.float64).mean() for s in (a, b))
    size = float(np.linalg.norm(x) * np.linalg.norm(y))
    # A constant signal leaves rounding only; its direction means nothing.
    still = np.linalg.norm(x) < 1e-9 * max(1.0, np.abs(a).max()) or np.linalg.norm(y) < 1e-9 * max(1.0, np.abs(b).max())
    return 0.0 if still else float(x @ y / size)


def require_movement(true: Float[np.ndarray, "..."]) -> None:
    """Refuse a truth against which nothing relative can be said.

    Raises:
        InputError: it is the same in all frames.
    """
    if np.ptp(true, axis=0).max() == 0:
        raise InputError(
            "the true track does not move", received=f"shape {true.shape}, all frames alike",
            accepted="a track with movement", next_step="leave the clip out, and say so",
        )  # fmt: skip
