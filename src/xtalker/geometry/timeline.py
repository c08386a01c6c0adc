"""Resampling in time: its one home.

A track is a row of values for each moment. Times are true times in seconds, so two rates are compared by
where their frames *are* (centres, see `values.conventions`), not by frame number. Before the first and after
the last moment of the source the nearest value is held.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Final

import numpy as np
from jaxtyping import Float, Int

from xtalker.geometry import rotations
from xtalker.values.conventions import FRAME_RATE_HZ

FrameRate = int | Fraction
"""Pictures a second; those of NTSC are fractions: 30000/1001 is written 29.97."""

_NTSC: Final = {
    "23.976": 24, "23.98": 24, "29.97": 30, "59.94": 60, "24000/1001": 24, "30000/1001": 30, "60000/1001": 60,
}  # fmt: skip


def frame_rate(text: str) -> FrameRate:
    """A rate as people write it: 25, 29.97, 30000/1001.

    Raises:
        ValueError: another number than a whole one or a rate of NTSC.
    """
    if text in _NTSC:
        return Fraction(_NTSC[text] * 1000, 1001)
    if not (text.isascii() and text.isdecimal()):
        raise ValueError(text)
    return int(text)


def frame_centres_s(num_frames: int, rate_hz: float | FrameRate = FRAME_RATE_HZ) -> Float[np.ndarray, "frames"]:
    """Centre of each frame in seconds."""
    return (np.arange(num_frames) + 0.5) / float(rate_hz)


def frames_covering(duration_s: float | int, rate_hz: float | FrameRate = FRAME_RATE_HZ) -> int:
    """Frames of a clip: at least one; a started frame counts when at least half full."""
    return max(1, int(np.floor(duration_s * float(rate_hz) + 0.5)))


def resample(
    track: Float[np.ndarray, "source channels"],
    source_s: Float[np.ndarray, "source"],
    target_s: Float[np.ndarray, "target"],
) -> Float[np.ndarray, "target channels"]:
    """Values of a track at other times, by linear interpolation.

    `source_s` must increase strictly; `target_s` may have any order.
    """
    before, fraction = _brackets(source_s, target_s)
    after = np.minimum(before + 1, len(source_s) - 1)
    weight = fraction[:, None]
    mixed = track[before] * (1 - weight) + track[after] * weight
    return np.asarray(mixed.astype(track.dtype))


def resample_rotations(
    track: Float[np.ndarray, "source 3"],
    source_s: Float[np.ndarray, "source"],
    target_s: Float[np.ndarray, "target"],
) -> Float[np.ndarray, "target 3"]:
    """Axis-angle vectors at other times, along the shortest turn between neighbours (slerp)."""
    before, fraction = _brackets(source_s, target_s)
    after = np.minimum(before + 1, len(source_s) - 1)
    turned = rotations.interpolate(track[before], track[after], fraction)
    return np.asarray(turned.astype(track.dtype))


def resample_rate(
    track: Float[np.ndarray, "source channels"],
    source_hz: float | int,
    target_hz: float | int = FRAME_RATE_HZ,
) -> Float[np.ndarray, "target channels"]:
    """A track at another frame rate; both rates start at time zero and cover the same duration."""
    target_s = frame_centres_s(frames_covering(len(track) / source_hz, target_hz), target_hz)
    return resample(track, frame_centres_s(len(track), source_hz), target_s)


def _brackets(
    source_s: Float[np.ndarray, "source"], target_s: Float[np.ndarray, "target"]
) -> tuple[Int[np.ndarray, "target"], Float[np.ndarray, "target"]]:
    """Index of the source moment before each target, and how far towards the next one it lies, 0..1."""
    assert len(source_s) > 0, "a track without moments has no values to interpolate"
    assert np.all(np.diff(source_s) > 0), "source times must increase strictly"
    if len(source_s) == 1:
        return np.zeros(len(target_s), np.int64), np.zeros(len(target_s))
    before = np.clip(np.searchsorted(source_s, target_s, side="right") - 1, 0, len(source_s) - 2)
    fraction = (target_s - source_s[before]) / (source_s[before + 1] - source_s[before])
    return before, np.clip(fraction, 0.0, 1.0)
