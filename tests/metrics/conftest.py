"""Inputs of every metric: a talking mouth of a few points, and pauses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pytest

from xtalker import metrics

PAUSES = ((0.0, 0.8), (2.2, 3.0))
CLOSURES = ((1.0, 1.2), (1.5, 1.7))


@dataclass(frozen=True)
class Case:
    """How to call a metric on one track, or on a pair.

    Attributes:
        track: what it looks at, (frames, ...).
        call: with a predicted and a true track; metrics of one track ignore the second.
        paired: whether it compares with truth.
    """

    track: np.ndarray
    call: Callable[[np.ndarray, np.ndarray], float]
    paired: bool


def opening(num_frames: int = 75) -> np.ndarray:
    """Closed, talking, closed; millimetres."""
    frame = np.arange(num_frames)
    talking = (frame > 20) & (frame < 55)
    return np.where(talking, 5 + 4 * np.sin(frame / 2.1), 0.1)


def points(num_frames: int = 75) -> np.ndarray:
    """Twelve points that follow the opening; metres."""
    rest = np.random.default_rng(3).normal(0, 0.02, (12, 3))
    way = np.random.default_rng(4).normal(0, 1, (12, 3))
    return rest + opening(num_frames)[:, None, None] * 1e-3 * way


def cases() -> Mapping[str, Case]:
    """One for each entry of METRICS."""
    jaw = np.zeros((75, 3))
    jaw[:, 0] = opening() * 0.02
    pair = lambda function, track: Case(track, function, True)  # noqa: E731
    return {
        "lve_mean": pair(metrics.lve_mean, points()),
        "lve_max": pair(metrics.lve_max, points()),
        "jaw_mae_deg": pair(metrics.jaw_mae_deg, jaw),
        "lip_opening_r": pair(metrics.lip_opening_r, opening()),
        "amplitude_ratio": pair(metrics.amplitude_ratio, opening()),
        "jitter_ratio": pair(metrics.jitter_ratio, points()),
        "mouth_lag": pair(metrics.mouth_lag, opening()),
        "silence_open": Case(opening(), lambda track, _: metrics.silence_open(track, PAUSES), False),
        "silence_speed": Case(points(), lambda track, _: metrics.silence_speed(track, PAUSES), False),
        "closure_recall": Case(opening(), lambda track, _: metrics.closure_recall(track, CLOSURES), False),
    }


@pytest.fixture(params=sorted(metrics.METRICS))
def named_case(request: pytest.FixtureRequest) -> tuple[str, Case]:
    """Every metric of the table with its input."""
    return request.param, cases()[request.param]
