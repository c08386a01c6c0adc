"""Train the sync experts that ship, and write their cards.

    python -m tools.train_sync EXPERT OUT --data DATA --clips CLIPS [--landmarks FOLDER] [--kept FOLDER]

EXPERT is sync-filter, sync-score or sync-crops; DATA and CLIPS are those of tools/prepare_grid.py. The first two learn
from motion, each from its own half of the training clips (each second clip of every speaker), a minute on one core;
the third from filmed mouths of all training clips and rendered ones of each second clip (of speaker 1: each 18th).
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch
from tools.prepare_grid import Job, jobs
from tools.train_sync.corpus import Places, sync_clips

from xtalker.evaluate.sync.expert import ENCODER, SyncCard, SyncExpert
from xtalker.evaluate.sync.network import SyncConfig
from xtalker.evaluate.sync.training import SyncClip, SyncRecipe, train_sync
from xtalker.speech import load_encoder

GRID: Final = "M. Cooke, J. Barker, S. Cunningham, X. Shao, GRID corpus, CC BY 4.0, tracked by xtalker"
SPLIT: Final = (
    "GRID speaker 1 by clip: 0-849 train, 850-899 validation, 900-999 test; other speakers by person: 3 and 33 test, "
    "2, 4, 5, 26, 30, 31, 32 train"
)
MOTION: Final = SyncConfig("motion", mouth_channels=120)
CROPS: Final = SyncConfig("crops", mouth_channels=2)


@dataclass(frozen=True)
class Plan:
    """How an expert is made.

    Attributes:
        kinds: of clips that it learns from.
        half: 0 or 1, which training clips; None for all.
        config: its network.
        recipe: its training.
    """

    kinds: tuple[str, ...]
    half: int | None
    config: SyncConfig
    recipe: SyncRecipe


PLANS: Final = {
    "sync-filter": Plan(("motion",), 0, MOTION, SyncRecipe(seed=0)),
    "sync-score": Plan(("motion",), 1, MOTION, SyncRecipe(seed=1)),
    "sync-crops": Plan(("filmed", "rendered"), None, CROPS, SyncRecipe(seed=2, steps=400, batch=16, frames=36)),
}


def main() -> None:
    """Gather, train, write."""
    parser = argparse.ArgumentParser(prog="python -m tools.train_sync", description=__doc__)
    parser.add_argument("expert", choices=PLANS)
    parser.add_argument("out", type=Path)
    add_places(parser)
    parser.add_argument("--ears", type=Path, help="expert whose sound tower is the start (sync-crops: sync-filter's)")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    plan, places = PLANS[options.expert], places_of(options)
    clips = [clip for kind in plan.kinds for clip in _training(places, kind, plan.half, options.workers)]
    torch.set_num_threads(options.threads)
    ears = None if options.ears is None else SyncExpert.load(options.ears).network
    network = train_sync(clips, plan.config, plan.recipe, ears=ears, progress=True)
    card = _card(options.expert, plan, clips, options.ears)
    SyncExpert(network, card).save(options.out)
    written = {name: getattr(card, name) for name in ("data", "split", "seed", "command", "encoder")}
    options.out.with_name(f"{options.out.name}.card.json").write_text(json.dumps(written, indent=2) + "\n")


def add_places(parser: argparse.ArgumentParser) -> None:
    """Options that say where the clips are."""
    parser.add_argument("--data", type=Path, required=True, help="folder with grid_s1/ and grid_multi/")
    parser.add_argument("--clips", type=Path, required=True, help="folder made by tools/prepare_grid.py")
    parser.add_argument("--landmarks", type=Path, help="its landmark files (default CLIPS/landmarks)")
    parser.add_argument("--kept", type=Path, default=Path("out/sync_clips"), help="keep what is made for another run")
    parser.add_argument("--workers", type=int, default=1)


def places_of(options: argparse.Namespace) -> Places:
    """Folders from the options of `add_places`."""
    return Places(options.data, options.clips, options.landmarks or options.clips / "landmarks", options.kept)


def _training(places: Places, kind: str, half: int | None, workers: int) -> list[SyncClip]:
    seen: dict[str, list[str]] = {}
    for job in jobs(places.data):
        if job.split == "train":
            seen.setdefault(job.speaker, []).append(job.name)
    mine = {name for names in seen.values() for name in (names if half is None else names[half::2])}

    def wanted(job: Job) -> bool:
        return job.name in mine

    return sync_clips(places, kind, wanted, workers=workers)


def _card(name: str, plan: Plan, clips: list[SyncClip], ears: Path | None) -> SyncCard:
    start = "" if ears is None else f" --ears {ears.name}"
    part = "all training clips" if plan.half is None else f"half {plan.half} of the training clips of every speaker"
    hours = sum(len(clip.sound) for clip in clips) / 25 / 3600
    return SyncCard(
        encoder=load_encoder(ENCODER).fingerprint, licence="Apache-2.0",
        data=f"{GRID}; {part} as {' and '.join(plan.kinds)}: {len(clips)} clips, {hours:.2f} hours",
        split=SPLIT, seed=str(plan.recipe.seed),
        command=f"python -m tools.train_sync {name} OUT --data DATA --clips CLIPS{start}",
    )  # fmt: skip


if __name__ == "__main__":
    main()
