"""One definition per file, usable alone on arrays; every function has a `CARD` beside it.

card             Card: quantity, unit, region, direction, perfect score, source, known failure
arrays           refusal of NaN, emptiness and shapes that differ
intervals        seconds -> frames
aggregate        per clip, per person, mean over people, bootstrap interval
lip_opening      the signal that several metrics compare (signed gap of the inner lips)
lve_mean, lve_max, jaw_mae_deg                             where the lips and the jaw are
lip_opening_r, amplitude_ratio, jitter_ratio, mouth_lag    how they move
silence_open, silence_speed, closure_recall                what they do in given intervals

Vertices and landmarks come in metres, times in seconds, results in the unit of the card. Two tracks of different
length are an error, never cut here. To add a metric: one file, one line in METRICS; tests/metrics/test_contract.py
picks it up.
"""

from __future__ import annotations

from typing import Final

from xtalker.metrics.aggregate import Summary, summarise, summarise_difference
from xtalker.metrics.amplitude_ratio import amplitude_ratio
from xtalker.metrics.card import Card
from xtalker.metrics.closure_recall import closure_recall
from xtalker.metrics.jaw_mae_deg import jaw_mae_deg
from xtalker.metrics.jitter_ratio import jitter_ratio
from xtalker.metrics.lip_opening import lip_opening
from xtalker.metrics.lip_opening_r import lip_opening_r
from xtalker.metrics.lve_max import lve_max
from xtalker.metrics.lve_mean import lve_mean
from xtalker.metrics.mouth_lag import mouth_lag
from xtalker.metrics.silence_open import silence_open
from xtalker.metrics.silence_speed import silence_speed

__all__ = [
    "METRICS", "Card", "Summary", "amplitude_ratio", "closure_recall", "jaw_mae_deg", "jitter_ratio", "lip_opening",
    "lip_opening_r", "lve_max", "lve_mean", "mouth_lag", "silence_open", "silence_speed", "summarise",
    "summarise_difference",
]  # fmt: skip

METRICS: Final = {
    name: f"xtalker.metrics.{name}:{name}"
    for name in (
        "lve_mean", "lve_max", "jaw_mae_deg", "lip_opening_r", "amplitude_ratio", "jitter_ratio", "mouth_lag",
        "silence_open", "silence_speed", "closure_recall",
    )
}  # fmt: skip
"""Name -> "module:function"; the module's `CARD` belongs to it."""
