"""Phones with durations -> the mouth: ridge regression of the tracked channels on a window of phones and loudness.

Each frame sees how much of every 40 ms bin of the half second around it each phone fills, and how loud it is; the
learnt weights are targets and coarticulation in one. Left and right are averaged, and every speaker is scaled to the
same opening amplitude, so that the teacher speaks like all of them and like none.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float
from tools.teach.gauge import MouthGauge
from tools.teach.phones import PAUSE, PHONES, STAND_INS, UNITS, VOWELS, TimedPhone

from xtalker.generator.channels import COLUMN_NAMES, JAW_PITCH, mouth_columns
from xtalker.values import Motion
from xtalker.values.conventions import CHANNEL, FRAME_RATE_HZ

REACH: Final = 6  # frames to either side
_LOUD_REACH: Final = 3
_STEPS: Final = 4  # fine steps in a frame
_QUIETEST: Final = 1e-4
_FREE_FRAMES: Final = 2
_AMPLITUDE_SPREAD: Final = 0.12
_STRAY_SHARE: Final = 0.4
_CEILING_PERCENT: Final = 85
_ENOUGH_TOKENS: Final = 12
_MIRRORED: Final = tuple(
    (COLUMN_NAMES.index(name), COLUMN_NAMES.index(name.replace("Left", "Right")))
    for name in COLUMN_NAMES
    if name.endswith("Left") and name != "mouthLeft"
)
SIDEWAYS: Final = tuple(
    COLUMN_NAMES.index(name) for name in ("mouthLeft", "mouthRight", "jawSide", "jawYaw", "jawRoll")
)


@dataclass(frozen=True)
class Lesson:
    """Phones of a clip, and the motion that went with them.

    Attributes:
        phones: without gaps, from 0.
        amplitude: of the sound, linear.
        motion: displacement from the neutral, columns of `Motion.to_matrix`.
        weight: of each frame.
        amount: the speaker's opening amplitude.
    """

    phones: tuple[TimedPhone, ...]
    amplitude: Float[np.ndarray, "frames"]
    motion: Float[np.ndarray, "frames 58"]
    weight: Float[np.ndarray, "frames"]
    amount: float


@dataclass(frozen=True)
class Teacher:
    """What the regression learnt.

    Attributes:
        weight: of the inputs, for the columns of a motion with a speaker's amount of one.
        amount: opening amplitude that `mouth` gives back.
        gain: on the prediction, since a conditional mean moves less than a face.
        residuals: what was left in lessons that were not learnt from, one track each, amount one.
        ceiling_mm: lip opening of each phone that few of its tracked middles exceed.
    """

    weight: Float[np.ndarray, "inputs 58"]
    amount: float
    gain: float
    residuals: tuple[Float[np.ndarray, "_ 58"], ...]
    ceiling_mm: dict[str, float]

    def mouth(
        self, phones: Sequence[TimedPhone], amplitude: Float[np.ndarray, "frames"],
        random: np.random.Generator | None = None,
    ) -> Float[np.ndarray, "frames 58"]:  # fmt: skip
        """Displacement of the mouth's columns, the others zero; at rest with closed lips in pauses.

        Args:
            phones: from 0 to the end.
            amplitude: of the sound, linear.
            random: draws how far this utterance opens, and what a face does beside speaking; None for neither.
        """
        pause = (TimedPhone(PAUSE, 0.0, 1.0),)
        rest = inputs_of(pause, np.ones(25))[12] @ self.weight
        moved = (inputs_of(with_open_breaths(phones), amplitude) @ self.weight - rest) * self.gain
        if random is not None:
            residual = self.residuals[random.integers(len(self.residuals))]
            stray = np.resize(np.concatenate([residual, residual[::-1]]), moved.shape)
            moved = moved * np.exp(random.normal(0, _AMPLITUDE_SPREAD)) + _STRAY_SHARE * stray
        return np.asarray(moved * (self.amount * speaking(phones, len(amplitude))[:, None]))


def fit_teacher(gauge: MouthGauge, lessons: Sequence[Lesson], held_out: Sequence[Lesson], stiffness: float) -> Teacher:
    """Ridge regression.

    Args:
        gauge: measures openings.
        lessons: to learn from.
        held_out: others, for the gain and the residuals.
        stiffness: ridge penalty, in frames.
    """
    size = inputs_of(lessons[0].phones, lessons[0].amplitude).shape[1]
    square, product = stiffness * np.eye(size), np.zeros((size, len(COLUMN_NAMES)))
    square[-1, -1] = 1e-6  # the constant is not held back
    for lesson in lessons:
        inputs = inputs_of(lesson.phones, lesson.amplitude)
        weighted = inputs * lesson.weight[:, None]
        square += weighted.T @ inputs
        product += weighted.T @ (mirrored(lesson.motion) / lesson.amount)
    weight = np.linalg.solve(square, product) * mouth_columns()
    residuals, moved, said = [], 0.0, 0.0
    for lesson in held_out:
        true = mirrored(lesson.motion) * mouth_columns() / lesson.amount
        predicted = inputs_of(lesson.phones, lesson.amplitude) @ weight
        residuals.append(true - predicted)
        moved += float(true[:, JAW_PITCH].var())
        said += float(predicted[:, JAW_PITCH].var())
    amount = float(np.median([lesson.amount for lesson in lessons]))
    return Teacher(weight, amount, float(np.sqrt(moved / said)), tuple(residuals), _ceilings(gauge, lessons))


def _ceilings(gauge: MouthGauge, lessons: Sequence[Lesson]) -> dict[str, float]:
    """Of each phone, or of what stands in for one that was seldom tracked."""
    middles: dict[str, list[float]] = {}
    for lesson in lessons:
        opening = gauge.opening_mm(Motion.from_matrix(mirrored(lesson.motion).astype(np.float32)))
        for phone in lesson.phones:
            frame = int((phone.start_s + phone.end_s) / 2 * FRAME_RATE_HZ)
            middles.setdefault(phone.name, []).append(float(opening[min(frame, len(opening) - 1)]))
    found = {n: float(np.percentile(m, _CEILING_PERCENT)) for n, m in middles.items() if len(m) >= _ENOUGH_TOKENS}
    most = max(found.values(), default=np.inf)
    for phone in PHONES:
        units = [unit for part in STAND_INS.get(phone, ()) for unit in part]
        found.setdefault(phone, float(np.mean([found.get(unit, most) for unit in units or [phone]])))
    return found


def inputs_of(
    phones: Sequence[TimedPhone], amplitude: Float[np.ndarray, "frames"]
) -> Float[np.ndarray, "frames inputs"]:
    """What the regression sees: units in bins of one frame, loudness under the clip's loudest, one."""
    frames = len(amplitude)
    bins = occupancy(phones, frames + 2 * REACH, first=-REACH)
    window = np.lib.stride_tricks.sliding_window_view(bins, 2 * REACH + 1, axis=0).reshape(frames, -1)
    level = np.log10(np.maximum(amplitude.astype(np.float64), _QUIETEST))
    level = np.maximum(level - np.percentile(level, 95), -2.5)
    loud = np.lib.stride_tricks.sliding_window_view(np.pad(level, _LOUD_REACH, mode="edge"), 2 * _LOUD_REACH + 1)
    return np.concatenate([window, loud, np.ones((frames, 1))], axis=1)


