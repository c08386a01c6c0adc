"""Programs of head moves -> a trajectory, and its composition with the natural motion.

Every move is one or two *strokes*: poses at times, joined by minimum-jerk curves, so speed and acceleration are zero
at each pose and nothing jerks. A step too large for its time gets more time: a move never turns faster than
`MOVE_SPEED` or accelerates harder than `MOVE_ACCELERATION`; moves that overlap add up, and the sum is smoothed where
needed to stay below `MAX_SPEED` and `MAX_ACCELERATION`.

Pose angles are (pitch, yaw, roll): roll first, then pitch, then yaw (matrix yaw @ pitch @ roll), so that they are the
angles a viewer would name. A single one of them is the axis-angle vector itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.direction.moments import minimum_jerk
from xtalker.direction.strokes import Stroke, strokes_of
from xtalker.geometry import rotations
from xtalker.geometry.timeline import frame_centres_s
from xtalker.values.conventions import FRAME_RATE_HZ
from xtalker.values.direction import Move
from xtalker.values.tracks import HeadTrack, Rhythm

MOVE_SPEED: Final = np.radians(150.0)
"""Of one move, radians a second."""
MOVE_ACCELERATION: Final = np.radians(1000.0)
"""Of one move, radians a second squared."""
MAX_SPEED: Final = np.radians(300.0)
"""Of all moves together, as the length of the (pitch, yaw, roll) velocity."""
MAX_ACCELERATION: Final = np.radians(2500.0)

RANGE_UP: Final = np.radians(np.array([60.0, 70.0, 40.0]))
"""Farthest nod down, turn, tip: pitch, yaw, roll, radians."""
RANGE_DOWN: Final = np.radians(np.array([50.0, 70.0, 40.0]))
"""Farthest look up, and the other sides."""
_KNEE: Final = 0.88  # of the range is left as it is

# Peak speed and acceleration of a minimum-jerk step of 1 in 1 s.
_PEAK_SPEED, _PEAK_ACCELERATION = 15 / 8, 10 / np.sqrt(3)
_LONGEST_SMOOTHING = 64


def head_track(
    moves: Sequence[Move], rhythm: Rhythm, *, amount: float = 1.0, replace: bool = False, seed: int = 0
) -> HeadTrack:
    """The trajectory of a program.

    Args:
        moves: steps of the head's vocabulary; they may overlap and then add up.
        rhythm: of the sound; gives the number of frames and the emphases that `times=0` asks for.
        amount: gain on everything; 0 gives an exactly zero trajectory.
        replace: passed on.
        seed: of `drift` and of the small variations of `sway`.

    Returns:
        rotation (frames, 3) float32, axis-angle radians, within human range: yaw 70, pitch 60 down and 50 up,
        roll 40 degrees.
    """
    angles = np.zeros((rhythm.num_frames, 3))
    if amount != 0:
        at_s = frame_centres_s(rhythm.num_frames)
        for stroke in strokes_of(moves, rhythm, gain=amount, seed=seed):
            _add(stroke, at_s, angles)
        angles = _calmed(_within_range(angles, np.zeros(3)))
    return HeadTrack(_rotation_from_angles(angles).astype(np.float32), replace)


def compose_head(natural: Float[np.ndarray, "frames 3"], track: HeadTrack) -> Float[np.ndarray, "frames 3"]:
    """The head's rotation: the natural motion carried along by the directed one, or the directed one alone.

    Frames where the track is exactly zero keep the natural value bit by bit. Where both together leave the human
    range they are limited softly, but never below what the natural motion alone does.

    Args:
        natural: axis-angle, radians.
        track: as long as `natural`.
    """
    assert natural.shape == track.rotation.shape, "the track is as long as the motion"
    if track.replace:
        return track.rotation.astype(natural.dtype)
    both = rotations.compose(track.rotation.astype(np.float64), natural.astype(np.float64))
    angles, alone = _angles_from_rotation(both), _angles_from_rotation(natural.astype(np.float64))
    limited = _within_range(angles, alone)
    changed = np.any(limited != angles, axis=1)
    both[changed] = _rotation_from_angles(limited[changed])
    directed = np.any(track.rotation != 0, axis=1, keepdims=True)
    return np.where(directed, both.astype(natural.dtype), natural)


def _add(stroke: Stroke, at_s: Float[np.ndarray, "frames"], angles: Float[np.ndarray, "frames 3"]) -> None:
    """Add one stroke to the angles, in place."""
    steps = np.linalg.norm(np.diff(stroke.poses, axis=0), axis=1)
    needed_s = np.maximum(_PEAK_SPEED * steps / MOVE_SPEED, np.sqrt(_PEAK_ACCELERATION * steps / MOVE_ACCELERATION))
    lengths_s = np.maximum(np.diff(stroke.times), np.maximum(needed_s, 1e-6))
    times = stroke.times[0] + np.concatenate([[0.0], np.cumsum(lengths_s)])
    first, last = np.searchsorted(at_s, [times[0], times[-1]])
    moments = at_s[first:last]
    step = np.clip(np.searchsorted(times, moments, side="right") - 1, 0, len(steps) - 1)
    eased = minimum_jerk((moments - times[step]) / lengths_s[step])[:, None]
    angles[first:last] += stroke.poses[step] * (1 - eased) + stroke.poses[step + 1] * eased


def _calmed(angles: Float[np.ndarray, "frames 3"]) -> Float[np.ndarray, "frames 3"]:
    """Smoothed, with the narrowest Gaussian of a doubling series, until speed and acceleration are within bounds."""
    from scipy.ndimage import gaussian_filter1d

    calm, width = angles, 0.5
    while width <= _LONGEST_SMOOTHING and not _is_calm(calm):
        calm = gaussian_filter1d(angles, width, axis=0, mode="nearest")
        width *= np.sqrt(2)
    return calm


def _is_calm(angles: Float[np.ndarray, "frames 3"]) -> bool:
    speed = np.linalg.norm(np.diff(angles, axis=0), axis=1) * FRAME_RATE_HZ
    acceleration = np.linalg.norm(np.diff(angles, n=2, axis=0), axis=1) * FRAME_RATE_HZ**2
    return bool(speed.max(initial=0) <= MAX_SPEED and acceleration.max(initial=0) <= MAX_ACCELERATION)


def _within_range(
    angles: Float[np.ndarray, "frames 3"], untouched: Float[np.ndarray, "... 3"]
) -> Float[np.ndarray, "frames 3"]:
    """Values beyond the knee approach the limit smoothly; the slope is 1 at the knee. Others stay as they are.

    Args:
        angles: pitch, yaw, roll.
        untouched: values in whose neighbourhood towards zero nothing is limited either.
    """
    human = np.where(angles >= 0, RANGE_UP, RANGE_DOWN)
    knee = np.maximum(_KNEE * human, np.maximum(0.0, np.sign(angles) * untouched))
    room = np.maximum(human - knee, 1e-9)
    beyond = np.maximum(np.abs(angles) - knee, 0.0)
    soft = np.sign(angles) * (knee + room * np.tanh(beyond / room))
    return np.where(beyond > 0, soft, angles)


def _rotation_from_angles(angles: Float[np.ndarray, "frames 3"]) -> Float[np.ndarray, "frames 3"]:
    """Axis-angle of (pitch, yaw, roll)."""
    pitch, yaw, roll = (np.where(np.eye(3, dtype=bool)[axis], angles, 0.0) for axis in range(3))
    turned = rotations.compose(yaw, rotations.compose(pitch, roll))
    # A single angle is its own axis-angle vector, to the last bit.
    single = np.count_nonzero(angles, axis=1, keepdims=True) <= 1
    return np.where(single, angles, turned)


def _angles_from_rotation(rotation: Float[np.ndarray, "frames 3"]) -> Float[np.ndarray, "frames 3"]:
    """(pitch, yaw, roll) of axis-angle vectors."""
    m = rotations.matrix_from_axis_angle(rotation)
    pitch = np.arcsin(np.clip(-m[:, 1, 2], -1.0, 1.0))
    return np.stack([pitch, np.arctan2(m[:, 0, 2], m[:, 2, 2]), np.arctan2(m[:, 1, 0], m[:, 1, 1])], axis=1)
