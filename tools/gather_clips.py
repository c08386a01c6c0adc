"""The training set of the shipped generator: GRID, FACEGOOD and taught clips in one folder.

    python -m tools.gather_clips OUT --grid GRID_CLIPS --facegood FACEGOOD_CLIPS --taught TAUGHT_CLIPS --data DATA

GRID_CLIPS are those of `tools.prepare_grid`, some of them with other voices (`tools.voices`). Their tracker never moves
some columns (tongue, jaw forward, cheeks), so these count as not observed: what it cannot see must not be learnt as
stillness. Where DATA knows a clip's words, `tools.teach.real` puts the lower lip on the teeth and moves the tongue. All
taught voices are filed as one speaker, so that they do not outweigh real people.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import Bool
from tools.teach.align import PhoneProbe
from tools.teach.real import Unseen
from tqdm import tqdm

from xtalker.train.clips import read_clip, write_clip
from xtalker.values.motion import NUM_MOTION

TAUGHT = "taught"
_LOOK_EVERY = 20
_MOVES = 1e-6


def moving_columns(paths: list[Path]) -> Bool[np.ndarray, "58"]:
    """Columns that move in any of every twentieth clip."""
    moves = np.zeros(NUM_MOTION, bool)
    for path in paths[::_LOOK_EVERY]:
        moves |= read_clip(path).motion.to_matrix().std(axis=0) > _MOVES
    return moves


def gather(out: Path, grid: Path, facegood: Path, taught: Path, data: Path) -> None:
    """Write every clip anew; taught test clips stay out."""
    paths = sorted(grid.glob("s*_*.npz"))
    observed = moving_columns(paths)
    unseen = Unseen(data, PhoneProbe.read(taught / "phone_probe.npz"))
    for path in tqdm(paths, desc="GRID", unit="clip"):
        write_clip(out, unseen.add(replace(read_clip(path), observed=observed)))
    for path in tqdm(sorted(facegood.glob("facegood_*.npz")), desc="FACEGOOD", unit="clip"):
        write_clip(out, read_clip(path))
    for path in tqdm(sorted(taught.glob("taught*.npz")), desc="taught", unit="clip"):
        clip = read_clip(path)
        if clip.split == "train":
            write_clip(out, replace(clip, speaker=TAUGHT))


def main() -> None:
    """Gather."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    for name in ("grid", "facegood", "taught", "data"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    given = parser.parse_args()
    gather(given.out, given.grid, given.facegood, given.taught, given.data)


if __name__ == "__main__":
    main()
