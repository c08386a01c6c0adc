"""Programs of camera moves to tracks.

A camera is described by where it stands (yaw, pitch, distance), how large the head is in the picture, how it leans and
what it aims at. Every move eases one or two of these from what they are to something else, along a minimum-jerk curve,
and leaves them there; moves of different kinds may overlap. Angles of view follow from distance and size, so that a
dolly zoom is simply a change of distance alone.

Left and right are those of the one who films: `orbit left` walks to the left and shows more of the subject's right
side, `pan left` swings to the left and the head moves to the right in the picture, `roll left` leans the picture
counter-clockwise.

A `cut` ends what is under way and makes sizes and angles that start with it instant; with none of them it goes back to
the neutral framing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.direction.framing import NEUTRAL_DISTANCE, keep_in_frame
from xtalker.direction.moments import minimum_jerk
from xtalker.direction.vocabulary import CAMERA
from xtalker.geometry.cameras import PORTRAIT_FOV_RAD
from xtalker.geometry.timeline import frame_centres_s
from xtalker.values.conventions import FRAME_RATE_HZ
from xtalker.values.direction import Move
from xtalker.values.tracks import CameraTrack

YAW, PITCH, ROLL, DISTANCE, SIZE, AIM_X, AIM_Y = range(7)
"""Columns of the state. DISTANCE and SIZE (of what is in the picture, 1 neutral) are logarithms."""

State = Float[np.ndarray, "7"]
Track = Float[np.ndarray, "frames 7"]

LOWEST_RAD, HIGHEST_RAD = np.radians([-40.0, 30.0])  # from farther above one would see where the shoulders end
NEAREST, FARTHEST = np.log(0.55), np.log(2.2)  # in front of the nose; still within the range of depth videos
TIGHTEST, WIDEST = np.log(0.4), np.log(1.5)
_CLOSE_UP, _CLOSE_UP_AIM = np.log(0.78), -0.05  # chin to forehead
_BUST: Final = np.log(1.22)

_UNSTEADY_HZ: Final = (0.25, 2.5)
_UNSTEADY_EASE_S: Final = 0.5
_UNSTEADY_SHARES: Final = {YAW: 0.35, PITCH: 0.2, ROLL: 0.3, AIM_X: 0.35, AIM_Y: 0.35}  # r.m.s. of the row's size


def camera_track(
    moves: tuple[Move, ...], num_frames: int, *, aspect: float | int = 1.0, seed: int, keep_subject: bool = True
) -> CameraTrack:
    """Where the camera is in every frame.

    Args:
        moves: rows of `vocabulary.CAMERA`; in any order, those that start together in the given one.
        num_frames: length of the clip.
        aspect: width of the picture over its height.
        seed: of the unsteady hand.
        keep_subject: bound what would take the face out of the picture.
    """
    state, cut = np.zeros((num_frames, 7)), np.zeros(num_frames, bool)
    in_order = sorted(moves, key=lambda move: move.at_s)
    cuts = {move.at_s for move in in_order if move.name == "cut"}
    # A cut comes before what starts with it, wherever it stands.
    for move in sorted(in_order, key=lambda move: (move.at_s, move.name != "cut")):
        assert move.name in CAMERA, f"no camera move is called {move.name}"
        if move.name == "cut":
            alone = not any(m.at_s == move.at_s and m.name in _PLACES for m in in_order)
            _cut(state, cut, move, to_neutral=alone)
        elif move.name in _PLACES:
            _go(state, move, _PLACES[move.name], at_once=move.at_s in cuts)
        elif move.name in _STEPS:
            state += _eased(num_frames, move)[:, None] * _STEPS[move.name](move)
    for number, move in enumerate(moves):
        if move.name == "handheld":
            state += _unsteady(num_frames, move, np.random.default_rng([seed, 5, number]))
    track = _to_track(state, cut)
    return keep_in_frame(track, aspect=aspect) if keep_subject else track


def _to_track(state: Track, cut: np.ndarray) -> CameraTrack:
    """State to angles and lengths, within what can be filmed."""
    distance = _bounded(state[:, DISTANCE], NEAREST, FARTHEST)
    size = _bounded(state[:, SIZE], TIGHTEST, WIDEST)
    return CameraTrack(
        yaw=state[:, YAW], pitch=_bounded(state[:, PITCH], LOWEST_RAD, HIGHEST_RAD),
        roll=state[:, ROLL], distance=np.exp(distance),
        field_of_view=2 * np.arctan(np.exp(size - distance) * np.tan(PORTRAIT_FOV_RAD / 2)),
        aim=state[:, [AIM_X, AIM_Y]], cut=cut,
    )  # fmt: skip


def _bounded(value: Float[np.ndarray, "frames"], low: float, high: float) -> Float[np.ndarray, "frames"]:
    """Unchanged in the inner nine tenths of a range, bent towards its end beyond."""
    end = np.where(value < 0, -low, high)
    part = np.abs(value) / end
    bent = np.where(part > 0.9, 0.9 + 0.1 * np.tanh((part - 0.9) / 0.1), part)
    return np.sign(value) * bent * end


def _share(num_frames: int, start_s: float, for_s: float) -> Float[np.ndarray, "frames"]:
    """0 until the first frame of a move, 1 from its last."""
    first = start_s * FRAME_RATE_HZ
    steps = max(for_s * FRAME_RATE_HZ - 1, 0.5)  # from the first frame to the last
    return minimum_jerk((np.arange(num_frames) - first) / steps)


def _eased(num_frames: int, move: Move) -> Float[np.ndarray, "frames"]:
    return _share(num_frames, move.at_s, move.for_s)


def _cut(state: Track, cut: np.ndarray, move: Move, *, to_neutral: bool) -> None:
    frame = round(move.at_s * FRAME_RATE_HZ)
    if frame >= len(state):
        return
    state[frame:] = 0 if to_neutral else state[max(frame - 1, 0)]
    cut[frame] = frame > 0


def _go(state: Track, move: Move, place: Callable[[Move], dict[int, float]], *, at_once: bool) -> None:
    """Bring some columns to given values at the end of a move, whatever else is under way."""
    frame = round(move.at_s * FRAME_RATE_HZ)
    if frame >= len(state):
        return
    if at_once:
        share = (np.arange(len(state)) >= frame).astype(float)
    else:
        share = _eased(len(state), move)
    for column, value in place(move).items():
        state[:, column] += share * (value - state[-1, column])


def _column(index: int, value: float) -> State:
    out = np.zeros(7)
    out[index] = value
    return out


def _signed(move: Move, positive: str) -> float:
    """Size of a move in radians or as a logarithm, negative for the other direction."""
    row = CAMERA[move.name]
    size = move.amount * (np.log(row.size) if row.unit == "times" else np.radians(row.size))
    return float(size if (move.towards or row.towards[0]) == positive else -size)


def _zoom(move: Move, sign: int) -> State:
    size = sign * move.amount * np.log(CAMERA[move.name].size)
    return _column(DISTANCE, size) + _column(SIZE, size)


def _swing(column: int, positive: str) -> Callable[[Move], State]:
    def step(move: Move) -> State:
        return _column(column, NEUTRAL_DISTANCE * float(np.tan(_signed(move, positive))))

    return step


_STEPS: Final[dict[str, Callable[[Move], State]]] = {
    "orbit": lambda move: _column(YAW, _signed(move, "right")),
    "push_in": lambda move: _zoom(move, -1),
    "pull_out": lambda move: _zoom(move, 1),
    "dolly_zoom": lambda move: _column(DISTANCE, _signed(move, "out")),
    "pan": _swing(AIM_X, "right"),
    "tilt": _swing(AIM_Y, "up"),
    "roll": lambda move: _column(ROLL, _signed(move, "right")),
}
"""Moves that add to what there is."""


def _sized(size: float, aim_y: float) -> Callable[[Move], dict[int, float]]:
    """A shot size; half of it is reached by walking, half by the lens, or noses would grow."""

    def place(move: Move) -> dict[int, float]:
        return {
            SIZE: size * move.amount, DISTANCE: size * move.amount / 2, AIM_X: 0.0, AIM_Y: aim_y * move.amount,
        }  # fmt: skip

    return place


_PLACES: Final[dict[str, Callable[[Move], dict[int, float]]]] = {
    "close_up": _sized(_CLOSE_UP, _CLOSE_UP_AIM),
    "medium_close_up": _sized(0.0, 0.0),
    "bust": _sized(_BUST, 0.0),
    "low_angle": lambda move: {PITCH: -np.radians(CAMERA["low_angle"].size) * move.amount},
    "high_angle": lambda move: {PITCH: np.radians(CAMERA["high_angle"].size) * move.amount},
    "eye_level": lambda move: {YAW: 0.0, PITCH: 0.0, ROLL: 0.0},
}
"""Moves that go to a place of their own, from anywhere."""


def _unsteady(num_frames: int, move: Move, random: np.random.Generator) -> Track:
    """Noise of a hand: what a body does slowly and a hand less slowly; it fades in and out."""
    at_s = frame_centres_s(num_frames)
    ease_s = min(_UNSTEADY_EASE_S, move.for_s / 2)
    fade = minimum_jerk((at_s - move.at_s) / ease_s) * minimum_jerk((move.at_s + move.for_s - at_s) / ease_s)
    size = fade * move.amount * np.radians(CAMERA["handheld"].size)
    out = np.zeros((num_frames, 7))
    for column, share in _UNSTEADY_SHARES.items():
        length = NEUTRAL_DISTANCE if column in (AIM_X, AIM_Y) else 1.0
        out[:, column] = size * share * length * band_noise(num_frames, random)
    return out


def band_noise(num_frames: int, random: np.random.Generator) -> Float[np.ndarray, "frames"]:
    """Noise of unit r.m.s. between a quarter and two and a half hertz, falling with frequency; never above 2.5."""
    length = max(num_frames, 8 * FRAME_RATE_HZ)  # long enough to hold the slowest of it
    hz = np.fft.rfftfreq(length, 1 / FRAME_RATE_HZ)
    low, high = _UNSTEADY_HZ
    weight = np.where((hz >= low) & (hz <= high), 1 / np.maximum(hz, low), 0)
    spectrum = weight * (random.normal(size=len(hz)) + 1j * random.normal(size=len(hz)))
    noise = np.fft.irfft(spectrum, length)
    return 2.5 * np.tanh(noise / noise.std() / 2.5)[:num_frames]
