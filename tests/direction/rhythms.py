"""Invented rhythms: phrases and pauses with emphases, no sound."""

from __future__ import annotations

import numpy as np

from xtalker.values.tracks import Rhythm


def rhythm_of(speaking: np.ndarray, prominence: np.ndarray | None = None) -> Rhythm:
    loudness = np.where(speaking, -6.0, -70.0)
    pitch_hz = np.where(speaking, 120.0, 0.0)
    return Rhythm(loudness, pitch_hz, speaking, np.zeros(len(speaking)) if prominence is None else prominence)


def talk(num_frames: int, seed: int = 0) -> Rhythm:
    """Phrases of one to four seconds, pauses of a quarter to one, an emphasis about every half second."""
    random = np.random.default_rng(seed)
    speaking, prominence = np.zeros(num_frames, bool), np.zeros(num_frames)
    frame = int(random.integers(0, 20))
    while frame < num_frames:
        length = int(random.integers(25, 100))
        speaking[frame : frame + length] = True
        frame += length + int(random.integers(6, 25))
    stressed = np.flatnonzero(speaking)[6::12]
    prominence[stressed] = random.random(len(stressed))
    return rhythm_of(speaking, prominence)
