"""Where the eyes look.

When      a speaker looks at the listener for about three seconds at a time and away for about one (Lee, Badler and
          Badler 2002, "Eyes Alive"), away when an utterance starts or hesitates, back at its end (Kendon 1967).
Saccades  last 21 ms + 2.2 ms for each degree (Carpenter 1988; Bahill, Clark and Stark 1975): one to three frames.
Head      the vestibulo-ocular reflex turns the eyes against the head; they stay in the range in which people keep them.
Torsion   none: eye rotations have their axis in the plane of the face (Listing's law).

Angles are (pitch, yaw) as in `values.conventions`: + looks down, + to the subject's left.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.direction.moments import minimum_jerk, moments
from xtalker.geometry.rotations import matrix_from_axis_angle
from xtalker.geometry.timeline import frame_centres_s
from xtalker.values import InputError
from xtalker.values.conventions import FRAME_RATE_HZ
from xtalker.values.direction import GazeWish
from xtalker.values.tracks import Rhythm

TARGETS: Final = {
    "camera": (0.0, 0.0), "left": (0.0, 0.31), "right": (0.0, -0.31), "up": (-0.18, 0.0), "down": (0.24, 0.0),
}  # fmt: skip
"""Name -> (pitch, yaw) of the line of sight, radians, seen from a head that faces the camera."""

CAMERA_M: Final = 0.77  # from the head joint, in the neutral framing of the average head
EYES_M: Final = np.array([0.0, 0.031, 0.115])  # middle between the eyes, from the head joint
HALF_EYE_DISTANCE_M: Final = 0.0313
EYE_RANGE_RAD: Final = np.radians([20.0, 25.0])  # of pitch and yaw in the head
_FREE_SHARE: Final = 0.8  # of the range, in which the eyes go exactly where they should

_AWAY_SHARE: Final = 0.5  # of the time, at wander 1
_AWAY_S, _AWAY_SPREAD = 0.8, 0.35
_LEAST_LOOK_S: Final = 0.35  # on the target between two looks away
_AWAY_RAD: Final = np.radians([6.0, 18.0])
_AWAY_MEAN_RAD: Final = np.radians(4.0)  # beyond the smallest; amplitudes fall off exponentially (Eyes Alive, Eq. 2)
_VERTICAL_SHARE: Final = 0.6  # looks away are wider than high
_START_S: Final = (-0.3, 0.6)
_START, _HESITATION, _END, _SPEECH = 3.0, 1.5, 0.4, 1.0
_FIXATION_S, _FIXATION_SPREAD, _LEAST_FIXATION_S = 0.65, 0.6, 0.2
_FIXATION_RAD: Final = np.radians(0.45)
_USUAL_WANDER: Final = 0.3
_SACCADE_S, _SACCADE_S_PER_RAD = 0.021, 0.0022 * 180 / np.pi


def line_of_sight(rhythm: Rhythm, wish: GazeWish, *, seed: int) -> Float[np.ndarray, "frames 2"]:
    """Direction in which the eyes point, in the room: (pitch, yaw) from the line to the camera, radians.

    Args:
        rhythm: of the speech.
        wish: target and wander; wander 0 is exactly the target.
        seed: the same seed looks alike.

    Raises:
        InputError: unknown target.
    """
    random = np.random.default_rng([seed, 4])
    target = np.array(_target(wish.target))
    if wish.wander <= 0:
        return np.tile(target, (rhythm.num_frames, 1))
    away_s, away = _looks_away(rhythm, wish.wander, random)
    small_s = moments(
        np.ones(rhythm.num_frames), rate=1 / _FIXATION_S, spread=_FIXATION_SPREAD, least_s=_LEAST_FIXATION_S,
        random=random,
    )  # fmt: skip
    size = _FIXATION_RAD * min(wish.wander / _USUAL_WANDER, 2)
    small = np.clip(random.normal(size=(len(small_s), 2)), -2, 2) * size * [_VERTICAL_SHARE, 1]
    return target + _jumps(rhythm.num_frames, away_s, away) + _jumps(rhythm.num_frames, small_s, small)


def eyes_in_head(
    sight: Float[np.ndarray, "frames 2"], head: Float[np.ndarray, "frames 3"]
) -> tuple[Float[np.ndarray, "frames 2"], Float[np.ndarray, "frames"]]:
    """Rotation of the eyes relative to the head that points them there, as far as they can, and their vergence.

    Args:
        sight: (pitch, yaw) from the line to the camera, radians.
        head: rotation, axis-angle.

    Returns:
        pitch and yaw, parts of one axis-angle vector without torsion, as `Motion.gaze`; half the angle between the
        two lines of sight, radians.
    """
    turn = matrix_from_axis_angle(head.astype(np.float64))
    to_camera = np.array([0, EYES_M[1], CAMERA_M]) - turn @ EYES_M
    distance_m = np.linalg.norm(to_camera, axis=1)
    pitch = np.arctan2(-to_camera[:, 1], to_camera[:, 2]) + sight[:, 0]
    yaw = np.arctan2(to_camera[:, 0], np.hypot(to_camera[:, 1], to_camera[:, 2])) + sight[:, 1]
    in_room = np.stack([np.sin(yaw), -np.sin(pitch) * np.cos(yaw), np.cos(pitch) * np.cos(yaw)], axis=1)
    x, y, z = np.einsum("fji,fj->if", turn, in_room)
    angle = np.arctan2(np.hypot(x, y), z)
    rotation = np.stack([-y, x], axis=1) / np.sinc(angle / np.pi)[:, None]
    return _within_range(rotation), np.arctan2(HALF_EYE_DISTANCE_M, distance_m)


def _target(name: str) -> tuple[float, float]:
    if name not in TARGETS:
        raise InputError(
            "unknown gaze target", received=name, accepted=f"{', '.join(TARGETS)}, natural",
            next_step="choose one of these",
        )  # fmt: skip
    return TARGETS[name]


def _looks_away(
    rhythm: Rhythm, wander: float | int, random: np.random.Generator
) -> tuple[Float[np.ndarray, "jumps"], Float[np.ndarray, "jumps 2"]]:
    """Times of leaving and coming back, in turn, and where the eyes are from then on, relative to the target."""
    share = min(_AWAY_SHARE * wander, _AWAY_SHARE)
    leave_s = moments(
        _leaving_weight(rhythm), rate=share / _AWAY_S, spread=0.5, least_s=2 * _LEAST_LOOK_S, random=random
    )
    count = len(leave_s)
    lasts_s = _AWAY_S * np.exp(_AWAY_SPREAD * np.clip(random.normal(size=count), -2, 2) - _AWAY_SPREAD**2 / 2)
    gap_s = np.diff(leave_s, append=rhythm.num_frames / FRAME_RATE_HZ + 9)
    lasts_s = np.minimum(lasts_s, gap_s - _LEAST_LOOK_S)
    size = np.minimum(_AWAY_RAD[0] + random.exponential(_AWAY_MEAN_RAD, count), _AWAY_RAD[1])
    towards = random.uniform(-np.pi, np.pi, count)
    away = np.stack([_VERTICAL_SHARE * np.sin(towards), np.cos(towards)], axis=1) * size[:, None]
    places = np.stack([away, np.zeros_like(away)], axis=1)
    return np.stack([leave_s, leave_s + lasts_s], axis=1).ravel(), places.reshape(-1, 2)


def _leaving_weight(rhythm: Rhythm) -> Float[np.ndarray, "frames"]:
    """How much more likely the eyes leave in a frame."""
    speaking = rhythm.speaking
    weight = np.where(speaking, _SPEECH, _HESITATION)
    change = np.diff(speaking.astype(np.int8), prepend=np.int8(speaking[0]))
    for edge, first_s, last_s, value in ((-1, -0.6, 0.4, _END), (1, *_START_S, _START)):
        near = np.flatnonzero(change == edge)[:, None] + np.arange(
            round(first_s * FRAME_RATE_HZ), round(last_s * FRAME_RATE_HZ)
        )
        weight[near[(near >= 0) & (near < len(weight))]] = value
    return weight


def _jumps(
    num_frames: int, start_s: Float[np.ndarray, "jumps"], place: Float[np.ndarray, "jumps 2"]
) -> Float[np.ndarray, "frames 2"]:
    """Track that goes from place to place by saccades; the first place is left from zero."""
    place = np.concatenate([np.zeros((1, 2)), place])
    step = np.diff(place, axis=0)
    lasts_s = _SACCADE_S + _SACCADE_S_PER_RAD * np.linalg.norm(step, axis=1)
    at_s = frame_centres_s(num_frames)
    last = np.searchsorted(start_s, at_s) - 1  # the jump under way or just made
    jump = np.maximum(last, 0)
    if len(start_s) == 0:
        return np.zeros((num_frames, 2))
    done = minimum_jerk((at_s - start_s[jump]) / lasts_s[jump])
    return np.where(last[:, None] < 0, 0, place[jump] + done[:, None] * step[jump])


def _within_range(rotation: Float[np.ndarray, "frames 2"]) -> Float[np.ndarray, "frames 2"]:
    """Exact in the free part of the range, then ever less, up to its end."""
    part = np.abs(rotation) / EYE_RANGE_RAD
    rest = 1 - _FREE_SHARE
    bent = np.where(part > _FREE_SHARE, _FREE_SHARE + rest * np.tanh((part - _FREE_SHARE) / rest), part)
    return np.sign(rotation) * bent * EYE_RANGE_RAD
