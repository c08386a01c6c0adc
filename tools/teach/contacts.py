"""What a tracker cannot see or a smooth teacher loses: lips that meet, lip on teeth, tongue and rounding.

Closures and lip on teeth are solved on the head, frame by frame, and never smoothed afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import numpy as np
from jaxtyping import Bool, Float
from tools.teach.gauge import MouthGauge
from tools.teach.phones import CLOSED_LIPS, LIP_ON_TEETH, VOWELS, TimedPhone

from xtalker.generator.channels import COLUMN_NAMES, JAW_PITCH
from xtalker.values import Motion
from xtalker.values.conventions import CHANNEL, FRAME_RATE_HZ

TONGUE: Final = {"th": 0.5, "dh": 0.5, "l": 0.3, "d": 0.25, "t": 0.25, "n": 0.28, "s": 0.1, "z": 0.1}
"""Mean tongueOut of a phone: its tip rises behind the upper teeth until 0.3, then comes out between the teeth."""
ROUNDING: Final = {
    "sh": (0.25, 0.2), "zh": (0.25, 0.2), "ch": (0.2, 0.16), "jh": (0.2, 0.16), "uw": (0.35, 0.0), "w": (0.4, 0.0),
    "ow": (0.15, 0.0), "oy": (0.1, 0.0), "uh": (0.1, 0.0), "ao": (0.08, 0.03), "r": (0.06, 0.02),
}  # fmt: skip
"""(mouthPucker, mouthFunnel) added to what was learnt: the tracker's two-dimensional points hardly see protrusion."""
TEETH_TOGETHER_MM: Final = dict.fromkeys(("sh", "zh", "ch", "jh"), 6.0)
"""Most that the lips open where the teeth must nearly meet, and GRID says nothing."""
CLOSED_MM: Final = -0.3
_PRESSED_MM: Final = -0.8  # more would push one lip through the other
_LEAST_CLOSE: Final = -0.08
CONTACT_MM: Final = 0.6
_EARLY_S: Final = 0.015  # tracked closures between vowels hold for three frames (median)
_STOP_SHARE: Final = 0.7  # of /p/ and /b/ the lips are closed, then burst and breath
_JAW_WHEN_CLOSED: Final = 0.6
_FORWARD: Final = tuple(CHANNEL[n] for n in ("mouthPucker", "mouthFunnel"))
_PART_LIPS: Final = tuple(
    CHANNEL[n] for n in ("mouthLowerDownLeft", "mouthLowerDownRight", "mouthUpperUpLeft", "mouthUpperUpRight",
                         "mouthFunnel", "mouthShrugUpper")
)  # fmt: skip
_CLOSE: Final = CHANNEL["mouthClose"]
_LOWER_LIP: Final = (
    CHANNEL["mouthLowerDownLeft"], CHANNEL["mouthLowerDownRight"], CHANNEL["mouthShrugLower"], _CLOSE,
)  # fmt: skip
_TEETH_POSE: Final = {"mouthRollLower": 0.9, "jawForward": -0.5, "mouthUpperUpLeft": 0.45, "mouthUpperUpRight": 0.45}
_TEETH_JAW_RAD: Final = 0.03
_LEAST_OPEN_MM: Final = {**dict.fromkeys(VOWELS | {"w"}, 1.2), "th": 4.0, "dh": 3.0}  # a tongue tip that is seen
_SOFTNESS: Final = 0.8  # 1 would cut at the ceiling
_BESIDE_SHARE: Final = 0.35
_BESIDE_CLOSURE: Final = 0.65  # of the opening is left in the frames beside tracked closures (median)


