"""Invented rhythms."""

from __future__ import annotations

import numpy as np

from xtalker.values.tracks import Rhythm


def rhythm(duration_s: float = 10.0, *, pauses: tuple[tuple[float, float], ...] = (), beats: tuple[float, ...] = ()):
    """Speech with pauses, and an emphasis of 0.2 s around each beat."""
    centres = (np.arange(round(duration_s * 25)) + 0.5) / 25
    speaking = np.ones(len(centres), bool)
    for start, end in pauses:
        speaking &= (centres < start) | (centres > end)
    prominence = np.zeros(len(centres))
    for beat in beats:
        prominence = np.maximum(prominence, np.clip(1 - np.abs(centres - beat) / 0.1, 0, 1))
    return Rhythm(np.where(speaking, 0.0, -60.0), np.where(speaking, 120.0, 0.0), speaking, prominence)
