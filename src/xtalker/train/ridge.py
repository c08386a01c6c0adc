"""Teaching the ridges of `generator.ridge`: people in units of their own, counted alike.

Target z = (y - a person's mean) / their spread, column by column, so that nobody's resting face or range of motion is
taken for what was said; the answer is scaled by the mean spread over people. On ten people left out in turn that is
worth +.02 of r in opening and +.06 in width against raw targets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Bool, Float

from xtalker.generator.channels import DERIVED, NUM_REFERENCE
from xtalker.generator.ridge import PENALTY, RidgeFace, opening_basis, stacked
from xtalker.head.open_head import OpenHead
from xtalker.train.clips import TrainingClip
from xtalker.values import Identity, Motion
from xtalker.values.motion import NUM_MOTION

COMPONENTS: Final = 160
CLOSURE_PENALTY: Final = 0.1
LEAST_SPREAD: Final = 1e-3
_UPPER, _LOWER = (82, 13, 312), (87, 14, 317)
DIP_MM, RISE_MM, DIP_REACH, DIP_BESIDE_MM = 2.5, 3.0, 10, 2.0
"""A closure: under 2.5 mm, with 3 mm more on both sides within 0.4 s; neighbours under 2 mm count as well."""


@dataclass(frozen=True)
class Spread:
    """Mean and standard deviation of a person's columns."""

    mean: Float[np.ndarray, "58"]
    std: Float[np.ndarray, "58"]


@dataclass(frozen=True)
class Sums:
    """Normal equations of one person, by frame: rows with themselves, with the targets, with closures."""

    heard: Float[np.ndarray, "row row"]
    target: Float[np.ndarray, "row 58"]
    closed: Float[np.ndarray, "row"]
    spread: Spread


@dataclass(frozen=True)
class Hearing:
    """Standardisation and components of the speech features."""

    mean: Float[np.ndarray, "channels"]
    std: Float[np.ndarray, "channels"]
    components: Float[np.ndarray, "channels components"]

    @classmethod
    def of(cls, clips: Sequence[TrainingClip], *, every: int = 2) -> Hearing:
        """From the sound of clips."""
        rows = np.concatenate([clip.linguistic[0][::every] for clip in clips]).astype(np.float32)
        mean, std = rows.mean(0), rows.std(0) + 1e-6
        scores = (rows - mean) / std
        vectors = np.linalg.eigh(scores.T @ scores)[1][:, ::-1][:, :COMPONENTS]
        return cls(mean, std, vectors.astype(np.float32))

    def rows(self, linguistic: Float[np.ndarray, "frames channels"]) -> Float[np.ndarray, "frames row"]:
        """As `RidgeFace.rows`."""
        return stacked((linguistic.astype(np.float32) - self.mean) / self.std @ self.components)


class Opening:
    """Opening of the inner lips over rest on the mean head, mm at its own size."""

    def __init__(self, head: OpenHead) -> None:
        used = np.unique(head.landmark_triangles[[*_UPPER, *_LOWER]])
        self._part = head.only(used)
        self._corners = np.searchsorted(used, head.landmark_triangles)
        self._weights = head.landmark_weights
        self._rest = self._of(Motion.zeros(1))[0]

    def _of(self, motion: Motion) -> Float[np.ndarray, "frames"]:
        height = self._part.vertices(Identity(), motion, canonical=True)[..., 1]
        upper, lower = (
            np.einsum("flk,lk->f", height[:, self._corners[list(ids)]], self._weights[list(ids)]) / len(ids)
            for ids in (_UPPER, _LOWER)
        )
        return np.asarray(1e3 * (upper - lower))

    def __call__(self, motion: Motion) -> Float[np.ndarray, "frames"]:
        """Of every frame."""
        return self._of(motion) - self._rest

    def basis(self, jaw_open_angle_rad: float) -> Float[np.ndarray, "58"]:
        """Opening by one unit of each column at rest; the corrective belongs to the jaw's pitch."""
        step = np.full(NUM_MOTION, 1.0)
        step[NUM_REFERENCE - 3 :] = 0.1
        single = self(Motion.from_matrix(np.diag(step).astype(np.float32))) / step
        return opening_basis(single, float(single[DERIVED]), jaw_open_angle_rad).astype(np.float32)


def closures(opening_mm: Float[np.ndarray, "frames"]) -> Bool[np.ndarray, "frames"]:
    """Frames at the bottom of a closure."""
    out = np.zeros(len(opening_mm), bool)
    for frame in bottoms(opening_mm):
        out[frame] = True
        for beside in (frame - 1, frame + 1):
            if 0 <= beside < len(out) and opening_mm[beside] < DIP_BESIDE_MM:
                out[beside] = True
    return out


def bottoms(opening_mm: Float[np.ndarray, "frames"]) -> list[int]:
    """The lowest frame of each closure."""
    found: list[int] = []
    for frame in range(1, len(opening_mm) - 1):
        here = opening_mm[frame]
        near = opening_mm[max(0, frame - 2) : frame + 3]
        before, after = opening_mm[max(0, frame - DIP_REACH) : frame], opening_mm[frame + 1 : frame + 1 + DIP_REACH]
        dips = here < DIP_MM and here <= near.min() and min(before.max(), after.max()) > here + RISE_MM
        if dips and (not found or frame - found[-1] > 2):
            found.append(frame)
    return found


def sums_of(clips: Sequence[TrainingClip], hearing: Hearing, opening: Opening, *, phases: int = 1) -> Sums:
    """Normal equations of one person's clips."""
    motion = np.concatenate([clip.motion.to_matrix() for clip in clips]).astype(np.float64)
    spread = Spread(motion.mean(0), np.maximum(motion.std(0), LEAST_SPREAD))
    row = hearing.rows(clips[0].linguistic[0][:1]).shape[1]
    heard, target, closed = (np.zeros(shape, np.float64) for shape in ((row, row), (row, NUM_MOTION), (row,)))
    frames = 0
    for clip in clips:
        scores = ((clip.motion.to_matrix() - spread.mean) / spread.std).astype(np.float32)
        dips = closures(opening(clip.motion)).astype(np.float32)
        for linguistic in clip.linguistic[:phases]:
            rows = hearing.rows(linguistic)
            heard += rows.T @ rows
            target += rows.T @ scores
            closed += rows.T @ dips
            frames += len(rows)
    return Sums(heard / frames, target / frames, closed / frames, spread)


def solve(people: Sequence[Sums], hearing: Hearing, opening_mm: Float[np.ndarray, "58"], *, encoder: str) -> RidgeFace:
    """Ridges learnt from people, each counted once."""
    heard, target, closed, spread, level = (
        np.asarray(np.mean(found, axis=0))
        for found in zip(*((p.heard, p.target, p.closed, p.spread.std, p.spread.mean) for p in people))
    )
    columns = np.flatnonzero((spread > 2 * LEAST_SPREAD) & (np.arange(NUM_MOTION) < NUM_REFERENCE))
    columns = columns[columns != DERIVED]
    weights = _ridge(heard, target, PENALTY)[:, columns] * spread[columns]
    weights[-1] += level[columns]
    closure = _ridge(heard, closed, CLOSURE_PENALTY)
    return RidgeFace(
        hearing.mean, hearing.std, hearing.components, columns, weights.astype(np.float32),
        closure.astype(np.float32), heard.astype(np.float32), opening_mm, encoder,
    )  # fmt: skip


def _ridge(heard: np.ndarray, target: np.ndarray, penalty: float) -> np.ndarray:
    held = penalty * np.eye(len(heard))
    held[-1, -1] = 1e-6
    return np.asarray(np.linalg.solve(heard + held, target))
