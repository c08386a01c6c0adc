"""Suite `robust`: what worse recordings do to the lips."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

import numpy as np
from jaxtyping import Float
from scipy.signal import resample_poly

from xtalker.evaluate.bench import SEED, Bench
from xtalker.evaluate.clips import hear_sound, sound_of, spread
from xtalker.evaluate.scores import FIGURES, Mouth, Row, figures_of, matched
from xtalker.evaluate.suites import SuiteResult, Table
from xtalker.values import Audio, Motion

CLIPS: Final = 12
SHOWN: Final = (
    "lip_error_mean_mm", "lip_error_max_mm", "lip_opening_r", "mouth_lag_frames", "lip_amplitude_ratio",
    "closure_recall", "silence_open_mm", "silence_speed_mm_s",
)  # fmt: skip
_CLIP_SHARE: Final = 0.25
_STAND_IN_POWER: Final = 1e-6

Samples = Float[np.ndarray, "samples"]
Worsen = Callable[[Samples, np.random.Generator], Samples]


def noisy(snr_db: float) -> Worsen:
    """White noise so many decibels below the mean power of the recording."""

    def worsen(samples: Samples, random: np.random.Generator) -> Samples:
        power = max(float(np.mean(samples.astype(np.float64) ** 2)), _STAND_IN_POWER)
        return samples + random.standard_normal(len(samples)) * np.sqrt(power / 10 ** (snr_db / 10))

    return worsen


def louder(gain_db: float) -> Worsen:
    """Gain, cut at full scale as a file would be."""
    return lambda samples, random: np.clip(samples * 10 ** (gain_db / 20), -1, 1)


def telephone(samples: Samples, random: np.random.Generator) -> Samples:
    """8 kHz and back."""
    return resample_poly(resample_poly(samples, 1, 2), 2, 1)[: len(samples)]


def clipped(samples: Samples, random: np.random.Generator) -> Samples:
    """Overdriven: cut at a quarter of its peak, at the old peak's level again."""
    peak = float(np.abs(samples).max())
    return np.clip(samples, -_CLIP_SHARE * peak, _CLIP_SHARE * peak) / _CLIP_SHARE


CONDITIONS: Final[Mapping[str, Worsen]] = {
    "noise at 20 dB": noisy(20.0), "noise at 10 dB": noisy(10.0), "noise at 5 dB": noisy(5.0),
    "12 dB louder": louder(12.0), "12 dB quieter": louder(-12.0), "8 kHz": telephone, "clipped": clipped,
}  # fmt: skip


def worsened(audio: Audio, worsen: Worsen, seed: int = SEED) -> Audio:
    """A recording after it."""
    samples = worsen(audio.samples, np.random.default_rng(seed))
    return replace(audio, samples=np.clip(samples, -1, 1).astype(np.float32))


def run(bench: Bench, pictures: bool) -> SuiteResult:
    """Rows of the clean sound with all baselines, then each checkpoint under each condition, and the change."""
    figures = {name: FIGURES[name] for name in SHOWN}
    if not bench.dataset.has_sound:
        return SuiteResult("robust", figures, (), dict.fromkeys(figures, bench.dataset.missing["sound"]))
    mouth = Mouth(bench.head)
    places = spread(list(range(len(bench.clips))), CLIPS)
    truth = {i: mouth.shape(bench.clips[i].identity, bench.clips[i].motion) for i in places}

    def score(motion: Motion, i: int) -> dict[str, float]:
        clip = bench.clips[i]
        all_figures = figures_of(mouth.shape(clip.identity, motion), truth[i], clip)
        return {name: all_figures[name] for name in SHOWN}

    names, speakers = [bench.clips[i].name for i in places], [bench.clips[i].speaker for i in places]
    tables = [Table(f"clean, {len(places)} clips", bench.table(places, score), names)]
    heard = {
        name: [hear_sound(worsened(sound_of(bench.clips[i]), worsen)).features for i in bench.bar(places, name)]
        for name, worsen in CONDITIONS.items()
    }
    for system in bench.systems:
        rows = {"clean": tables[0].rows[system.name]}
        for name, features in heard.items():
            made = [system.speaks.generate(each, seed=SEED) for each in features]
            kept = [matched(m, bench.clips[i].motion.num_frames) for m, i in zip(made, places)]
            rows[name] = Row(speakers, [score(motion, i) for motion, i in zip(kept, places)])
        tables.append(Table(f"{system.name}, worse recordings", rows, names, baselines=False))
    notes = (
        "Baselines are in the first table, on the clean sound; each checkpoint's own clean row is its reference.",
        "A recording 12 dB louder is cut at full scale, as a file is.",
    )
    return SuiteResult("robust", figures, tuple(tables), {}, notes)
