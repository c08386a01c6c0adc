"""Beat alignment above its chance level."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.metrics.arrays import accepts_tensors, require_count, require_track
from xtalker.metrics.beat_align import SIGMA_SQ, beat_align
from xtalker.metrics.card import Card
from xtalker.values import InputError

CARD: Final = Card(
    name="beat_align_excess",
    quantity="beat_align minus its mean over shuffled sound: the beats of other clips, or the clip's own "
    "beats moved in a circle by random times",
    unit="1",
    region="head rotation; beats of the sound that are given",
    direction="nearer to truth",
    perfect=None,
    source="defined here, since chance is most of the published score",
    known_failure="noisy in one clip: a dozen beats have a standard error near 0.1. Truth itself is often close to 0",
    span=(-1.0, 1.0),
)


@accepts_tensors
def beat_align_excess(
    head: Float[np.ndarray, "frames 3"],
    beats: Float[np.ndarray, "_"],
    other_beats: Sequence[Float[np.ndarray, "_"]],
    *,
    sigma_sq: float = SIGMA_SQ,
) -> float:
    """beat_align minus its mean over other sound; NaN when the head has no beats.

    Args:
        head: rotation, axis-angle in radians.
        beats: times of the sound's beats, seconds.
        other_beats: beats of shuffled sound, such as other clips' or those of `shifted_beats`.
        sigma_sq: squared width of the tolerance, frames².

    Raises:
        InputError: NaN, no beats, nothing to compare with, fewer than 4 frames.
    """
    matched = beat_align(head, beats, sigma_sq=sigma_sq)
    require_count("shuffled beats", len(other_beats), 1)
    return matched - float(np.mean([beat_align(head, other, sigma_sq=sigma_sq) for other in other_beats]))


@accepts_tensors
def shifted_beats(
    beats: Float[np.ndarray, "_"], duration_s: float, *, count: int = 100, seed: int = 0
) -> list[Float[np.ndarray, "_"]]:
    """The clip's own beats moved in a circle by random times: the same rhythm at a chance phase.

    Args:
        beats: seconds, within the clip.
        duration_s: of the clip.
        count: how many lists.
        seed: of the random times.

    Raises:
        InputError: no beats, NaN, beats outside the clip.
    """
    require_track(beats, "beat")
    if beats.min() < 0 or beats.max() > duration_s:
        raise InputError(
            "beats lie outside the clip", received=f"{beats.min():.2f} to {beats.max():.2f} s of {duration_s:.2f} s",
            accepted="times within the clip", next_step="check that sound and motion belong together",
        )  # fmt: skip
    shifts = np.random.default_rng(seed).uniform(0, duration_s, count)
    return [np.sort((beats.astype(np.float64) + shift) % duration_s) for shift in shifts]
