"""Lips of a generator and of every baseline: on GRID, on people whom nobody trained on, on another language."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from jaxtyping import Bool
from tqdm import tqdm

from benchmarks.baselines import Predictor, fit_baselines, lesson
from benchmarks.clips import (
    FACEGOOD,
    MAIN_SPEAKER,
    Heard,
    SpokenClip,
    evaluation_clips,
    facegood_clips,
    hear,
    hear_again,
    training_clips,
)
from benchmarks.quality import Play, plain_block, players, score
from benchmarks.scores import Mouth, Row, Shape
from xtalker.evaluate.baselines import Lesson
from xtalker.evaluate.bench import System
from xtalker.evaluate.clips import NUM_BANDS
from xtalker.generator import Generator
from xtalker.head.open_head import OpenHead
from xtalker.metrics import lve_max
from xtalker.train.clips import read_clip
from xtalker.values import Identity, Motion, SpeechFeatures
from xtalker.values.conventions import FRAME_RATE_HZ
from xtalker.values.motion import NUM_MOTION

SAMPLES: Final = 8
_GRID_SPEAKER: Final = re.compile(r"s\d+")
RIDGE, SAME_DATA = "whisper_ridge", "whisper_ridge_same_data"
IN_PICTURE: Final = "lip_error_max_in_picture_mm"
MEAN: Final = f"mean_of_{SAMPLES}"
TOLD: Final = "told_its_source"
LEFT_OUT: Final = ("loudness_to_all", "hold_first_frame", "truth_one_frame_late")
CLOSED_MM, CLOSED_AFTER_S = 1.0, 0.2
CLOSED: Final = "closed_after_speech"
DEFINITIONS: Final = {
    CLOSED: f"share of clips whose lips are less than {CLOSED_MM:g} mm further apart than the neutral face's "
    f"{CLOSED_AFTER_S:g} s after the last word",
    IN_PICTURE: "worst lip point as a camera in front sees it, without depth: what the tracker of the truth could see",
    MEAN: f"the mean of {SAMPLES} samples of the same sound, column by column",
    TOLD: "the same generator, asked for the style of the clip's source (`style=`); for people whom nobody trained on, "
    "for an even mix of GRID's speakers",
    "lip_max_vs_...": "worst lip point's error divided by that of the named row",
    SAME_DATA: "ridge from the same speech features, taught by all GRID train speakers and FACEGOOD's train takes",
}


class Test:
    """What is taught once and measured on several groups of clips."""

    def __init__(
        self, generator: Generator, baselines: dict[str, Predictor], beside: Sequence[System], prepared: Path | None
    ) -> None:
        self._mouth = Mouth(OpenHead())
        self._generator, self._baselines, self._beside, self._prepared = generator, baselines, beside, prepared

    def grid(self, data: Path, limit: int | None, parts: Collection[str]) -> dict[str, dict[str, Any]]:
        """Blocks of the main speaker's test clips (`grid_test`), of people whom nobody trained on (`people_test`)."""
        clips = evaluation_clips(data, "test", limit, self._prepared)
        groups = {
            "grid_test": [clip for clip in clips if clip.speaker == MAIN_SPEAKER],
            "people_test": [clip for clip in clips if clip.speaker != MAIN_SPEAKER],
        }
        people = [name for name in self._generator.network.config.styles if _GRID_SPEAKER.fullmatch(name)]
        styles = {"grid_test": {MAIN_SPEAKER: 1.0}, "people_test": dict.fromkeys(people, 1 / max(1, len(people)))}
        return {
            name: self._block(mine, [hear(clip) for clip in _bar(mine, "sound")], styles[name])
            for name, mine in groups.items()
            if name in parts
        }

    def facegood(self, data: Path, limit: int | None, learnt: Path | None) -> dict[str, Any] | None:
        """Block of the Mandarin test takes; None where they are not there.

        `opening_mm` says how far the lips of these takes and of those that were learnt from (`learnt`) are apart.
        """
        pieces = facegood_clips(data)[:limit]
        if not pieces:
            return None
        clips, heard = [clip for clip, _ in pieces], [heard for _, heard in pieces]
        prepared = [read_clip(path) for path in sorted(learnt.glob(f"{FACEGOOD}_*.npz"))] if learnt else []
        openings = {
            "test_takes": self._opening_mm([clip.motion for clip in clips]),
            "learnt_takes": self._opening_mm([clip.motion for clip in prepared if clip.split == "train"]),
        }
        return self._block(clips, heard, {FACEGOOD: 1.0}) | {"opening_mm": openings}

    def _opening_mm(self, motions: Sequence[Motion]) -> dict[str, float] | None:
        if not motions:
            return None
        found = np.concatenate([self._mouth.shape(Identity(), motion).opening_mm for motion in motions])
        return {"mean": float(found.mean()), "std": float(found.std())}

    def _block(self, clips: Sequence[SpokenClip], heard: Sequence[Heard], style: Mapping[str, float]) -> dict[str, Any]:
        plays = players(clips, heard, self._baselines, self._generator)
        plays[MEAN] = lambda i: mean_of_samples(self._generator, heard[i].features)
        if style and set(style) <= set(self._generator.network.config.styles):
            plays[TOLD] = lambda i: self._generator.generate(heard[i].features, seed=0, style=style)
        plays |= {system.name: _speaking(system, heard) for system in self._beside}
        rows = {
            name: score(self._mouth, clips, play, name, more_figures)
            for name, play in plays.items()
            if name not in LEFT_OUT
        }
        compared = [name for name in (RIDGE, SAME_DATA, "log_mel_ridge", "loudness_to_jaw") if name in rows]
        return plain_block(rows, clips, compared) | ratios(rows)


