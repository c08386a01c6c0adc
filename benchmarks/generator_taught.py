"""Lips against phone times, of the generator and of every baseline that hears speech features."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
from tools.teach.gauge import MouthGauge
from tools.teach.measure import BARS, DEFINITIONS, material, measure_on, score

from benchmarks.baselines import Predictor
from benchmarks.clips import Heard
from xtalker.evaluate.bench import cycled
from xtalker.evaluate.clips import NUM_BANDS
from xtalker.generator import Generator
from xtalker.head.open_head import OpenHead
from xtalker.values import Motion, SpeechFeatures

HEAR_FEATURES: Final = ("mean_face", "time_only", "loudness_to_jaw", "whisper_ridge", "whisper_ridge_same_data")

Generate = Callable[[SpeechFeatures], Motion]


def measure_taught(
    generator: Generator, baselines: dict[str, Predictor], *, data: Path | None, prepared: Path | None,
    sentences: int, clips: int | None,
) -> dict[str, Any]:  # fmt: skip
    """`synthetic`, `real` and `sounds` of our generator at the top, the same of each baseline under `baselines`."""
    spoken = material(data=data, prepared=prepared, sentences=sentences, clips=clips)
    gauge = MouthGauge(OpenHead())
    tracked = [(each.tracked, each.phones) for each in spoken.real if each.tracked is not None]
    others: dict[str, Generate] = {name: from_features(baselines[name]) for name in HEAR_FEATURES if name in baselines}
    others["shuffled_audio"] = OneLate(lambda features: generator.generate(features, seed=0))
    rows: dict[str, Any] = {name: measure_on(spoken, generate, gauge) for name, generate in others.items()}
    rows["truth"] = {"real": score(gauge, tracked) if tracked else None}
    ours = measure_on(spoken, lambda features: generator.generate(features, seed=0), gauge)
    return ours | {
        "baselines": rows, "bars": BARS, "definitions": DEFINITIONS,
        "without": {"log_mel_ridge": "it hears the sound itself, and this test gives speech features"},
    }  # fmt: skip


def from_features(predict: Predictor) -> Generate:
    """A baseline that needs no more than speech features and amplitude."""

    def generate(features: SpeechFeatures) -> Motion:
        silent = np.full((features.num_frames, NUM_BANDS), np.nan, np.float32)
        return Motion.from_matrix(predict(Heard(features, silent)).astype(np.float32))

    return generate


class OneLate:
    """The motion of the sound before, cut or begun again to the length: what lips have without hearing theirs."""

    def __init__(self, generate: Generate) -> None:
        self._generate = generate
        self._last: Motion | None = None

    def __call__(self, features: SpeechFeatures) -> Motion:
        """Motion for another sound than this one; the first one gets its own, backwards."""
        mine = self._generate(features)
        last = Motion.from_matrix(mine.to_matrix()[::-1].copy()) if self._last is None else self._last
        self._last = mine
        return cycled(last, features.num_frames)
