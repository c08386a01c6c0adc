"""Random moments on a time line, and the curve along which living things move from one place to another."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float, Shaped
from scipy.special import ndtri

from xtalker.values.conventions import FRAME_RATE_HZ

_STRATA: Final = 10


def minimum_jerk(fraction: Float[np.ndarray, "*any"]) -> Float[np.ndarray, "*any"]:
    """Place 0..1 at a fraction of the duration of a movement; outside 0..1 it rests.

    10 t^3 - 15 t^4 + 6 t^5 (Flash and Hogan 1985, Eq. 3): speed and acceleration vanish at both ends.
    """
    t = np.clip(fraction, 0, 1)
    return t * t * t * (10 + t * (6 * t - 15))


def moments(
    weight: Float[np.ndarray, "frames"],
    *,
    rate: float | int,
    spread: float,
    least_s: float,
    random: np.random.Generator,
) -> Float[np.ndarray, "moments"]:
    """Random moments with log-normal gaps, more often where the weight is high; seconds, increasing.

    Gaps are drawn on a time that runs as fast as the weight, so that the rate over the whole clip stays what is
    asked. Any ten gaps in a row come from the ten tenths of their distribution, in random order: single gaps have
    the whole spread, yet a minute has about as many moments as the next.

    Args:
        weight: of each frame, relative to the others, above 0.
        rate: moments a second, over the clip; 0 gives none. More than one for each `least_s` cannot be had.
        spread: standard deviation of the logarithm of the gaps.
        least_s: shortest gap.
        random: where chance comes from.
    """
    if rate <= 0 or len(weight) == 0:
        return np.zeros(0)
    duration_s = len(weight) / FRAME_RATE_HZ
    mean_s = max(1 / rate - least_s, 0.05 * least_s)  # of what a gap has beyond the shortest
    blocks = int(duration_s / (_STRATA * (mean_s + least_s)) * 1.5) + 3
    shares = (random.permuted(np.tile(np.arange(_STRATA), (blocks, 1)), axis=1) + random.random((blocks, _STRATA))) / (
        _STRATA
    )
    gaps = least_s + mean_s * np.exp(spread * ndtri(np.clip(shares.ravel(), 1e-6, 1)) - spread**2 / 2)
    # The clip starts somewhere in the second block: nothing special happened just before it.
    ticks = np.cumsum(gaps) - gaps[:_STRATA].sum() - random.random() * gaps[_STRATA]
    clock = np.concatenate([[0], np.cumsum(weight / weight.mean())]) / FRAME_RATE_HZ
    ticks = ticks[(ticks >= 0) & (ticks < clock[-1])]
    seconds = np.interp(ticks, clock, np.arange(len(clock)) / FRAME_RATE_HZ)
    number = np.arange(len(seconds))
    seconds = np.maximum.accumulate(seconds - number * least_s) + number * least_s  # pushed apart
    return seconds[seconds < duration_s]


def bumps(
    num_frames: int, apex_s: Float[np.ndarray, "bumps"], rise_s: Float[np.ndarray, "bumps"],
    fall_s: Float[np.ndarray, "bumps"], height: Float[np.ndarray, "bumps"],
) -> Float[np.ndarray, "frames"]:  # fmt: skip
    """Sum of movements that rise to a height, reach it at the apex, and fall back, at the centres of frames."""
    out = np.zeros(num_frames)
    if len(apex_s) == 0:
        return out
    frames, at_s = around(apex_s - rise_s, apex_s + fall_s)
    away = at_s - apex_s[:, None]
    rising, falling = minimum_jerk(1 + away / rise_s[:, None]), minimum_jerk(1 - away / fall_s[:, None])
    value = height[:, None] * np.where(away < 0, rising, falling)
    inside = (frames >= 0) & (frames < num_frames)
    np.add.at(out, frames[inside], value[inside])
    return out


def around(
    start_s: Float[np.ndarray, "events"], end_s: Float[np.ndarray, "events"]
) -> tuple[Shaped[np.ndarray, "events window"], Float[np.ndarray, "events window"]]:
    """Numbers and centres (seconds) of the frames from the start of each event, enough for the longest of them."""
    window = int(np.ceil((end_s - start_s).max() * FRAME_RATE_HZ)) + 2
    frames = np.floor(start_s * FRAME_RATE_HZ).astype(np.int64)[:, None] + np.arange(window)
    return frames, (frames + 0.5) / FRAME_RATE_HZ


def smooth_step(value: Float[np.ndarray, "*any"], low: float | int, high: float | int) -> Float[np.ndarray, "*any"]:
    """0 below `low`, 1 above `high`, minimum-jerk between."""
    return minimum_jerk((value - low) / (high - low))