def ratios(rows: Mapping[str, Row]) -> dict[str, float | None]:
    """Ours against the ridges and against truth."""
    out: dict[str, float | None] = {}
    for ridge in (RIDGE, SAME_DATA):
        if ridge in rows:
            out[f"lip_max_vs_{ridge}"] = _ratio(rows["ours"], rows[ridge], "lip_error_max_mm")
            for other in (MEAN, TOLD):
                if other in rows:
                    out[f"lip_max_vs_{ridge}_{other}"] = _ratio(rows[other], rows[ridge], "lip_error_max_mm")
            out[f"{IN_PICTURE}_vs_{ridge}"] = _ratio(rows["ours"], rows[ridge], IN_PICTURE)
            kept = rows["ours"].figure("closure_recall"), rows[ridge].figure("closure_recall")
            out[f"closure_recall_minus_{ridge}"] = None if None in kept else kept[0] - kept[1]  # type: ignore[operator]
    out["silence_speed_vs_truth"] = _ratio(rows["ours"], rows["truth"], "silence_speed_mm_s")
    return out


def _ratio(ours: Row, theirs: Row, figure: str) -> float | None:
    mine, other = ours.figure(figure), theirs.figure(figure)
    return None if mine is None or not other else mine / other


def mean_of_samples(generator: Generator, features: SpeechFeatures) -> Motion:
    """Column by column; rotations here are so small that their vectors may be averaged."""
    made = [generator.generate(features, seed=seed).to_matrix() for seed in range(SAMPLES)]
    return Motion.from_matrix(np.mean(made, axis=0).astype(np.float32))


def more_figures(shape: Shape, true: Shape, clip: SpokenClip) -> dict[str, float]:
    """Figures that only this benchmark has."""
    flat = np.array([1, 1, 0], np.float32)
    return closed_after_speech(shape, clip) | {IN_PICTURE: lve_max(shape.lips * flat, true.lips * flat)}


def closed_after_speech(shape: Shape, clip: SpokenClip) -> dict[str, float]:
    """Whether the lips are closed a moment after the last word; NaN where the clip ends before."""
    if not clip.trailing:
        return {CLOSED: np.nan}
    frame = int(np.ceil((clip.trailing[0][0] + CLOSED_AFTER_S) * FRAME_RATE_HZ))
    return {CLOSED: float(shape.opening_mm[frame] < CLOSED_MM) if frame < len(shape.opening_mm) else np.nan}


def fit_all(
    data: Path, prepared: Path | None, facegood: Path | None, *, step: int
) -> tuple[dict[str, Predictor], dict[str, str]]:
    """Baselines of speaker 1's training clips, the ridge of the default's own real data, and what is missing.

    Args:
        data: folder with grid_s1.
        prepared: clips of tools/prepare_grid.py.
        facegood: folder with clips of tools/prepare_facegood.py.
        step: each how manieth training clip teaches.
    """
    clips = training_clips(data, prepared, step)
    baselines = fit_baselines([lesson(clip, hear_again(clip, prepared)) for clip in _bar(clips, "training clips")])
    if prepared is None:
        return baselines, {SAME_DATA: "needs --clips-folder: the other speakers' training clips"}
    grid, _ = stored_lessons(prepared, "s*_*.npz", step)
    if not grid:
        return baselines, {SAME_DATA: f"no training clips in {prepared.name}"}
    other, observed = (
        ([], np.ones(NUM_MOTION, bool)) if facegood is None else stored_lessons(facegood, "facegood_*.npz", step)
    )
    baselines[SAME_DATA] = ridge_of_sources(grid, other, observed)
    return baselines, {} if other else {"facegood in " + SAME_DATA: "needs --facegood-clips: its training takes"}


def stored_lessons(folder: Path, pattern: str, step: int) -> tuple[list[Lesson], Bool[np.ndarray, "58"]]:
    """Prepared training clips as lessons, and the columns that all of them observe."""
    lessons, observed = [], np.ones(NUM_MOTION, bool)
    for path in _bar(sorted(folder.glob(pattern))[::step], folder.name):
        clip = read_clip(path)
        if clip.split == "train":
            features = SpeechFeatures(clip.linguistic[0].astype(np.float32), clip.amplitude, clip.encoder)
            silent = np.full((clip.num_frames, NUM_BANDS), np.nan, np.float32)
            lessons.append(Lesson(Heard(features, silent), clip.motion.to_matrix().astype(np.float64)))
            observed &= clip.observed
    return lessons, observed


def ridge_of_sources(grid: Sequence[Lesson], other: Sequence[Lesson], observed: Bool[np.ndarray, "58"]) -> Predictor:
    """The ridge of all lessons; columns that the other source does not observe are learnt from GRID alone."""
    both = fit_baselines([*grid, *other], (RIDGE,))[RIDGE]
    if not other or observed.all():
        return both
    alone = fit_baselines(grid, (RIDGE,))[RIDGE]
    return lambda heard: np.where(observed, both(heard), alone(heard))


def _speaking(system: System, heard: Sequence[Heard]) -> Play:
    return lambda i: system.speaks.generate(heard[i].features, seed=0)


def _bar(items: Collection[Any], text: str) -> Any:
    return tqdm(items, desc=text, unit="clip", leave=False, disable=None)
