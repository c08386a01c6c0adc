"""The systems, the clips, and every row that a table has: what all suites stand on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar, runtime_checkable

import numpy as np
from tqdm import tqdm

from xtalker.evaluate.baselines import Predictor, fit_baselines, lesson
from xtalker.evaluate.clips import Heard, SpokenClip
from xtalker.evaluate.datasets import Dataset
from xtalker.evaluate.scores import Row, matched
from xtalker.geometry.timeline import resample
from xtalker.head.open_head import OpenHead
from xtalker.values import InputError, Motion, SpeechFeatures
from xtalker.values.conventions import FRAME_RATE_HZ

SEED, OTHER_SEED = 0, 1
SHIFT_S: Final = 0.1
LEARNT: Final = ("mean_face", "loudness_to_jaw", "time_only", "whisper_ridge")
"""Baselines that learn from the training clips. The last two are more than is asked for: they are hard to beat."""
BASELINES: Final[Mapping[str, str]] = {
    "truth": "truth itself: the same tracker, regions and head",
    "hold_first_frame": "the true first frame, held",
    "mean_face": "the training clips' mean face, held",
    "loudness_to_jaw": "ridge from loudness to the jaw, the rest at the mean",
    "shuffled_audio": "the first checkpoint's motion for another clip's sound",
    "shifted_early": "the first checkpoint's motion 100 ms before its sound",
    "shifted_late": "the first checkpoint's motion 100 ms after its sound",
    "second_seed": "the first checkpoint with another seed: what chance changes",
    "time_only": "the training clips' mean trajectory, no sound",
    "whisper_ridge": "ridge from the speech features to all channels",
}
"""Row -> what it is."""

Score = Callable[[Motion, int], dict[str, float]]
"""Figures of a motion for the clip of a number."""
Play = Callable[[int], Motion]
"""Motion for the clip of a number."""
Item = TypeVar("Item")


@runtime_checkable
class Speaks(Protocol):
    """A system: features in, motion out."""

    @property
    def encoder(self) -> str:
        """Fingerprint of the speech encoder that it hears through."""
        ...

    def generate(self, features: SpeechFeatures, reference: Motion | None = None, *, seed: int) -> Motion:
        """Motion of all frames."""
        ...


@dataclass(frozen=True)
class System:
    """A checkpoint that is measured.

    Attributes:
        name: of its row.
        speaks: what makes motion.
        about: where it comes from, plain values for the report.
    """

    name: str
    speaks: Speaks
    about: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Bench:
    """What every suite is given.

    Attributes:
        head: the open head.
        dataset: clips with truth.
        systems: the first one is the one that the baselines vary.
        heard: sound of every clip.
        motions: system -> its motion for every clip, seed 0.
        predictors: what was learnt from the training clips.
        progress: show bars.
    """

    head: OpenHead
    dataset: Dataset
    systems: tuple[System, ...]
    heard: tuple[Heard, ...]
    motions: Mapping[str, tuple[Motion, ...]]
    predictors: Mapping[str, Predictor]
    progress: bool = False

    @property
    def clips(self) -> tuple[SpokenClip, ...]:
        """Of the data set."""
        return self.dataset.clips

    def bar(self, items: Iterable[Item], text: str) -> Iterable[Item]:
        """The items, with a progress bar if one is wanted."""
        return tqdm(items, desc=text, unit="clip", leave=False, disable=not self.progress)

    def plays(self) -> dict[str, Play]:
        """Row -> its motion for the clip of a number."""
        clips, first = self.clips, self.motions[self.systems[0].name]
        out: dict[str, Play] = {system.name: self.motions[system.name].__getitem__ for system in self.systems}
        out["truth"] = lambda i: clips[i].motion
        out["hold_first_frame"] = lambda i: held(clips[i].motion)
        out |= {name: self._predicted(predict) for name, predict in self.predictors.items()}
        if len(clips) > 1:
            out["shuffled_audio"] = lambda i: cycled(first[(i + 1) % len(first)], first[i].num_frames)
        out["shifted_early"] = lambda i: shifted(first[i], -SHIFT_S)
        out["shifted_late"] = lambda i: shifted(first[i], SHIFT_S)
        again = self.systems[0].speaks
        out["second_seed"] = lambda i: again.generate(self.heard[i].features, seed=OTHER_SEED)
        order = [*(system.name for system in self.systems), *BASELINES]
        return {name: out[name] for name in order if name in out}

    def _predicted(self, predict: Predictor) -> Play:
        return lambda i: Motion.from_matrix(predict(self.heard[i]).astype(np.float32))

    def table(self, places: Sequence[int], score: Score) -> dict[str, Row]:
        """Every row on some clips."""
        speakers = [self.clips[i].speaker for i in places]
        rows = {}
        for name, play in self.plays().items():
            figures = [score(matched(play(i), self.clips[i].motion.num_frames), i) for i in self.bar(places, f"{name}")]
            rows[name] = Row(speakers, figures)
        return rows


def set_up(dataset: Dataset, systems: Sequence[System], *, head: OpenHead, progress: bool = False) -> Bench:
    """Hear every clip, let every system speak it, teach the baselines.

    Raises:
        InputError: two systems of one name or of a baseline's, or one that hears through another encoder.
    """
    _check(systems)

    def bar(items: Iterable[Item], text: str) -> Iterable[Item]:
        return tqdm(items, desc=text, unit="clip", leave=False, disable=not progress)

    heard = tuple(dataset.heard(clip) for clip in bar(dataset.clips, "sound"))
    motions = {
        s.name: tuple(s.speaks.generate(h.features, seed=SEED) for h in bar(heard, s.name)) for s in systems
    }  # fmt: skip
    lessons = [lesson(clip, dataset.heard_again(clip)) for clip in bar(dataset.training, "training clips")]
    predictors = fit_baselines(lessons, LEARNT) if lessons else {}
    return Bench(head, dataset, tuple(systems), heard, motions, predictors, progress)


def _check(systems: Sequence[System]) -> None:
    names = [system.name for system in systems]
    if not names or len(set(names)) < len(names) or set(names) & set(BASELINES):
        raise InputError(
            "the checkpoints cannot be told apart", received=", ".join(names) or "none",
            accepted="at least one, each with its own file name, none of a baseline's", next_step="rename the files",
        )  # fmt: skip


def system_name(path: Path) -> str:
    """Name of a row for a file."""
    return path.name.removesuffix(".safetensors")


def held(motion: Motion) -> Motion:
    """The first frame for the whole length."""
    return Motion.concatenate([motion[:1]] * motion.num_frames)


def cycled(motion: Motion, num_frames: int) -> Motion:
    """Cut, or begun again, to a length."""
    turns = -(-num_frames // motion.num_frames)
    return Motion.concatenate([motion] * turns)[:num_frames]


def shifted(motion: Motion, by_s: float) -> Motion:
    """The motion later by some seconds; the first (or last) frame is held where there is none.

    Between frames by linear interpolation, which also smooths a little: only figures of time are meant to be read.
    """
    at_s = np.arange(motion.num_frames) / FRAME_RATE_HZ
    matrix = motion.to_matrix()
    return Motion.from_matrix(resample(matrix, at_s, at_s - by_s).astype(np.float32))
