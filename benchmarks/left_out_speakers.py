"""Would more voices, layers or context help people who were never seen? A ridge, with each speaker left out in turn.

    python benchmarks/left_out_speakers.py CLIPS [--json]          # about five minutes on two cores

CLIPS holds GRID clips with moved voices (tools/voices.py for all groups). A ridge from speech features to the jaw's
pitch, in standard deviations of each speaker, is learnt from seven of GRID's eight training speakers and asked for the
eighth, whose own voice alone is heard. Test speakers and test clips are not touched. The figure is the mean over the
speakers left out of the mean correlation over their clips.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.train.clips import TrainingClip, read_clip
from xtalker.values import InputError

CONTEXT: Final = 4
COMPONENTS: Final = 160
PENALTY: Final = 1000.0
MAIN_EVERY: Final = 4
_LAYER: Final = 512
Passes = Callable[[TrainingClip], tuple[Float[np.ndarray, "frames channels"], ...]]

ROWS: Final[Mapping[str, Passes]] = {
    "own voice": lambda clip: clip.linguistic[:1],
    "own voice, in three contexts": lambda clip: clip.linguistic[:3],
    "own and two moved voices": lambda clip: (clip.linguistic[0], *clip.linguistic[3:]),
    "all": lambda clip: clip.linguistic,
    "own voice, layer 4 alone": lambda clip: (clip.linguistic[0][:, :_LAYER],),
    "own voice, last layer alone": lambda clip: (clip.linguistic[0][:, _LAYER:],),
}
"""What is learnt from; the person left out is heard as the first pass of it."""


def with_context(rows: Float[np.ndarray, "frames channels"]) -> Float[np.ndarray, "frames wide"]:
    """Rows beside their neighbours, and a one."""
    at = np.clip(np.arange(len(rows))[:, None] + np.arange(-CONTEXT, CONTEXT + 1), 0, len(rows) - 1)
    return np.c_[rows[at].reshape(len(rows), -1), np.ones(len(rows))].astype(np.float32)


def study(clips: list[TrainingClip], passes: Passes) -> dict[str, float]:
    """Speaker left out -> mean correlation over the clips."""
    some = np.concatenate([passes(clip)[0][::4] for clip in clips]).astype(np.float32)
    mean, scale = some.mean(axis=0), np.maximum(some.std(axis=0), 1e-6)
    basis = np.linalg.eigh(np.cov(((some - mean) / scale).T))[1][:, ::-1][:, :COMPONENTS].astype(np.float32)

    def wide(rows: Float[np.ndarray, "frames channels"]) -> Float[np.ndarray, "frames wide"]:
        return with_context(((rows - mean) / scale) @ basis)

    speakers = sorted({clip.speaker for clip in clips})
    jaws = {s: np.concatenate([c.motion.jaw[:, 0] for c in clips if c.speaker == s]).std() for s in speakers}
    sums: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    for speaker in speakers:
        products, targets, count = 0.0, 0.0, 0
        for clip in (c for c in clips if c.speaker == speaker):
            for rows in passes(clip):
                x = wide(rows)
                products, targets = products + x.T @ x, targets + x.T @ (clip.motion.jaw[:, 0] / jaws[speaker])
                count += len(x)
        share = 100 / np.sqrt(count)  # speakers with many clips count more, but not in proportion
        sums[speaker] = (products * share, targets * share)
    out = {}
    for speaker in speakers:
        left = [sums[other] for other in speakers if other != speaker]
        products, targets = sum(p for p, _ in left), sum(t for _, t in left)
        weights = np.linalg.solve(products + PENALTY * np.eye(len(products)), targets)
        mine = [c for c in clips if c.speaker == speaker and c.motion.jaw[:, 0].std() > 1e-4]
        guesses = [wide(passes(clip)[0]) @ weights for clip in mine]
        out[speaker] = float(np.mean([np.corrcoef(g, c.motion.jaw[:, 0])[0, 1] for g, c in zip(guesses, mine)]))
    return out


def read_training(folder: Path) -> list[TrainingClip]:
    """Training clips of GRID; of the speaker with most, every fourth.

    Raises:
        InputError: clips of fewer than three speakers, or without moved voices.
    """
    paths = sorted(folder.glob("s1_*.npz"))[::MAIN_EVERY] + sorted(
        path for path in folder.glob("s*_*.npz") if not path.name.startswith("s1_")
    )
    clips = [clip for clip in map(read_clip, paths) if clip.split == "train"]
    if len({clip.speaker for clip in clips}) < 3 or min(len(clip.linguistic) for clip in clips) < 4:
        raise InputError(
            "not the clips of this study", received=f"{len(clips)} training clips in {folder}",
            accepted="GRID clips of several speakers with moved voices", next_step="run python -m tools.voices",
        )  # fmt: skip
    return clips


def main() -> int:
    """Print a table, or with --json one object; exit code 0, or 1 for bad input."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clips", type=Path)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    try:
        clips = read_training(given.clips)
    except InputError as fault:
        print(f"left_out_speakers: {fault}", file=sys.stderr)
        return 1
    found = {name: study(clips, passes) for name, passes in ROWS.items()}
    means = {name: float(np.mean(list(by_speaker.values()))) for name, by_speaker in found.items()}
    if given.json:
        print(json.dumps({"schema": "xtalker-left-out-speakers-1", "mean_r": means, "by_speaker": found}, indent=2))
        return 0
    for name, mean in means.items():
        print(f"{mean:.3f}  {name}  " + " ".join(f"{s} {r:.2f}" for s, r in found[name].items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
