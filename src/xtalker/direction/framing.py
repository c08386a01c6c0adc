"""Keeps the face in the picture and the open end of the neck out of it.

Lengths are in head heights, from the middle of the head: x to the subject's left, y up, z towards the viewer of the
neutral framing. The points are those of the average open head; other heads differ by a few hundredths.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.direction.moments import smooth_step
from xtalker.values.tracks import CameraTrack

NEUTRAL_DISTANCE: Final = 2.62
"""Of the neutral framing's camera."""

FACE: Final = np.array([
    [0, -0.39, 0.24], [0, 0.25, 0.25], [0, -0.08, 0.34],
    [0.26, 0.03, 0.08], [-0.26, 0.03, 0.08], [0.18, 0.13, 0.22], [-0.18, 0.13, 0.22],
    [0.1, -0.23, 0.25], [-0.1, -0.23, 0.25], [0.33, 0.0, -0.05], [-0.33, 0.0, -0.05],
])  # fmt: skip
"""Chin, forehead, tip of the nose, cheeks, brows, corners of the mouth, ears."""

_HALF_HEM: Final = np.array([
    [0, -0.71, -0.03], [0.18, -0.70, -0.05], [0.35, -0.70, -0.08], [0.48, -0.69, -0.10], [0.56, -0.655, -0.16],
    [0.588, -0.64, -0.25], [0.58, -0.63, -0.35], [0.50, -0.62, -0.45], [0.33, -0.61, -0.51], [0, -0.65, -0.50],
])  # fmt: skip
HEM: Final = np.concatenate([_HALF_HEM, _HALF_HEM[1:-1] * [-1, 1, 1]])
"""Where the model of the neck and shoulders ends."""

_MARGIN: Final = 0.04  # of half the picture, that stays free around the face
_KNEE: Final = 0.5  # part of the allowed swing that is untouched; the rest is bent, so that nothing stops dead
_NOSE: Final = 2
_LOOKING_ROOM: Final = 0.45  # how far the camera follows the nose that an orbit brings to the side of the picture
_HEM_NEAR, _HEM_FAR = -0.28, -0.42  # towards the camera, at which the head begins to hide the hem


def seen(track: CameraTrack, points: Float[np.ndarray, "points 3"]) -> tuple[
    Float[np.ndarray, "frames points"], Float[np.ndarray, "frames points"], Float[np.ndarray, "frames points"]
]:  # fmt: skip
    """Where points are to a camera that looks at the middle of the head, without aim and roll.

    Returns:
        right, up and depth along the viewing axis.
    """
    sy, cy, sp, cp = np.sin(track.yaw), np.cos(track.yaw), np.sin(track.pitch), np.cos(track.pitch)
    zero = np.zeros_like(sy)
    right = np.stack([cy, zero, -sy], axis=1)
    up = np.stack([-sy * sp, cp, -cy * sp], axis=1)
    back = np.stack([sy * cp, sp, cy * cp], axis=1)
    distance = (NEUTRAL_DISTANCE * track.distance)[:, None]
    return right @ points.T, up @ points.T, distance - back @ points.T


def keep_in_frame(track: CameraTrack, *, aspect: float | int = 1.0) -> CameraTrack:
    """Bound the aim: the face stays inside the picture, or in its middle where it is larger than the picture.

    Args:
        track: any.
        aspect: width of the picture over its height.
    """
    distance = NEUTRAL_DISTANCE * track.distance
    half_y = np.arctan(np.tan(track.field_of_view / 2) * (1 - _MARGIN))
    half_x = np.arctan(np.tan(track.field_of_view / 2) * (1 - _MARGIN) * aspect)
    right, up, depth = seen(track, FACE)
    across = np.arctan2(right, depth)
    leftmost, rightmost = _extent(across)
    lowest, highest = _extent(np.arctan2(up, depth))
    x_low, x_high = _interval(rightmost - half_x, leftmost + half_x)
    y_low, y_high = _interval(highest - half_y, lowest + half_y)
    hem, rest = (np.minimum(bound, y_high) for bound in _above_hem(track))
    swing_x, swing_y = np.arctan2(track.aim[:, 0], distance), np.arctan2(track.aim[:, 1], distance)
    aim = np.stack(
        [_bent(swing_x, x_low, x_high, np.clip(_LOOKING_ROOM * across[:, _NOSE], x_low, x_high)),
         _bent(swing_y, np.maximum(y_low, hem), y_high, np.clip(rest, y_low, y_high))], axis=1,
    )  # fmt: skip
    return replace(track, aim=np.tan(aim) * distance[:, None])


