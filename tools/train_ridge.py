"""Training clips to the ridge weights beside the generator.

    python -m tools.train_ridge CLIPS OUT.npz          # seconds to a minute

CLIPS holds the files of `tools.prepare_grid`; the test speakers and every clip that is not for training stay out.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path

from xtalker.evaluate.grid import UNSEEN_SPEAKERS
from xtalker.generator.ridge import write_ridge
from xtalker.head.open_head import OpenHead
from xtalker.train.clips import TrainingClip, read_clip
from xtalker.train.ridge import Hearing, Opening, solve, sums_of


def main() -> None:
    """Learn and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clips", type=Path)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    by_speaker: defaultdict[str, list[TrainingClip]] = defaultdict(list)
    for path in sorted(args.clips.glob("*.npz")):
        clip = read_clip(path)
        if clip.split == "train" and clip.speaker not in UNSEEN_SPEAKERS:
            by_speaker[clip.speaker].append(clip)
    head = OpenHead()
    hearing, opening = Hearing.of([c for clips in by_speaker.values() for c in clips]), Opening(head)
    people = [sums_of(clips, hearing, opening, phases=3) for clips in by_speaker.values()]
    encoder = next(iter(by_speaker.values()))[0].encoder
    face = solve(people, hearing, opening.basis(head.jaw_open_angle_rad), encoder=encoder)
    count = sum(map(len, by_speaker.values()))
    write_ridge(args.out, face, card={
        "data": f"{count} GRID clips of speakers {' '.join(sorted(by_speaker))}",
        "command": "python -m tools.train_ridge CLIPS ridge.npz",
    })  # fmt: skip
    print(f"{count} clips of {len(by_speaker)} speakers, {len(face.columns)} columns: {args.out}")


if __name__ == "__main__":
    main()