def occupancy(phones: Sequence[TimedPhone], frames: int, first: int = 0) -> Float[np.ndarray, "frames units"]:
    """Share of each frame that each unit fills; before and after the phones there is pause."""
    times = (first + (np.arange(frames * _STEPS) + 0.5) / _STEPS) / FRAME_RATE_HZ
    rows = [unit_shares(name, part) for name in PHONES for part in range(2)]
    which = np.searchsorted([p.end_s for p in phones], times)
    inside = (times >= 0) & (which < len(phones))
    start, end, name = (np.array(x) for x in zip(*((p.start_s, p.end_s, PHONES.index(p.name)) for p in phones)))
    which = which.clip(max=len(phones) - 1)
    late = (times - start[which]) * 2 > (end - start)[which]
    index = np.where(inside, 2 * name[which] + late, 2 * PHONES.index(PAUSE))
    return np.asarray(np.stack(rows)[index].reshape(frames, _STEPS, -1).mean(axis=1))


def unit_shares(phone: str, part: int) -> Float[np.ndarray, "units"]:
    """Units that a phone stands for in its first (0) or second half (1)."""
    parts = STAND_INS.get(phone, ((phone,),))
    chosen = parts[min(part, len(parts) - 1)]
    shares = np.zeros(len(UNITS))
    for unit in chosen:
        shares[UNITS.index(unit)] = 1 / len(chosen)
    return shares


def speaking(phones: Sequence[TimedPhone], frames: int) -> Float[np.ndarray, "frames"]:
    """0 in pauses, 1 from two frames before speech to two after it, eased."""
    spoken = occupancy(phones, frames)[:, UNITS.index(PAUSE)] < 1
    near = np.convolve(spoken, np.ones(2 * _FREE_FRAMES + 1), mode="same") > 0
    return np.convolve(np.pad(near.astype(float), 1, mode="edge"), [0.25, 0.5, 0.25], mode="valid")


def with_open_breaths(phones: Sequence[TimedPhone]) -> tuple[TimedPhone, ...]:
    """/hh/ has no place of its own: it is said with the mouth of the vowel after it."""
    out = list(phones)
    for number, (phone, after) in enumerate(itertools.pairwise(phones)):
        if phone.name == "hh" and after.name in VOWELS:
            out[number] = TimedPhone(after.name, phone.start_s, phone.end_s)
    return tuple(out)


def mirrored(motion: Float[np.ndarray, "frames 58"]) -> Float[np.ndarray, "frames 58"]:
    """Left and right averaged, nothing sideways."""
    out = motion.astype(np.float64)
    for left, right in _MIRRORED:
        out[:, left] = out[:, right] = (motion[:, left] + motion[:, right]) / 2
    out[:, SIDEWAYS] = 0
    return out


def opening_amount(motion: Float[np.ndarray, "frames 58"]) -> float:
    """How much a speaker moves: standard deviation of the jaw's pitch with the lower lip's drop, in radians."""
    lower = motion[:, CHANNEL["mouthLowerDownLeft"]] + motion[:, CHANNEL["mouthLowerDownRight"]]
    return float((motion[:, JAW_PITCH] + 0.025 * lower).std())
