"""Suite `speed`: sound to motion on this machine, each part warm."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from xtalker.evaluate.bench import SEED, Bench, System
from xtalker.evaluate.scores import Row
from xtalker.evaluate.suites import SuiteResult, Table
from xtalker.metrics import speed
from xtalker.speech import load_encoder
from xtalker.values import Audio, SpeechFeatures
from xtalker.values.conventions import FRAME_RATE_HZ, SAMPLE_RATE_HZ

AUDIO_S: Final = 10
REPEATS: Final = 3
FIGURES: Final[Mapping[str, str]] = {
    "speech_features_s_per_s": "speed", "generation_s_per_s": "speed", "sound_to_motion_s_per_s": "speed",
}  # fmt: skip
_NOT_HERE: Final = "measured by `python benchmarks/throughput.py`: it needs fresh processes and a video to write"


def run(bench: Bench, pictures: bool) -> SuiteResult:
    """Time the encoder once and each checkpoint; every repeat is a row's clip."""
    features = [_timed(_encode(seed)) for seed in range(REPEATS + 1)][1:]
    rows = {}
    for system in bench.systems:
        generation = [_timed(_generate(bench, system)) for _ in range(REPEATS + 1)][1:]
        rows[system.name] = Row(["this machine"] * REPEATS, [_figures(*times) for times in zip(features, generation)])
    table = Table(
        f"{AUDIO_S} s of sound, {REPEATS} runs after one that is not counted",
        rows,
        [f"run {number + 1}" for number in range(REPEATS)],
        baselines=False,
    )
    fps = {name: FRAME_RATE_HZ / (row.figure("generation_s_per_s") or np.nan) for name, row in rows.items()}
    notes = (
        "Generation in frames a second: " + ", ".join(f"{name} {value:.0f}" for name, value in fps.items()) + ".",
        "Hardware and versions are at the top of this report; other work on the machine counts. Baselines are "
        "matrix products and are not timed.",
    )
    missing = dict.fromkeys(("rendering", "first-frame latency", "peak memory"), _NOT_HERE)
    return SuiteResult("speed", FIGURES, (table,), missing, notes)


def _encode(seed: int) -> Callable[[], object]:
    """Another noise each time, and no cache."""
    samples = 0.1 * np.random.default_rng(seed).standard_normal(AUDIO_S * SAMPLE_RATE_HZ)
    audio = Audio(samples.astype(np.float32), "noise")
    encoder = load_encoder("whisper-base")
    return lambda: encoder.encode(audio)


def _generate(bench: Bench, system: System) -> Callable[[], object]:
    """The clips' features, repeated to the length."""
    rows = AUDIO_S * FRAME_RATE_HZ
    first = bench.heard[0].features
    at = np.arange(rows) % first.num_frames
    features = SpeechFeatures(np.ascontiguousarray(first.linguistic[at]), first.amplitude[at], first.encoder)
    return lambda: system.speaks.generate(features, seed=SEED)


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _figures(features_s: float, generation_s: float) -> dict[str, float]:
    audio = np.array([float(AUDIO_S)])
    times = (features_s, generation_s, features_s + generation_s)
    return {name: speed(np.array([wall]), audio) for name, wall in zip(FIGURES, times)}
