"""Nods and raised brows on emphasis.

Where     on prominent syllables, not on all of them: about a third of pitch accents come with a brow raise
          (Flecha-Garcia 2010, Speech Communication 52:542), more with a nod (Graf et al. 2002).
When      brows rise so that their apex comes a little before the syllable's (60 ms before, Flecha-Garcia); the nod's
          apex falls on it or just after (Esteve-Gibert et al. 2017).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.direction.moments import bumps
from xtalker.direction.peaks import find_peaks
from xtalker.values.conventions import CHANNEL, FRAME_RATE_HZ, NUM_EXPRESSION
from xtalker.values.tracks import AccentTrack, Rhythm

_LEAST_PROMINENCE: Final = 0.35
_LEAST_GAP_S: Final = 0.5
_NODS, _BROWS = 0.65, 0.4  # shares of emphases, each on its own
_NOD_LAG_S, _BROW_LAG_S = 0.04, -0.06
_NOD_RAD: Final = (np.radians(1.0), np.radians(3.0))
_BROW: Final = (0.1, 0.4)
_INNER_SHARE: Final = 0.8  # inner brows rise less than outer ones, or the face looks worried
_BROW_UP: Final = {
    "browOuterUpLeft": 1.0, "browOuterUpRight": 1.0,
    "browInnerUpLeft": _INNER_SHARE, "browInnerUpRight": _INNER_SHARE,
}  # fmt: skip


def accent_track(rhythm: Rhythm, *, gain: float | int, seed: int) -> AccentTrack:
    """Head and brows on the emphases of the speech.

    Args:
        rhythm: of the speech.
        gain: 0 exactly none, 1 as observed, 2 twice as large.
        seed: the same seed chooses alike.
    """
    random = np.random.default_rng([seed, 2])
    apex_s, strength = emphases(rhythm)
    count = len(apex_s)
    nods, brows = random.random(count) < _NODS, random.random(count) < _BROWS
    size = strength * random.uniform(0.75, 1.0, count)
    head = np.zeros((rhythm.num_frames, 3), np.float32)
    head[:, 0] = gain * _raised(
        rhythm.num_frames, apex_s[nods] + _NOD_LAG_S, _between(_NOD_RAD, size[nods]), (0.16, 0.30), random
    )
    brow = gain * _raised(
        rhythm.num_frames, apex_s[brows] + _BROW_LAG_S, _between(_BROW, size[brows]), (0.18, 0.36), random
    )
    expression = np.zeros((rhythm.num_frames, NUM_EXPRESSION), np.float32)
    for name, share in _BROW_UP.items():
        expression[:, CHANNEL[name]] = share * brow
    return AccentTrack(expression, head)


def emphases(rhythm: Rhythm) -> tuple[Float[np.ndarray, "emphases"], Float[np.ndarray, "emphases"]]:
    """When the speech is emphatic, seconds, and how strongly, 0..1."""
    padded = np.concatenate([[0], rhythm.prominence * rhythm.speaking, [0]])  # so that the ends can be peaks
    peaks = find_peaks(padded, least=_LEAST_PROMINENCE, apart=_LEAST_GAP_S * FRAME_RATE_HZ)
    strength = (padded[peaks] - _LEAST_PROMINENCE) / (1 - _LEAST_PROMINENCE)
    return (peaks - 0.5) / FRAME_RATE_HZ, np.clip(strength, 0, 1)


def _between(span: tuple[float, float], share: Float[np.ndarray, "n"]) -> Float[np.ndarray, "n"]:
    return span[0] + (span[1] - span[0]) * share


def _raised(
    num_frames: int, apex_s: Float[np.ndarray, "n"], height: Float[np.ndarray, "n"], lasts_s: tuple[float, float],
    random: np.random.Generator,
) -> Float[np.ndarray, "frames"]:  # fmt: skip
    rise_s, fall_s = (mean_s * random.uniform(0.85, 1.25, len(apex_s)) for mean_s in lasts_s)
    rise_s = np.minimum(rise_s, np.maximum(apex_s, 0.02))  # the first frame is at rest
    return bumps(num_frames, apex_s, rise_s, fall_s, height)
