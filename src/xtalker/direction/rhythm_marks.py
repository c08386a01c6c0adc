"""Where a sound asks for movement: phrases between pauses, and emphases."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.direction.peaks import find_peaks
from xtalker.values.conventions import FRAME_RATE_HZ
from xtalker.values.tracks import Rhythm

_LEAST_PROMINENCE: Final = 0.3
_LEAST_PHRASE_S: Final = 0.4


def phrases(rhythm: Rhythm) -> tuple[tuple[float, float], ...]:
    """Start and end, in seconds, of each stretch of speech of at least 0.4 s, in order."""
    edges = np.diff(np.concatenate([[0], rhythm.speaking.astype(np.int8), [0]]))
    starts, ends = np.flatnonzero(edges == 1) / FRAME_RATE_HZ, np.flatnonzero(edges == -1) / FRAME_RATE_HZ
    return tuple((float(s), float(e)) for s, e in zip(starts, ends) if e - s >= _LEAST_PHRASE_S)


def emphases(rhythm: Rhythm, *, gap_s: float, least: float = _LEAST_PROMINENCE) -> Float[np.ndarray, "emphases"]:
    """Seconds of the emphasised moments, at least `gap_s` apart (the stronger one of two wins), none in pauses."""
    curve = np.where(rhythm.speaking, rhythm.prominence, 0.0)
    padded = np.concatenate([[0.0], curve, [0.0]])  # so that the first and last frame can be peaks
    peaks = find_peaks(padded, least=least, apart=gap_s * FRAME_RATE_HZ)
    return np.asarray((peaks - 0.5) / FRAME_RATE_HZ)
