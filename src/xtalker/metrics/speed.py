"""How long a second of audio takes."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.metrics.arrays import accepts_tensors, require_pair
from xtalker.metrics.card import Card
from xtalker.values import InputError

CARD: Final = Card(
    name="speed",
    quantity="median over runs of wall time divided by the length of the audio",
    unit="s per s of audio",
    region="the whole way from sound to motion, speech encoder included, or what the report names",
    direction="lower",
    perfect=None,
    source="usual",
    known_failure="means nothing without hardware, versions, threads and a warm start; short clips pay the start",
    span=(0.0, None),
)


@accepts_tensors
def speed(wall_s: Float[np.ndarray, "_"], audio_s: Float[np.ndarray, "_"]) -> float:
    """Median wall time per second of audio.

    Args:
        wall_s: of each run.
        audio_s: length of the audio of each run.

    Raises:
        InputError: lengths that differ, NaN, a run without audio or with negative time.
    """
    require_pair(wall_s, audio_s)
    if audio_s.min() <= 0 or wall_s.min() < 0:
        raise InputError(
            "unusable times", received=f"wall from {wall_s.min():g} s, audio from {audio_s.min():g} s",
            accepted="audio longer than 0 s, wall time not below", next_step="measure again",
        )  # fmt: skip
    return float(np.median(wall_s.astype(np.float64) / audio_s))
