"""One clip to figures, many clips to a row of a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float, Int

from xtalker.evaluate.clips import SpokenClip
from xtalker.head.open_head import OpenHead
from xtalker.metrics import (
    Summary,
    amplitude_ratio,
    closure_recall,
    jaw_mae_deg,
    jitter_ratio,
    lip_opening,
    lip_opening_r,
    lve_max,
    lve_mean,
    mouth_lag,
    silence_open,
    silence_speed,
    summarise,
    summarise_difference,
)  # fmt: skip
from xtalker.values import Identity, InputError, Motion

FIGURES: Final[Mapping[str, str]] = {
    "lip_error_mean_mm": "lve_mean",
    "lip_error_max_mm": "lve_max",
    "lip_opening_r": "lip_opening_r",
    "mouth_lag_frames": "mouth_lag",
    "lip_amplitude_ratio": "amplitude_ratio",
    "head_amplitude_ratio": "amplitude_ratio",
    "lip_jitter_ratio": "jitter_ratio",
    "jaw_mae_deg": "jaw_mae_deg",
    "closure_recall": "closure_recall",
    "silence_open_mm": "silence_open",
    "silence_speed_mm_s": "silence_speed",
    "leading_open_mm": "silence_open",
    "leading_speed_mm_s": "silence_speed",
    "trailing_open_mm": "silence_open",
    "trailing_speed_mm_s": "silence_speed",
}
"""Figure -> the metric whose card defines it."""
MEDIAN: Final = ("mouth_lag_frames", "av_offset_frames")
"""Figures whose median over clips is given: single clips may have any lag."""
_LONGEST_PATCH_FRAMES: Final = 2

PerPerson = dict[str, Float[np.ndarray, "_"]]


@dataclass(frozen=True)
class Shape:
    """What the metrics look at, in canonical pose on the speaker's own head.

    Attributes:
        lips: vertices of the lips, outer and inner, metres.
        opening_mm: of the lips, above that of the neutral face.
        jaw, head: rotations, axis-angle.
    """

    lips: Float[np.ndarray, "frames lips 3"]
    opening_mm: Float[np.ndarray, "frames"]
    jaw: Float[np.ndarray, "frames 3"]
    head: Float[np.ndarray, "frames 3"]


class Part:
    """Some vertices of the open head by its own formulas: many times faster than the whole head."""

    def __init__(self, head: OpenHead, used: Int[np.ndarray, "_"]) -> None:
        self._part = head.only(used)

    def vertices(self, identity: Identity, motion: Motion) -> Float[np.ndarray, "frames vertices 3"]:
        """Their places in canonical pose, metres."""
        return self._part.vertices(identity, motion, canonical=True)


class Mouth:
    """Lips and their opening."""

    def __init__(self, head: OpenHead) -> None:
        lips = head.topology.regions["lips"]
        used = np.unique(np.concatenate([lips, head.landmark_triangles.ravel()]))
        self._part = Part(head, used)
        self._lips = np.searchsorted(used, lips)
        self._triangles = np.searchsorted(used, head.landmark_triangles)
        self._weights = head.landmark_weights

    def shape(self, identity: Identity, motion: Motion) -> Shape:
        """Lips and opening of a motion."""
        still = self._opening(self._part.vertices(identity, Motion.zeros(1)))
        vertices = self._part.vertices(identity, motion)
        return Shape(vertices[:, self._lips], self._opening(vertices) - still, motion.jaw, motion.head)

    def landmarks(self, identity: Identity, motion: Motion) -> Float[np.ndarray, "frames 478 3"]:
        """All 478 points of every frame, metres, canonical pose."""
        return self._marks(self._part.vertices(identity, motion))

    def _marks(self, vertices: Float[np.ndarray, "frames vertices 3"]) -> Float[np.ndarray, "frames 478 3"]:
        return np.asarray(np.einsum("flkc,lk->flc", vertices[:, self._triangles], self._weights))

    def _opening(self, vertices: Float[np.ndarray, "frames vertices 3"]) -> Float[np.ndarray, "frames"]:
        return lip_opening(self._marks(vertices))


def matched(motion: Motion, num_frames: int) -> Motion:
    """The motion over as many frames as truth has: a recording's sound and picture end within a frame or two.

    Raises:
        InputError: they differ by more.
    """
    missing = num_frames - motion.num_frames
    if abs(missing) > _LONGEST_PATCH_FRAMES:
        raise InputError(
            "sound and picture differ in length", received=f"{motion.num_frames} and {num_frames} frames",
            accepted=f"at most {_LONGEST_PATCH_FRAMES} frames apart", next_step="check the clip",
        )  # fmt: skip
    if missing <= 0:
        return motion[:num_frames]
    return Motion.concatenate([motion, *[motion[-1:]] * missing])


def figures_of(predicted: Shape, true: Shape, clip: SpokenClip) -> dict[str, float]:
    """Every figure of one clip; NaN where it has none (no alignment, nothing moves, pause too short)."""
    out = {
        "lip_error_mean_mm": lve_mean(predicted.lips, true.lips),
        "lip_error_max_mm": lve_max(predicted.lips, true.lips),
        "lip_opening_r": _if_it_moves(lip_opening_r, predicted.opening_mm, true.opening_mm),
        "mouth_lag_frames": _if_it_moves(mouth_lag, predicted.opening_mm, true.opening_mm),
        "lip_amplitude_ratio": _if_it_moves(amplitude_ratio, predicted.opening_mm, true.opening_mm),
        "head_amplitude_ratio": _if_it_moves(amplitude_ratio, predicted.head, true.head),
        "lip_jitter_ratio": _if_it_moves(jitter_ratio, predicted.lips, true.lips),
        "jaw_mae_deg": jaw_mae_deg(predicted.jaw, true.jaw),
        "closure_recall": closure_recall(predicted.opening_mm, clip.closures) if clip.closures else np.nan,
    }
    for name, where in (
        ("silence", clip.leading + clip.trailing),
        ("leading", clip.leading),
        ("trailing", clip.trailing),
    ):
        out[f"{name}_open_mm"] = silence_open(predicted.opening_mm, where) if where else np.nan
        out[f"{name}_speed_mm_s"] = silence_speed(predicted.lips, where) if where else np.nan
    return out


def _if_it_moves(
    metric: Callable[..., float], predicted: Float[np.ndarray, "frames *axes"], true: Float[np.ndarray, "frames *axes"]
) -> float:
    """NaN where truth is still: nothing to compare a movement with, as for a head that was not captured."""
    return metric(predicted, true) if np.ptp(true, axis=0).any() else np.nan


@dataclass(frozen=True)
class Row:
    """Figures of one system on some clips, in their order.

    Attributes:
        speakers: of each clip.
        clips: figures of each clip.
    """

    speakers: Sequence[str]
    clips: Sequence[Mapping[str, float]]

    @property
    def figures(self) -> tuple[str, ...]:
        """Names of the figures; those of the lips for a row without clips."""
        return tuple(self.clips[0]) if self.clips else tuple(FIGURES)

    def values(self, figure: str) -> PerPerson:
        """Person -> values of the clips that have this figure."""
        out: dict[str, list[float]] = {}
        for speaker, clip in zip(self.speakers, self.clips):
            if np.isfinite(clip[figure]):
                out.setdefault(speaker, []).append(clip[figure])
        return {speaker: np.array(mine) for speaker, mine in out.items()}

    def figure(self, figure: str) -> float | None:
        """Mean over people of their means; the median over clips for lags; None where no clip has it."""
        values = self.values(figure)
        if not values:
            return None
        if figure in MEDIAN:
            return float(np.median(np.concatenate(list(values.values()))))
        return summarise(values).mean

    def means(self) -> dict[str, float | None]:
        """All figures."""
        return {name: self.figure(name) for name in self.figures}

    def intervals(self) -> dict[str, list[float]]:
        """95 % bootstrap intervals of the means."""
        summaries = {n: summarise(self.values(n)) for n in self.figures if n not in MEDIAN and self.values(n)}
        return {name: [s.low, s.high] for name, s in summaries.items()}


def improvement_percent(ours: Row, theirs: Row, figure: str) -> dict[str, float]:
    """How far our error lies below theirs, percent of theirs, with the interval of the paired difference."""
    base = summarise(theirs.values(figure)).mean
    gain: Summary = summarise_difference(theirs.values(figure), ours.values(figure))
    return {"percent": 100 * gain.mean / base, "low": 100 * gain.low / base, "high": 100 * gain.high / base}
