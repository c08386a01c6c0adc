"""Suite `emotion`: the upper face against truth, and whether asked emotions show without opening the lips."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.evaluate.bench import Bench
from xtalker.evaluate.clips import SpokenClip, sound_of, spread
from xtalker.evaluate.scores import Mouth, Part, Row
from xtalker.evaluate.suites import SuiteResult, Table
from xtalker.metrics import bleed, blink_rate, closure_recall, fdd, fdd_abs, intensity_slope, ufve
from xtalker.performance.directing import NATURAL, follow
from xtalker.performance.wishes import Sound
from xtalker.values import Motion
from xtalker.values.conventions import CHANNEL
from xtalker.values.tracks import EMOTIONS, EmotionTrack, Tracks

LEVELS: Final = (0.0, 0.8, 1.4, 2.0)
ASKED: Final = 1.4
"""One of the levels: where bleed and closures are looked at."""
CONTROL_CLIPS: Final = 4
_UPPER: Final[Mapping[str, str]] = {
    "upper_face_error_mm": "ufve", "upper_face_dynamics_m2": "fdd", "upper_face_dynamics_abs_m2": "fdd_abs",
    "blinks_per_s": "blink_rate",
}  # fmt: skip
_CONTROL: Final[Mapping[str, str]] = {
    **{f"bleed_{emotion}_mm": "bleed" for emotion in EMOTIONS},
    **{f"intensity_slope_{emotion}": "intensity_slope" for emotion in EMOTIONS},
    "closure_recall_neutral": "closure_recall",
    "closure_recall_emotional": "closure_recall",
}
FIGURES: Final[Mapping[str, str]] = {**_UPPER, **_CONTROL}
_NO_TRUTH: Final = "the clips are neutral speech: there are no emotional performances to compare with"


def run(bench: Bench, pictures: bool) -> SuiteResult:
    """Upper face of every row; control of every checkpoint where clips can be heard and have closures."""
    tables = [*_upper_face(bench)]
    missing = dict.fromkeys(("emo_cos", "emo_cos_centred", "eie", "mee"), _NO_TRUTH)
    missing |= dict.fromkeys(("emo_fid", "emo_sim"), "no classifier of emotion in pictures ships with this package")
    usable = [i for i, clip in enumerate(bench.clips) if clip.video is not None and clip.closures]
    if usable:
        tables.append(_control(bench, spread(usable, CONTROL_CLIPS)))
    else:
        missing |= dict.fromkeys(_CONTROL, "needs the sound of the clips and where their lips close")
    notes = (
        f"Control: each emotion at level {ASKED} on the checkpoint's motion by the shipped templates; slopes over "
        f"levels {', '.join(map(str, LEVELS))} from the mean norm of the expression. Baselines do not take emotions.",
    )
    return SuiteResult("emotion", FIGURES, tuple(tables), missing, notes)


def _upper_face(bench: Bench) -> list[Table]:
    part = Part(bench.head, bench.head.topology.regions["upper_face"])
    every = np.arange(len(bench.head.topology.regions["upper_face"]))

    @cache
    def truth(i: int) -> tuple[Float[np.ndarray, "frames vertices 3"], Float[np.ndarray, "vertices 3"]]:
        clip = bench.clips[i]
        return part.vertices(clip.identity, clip.motion), part.vertices(clip.identity, Motion.zeros(1))[0]

    def score(motion: Motion, i: int) -> dict[str, float]:
        true, rest = truth(i)
        made = part.vertices(bench.clips[i].identity, motion)
        lids = (motion.expression[:, CHANNEL[name]] for name in ("eyeBlinkLeft", "eyeBlinkRight"))
        figures = (ufve(made, true, every), fdd(made, true, rest, every), fdd_abs(made, true, rest, every))
        return dict(zip(_UPPER, (*figures, float(blink_rate(*lids)))))

    return [
        Table(title, bench.table(places, score), [bench.clips[i].name for i in places])
        for title, places in bench.dataset.groups.items()
    ]


def _control(bench: Bench, places: list[int]) -> Table:
    mouth = Mouth(bench.head)
    rows = {}
    for system in bench.systems:
        made = bench.motions[system.name]
        figures = [control_figures(bench, mouth, bench.clips[i], made[i]) for i in bench.bar(places, system.name)]
        rows[system.name] = Row([bench.clips[i].speaker for i in places], figures)
    names = [bench.clips[i].name for i in places]
    return Table(f"asked emotions, {len(places)} clips", rows, names, baselines=False)


def control_figures(bench: Bench, mouth: Mouth, clip: SpokenClip, motion: Motion) -> dict[str, float]:
    """What asking for each emotion does to one motion."""
    sound = _sound(clip)
    neutral = mouth.shape(clip.identity, motion)
    every = np.arange(neutral.lips.shape[1])
    bleeds, slopes, kept = {}, {}, []
    for number, emotion in enumerate(EMOTIONS):
        takes = {level: _asked(bench, clip, motion, sound, number, level) for level in LEVELS}
        shape = mouth.shape(clip.identity, takes[ASKED])
        bleeds[f"bleed_{emotion}_mm"] = bleed(shape.lips, neutral.lips, clip.closures, every)
        sizes = np.array([np.linalg.norm(takes[level].expression, axis=1).mean() for level in LEVELS], np.float64)
        slopes[f"intensity_slope_{emotion}"] = intensity_slope(np.array(LEVELS), sizes)
        kept.append(closure_recall(shape.opening_mm, clip.closures))
    recalls = (closure_recall(neutral.opening_mm, clip.closures), float(np.mean(kept)))
    return bleeds | slopes | dict(zip(("closure_recall_neutral", "closure_recall_emotional"), recalls))


def _sound(clip: SpokenClip) -> Sound:
    def not_needed() -> None:
        raise AssertionError("nothing here hears through the speech encoder")

    return Sound(sound_of(clip), not_needed)  # type: ignore[arg-type]  # it never returns


def _asked(bench: Bench, clip: SpokenClip, motion: Motion, sound: Sound, emotion: int, level: float) -> Motion:
    levels = np.zeros((motion.num_frames, len(EMOTIONS)), np.float32)
    levels[:, emotion] = level
    tracks = Tracks(emotion=EmotionTrack(levels))
    sound = replace(sound)
    return follow(motion, tracks, NATURAL, sound, bench.head, clip.identity)[0]
