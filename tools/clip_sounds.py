"""The sound of training clips, strung together as in long takes: for hearing them again with another encoder."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float
from tools.teach.heard import Line, sounds_of, train_lines, unseen_lines
from tools.voices import GROUP_CLIPS, JITTER, moved_voice

from xtalker.evaluate.grid import grid_sources
from xtalker.speech import load_audio
from xtalker.train.clips import TrainingClip, read_clip
from xtalker.values.conventions import SAMPLES_PER_FRAME

_FACEGOOD = re.compile(r"facegood_(?P<take>\d_\d\d)_(?P<start>\d+)")


@dataclass(frozen=True)
class Group:
    """Clips of one source, with their sounds in whole frames.

    Attributes:
        clips: as they lie in the folder.
        sounds: 16 kHz mono samples of each, as long as its motion.
    """

    clips: tuple[TrainingClip, ...]
    sounds: tuple[Float[np.ndarray, "_"], ...]

    def strung(self, random: np.random.Generator) -> tuple[list[int], Float[np.ndarray, "samples"]]:
        """A random order and the sounds in it, without gaps."""
        order = [int(i) for i in random.permutation(len(self.clips))]
        return order, np.concatenate([self.sounds[i] for i in order])

    def moved(self, factor: float, random: np.random.Generator) -> Group:
        """The same clips in another voice: pitch and formants times about `factor`."""
        factor *= 1 + JITTER * random.uniform(-1, 1)
        return Group(self.clips, tuple(moved_voice(sound, factor) for sound in self.sounds))


def clip_groups(data: Path, clips: Path) -> Iterator[Group]:
    """All clips of a folder in groups of one speaker and split, from GRID, FACEGOOD and the taught voices.

    DATA holds grid_s1, grid_multi and facegood; taught sentences are spoken again, which gives the same samples.
    """
    videos = {source.name: source.video for source in grid_sources(data)}
    lines = {line.name: line for line in [*train_lines()[0], *unseen_lines()]}
    by_source: dict[tuple[str, str], list[Path]] = {}
    for path in sorted(clips.glob("*.npz")):
        name = path.stem
        match = _FACEGOOD.fullmatch(name)
        source = f"facegood {match['take']}" if match else lines[name].person if name in lines else name.split("_")[0]
        by_source.setdefault((str(source), _split_of(path)), []).append(path)
    for paths in by_source.values():
        for i in range(0, len(paths), GROUP_CLIPS):
            found = tuple(read_clip(path) for path in paths[i : i + GROUP_CLIPS])
            yield Group(found, tuple(_fitted(found, data, videos, lines)))


def _split_of(path: Path) -> str:
    with np.load(path, allow_pickle=False) as file:
        return str(json.loads(str(file["metadata"]))["split"])


def _fitted(
    clips: Sequence[TrainingClip], data: Path, videos: dict[str, Path], lines: dict[str, Line]
) -> Iterator[Float[np.ndarray, "_"]]:
    if clips[0].clip in lines:
        said = [one.samples for one in sounds_of([lines[clip.clip] for clip in clips])]
    elif match := _FACEGOOD.fullmatch(clips[0].clip):
        whole = load_audio(data / "facegood" / f"1114_{match['take']}.flac").samples
        starts = [int(_FACEGOOD.fullmatch(clip.clip)["start"]) for clip in clips]  # type: ignore[index]
        said = [whole[start * SAMPLES_PER_FRAME :] for start in starts]
    else:
        said = [load_audio(videos[clip.clip]).samples for clip in clips]
    for clip, samples in zip(clips, said, strict=True):
        wanted = clip.num_frames * SAMPLES_PER_FRAME
        cut = samples[:wanted]
        yield np.pad(cut, (0, wanted - len(cut))).astype(np.float32)
