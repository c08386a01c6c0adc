"""What can be measured on: a folder of GRID videos, or a folder of prepared training clips."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Final

from xtalker.evaluate.clips import (
    MIN_CONFIDENCE,
    TRAIN_STEP,
    Heard,
    Prepared,
    SpokenClip,
    StoredClip,
    evaluation_clips,
    hear,
    hear_again,
    people_file,
    prepared_truth,
    spread,
    training_clips,
)
from xtalker.evaluate.grid import MAIN_SPEAKER
from xtalker.values import Identity, InputError

_LESSONS: Final = 220  # of a prepared folder: as many training clips as GRID's baselines learn from
_NO_WORDS: Final = "prepared clips hold no word times"
_NO_SOUND: Final = "prepared clips hold speech features, not the sound"


@dataclass(frozen=True)
class Dataset:
    """Clips with truth that no system was trained on, and those that teach the baselines.

    Attributes:
        name: for reports.
        clips: to measure on, one person after another.
        training: to learn from; empty where there are none.
        groups: title -> places in `clips`; tables are made for each group apart.
        prepared: folder of stored truth and features, if there is one.
        about: what truth is, in a sentence.
        missing: what the data lacks -> why.
    """

    name: str
    clips: tuple[SpokenClip, ...]
    training: tuple[SpokenClip, ...]
    groups: Mapping[str, tuple[int, ...]]
    prepared: Prepared | None
    about: str
    missing: Mapping[str, str] = field(default_factory=dict)

    @property
    def has_sound(self) -> bool:
        """Whether the clips can be heard, and not only their features."""
        return self.clips[0].video is not None

    def heard(self, clip: SpokenClip) -> Heard:
        """What the systems hear of a clip."""
        return hear(clip) if clip.video is not None else hear_again(clip, self.prepared)

    def heard_again(self, clip: SpokenClip) -> Heard:
        """What the baselines learn from."""
        return hear_again(clip, self.prepared)

    @property
    def people(self) -> tuple[str, ...]:
        """Who is measured."""
        return tuple(dict.fromkeys(clip.speaker for clip in self.clips))


def open_dataset(
    folder: Path, *, read: Callable[[Path], StoredClip], split: str = "test", limit: int | None = None,
    prepared: Path | None = None, train_step: int | None = TRAIN_STEP,
) -> Dataset:  # fmt: skip
    """The clips of a folder.

    Args:
        folder: GRID (grid_s1/video, grid_multi), or clips made by tools/prepare_grid.py.
        read: reads one prepared clip.
        split: test or validation.
        limit: at most so many clips of each group, evenly spread.
        prepared: for GRID: prepared clips to take truth from, instead of tracking the videos.
        train_step: for GRID: each how manieth training clip teaches the baselines; None does without them.

    Raises:
        InputError: neither kind of folder, or no clip of this split in it.
    """
    if (folder / "grid_s1" / "video").is_dir():
        return _grid(folder, split, limit, None if prepared is None else Prepared(prepared, read), train_step)
    if folder.is_dir() and any(folder.glob("*.npz")):
        return _prepared(Prepared(folder, read), split, limit)
    found = "a folder without clips" if folder.is_dir() else "no such folder"
    raise InputError(
        "not a data set that can be measured on", received=f"{folder} ({found})",
        accepted="a folder with grid_s1/video and grid_multi, or with clips of tools/prepare_grid.py (*.npz)",
        next_step="check the path",
    )  # fmt: skip


def _grid(folder: Path, split: str, limit: int | None, prepared: Prepared | None, step: int | None) -> Dataset:
    clips = evaluation_clips(folder, split, limit, prepared)
    _require(clips, folder, split)
    main = tuple(i for i, clip in enumerate(clips) if clip.speaker == MAIN_SPEAKER)
    rest = tuple(i for i, clip in enumerate(clips) if clip.speaker != MAIN_SPEAKER)
    groups = {"GRID speaker 1": main, "unseen people": rest}
    return Dataset(
        f"GRID, {split}", tuple(clips), () if step is None else tuple(training_clips(folder, prepared, step)),
        {title: places for title, places in groups.items() if places}, prepared,
        "truth is our own tracker on the clips' video, canonical pose, the speaker's identity",
    )  # fmt: skip


def _prepared(prepared: Prepared, split: str, limit: int | None) -> Dataset:
    stored = [prepared.read(path) for path in sorted(prepared.folder.glob("*.npz"))]
    good = [clip for clip in stored if clip.confidence.mean() >= MIN_CONFIDENCE]
    names = {wanted: [clip.clip for clip in good if clip.split == wanted] for wanted in ("train", split)}
    speaker = {clip.clip: clip.speaker for clip in stored}
    by_person = groupby(sorted(names[split], key=lambda n: (speaker[n], n)), key=lambda n: speaker[n])
    chosen = [name for _, mine in by_person for name in spread(list(mine), limit)]
    clips = [_bare(name, speaker[name], prepared) for name in chosen]
    _require(clips, prepared.folder, split)
    who = "the speaker's identity" if people_file(prepared).is_file() else "on the average head: no file of people"
    lessons = [_bare(name, speaker[name], prepared) for name in spread(names["train"], _LESSONS)]
    return Dataset(
        f"{prepared.folder.name}, {split}", tuple(clips), tuple(lessons), {"all people": tuple(range(len(clips)))},
        prepared, "truth is the motion that the prepared clips hold, canonical pose, " + who,
        {"words": _NO_WORDS, "sound": _NO_SOUND},
    )  # fmt: skip


def _bare(name: str, speaker: str, prepared: Prepared) -> SpokenClip:
    """A clip of which only the prepared file is there."""
    if people_file(prepared).is_file():
        identity, motion, _ = prepared_truth(name, speaker, prepared)
    else:
        identity, motion = Identity(), prepared.read(prepared.folder / f"{name}.npz").motion
    return SpokenClip(name, speaker, None, identity, motion, (), (), ())


def _require(clips: list[SpokenClip], folder: Path, split: str) -> None:
    if not clips:
        raise InputError(
            "no clips to measure on", received=f"{folder}, split {split}", accepted="at least one clip of the split",
            next_step="choose another split or folder",
        )  # fmt: skip