def face_margin(track: CameraTrack, *, aspect: float | int = 1.0) -> Float[np.ndarray, "frames"]:
    """Room between the face and the nearest edge of the picture, in parts of half the picture's height.

    Negative where a part of the face is outside.
    """
    x, y = projected(track, FACE)
    return np.minimum(aspect - np.abs(x).max(1), 1 - np.abs(y).max(1))


def projected(
    track: CameraTrack, points: Float[np.ndarray, "points 3"]
) -> tuple[Float[np.ndarray, "frames points"], Float[np.ndarray, "frames points"]]:
    """Places in the picture, from its middle, in halves of its height: right and up."""
    right, up, depth = seen(track, points)
    distance = NEUTRAL_DISTANCE * track.distance
    aim_x, aim_y = track.aim.T
    # The camera stands where it stood and turns towards the aim: first to the side, then up or down.
    turn, lift = np.arctan2(aim_x, distance), np.arctan2(aim_y, np.hypot(distance, aim_x))
    s, c = np.sin(turn)[:, None], np.cos(turn)[:, None]
    right, depth = c * right - s * depth, s * right + c * depth
    s, c = np.sin(lift)[:, None], np.cos(lift)[:, None]
    up, depth = c * up - s * depth, s * up + c * depth
    s, c = np.sin(track.roll)[:, None], np.cos(track.roll)[:, None]
    scale = 1 / (depth * np.tan(track.field_of_view / 2)[:, None])
    return (c * right + s * up) * scale, (c * up - s * right) * scale


def _above_hem(track: CameraTrack) -> tuple[Float[np.ndarray, "frames"], Float[np.ndarray, "frames"]]:
    """Lowest swing at which the near side of the hem is below the picture; the same, rounded and not below zero."""
    _, up, depth = seen(track, HEM)
    towards = np.stack([np.sin(track.yaw), np.cos(track.yaw)], axis=1) @ HEM[:, [0, 2]].T
    hidden = 1 - smooth_step(towards, _HEM_FAR, _HEM_NEAR)
    least = (np.arctan2(up, depth) - 0.3 * hidden).max(axis=1) + track.field_of_view / 2
    width = 0.008  # radians in which the bound sets in: less than the neutral framing is away from it
    rounded = np.where(np.abs(least) < width, (least + width) ** 2 / (4 * width), np.maximum(least, 0))
    return least, rounded


def _extent(angle: Float[np.ndarray, "frames points"]) -> tuple[np.ndarray, np.ndarray]:
    return angle.min(axis=1), angle.max(axis=1)


def _interval(low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """An empty interval shrinks to its middle."""
    middle = (low + high) / 2
    return np.minimum(low, middle), np.maximum(high, middle)


def _bent(swing: np.ndarray, low: np.ndarray, high: np.ndarray, rest: np.ndarray) -> Float[np.ndarray, "frames"]:
    """Swing within bounds, counted from a resting place; what stays well within them is left as it is."""
    wanted = swing + rest
    room = np.where(swing < 0, rest - low, high - rest)
    part = np.abs(swing) / np.maximum(room, 1e-9)
    bent = np.where(part > _KNEE, _KNEE + (1 - _KNEE) * np.tanh((part - _KNEE) / (1 - _KNEE)), part)
    return np.where(part > _KNEE, rest + np.sign(swing) * bent * room, wanted)
