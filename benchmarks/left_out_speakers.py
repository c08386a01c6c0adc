"""What can be known of the lips of a person who was never seen? A ridge, with each speaker left out in turn.

    python benchmarks/left_out_speakers.py CLIPS [--json]          # about six minutes on two cores

CLIPS holds GRID clips with moved voices (tools/voices.py for all groups). A ridge from speech features to the lips'
opening, in standard deviations of each speaker, is learnt from GRID's training speakers but one and asked for that one,
whose own voice alone is heard; for the two test speakers it is learnt from all training speakers. The rows that end in
"and the person's own other clips" learn from nine tenths of the person's clips as well and are asked for the last: more
than anyone can know of a stranger. The figure is the mean over people of the mean correlation over their clips.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from jaxtyping import Float

from xtalker.evaluate.grid import UNSEEN_SPEAKERS
from xtalker.evaluate.scores import Mouth
from xtalker.head.open_head import OpenHead
from xtalker.train.clips import TrainingClip, read_clip
from xtalker.values import Identity, InputError

COMPONENTS: Final = 160
PENALTY: Final = 1000.0
MAIN_EVERY: Final = 6
FOLDS: Final = 10
LEAST_MOTION: Final = 0.05
"""Clips whose target moves less than this share of the speaker's own spread are not asked for."""
_LAYER: Final = 512
Rows = Float[np.ndarray, "frames channels"]
Passes = Callable[[TrainingClip], tuple[Rows, ...]]


@dataclass(frozen=True)
class Way:
    """How a ridge is learnt.

    Attributes:
        passes: what is learnt from; people are heard as the first of it.
        context: frames that are heard on each side.
        own: how often the person's own other clips count; 0 leaves them out.
    """

    passes: Passes = lambda clip: clip.linguistic[:1]
    context: int = 4
    own: float = 0.0


WAYS: Final[Mapping[str, Way]] = {
    "own voice": Way(),
    "own voice, in three contexts": Way(lambda clip: clip.linguistic[:3]),
    "own and two moved voices": Way(lambda clip: (clip.linguistic[0], *clip.linguistic[3:])),
    "all": Way(lambda clip: clip.linguistic),
    "own voice, layer 4 alone": Way(lambda clip: (clip.linguistic[0][:, :_LAYER],)),
    "own voice, last layer alone": Way(lambda clip: (clip.linguistic[0][:, _LAYER:],)),
    "own voice, 2 frames on each side": Way(context=2),
    "own voice, 9 frames on each side": Way(context=9),
    "2 frames on each side, and the person's own other clips": Way(context=2, own=1.0),
    "2 frames on each side, and five times the person's own other clips": Way(context=2, own=5.0),
}


@dataclass(frozen=True)
class Normal:
    """The normal equations of a ridge: products of what is heard with itself and with the target, and of how many."""

    heard: Float[np.ndarray, "wide wide"]
    target: Float[np.ndarray, "wide"]
    rows: float

    def times(self, factor: float) -> Normal:
        """So often."""
        factor = float(factor)
        return Normal(factor * self.heard, factor * self.target, factor * self.rows)

    def weights(self) -> Float[np.ndarray, "wide"]:
        """Of the ridge."""
        return np.asarray(np.linalg.solve(self.heard + PENALTY * np.eye(len(self.heard)), self.target))


def with_context(rows: Rows, context: int) -> Float[np.ndarray, "frames wide"]:
    """Rows beside their neighbours, and a one."""
    at = np.clip(np.arange(len(rows))[:, None] + np.arange(-context, context + 1), 0, len(rows) - 1)
    return np.c_[rows[at].reshape(len(rows), -1), np.ones(len(rows))].astype(np.float32)


