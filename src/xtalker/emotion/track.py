"""Keys on a time line to levels in every frame."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.values import InputError
from xtalker.values.conventions import FRAME_RATE_HZ
from xtalker.values.direction import EmotionKey, EmotionWish
from xtalker.values.tracks import EMOTIONS, MAX_LEVEL, EmotionTrack

MIN_EASE_S: Final = 0.2
"""Shorter transitions are lengthened to this: a face cannot jump."""
_SAME_S: Final = 1e-6
_log = logging.getLogger("xtalker")

Levels = Float[np.ndarray, "7"] | Float[np.ndarray, "frames 7"]
Resolve = Callable[[EmotionWish], Levels]


def emotion_track(keys: Sequence[EmotionKey], num_frames: int, resolve: Resolve) -> EmotionTrack:
    """Levels of a direction's emotion keys.

    Each key moves from what was before to `weight` x its mix + (1 - weight) x what was before, on a minimum-jerk
    curve from `at_s` over `ease_s` (no speed and no acceleration at either end). A key at 0 holds from the first
    frame: there is nothing to come from. Before the first key the face is neutral.

    Args:
        keys: in any order.
        num_frames: length of the speech.
        resolve: levels of one wish, its own `level` included: constant, or one row for each frame.

    Raises:
        InputError: a key starts before the transition of the one before it has ended, or has no weight at all.
    """
    length_s = num_frames / FRAME_RATE_HZ
    ordered = sorted((key for key in keys if _is_inside(key, length_s)), key=lambda key: key.at_s)
    _refuse_overlaps(ordered)
    now = np.zeros((num_frames, len(EMOTIONS)))
    time_s = (np.arange(num_frames) + 0.5) / FRAME_RATE_HZ
    for key in ordered:
        goal = key.weight * _mixed(key, resolve) + (1 - key.weight) * now
        ease = _ease_s(key)
        part = minimum_jerk((time_s - key.at_s) / ease) if ease else np.ones(num_frames)
        now = now + part[:, None] * (goal - now)
    total = now.sum(axis=1, keepdims=True)
    return EmotionTrack((now * np.minimum(1, MAX_LEVEL / np.maximum(total, 1e-9))).clip(0).astype(np.float32))


def minimum_jerk(part: Float[np.ndarray, "frames"]) -> Float[np.ndarray, "frames"]:
    """10 s^3 - 15 s^4 + 6 s^5 (Flash and Hogan, 1985); 0 before 0 and 1 after 1."""
    s = np.clip(part, 0, 1)
    return s**3 * (10 + s * (6 * s - 15))


def _ease_s(key: EmotionKey) -> float:
    return 0.0 if key.at_s <= 0 else max(key.ease_s, MIN_EASE_S)


def _is_inside(key: EmotionKey, length_s: float) -> bool:
    if key.at_s < length_s:
        return True
    _log.warning("emotion key at %g s is past the end of the speech (%.2f s) and is left out", key.at_s, length_s)
    return False


def _refuse_overlaps(ordered: Sequence[EmotionKey]) -> None:
    for before, after in pairwise(ordered):
        free_s = before.at_s + _ease_s(before)
        if after.at_s < free_s - _SAME_S or after.at_s - before.at_s < _SAME_S:
            raise InputError(
                "emotion keys overlap",
                received=f"a key at {after.at_s:g} s, while that of {before.at_s:g} s eases until {free_s:g} s",
                accepted="keys that start once the transition before them has ended",
                next_step="move one of them or shorten `ease`",
            )


def _mixed(key: EmotionKey, resolve: Resolve) -> Levels:
    """Weighted mean of the wishes."""
    whole = sum(wish.weight for wish in key.mix)
    if not whole > 0:
        raise InputError(
            "an emotion key has nothing in it", received=f"the key at {key.at_s:g} s with weights adding up to {whole}",
            accepted="at least one emotion with a weight above 0", next_step="give one of them a weight",
        )  # fmt: skip
    parts = [wish.weight / whole * resolve(wish) for wish in key.mix if wish.weight > 0]
    return np.asarray(sum(parts[1:], start=parts[0]))
