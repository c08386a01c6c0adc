"""Head moves -> strokes: which poses the head passes, and when."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.direction.rhythm_marks import emphases
from xtalker.direction.vocabulary import HEAD
from xtalker.values.direction import Move
from xtalker.values.tracks import Rhythm

_RISE_SHARE, _LONGEST_RISE_S = 0.35, 1.5
_TOUCHING_S = 0.1  # a hold that starts this soon after a move still catches it
_DRIFT_STEP_S = 1.2
_SWAY_LEAST = 0.85  # of the full swing

# (pitch, yaw, roll) of amount 1, in units of the primitive's size.
_SIDEWAYS: Final = {"left": (0.0, 1.0, 0.0), "right": (0.0, -1.0, 0.0)}
_UP_DOWN: Final = {"down": (1.0, 0.0, 0.0), "up": (-1.0, 0.0, 0.0)}
_AXES: Final[Mapping[str, Mapping[str, tuple[float, float, float]]]] = {
    "nod": _UP_DOWN,
    "bob": _UP_DOWN,
    "shake": _SIDEWAYS,
    "turn": _SIDEWAYS,
    "look": {**_SIDEWAYS, **_UP_DOWN},
    "tilt": {"left": (0.0, 0.0, -1.0), "right": (0.0, 0.0, 1.0)},
    "lean": {"in": (1.0, 0.0, 0.0), "out": (-1.0, 0.0, 0.0), "left": (0.0, 0.3, -1.0), "right": (0.0, -0.3, 1.0)},
    "sway": {"left": (0.0, 1.0, -0.4), "right": (0.0, -1.0, 0.4)},
    "circle": _SIDEWAYS,
}  # fmt: skip


@dataclass(frozen=True)
class Stroke:
    """Poses at times; before the first and after the last there is nothing.

    Attributes:
        times: seconds, increasing.
        poses: pitch, yaw, roll, radians; the first and the last are zero.
    """

    times: Float[np.ndarray, "poses"]
    poses: Float[np.ndarray, "poses 3"]


def strokes_of(moves: Sequence[Move], rhythm: Rhythm, *, gain: float, seed: int) -> Iterator[Stroke]:
    """All strokes of a program, in no particular order. Moves of amount 0 have none."""
    for number, move in enumerate(_with_holds(moves)):
        if move.name in _SHAPES and move.amount * gain != 0:
            rng = np.random.default_rng([seed, number])
            yield from _SHAPES[move.name](move, gain, rhythm, rng)


def _with_holds(moves: Sequence[Move]) -> list[Move]:
    """Poses last as long as the holds that catch them, and end with the first settle that falls into them."""
    holds = sorted((m for m in moves if m.name == "hold"), key=lambda m: m.at_s)
    settles = sorted((m for m in moves if m.name == "settle"), key=lambda m: m.at_s)
    kept = []
    for move in moves:
        end_s = move.at_s + move.for_s
        if move.name in _POSES:
            for hold in holds:
                if move.at_s < hold.at_s <= end_s + _TOUCHING_S:
                    end_s = max(end_s, hold.at_s + hold.for_s)
            for settle in settles:
                if move.at_s < settle.at_s < end_s:
                    end_s = settle.at_s + settle.for_s
                    break
        kept.append(replace(move, for_s=end_s - move.at_s))
    return kept


def _axis(move: Move, gain: float) -> Float[np.ndarray, "3"]:
    """Pose of the full move, radians."""
    row = HEAD[move.name]
    return np.radians(row.size) * move.amount * gain * np.array(_AXES[move.name][move.towards or row.towards[0]])


def _along(axis: Float[np.ndarray, "3"], times: Sequence[float | int], shares: Sequence[float | int]) -> Stroke:
    return Stroke(np.array(times, float), np.array(shares, float)[:, None] * axis)


def _repeats(move: Move) -> int:
    return move.times or max(1, round(move.for_s / HEAD[move.name].length_s))


def _pose(move: Move, gain: float, rhythm: Rhythm, rng: np.random.Generator) -> Iterator[Stroke]:
    """Go there, stay, come back."""
    rise_s = min(_RISE_SHARE * move.for_s, _LONGEST_RISE_S)
    end_s = move.at_s + move.for_s
    yield _along(_axis(move, gain), [move.at_s, move.at_s + rise_s, end_s - rise_s, end_s], [0, 1, 1, 0])


def _bounce(move: Move, gain: float, rhythm: Rhythm, rng: np.random.Generator) -> Iterator[Stroke]:
    """There and back, evenly in the given time; or deepest at each emphasis."""
    if move.times:
        times = np.linspace(move.at_s, move.at_s + move.for_s, 2 * move.times + 1)
        yield _along(_axis(move, gain), list(times), [i % 2 for i in range(len(times))])
        return
    half_s = HEAD[move.name].length_s / 2
    for peak_s in _emphases_in(move, rhythm):
        yield _along(_axis(move, gain), [peak_s - half_s, peak_s, peak_s + 1.5 * half_s], [0, 1, 0])


def _wag(move: Move, gain: float, rhythm: Rhythm, rng: np.random.Generator) -> Iterator[Stroke]:
    """To both sides in turn."""
    if move.times:
        yield _swing(_axis(move, gain), move, np.ones(2 * move.times))
        return
    length_s = HEAD[move.name].length_s
    for peak_s in _emphases_in(move, rhythm):
        yield _swing(_axis(move, gain), replace(move, at_s=peak_s - length_s / 4, for_s=length_s), np.ones(2))


def _sway(move: Move, gain: float, rhythm: Rhythm, rng: np.random.Generator) -> Iterator[Stroke]:
    """As `_wag`, with swings that differ a little; the first is full."""
    swings = rng.uniform(_SWAY_LEAST, 1.0, 2 * _repeats(move))
    swings[0] = 1.0
    yield _swing(_axis(move, gain), move, swings)


def _swing(axis: Float[np.ndarray, "3"], move: Move, swings: Float[np.ndarray, "swings"]) -> Stroke:
    """Alternating extremes; the ways from and to the middle take half the time of those from side to side."""
    count = len(swings)
    shares = np.concatenate([[0.0], (np.arange(count) + 0.5) / count, [1.0]])
    signed = np.concatenate([[0.0], swings * (-1.0) ** np.arange(count), [0.0]])
    return _along(axis, list(move.at_s + shares * move.for_s), list(signed))


def _circle(move: Move, gain: float, rhythm: Rhythm, rng: np.random.Generator) -> Iterator[Stroke]:
    """Round through the neutral pose: down and up in one stroke, out to both sides in the other."""
    sideways, down = 0.5 * _axis(move, gain), np.abs(_axis(move, gain))[[1, 0, 2]]
    yield _swing(sideways, move, np.ones(2 * _repeats(move)))
    times = np.linspace(move.at_s, move.at_s + move.for_s, 2 * _repeats(move) + 1)
    yield _along(down, list(times), [i % 2 for i in range(len(times))])


def _drift(move: Move, gain: float, rhythm: Rhythm, rng: np.random.Generator) -> Iterator[Stroke]:
    """Random poses one after another; the farthest is as far as asked."""
    count = max(1, round(move.for_s / _DRIFT_STEP_S) - 1)
    poses = rng.normal(size=(count, 3)) * (0.6, 1.0, 0.5)
    poses *= np.radians(HEAD["drift"].size) * move.amount * gain / np.linalg.norm(poses, axis=1).max()
    times = np.linspace(move.at_s, move.at_s + move.for_s, count + 2)
    yield Stroke(times, np.concatenate([np.zeros((1, 3)), poses, np.zeros((1, 3))]))


def _emphases_in(move: Move, rhythm: Rhythm) -> Float[np.ndarray, "emphases"]:
    found = emphases(rhythm, gap_s=1.25 * HEAD[move.name].length_s)
    return found[(found >= move.at_s) & (found <= move.at_s + move.for_s)]


_Shape = Callable[[Move, float, Rhythm, np.random.Generator], Iterator[Stroke]]
_SHAPES: Final[Mapping[str, _Shape]] = {
    "nod": _bounce, "bob": _bounce, "shake": _wag, "sway": _sway, "circle": _circle, "drift": _drift,
    "tilt": _pose, "turn": _pose, "look": _pose, "lean": _pose,
}  # fmt: skip
_POSES: Final = frozenset(name for name, shape in _SHAPES.items() if shape is _pose)