def study(clips: Sequence[TrainingClip], targets: Sequence[Float[np.ndarray, "frames"]], way: Way) -> dict[str, float]:
    """Person asked for -> mean correlation over the clips."""
    wide = _hearing([clip for clip in clips if clip.split == "train"], way)
    mine = {clip.speaker: [i for i, c in enumerate(clips) if c.speaker == clip.speaker] for clip in clips}
    spread = {who: float(np.concatenate([targets[i] for i in some]).std()) for who, some in mine.items()}
    folds = {who: [some[k::FOLDS] for k in range(FOLDS)] if way.own else [some] for who, some in mine.items()}

    def equations(who: str, some: Sequence[int]) -> Normal:
        x = np.concatenate([wide(rows) for i in some for rows in way.passes(clips[i])])
        y = np.concatenate([np.tile(targets[i], len(way.passes(clips[i]))) for i in some]) / spread[who]
        return Normal(x.T @ x, x.T @ y.astype(np.float32), len(x))

    parts = {who: [equations(who, some) for some in mine if some] for who, mine in folds.items()}
    # Who has many clips counts more, but not in proportion.
    whole = {who: _sum(some).times(100 / np.sqrt(_sum(some).rows)) for who, some in parts.items()}
    teachers = {clip.speaker for clip in clips if clip.split == "train"}
    out = {}
    for who, some in parts.items():
        others = _sum([whole[other] for other in sorted(teachers - {who})])
        found = []
        for fold, asked in enumerate(each for each in folds[who] if each):
            known = [part for k, part in enumerate(some) if k != fold]
            own = _sum(known).times(way.own * 100 / np.sqrt(_sum(some).rows)) if way.own and known else None
            weights = (others if own is None else _sum([others, own])).weights()
            for i in asked:
                if targets[i].std() > LEAST_MOTION * spread[who]:
                    found.append(np.corrcoef(wide(way.passes(clips[i])[0]) @ weights, targets[i])[0, 1])
        out[who] = float(np.mean(found))
    return out


def _hearing(clips: Sequence[TrainingClip], way: Way) -> Callable[[Rows], Float[np.ndarray, "frames wide"]]:
    """Speech features to the principal components of those that are learnt from, with context."""
    some = np.concatenate([way.passes(clip)[0][::4] for clip in clips]).astype(np.float32)
    mean, scale = some.mean(axis=0), np.maximum(some.std(axis=0), 1e-6)
    basis = np.linalg.eigh(np.cov(((some - mean) / scale).T))[1][:, ::-1][:, :COMPONENTS].astype(np.float32)
    return lambda rows: with_context(((rows - mean) / scale) @ basis, way.context)


def _sum(parts: Sequence[Normal]) -> Normal:
    heard, target = parts[0].heard.copy(), parts[0].target.copy()
    for part in parts[1:]:
        heard += part.heard
        target += part.target
    return Normal(heard, target, sum(part.rows for part in parts))


def read_clips(folder: Path) -> list[TrainingClip]:
    """Training clips of GRID, of the speaker with most each sixth, and all clips of the test speakers.

    Raises:
        InputError: training clips of fewer than three speakers, or without moved voices.
    """
    paths = sorted(folder.glob("s1_*.npz"))[::MAIN_EVERY] + sorted(
        path for path in folder.glob("s*_*.npz") if not path.name.startswith("s1_")
    )
    clips = [c for c in map(read_clip, paths) if c.split == "train" or c.speaker in UNSEEN_SPEAKERS]
    train = [clip for clip in clips if clip.split == "train"]
    if len({clip.speaker for clip in train}) < 3 or min(len(clip.linguistic) for clip in train) < 4:
        raise InputError(
            "not the clips of this study", received=f"{len(train)} training clips in {folder}",
            accepted="GRID clips of several speakers with moved voices", next_step="run python -m tools.voices",
        )  # fmt: skip
    return clips


def measure(clips: Sequence[TrainingClip]) -> dict[str, Any]:
    """Every way, over the training speakers and over the test speakers."""
    mouth = Mouth(OpenHead())
    targets = [mouth.shape(Identity(), clip.motion).opening_mm for clip in clips]
    found = {name: study(clips, targets, way) for name, way in WAYS.items()}
    unseen = {clip.speaker for clip in clips if clip.split != "train"}

    def mean(people: Mapping[str, float], tested: bool) -> float | None:
        chosen = [r for who, r in people.items() if (who in unseen) == tested]
        return float(np.mean(chosen)) if chosen else None

    return {
        "schema": "xtalker-left-out-speakers-2", "clips": len(clips),
        "mean_r": {name: mean(people, False) for name, people in found.items()},
        "mean_r_test_speakers": {name: mean(people, True) for name, people in found.items()},
        "by_speaker": found,
    }  # fmt: skip


def main() -> int:
    """Print a table, or with --json one object; exit code 0, or 1 for bad input."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clips", type=Path)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    try:
        report = measure(read_clips(given.clips))
    except InputError as fault:
        print(f"left_out_speakers: {fault}", file=sys.stderr)
        return 1
    if given.json:
        print(json.dumps(report, indent=2))
        return 0
    for name, mean in report["mean_r"].items():
        by_speaker = " ".join(f"{who} {r:.2f}" for who, r in report["by_speaker"][name].items())
        print(f"{mean:.3f}  {name}  {by_speaker}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
