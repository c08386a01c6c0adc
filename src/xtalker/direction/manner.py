"""How a head moves while its owner talks: drifts, sways with the voice and settling at the ends of phrases.

A generator learnt in a laboratory holds its head still: 1.4, 0.8 and 0.3 degrees of standard deviation in pitch, yaw
and roll. People in interviews move it by 2.1, 3.1 and 3.2 at a median speed of 14 degrees a second, on stages by 3.2,
13.7 and 3.0 at 29. Here three motions add up, each of Gaussian noise and so without period:

posture   the head settles somewhere else every second or two, mostly where phrases end
sway      slow, always there
beat      quick, as large as the voice is strong and so nearly still in pauses; nods on emphasis are `accents`

Sources of the rates: Hadar, Steiner and Rose 1985 (J. Nonverbal Behavior 9:214: postural shifts at phrase boundaries);
Munhall et al. 2004 (Psychological Science 15:133: head motion follows loudness and pitch).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float
from scipy.ndimage import gaussian_filter1d

from xtalker.direction.blinks import phrase_weight
from xtalker.direction.moments import minimum_jerk, moments
from xtalker.values.conventions import FRAME_RATE_HZ
from xtalker.values.tracks import HeadTrack, Rhythm


@dataclass(frozen=True)
class Amounts:
    """Standard deviations of a manner, pitch, yaw, roll, degrees.

    Attributes:
        posture, sway, beat: see above.
        accents: gain on nods and brows of emphases.
    """

    posture: tuple[float, float, float]
    sway: tuple[float, float, float]
    beat: tuple[float, float, float]
    accents: float


MANNERS: Final[Mapping[str, Amounts]] = {
    "still": Amounts((0.0, 0.0, 0.0), (0.0, 0.0, 0.0), (0.0, 0.0, 0.0), 1.0),
    "calm": Amounts((0.7, 1.1, 0.7), (0.5, 0.6, 0.4), (0.7, 0.7, 0.5), 0.8),
    "conversational": Amounts((1.2, 2.0, 1.3), (0.8, 1.0, 0.7), (1.2, 1.3, 0.9), 1.25),
    "lively": Amounts((1.6, 3.2, 2.0), (1.0, 1.6, 1.0), (2.2, 2.2, 1.4), 1.6),
    "stage": Amounts((2.0, 11.0, 2.0), (1.4, 5.0, 1.4), (3.0, 5.0, 1.8), 1.8),
}
"""Name -> amounts. `still` adds nothing to the generator's own head."""

_SWAY_S, _BEAT_S = 0.55, 0.13  # widths of the Gaussians that smooth the noise
_SETTLES: Final = 0.6  # times a second
_SETTLE_S: Final = (0.5, 1.1)
_SETTLE_SPREAD, _LEAST_SETTLE_S = 0.5, 0.5
_QUIET_BEAT: Final = 0.35  # of a beat that is left in pauses
_VOICE_DB: Final = (-35.0, -5.0)  # of the loud speech: no beat below, the whole above
_VOICE_S: Final = 0.12
_MARGIN: Final = 100  # frames of noise beyond the ends, so that these are like the middle


def manner_track(rhythm: Rhythm, manner: str, *, seed: int) -> HeadTrack:
    """Head rotation that a manner adds to the generator's.

    Args:
        rhythm: of the speech.
        manner: a name of MANNERS.
        seed: the same seed moves alike.
    """
    amounts = MANNERS[manner]
    angles = np.zeros((rhythm.num_frames, 3))
    if any(map(any, (amounts.posture, amounts.sway, amounts.beat))) and rhythm.num_frames:
        random = np.random.default_rng([seed, 5])
        angles += np.array(amounts.posture) * _posture(rhythm, random)
        angles += np.array(amounts.sway) * _noise(rhythm.num_frames, _SWAY_S, random)
        angles += np.array(amounts.beat) * _voice(rhythm) * _noise(rhythm.num_frames, _BEAT_S, random)
    return HeadTrack(np.radians(angles).astype(np.float32))


def _noise(num_frames: int, width_s: float, random: np.random.Generator) -> Float[np.ndarray, "frames 3"]:
    """Smooth Gaussian noise of unit variance."""
    width = width_s * FRAME_RATE_HZ
    raw = random.standard_normal((num_frames + 2 * _MARGIN, 3))
    # The sum of squares of a Gaussian's weights is 1 / (2 width sqrt(pi)).
    return np.asarray(gaussian_filter1d(raw, width, axis=0)[_MARGIN:-_MARGIN] * np.sqrt(2 * width * np.sqrt(np.pi)))


def _posture(rhythm: Rhythm, random: np.random.Generator) -> Float[np.ndarray, "frames 3"]:
    """Places of unit variance, held until the head settles at the next one."""
    start_s = moments(
        phrase_weight(rhythm), rate=_SETTLES, spread=_SETTLE_SPREAD, least_s=_LEAST_SETTLE_S, random=random
    )
    places = random.standard_normal((len(start_s) + 1, 3))
    last_s = random.uniform(*_SETTLE_S, len(start_s))
    at_s = (np.arange(rhythm.num_frames) + 0.5) / FRAME_RATE_HZ
    done = minimum_jerk((at_s[:, None] - start_s) / last_s)
    return np.asarray(places[0] + done @ np.diff(places, axis=0))


def _voice(rhythm: Rhythm) -> Float[np.ndarray, "frames 1"]:
    low, high = _VOICE_DB
    strength = np.clip((rhythm.loudness - low) / (high - low), 0, 1) * rhythm.speaking
    smooth = gaussian_filter1d(strength.astype(np.float64), _VOICE_S * FRAME_RATE_HZ, mode="nearest")
    return np.asarray(_QUIET_BEAT + (1 - _QUIET_BEAT) * smooth)[:, None]
