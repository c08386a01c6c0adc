"""What can be had from the training clips without a generator. All learn from the same clips, none from the test.

mean_face         the training mean, always
time_only         the mean trajectory, frame by frame, no sound: GRID's sentences are scripted
loudness_to_jaw   ridge from log energy of +-5 frames to the jaw and its corrective; the rest at the mean
loudness_to_all   the same to all columns
log_mel_ridge     ridge from 80 log-mel bands of +-5 frames to all columns
whisper_ridge     ridge from the speech features that our generator hears, 128 principal components of +-4 frames
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from jaxtyping import Bool, Float

from xtalker.evaluate.clips import Heard, SpokenClip
from xtalker.generator.channels import DERIVED, JAW
from xtalker.values.motion import NUM_MOTION

COMPONENTS: Final = 128
STRENGTHS: Final = (0.1, 1.0, 10.0, 100.0, 1e3, 1e4, 1e5)
_HELD_OUT_EVERY: Final = 5

Predictor = Callable[[Heard], Float[np.ndarray, "frames 58"]]
Listen = Callable[[Heard], Float[np.ndarray, "frames inputs"]]


@dataclass(frozen=True)
class Lesson:
    """One training clip: what is heard and what moves."""

    heard: Heard
    motion: Float[np.ndarray, "frames 58"]


@dataclass(frozen=True)
class Ridge:
    """y = mean_y + (x - mean_x) / scale_x @ weights."""

    mean_x: Float[np.ndarray, "inputs"]
    scale_x: Float[np.ndarray, "inputs"]
    weights: Float[np.ndarray, "inputs outputs"]
    mean_y: Float[np.ndarray, "outputs"]

    def __call__(self, x: Float[np.ndarray, "frames inputs"]) -> Float[np.ndarray, "frames outputs"]:
        """Prediction for each row."""
        return self.mean_y + (x - self.mean_x) / self.scale_x @ self.weights


def lesson(clip: SpokenClip, heard: Heard) -> Lesson:
    """A training clip over the frames that sound and picture share (they end within a frame of each other)."""
    frames = min(clip.motion.num_frames, len(heard.log_mel))
    return Lesson(cut(heard, frames), clip.motion.to_matrix()[:frames].astype(np.float64))


def cut(heard: Heard, frames: int) -> Heard:
    """The first frames."""
    features = heard.features
    shorter = replace(features, linguistic=features.linguistic[:frames], amplitude=features.amplitude[:frames])
    return Heard(shorter, heard.log_mel[:frames])


def fit_baselines(lessons: Sequence[Lesson], only: Collection[str] | None = None) -> dict[str, Predictor]:
    """Every baseline by its name, or only some."""
    motion = [each.motion for each in lessons]
    mean = np.concatenate(motion).mean(axis=0)
    every = np.ones(NUM_MOTION, bool)
    jaw = np.zeros(NUM_MOTION, bool)
    jaw[JAW], jaw[DERIVED] = True, True
    loudness = lambda heard: stacked(heard.log_energy, 5)  # noqa: E731

    def whisper_ridge() -> Predictor:
        project = _projection([each.heard.features.linguistic for each in lessons])
        return _regressed(lessons, lambda heard: stacked(project(heard.features.linguistic), 4), every)

    fits: dict[str, Callable[[], Predictor]] = {
        "mean_face": lambda: lambda heard: np.tile(mean, (len(heard.log_mel), 1)),
        "time_only": lambda: _time_only(motion),
        "loudness_to_jaw": lambda: _regressed(lessons, loudness, jaw),
        "loudness_to_all": lambda: _regressed(lessons, loudness, every),
        "log_mel_ridge": lambda: _regressed(lessons, lambda heard: stacked(heard.log_mel, 5), every),
        "whisper_ridge": whisper_ridge,
    }
    return {name: fit() for name, fit in fits.items() if only is None or name in only}


def stacked(rows: Float[np.ndarray, "frames channels"], around: int) -> Float[np.ndarray, "frames inputs"]:
    """Each row with its neighbours; beyond the ends the last row goes on."""
    padded = np.pad(rows.astype(np.float64), ((around, around), (0, 0)), mode="edge")
    return np.concatenate([padded[k : k + len(rows)] for k in range(2 * around + 1)], axis=1)


def fit_ridge(
    x: Float[np.ndarray, "rows inputs"], y: Float[np.ndarray, "rows outputs"], held_out: Bool[np.ndarray, "rows"]
) -> Ridge:
    """Ridge regression whose strength does best on the held-out rows; the final fit uses all rows."""
    scale_y = y.std(axis=0) + 1e-9
    trials = _solve(x[~held_out], y[~held_out], STRENGTHS)
    errors = [float((((r(x[held_out]) - y[held_out]) / scale_y) ** 2).mean()) for r in trials]
    return _solve(x, y, (STRENGTHS[int(np.argmin(errors))],))[0]


def _solve(
    x: Float[np.ndarray, "rows inputs"], y: Float[np.ndarray, "rows outputs"], strengths: Sequence[float]
) -> list[Ridge]:
    """A ridge for each strength; the products of all rows are computed once."""
    mean_x, scale_x, mean_y = x.mean(axis=0), x.std(axis=0) + 1e-9, y.mean(axis=0)
    z = (x - mean_x) / scale_x
    inner, outer = z.T @ z, z.T @ (y - mean_y)
    weights = (np.linalg.solve(inner + strength * np.eye(len(inner)), outer) for strength in strengths)
    return [Ridge(mean_x, scale_x, each, mean_y) for each in weights]


def _regressed(lessons: Sequence[Lesson], listen: Listen, columns: Bool[np.ndarray, "58"]) -> Predictor:
    """Ridge from what `listen` gives to some columns; the others stay at their mean."""
    x, y = (np.concatenate(rows) for rows in ([listen(e.heard) for e in lessons], [e.motion for e in lessons]))
    number = np.repeat(np.arange(len(lessons)), [len(e.motion) for e in lessons])
    ridge = fit_ridge(x, y[:, columns], number % _HELD_OUT_EVERY == 0)
    mean = y.mean(axis=0)

    def predict(heard: Heard) -> Float[np.ndarray, "frames 58"]:
        out = np.tile(mean, (len(heard.log_mel), 1))
        out[:, columns] = ridge(listen(heard))
        return out

    return predict


def _time_only(motion: Sequence[Float[np.ndarray, "_ 58"]]) -> Predictor:
    """Mean over clips of each frame number; after the last frame known it stays there."""
    longest = max(map(len, motion))
    total, count = np.zeros((longest, NUM_MOTION)), np.zeros((longest, 1))
    for clip in motion:
        total[: len(clip)] += clip
        count[: len(clip)] += 1
    mean = total / count
    return lambda heard: mean[np.minimum(np.arange(len(heard.log_mel)), longest - 1)]


def _projection(
    linguistic: Sequence[Float[np.ndarray, "_ channels"]],
) -> Callable[[Float[np.ndarray, "frames channels"]], Float[np.ndarray, "frames components"]]:
    """Principal components of the speech features."""
    rows = np.concatenate(linguistic).astype(np.float64)
    mean, scale = rows.mean(axis=0), rows.std(axis=0) + 1e-6
    z = (rows - mean) / scale
    _, vectors = np.linalg.eigh(z.T @ z)
    basis = vectors[:, ::-1][:, :COMPONENTS]
    return lambda features: (features - mean) / scale @ basis
