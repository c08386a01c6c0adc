"""Dynamic intensity: a held emotion breathes with the voice, and with the words where they are known.

After MEDTalk (Fusion Intensity Modeling): the strength of a set emotion is adjusted frame by frame. There the
predicted factor is learned without bounds and may turn negative; here it is bounded and has mean 1, so that what was
asked for stays what is shown on the whole.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float
from scipy.ndimage import gaussian_filter1d

from xtalker.values.tracks import MAX_LEVEL, EmotionTrack

WEAKEST, STRONGEST = 0.6, 1.3
"""Bounds of the factor at amount 1."""

_UNIT: Final = 0.2  # arousal above the mean that moves the factor three quarters of the way to its bound
_TEXT_SHARE: Final = 0.5
_SMOOTHING_FRAMES: Final = 5.0


def dynamic_intensity(
    track: EmotionTrack,
    arousal: Float[np.ndarray, "frames"],
    *,
    amount: float | int,
    text_intensity: Float[np.ndarray, "frames"] | None = None,
) -> EmotionTrack:
    """The track with its levels multiplied by `intensity_factor`, frame by frame; the mix of emotions stays.

    A factor below 1 multiplies; one above bends towards the largest level without reaching it: the sum s of a frame's
    levels becomes 2 - 2 (1 - s / 2)^factor. So 0 stays 0, 2 is never crossed, and a higher level asked for is a
    higher level shown. Amount 0 gives the track itself.

    Args:
        track: levels as asked for.
        arousal: of the voice, 0 to 1.
        amount: 0 (held still) to 1.
        text_intensity: of the words, 0 to 1, see `spoken_words`.
    """
    if amount == 0:
        return track
    factor = intensity_factor(arousal, amount=amount, text_intensity=text_intensity)
    asked = track.levels.sum(axis=1, dtype=np.float64)
    bent = MAX_LEVEL * (1 - (1 - np.clip(asked / MAX_LEVEL, 0, 1)) ** factor)
    shown = np.where(factor > 1, bent, factor * asked)
    ratio = np.divide(shown, asked, where=asked > 0, out=np.zeros_like(asked))
    return EmotionTrack((track.levels * ratio[:, None]).astype(track.levels.dtype))


def intensity_factor(
    arousal: Float[np.ndarray, "frames"],
    *,
    amount: float | int,
    text_intensity: Float[np.ndarray, "frames"] | None = None,
) -> Float[np.ndarray, "frames"]:
    """A smooth factor with mean 1 over the clip, from 0.6 to 1.3 at amount 1; all 1 for a flat voice.

    Drive = arousal + 0.5 text intensity, smoothed over about half a second. The factor is 1 + amount g(drive - c),
    where g rises with slope 1.5, bends to -0.4 and +0.3 (hyperbolic tangents), and c makes the mean 1.

    Args:
        arousal: of the voice, 0 to 1.
        amount: 0 to 1.
        text_intensity: of the words, 0 to 1.
    """
    assert 0 <= amount <= 1, "the amount is 0 (still) to 1"
    drive = arousal.astype(np.float64)
    if text_intensity is not None:
        drive = drive + _TEXT_SHARE * text_intensity
    smooth = gaussian_filter1d(drive, _SMOOTHING_FRAMES, mode="nearest")
    return 1 + amount * _bounded(smooth - _centre(smooth))


def _bounded(drive: Float[np.ndarray, "frames"]) -> Float[np.ndarray, "frames"]:
    up, down = STRONGEST - 1, 1 - WEAKEST
    slope = up / _UNIT
    return np.where(drive > 0, up * np.tanh(drive * slope / up), down * np.tanh(drive * slope / down))


def _centre(drive: Float[np.ndarray, "frames"]) -> float:
    """The c at which the mean of the bounded drive - c is 0: it falls with c, so halving finds it."""
    low, high = (float(drive.min()), float(drive.max())) if len(drive) else (0.0, 0.0)
    for _ in range(50):
        middle = 0.5 * (low + high)
        if _bounded(drive - middle).mean() > 0:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)
