"""Suite `pose`: head, jaw and gaze. Speech leaves head motion open, so errors are read beside amounts and beats."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from jaxtyping import Float
from scipy.signal import find_peaks

from xtalker.evaluate.bench import Bench
from xtalker.evaluate.clips import sound_of
from xtalker.evaluate.suites import Picture, SuiteResult, Table
from xtalker.metrics import (
    amplitude_ratio,
    beat_align,
    beat_align_excess,
    beat_align_motion,
    gaze_error_deg,
    head_error_deg,
    jaw_mae_deg,
    shifted_beats,
)
from xtalker.speech.prosody import rhythm
from xtalker.values import Motion
from xtalker.values.conventions import FRAME_RATE_HZ

FIGURES: Final[Mapping[str, str]] = {
    "head_error_deg": "head_error_deg",
    "head_amplitude_ratio": "amplitude_ratio",
    "jaw_mae_deg": "jaw_mae_deg",
    "gaze_error_deg": "gaze_error_deg",
    "beat_align": "beat_align",
    "beat_align_excess": "beat_align_excess",
    "beat_align_motion": "beat_align_motion",
}
_BEATS: Final = ("beat_align", "beat_align_excess", "beat_align_motion")
_PROMINENT: Final = 0.25
_APART_FRAMES: Final = 3


def run(bench: Bench, pictures: bool) -> SuiteResult:
    """Measure every row; draw the head's path of the first checkpoint."""
    beats = {}
    if bench.dataset.has_sound:
        beats = {i: prosodic_beats(bench, i) for i in bench.bar(range(len(bench.clips)), "beats")}

    def score(motion: Motion, i: int) -> dict[str, float]:
        true = bench.clips[i].motion
        out = {
            "head_error_deg": head_error_deg(motion.head, true.head),
            "head_amplitude_ratio": amplitude_ratio(motion.head, true.head),
            "jaw_mae_deg": jaw_mae_deg(motion.jaw, true.jaw),
            "gaze_error_deg": gaze_error_deg(motion.gaze, true.gaze),
        }
        return out | beat_figures(motion, beats.get(i, np.zeros(0)))

    tables = tuple(
        Table(title, bench.table(places, score), [bench.clips[i].name for i in places])
        for title, places in bench.dataset.groups.items()
    )
    missing = {} if bench.dataset.has_sound else dict.fromkeys(_BEATS, bench.dataset.missing["sound"])
    notes = (
        "Beats are peaks of prosodic prominence. Chance is large in beat_align: read beat_align_excess, beside truth.",
        "Truth's gaze and head come from one camera by our own tracker.",
    )
    drawn: tuple[Picture, ...] = ()
    if pictures:
        from xtalker.evaluate.plots import head_path

        drawn = (head_path(bench, 0),)
    return SuiteResult("pose", FIGURES, tables, missing, notes, drawn)


def prosodic_beats(bench: Bench, i: int) -> Float[np.ndarray, "beats"]:
    """Times of emphasis in a clip, seconds, within its motion."""
    curve = rhythm(sound_of(bench.clips[i])).prominence[: bench.clips[i].motion.num_frames]
    peaks, _ = find_peaks(curve, height=_PROMINENT, distance=_APART_FRAMES)
    return np.asarray((peaks + 0.5) / FRAME_RATE_HZ)


def beat_figures(motion: Motion, beats: Float[np.ndarray, "beats"]) -> dict[str, float]:
    """The three figures; NaN without beats."""
    if not len(beats):
        return dict.fromkeys(_BEATS, float("nan"))
    others = shifted_beats(beats, motion.num_frames / FRAME_RATE_HZ)
    return {
        "beat_align": beat_align(motion.head, beats),
        "beat_align_excess": beat_align_excess(motion.head, beats, others),
        "beat_align_motion": beat_align_motion(motion.head, beats),
    }
