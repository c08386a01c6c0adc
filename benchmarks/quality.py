"""Our motion and every baseline against truth, on the same clips."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from benchmarks.baselines import Predictor, fit_baselines, lesson
from benchmarks.clips import (
    MAIN_SPEAKER,
    TRAIN_STEP,
    UNSEEN_SPEAKERS,
    Heard,
    SpokenClip,
    evaluation_clips,
    hear,
    hear_again,
    training_clips,
)  # fmt: skip
from benchmarks.scores import FIGURES, Mouth, Row, Shape, figures_of, improvement_percent, matched
from xtalker.evaluate.bench import cycled
from xtalker.generator import Generator
from xtalker.head.open_head import OpenHead
from xtalker.metrics import METRICS
from xtalker.values import Motion

Play = Callable[[int], Motion]
"""Motion for the clip of a number."""
SEED, OTHER_SEED = 0, 1
COMPARED = ("loudness_to_jaw", "loudness_to_all", "time_only", "log_mel_ridge", "whisper_ridge")


def measure_quality(
    data: Path, *, split: str, limit: int | None, prepared: Path | None, generator: Generator | None,
    train_step: int = TRAIN_STEP,
) -> dict[str, Any]:  # fmt: skip
    """All quality figures; ours are None without a generator."""
    mouth = Mouth(OpenHead())
    clips = evaluation_clips(data, split, limit, prepared)
    lessons = [
        lesson(clip, hear_again(clip, prepared))
        for clip in tqdm(
            training_clips(data, prepared, train_step), desc="training clips", unit="clip", leave=False, disable=None
        )
    ]
    baselines = fit_baselines(lessons)
    main = [clip for clip in clips if clip.speaker == MAIN_SPEAKER]
    unseen = [clip for clip in clips if clip.speaker in UNSEEN_SPEAKERS]
    out = _block(mouth, main, baselines, generator)
    out["unseen"] = _block(mouth, unseen, baselines, generator) if unseen else None
    return out | {
        "split": split,
        "baselines_trained_on": f"{len(lessons)} training clips of GRID speaker 1",
        "truth_is": "our own tracker on the clips' video, canonical pose, the speaker's identity",
        "definitions": definitions(),
    }


def definitions() -> dict[str, dict[str, object]]:
    """The card behind every figure, with the regions that are used here."""
    cards = {}
    for figure, metric in FIGURES.items():
        card = import_module(METRICS[metric].partition(":")[0]).CARD
        cards[figure] = asdict(card) | {
            "over_clips": "median" if metric == "mouth_lag" else "mean per person, then mean"
        }
    return cards


def _block(
    mouth: Mouth, clips: Sequence[SpokenClip], baselines: dict[str, Predictor], generator: Generator | None
) -> dict[str, Any]:
    """One table: our figures at its top level, the others under `baselines`."""
    heard = [hear(clip) for clip in tqdm(clips, desc="sound", unit="clip", leave=False, disable=None)]
    rows = {name: score(mouth, clips, play, name) for name, play in players(clips, heard, baselines, generator).items()}
    return plain_block(rows, clips)


def plain_block(
    rows: dict[str, Row], clips: Sequence[SpokenClip], compared: Sequence[str] = COMPARED
) -> dict[str, Any]:  # fmt: skip
    """Rows as one table: those of `ours` at its top level, the others under `baselines`."""
    ours = rows.get("ours")
    truth = rows["truth"].means()
    out: dict[str, Any] = dict(ours.means() if ours else dict.fromkeys(FIGURES))
    out["intervals_95"] = ours.intervals() if ours else None
    out |= {f"{name}_truth": truth[name] for name in FIGURES if "silence" in name or name == "closure_recall"}
    out["baselines"] = {name: row.means() for name, row in rows.items() if name != "ours"}
    for name in compared:
        out[f"improvement_over_{name}_percent"] = _improvement(ours, rows[name])
    if "loudness_to_jaw" in compared:
        out["improvement_over_loudness_percent"] = out["improvement_over_loudness_to_jaw_percent"]
    out["clips"] = len(clips)
    out["people"] = sorted({clip.speaker for clip in clips})
    return out


def _improvement(ours: Row | None, theirs: Row) -> dict[str, Any] | None:
    if ours is None:
        return None
    errors = {"mean": "lip_error_mean_mm", "max": "lip_error_max_mm"}
    gains = {key: improvement_percent(ours, theirs, figure) for key, figure in errors.items()}
    return {key: gain["percent"] for key, gain in gains.items()} | {
        "intervals_95": {key: [gain["low"], gain["high"]] for key, gain in gains.items()}
    }


def players(
    clips: Sequence[SpokenClip], heard: Sequence[Heard], baselines: dict[str, Predictor], generator: Generator | None
) -> dict[str, Play]:
    """Row -> its motion for the clip of a number."""
    players: dict[str, Play] = {}
    if generator is not None:
        ours = [
            generator.generate(each.features, seed=SEED) for each in tqdm(heard, desc="ours", leave=False, disable=None)
        ]
        players["ours"] = lambda i: ours[i]
        players["second_seed"] = lambda i: generator.generate(heard[i].features, seed=OTHER_SEED)
        players["shuffled_audio"] = lambda i: cycled(ours[(i + 1) % len(ours)], ours[i].num_frames)
    for name, predict in baselines.items():
        players[name] = _from_sound(predict, heard)
    players["hold_first_frame"] = lambda i: Motion.concatenate([clips[i].motion[:1]] * clips[i].motion.num_frames)
    players["truth_one_frame_late"] = lambda i: Motion.concatenate([clips[i].motion[:1], clips[i].motion[:-1]])
    players["truth"] = lambda i: clips[i].motion
    return players


def _from_sound(predict: Predictor, heard: Sequence[Heard]) -> Play:
    return lambda i: Motion.from_matrix(predict(heard[i]).astype(np.float32))


def score(
    mouth: Mouth, clips: Sequence[SpokenClip], play: Play, name: str,
    more: Callable[[Shape, Shape, SpokenClip], dict[str, float]] = lambda shape, true, clip: {},
) -> Row:  # fmt: skip
    """A row: figures of every clip, and `more` of them, given what is predicted and what is true."""
    figures = []
    for i, clip in enumerate(tqdm(clips, desc=name, unit="clip", leave=False, disable=None)):
        true = mouth.shape(clip.identity, clip.motion)
        predicted = mouth.shape(clip.identity, matched(play(i), clip.motion.num_frames))
        figures.append(figures_of(predicted, true, clip) | more(predicted, true, clip))
    return Row([clip.speaker for clip in clips], figures)