def add_contacts(
    gauge: MouthGauge, mouth: Float[np.ndarray, "frames 58"], phones: Sequence[TimedPhone],
    ceiling_mm: Mapping[str, float],
) -> Float[np.ndarray, "frames 58"]:  # fmt: skip
    """Openings kept in bounds, tongue and rounding added, then lip on teeth, then closures, each solved on the head.

    Args:
        gauge: of the head.
        mouth: displacement from the neutral face.
        phones: from 0 to the end.
        ceiling_mm: lip opening that a phone seldom exceeds.
    """
    out = mouth.copy()
    out[:, COLUMN_NAMES.index("tongueOut")] = tongue_track(phones, len(out))
    for column, part in zip(_FORWARD, range(2)):
        out[:, column] += _smooth_track(phones, len(out), {name: both[part] for name, both in ROUNDING.items()})
    closed = frames_of(phones, CLOSED_LIPS, len(out))
    most = _smooth_track(phones, len(out), {**ceiling_mm, **TEETH_TOGETHER_MM})
    least = np.where(closed, -np.inf, _smooth_track(phones, len(out), _LEAST_OPEN_MM))
    out = _bounded(gauge, _limited(out, gauge.jaw_open_angle_rad), least, most)
    bitten = frames_of(phones, LIP_ON_TEETH, len(out)) & ~closed
    out = _put_lip_on_teeth(gauge, out, bitten, ~closed)
    return _close_lips(gauge, out, closed, ~bitten)


def frames_of(phones: Sequence[TimedPhone], names: Iterable[str], frames: int) -> Bool[np.ndarray, "frames"]:
    """Frames in which a contact is held: centres inside it, two at least."""
    wanted, out = set(names), np.zeros(frames, bool)
    centres = (np.arange(frames) + 0.5) / FRAME_RATE_HZ
    for phone in phones:
        if phone.name in wanted:
            length = (phone.end_s - phone.start_s) * (_STOP_SHARE if phone.name in "pb" else 1)
            middle = phone.start_s + length / 2
            out |= np.abs(centres - middle) <= length / 2 + _EARLY_S
            out[np.argsort(np.abs(centres - middle))[:2]] = True
    return out


def tongue_track(phones: Sequence[TimedPhone], frames: int) -> Float[np.ndarray, "frames"]:
    """Column tongueOut of what is said."""
    return _smooth_track(phones, frames, TONGUE)


def _smooth_track(
    phones: Sequence[TimedPhone], frames: int, values: Mapping[str, float]
) -> Float[np.ndarray, "frames"]:
    """Values of the phones at 100 Hz, eased over 100 ms, at the frames' centres."""
    times = (np.arange(frames * 4) + 0.5) / (4 * FRAME_RATE_HZ)
    which = np.searchsorted([p.end_s for p in phones], times).clip(max=len(phones) - 1)
    fine = np.array([values.get(p.name, 0.0) for p in phones])[which]
    window = np.hanning(12)[1:-1]
    return np.asarray(np.convolve(fine, window / window.sum(), mode="same").reshape(frames, 4).mean(axis=1))


def _limited(mouth: Float[np.ndarray, "frames 58"], jaw_open_rad: float) -> Float[np.ndarray, "frames 58"]:
    """Inside what the tracker allows, the corrective after the jaw."""
    out = mouth.copy()
    expression = np.clip(out[:, : CHANNEL["platysma"] + 1], -0.05, 1)
    expression[:, CHANNEL["jawForward"]] = out[:, CHANNEL["jawForward"]]
    out[:, : expression.shape[1]] = expression
    out[:, JAW_PITCH] = out[:, JAW_PITCH].clip(0, jaw_open_rad)
    out[:, CHANNEL["jawOpenCorrective"]] = out[:, JAW_PITCH] / jaw_open_rad
    return out


def _bounded(
    gauge: MouthGauge, mouth: Float[np.ndarray, "frames 58"], least: Float[np.ndarray, "frames"],
    most: Float[np.ndarray, "frames"],
) -> Float[np.ndarray, "frames 58"]:  # fmt: skip
    """Sums of many contexts may open wider than any mouth that was tracked, or push the lips through each other."""
    out = mouth.copy()
    opening = gauge.opening_mm(as_motion(out))
    excess = np.maximum(1, opening / np.maximum(most, 1.0)) ** -_SOFTNESS
    out[:, [*_PART_LIPS, JAW_PITCH]] *= excess[:, None]
    step = np.zeros((2, len(COLUMN_NAMES)))
    step[1, _LOWER_LIP[:2]] = 1
    per_unit = np.diff(gauge.opening_mm(as_motion(step)))
    missing = np.where(least > 0, np.maximum(0, least - gauge.opening_mm(as_motion(out))), 0)
    out[:, _LOWER_LIP[:2]] += (missing / per_unit)[:, None]
    return _limited(out, gauge.jaw_open_angle_rad)


