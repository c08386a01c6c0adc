"""Spontaneous blinks.

Rate      17 a minute at rest, 26 in conversation (Bentivoglio et al. 1997, Movement Disorders 12:1028).
Gaps      skewed to the right, near log-normal (Ponder and Kennedy 1927; Bentivoglio et al.).
Moments   at pauses and ends of phrases more often (Nakano and Kitazawa 2010, Exp. Brain Research 205:577).
Course    closing takes 75 to 100 ms, opening about twice as long (VanderWerf et al. 2003, J. Neurophysiology 89:2784;
          Trutoiu et al. 2011, ACM Trans. Applied Perception 8(3)); between them the lids rest shut for a frame, so
          that every blink is seen to close at 25 frames a second.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.direction.moments import around, minimum_jerk, moments
from xtalker.values.conventions import FRAME_RATE_HZ
from xtalker.values.tracks import Rhythm

_CLOSING_S: Final = (0.075, 0.100)
_SHUT_S: Final = (0.040, 0.055)
_OPENING_S: Final = (0.150, 0.250)
_LEAST_GAP_S: Final = 0.55  # from start to start: a whole blink and a look between two
_SPREAD: Final = 0.6
_PHRASE_END, _PAUSE, _SPEECH = 4.0, 1.6, 1.0
_PHRASE_END_S: Final = 0.5
_FIRST: Final = 1.05  # mean gaps within which the first blink comes, anywhere: 3 s at the usual rate


def blink_closure(rhythm: Rhythm, *, rate: float | int, seed: int) -> Float[np.ndarray, "frames"]:
    """Closure of both lids, 0 open to 1 shut.

    Every blink lies wholly inside the clip, reaches 1 in at least one frame, and opens before the next one.

    Args:
        rhythm: of the speech; its pauses attract blinks.
        rate: blinks a second; 0 never. More than 1.8 cannot be had.
        seed: the same seed blinks alike.
    """
    assert rate >= 0, "a rate is 0 or more"
    random = np.random.default_rng([seed, 1])
    closure = np.zeros(rhythm.num_frames)
    start_s = moments(phrase_weight(rhythm), rate=rate, spread=_SPREAD, least_s=_LEAST_GAP_S, random=random)
    if rate > 0:  # takes must not begin alike, whatever their first phrase is
        first_s = np.random.default_rng([seed, 6]).uniform(0, _FIRST / rate)
        start_s = np.concatenate([[first_s], start_s[start_s > first_s + _LEAST_GAP_S]])
    closing_s, shut_s, opening_s = (random.uniform(*span, len(start_s)) for span in (_CLOSING_S, _SHUT_S, _OPENING_S))
    whole = start_s + closing_s + shut_s + opening_s <= rhythm.num_frames / FRAME_RATE_HZ
    if not whole.any():
        return closure
    start_s, closing_s, shut_s, opening_s = (a[whole] for a in (start_s, closing_s, shut_s, opening_s))
    open_from_s = start_s + closing_s + shut_s
    frames, at_s = around(start_s, open_from_s + opening_s)
    closed = minimum_jerk((at_s - start_s[:, None]) / closing_s[:, None])
    opened = minimum_jerk((at_s - open_from_s[:, None]) / opening_s[:, None])
    inside = frames < rhythm.num_frames
    np.maximum.at(closure, frames[inside], (closed - opened)[inside])
    return closure


def phrase_weight(rhythm: Rhythm) -> Float[np.ndarray, "frames"]:
    """How much more likely a blink starts in a frame: most just after a phrase has ended."""
    weight = np.where(rhythm.speaking, _SPEECH, _PAUSE)
    ends = np.flatnonzero(rhythm.speaking[:-1] & ~rhythm.speaking[1:]) + 1
    near = ends[:, None] + np.arange(round(_PHRASE_END_S * FRAME_RATE_HZ))
    weight[near[near < rhythm.num_frames]] = _PHRASE_END
    return weight