def _put_lip_on_teeth(
    gauge: MouthGauge,
    mouth: Float[np.ndarray, "frames 58"],
    bitten: Bool[np.ndarray, "frames"],
    free: Bool[np.ndarray, "frames"],
) -> Float[np.ndarray, "frames 58"]:
    """The least of the labiodental pose that touches; frames beside it come along part of the way."""
    if not bitten.any():
        return mouth
    out, jaw_open = mouth.copy(), gauge.jaw_open_angle_rad
    base = mouth[bitten]
    base[:, _FORWARD] *= 0.15
    base[:, _LOWER_LIP] = 0
    base[:, JAW_PITCH] = _TEETH_JAW_RAD + 0.25 * (base[:, JAW_PITCH] - _TEETH_JAW_RAD)
    posed = base
    for amount in np.arange(1.6, 0.25, -0.1):
        trial = base.copy()
        for name, value in _TEETH_POSE.items():
            column = CHANNEL[name]
            trial[:, column] = amount * value if value < 0 else np.maximum(base[:, column], min(1.0, amount * value))
        trial = _limited(trial, jaw_open)
        touches = gauge.teeth_gap_mm(as_motion(trial)) < CONTACT_MM
        posed = trial if posed is base else np.where(touches[:, None], trial, posed)
    change = np.zeros_like(mouth)
    change[bitten] = posed - mouth[bitten]
    still = np.zeros_like(mouth[:1])
    before, after = np.concatenate([still, change[:-1]]), np.concatenate([change[1:], still])
    beside = np.where(before != 0, before, after)
    rows = ~bitten & free
    out[rows] += _BESIDE_SHARE * beside[rows]
    out[bitten] = posed
    return _limited(out, jaw_open)


def _close_lips(
    gauge: MouthGauge,
    mouth: Float[np.ndarray, "frames 58"],
    closed: Bool[np.ndarray, "frames"],
    free: Bool[np.ndarray, "frames"],
) -> Float[np.ndarray, "frames 58"]:
    """Less of what parts the lips, then as much of mouthClose as brings them together but not through each other."""
    if not closed.any():
        return mouth
    out, held = mouth.copy(), mouth[closed]
    beside = np.convolve(closed, np.ones(3), mode="same").astype(bool) & ~closed & free
    out[np.ix_(beside, [*_PART_LIPS, JAW_PITCH])] *= _BESIDE_CLOSURE
    out = _limited(out, gauge.jaw_open_angle_rad)
    held[:, _PART_LIPS] = np.minimum(held[:, _PART_LIPS], 0.0)
    held[:, JAW_PITCH] *= _JAW_WHEN_CLOSED
    held = _limited(held, gauge.jaw_open_angle_rad)
    step = np.zeros((1, len(COLUMN_NAMES)))
    step[:, _CLOSE] = 0.1
    per_unit = 10 * (gauge.opening_mm(as_motion(step)) - gauge.opening_mm(as_motion(0 * step)))
    for _ in range(2):
        opening = gauge.opening_mm(as_motion(held))
        held[:, _CLOSE] -= (opening - np.clip(opening, _PRESSED_MM, CLOSED_MM)) / per_unit
        held[:, _CLOSE] = held[:, _CLOSE].clip(_LEAST_CLOSE, 1)
    out[closed] = held
    return out


def as_motion(matrix: Float[np.ndarray, "frames 58"]) -> Motion:
    """A Motion of displacements from the neutral face, with nothing but mouth and jaw."""
    return Motion.from_matrix(matrix.astype(np.float32))
