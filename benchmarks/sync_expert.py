"""Figures of the shipped sync experts on GRID clips that they have not seen.

    python benchmarks/sync_expert.py --data DATA --clips CLIPS            a table
    python benchmarks/sync_expert.py --data DATA --clips CLIPS --json     one JSON object on stdout

CLIPS is what tools/prepare_grid.py made of DATA. Test clips of speaker 1, whose other clips the experts have seen, and
of speakers 3 and 33, whom they have not. The expert on pictures is measured on filmed and on rendered mouths.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:  # the command is started as a file, and its parts import each other by name
    sys.path.insert(0, str(ROOT))

EXPERTS: Final = {
    "sync_filter": ("motion",), "sync_score": ("motion",), "sync_crops": ("filmed", "rendered"),
}  # fmt: skip
SHIPPED: Final = ROOT / "src" / "xtalker" / "evaluate" / "data"
COLUMNS: Final = (
    "clips", "windows", "within_one_frame", "auc", "offset_median", "confidence", "confidence_shuffled", "distance",
    "distance_shuffled",
)  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; exit code 0, or 1 for bad input."""
    options = _parser().parse_args(arguments)
    with redirect_stdout(sys.stderr):
        from xtalker.values import XtalkerError

        try:
            report = measure(options)
        except XtalkerError as fault:
            print(f"sync_expert: {fault}", file=sys.stderr)
            return 1
    print(json.dumps(report, indent=2) if options.json else table(report))
    return 0


def _parser() -> argparse.ArgumentParser:
    from tools.train_sync.__main__ import add_places

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_places(parser)
    parser.add_argument("--expert", choices=EXPERTS, action="append", help="only this one; may be given again")
    parser.add_argument("--weights", type=Path, default=SHIPPED, help="folder with the experts' files")
    parser.add_argument("--split", choices=("test", "validation"), default="test")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Figures of each expert, by what it looks at and by who speaks."""
    from tools.prepare_grid import Job
    from tools.train_sync.__main__ import places_of
    from tools.train_sync.corpus import sync_clips

    from benchmarks.machine import hardware, versions
    from xtalker.evaluate.sync import SyncExpert

    def wanted(job: Job) -> bool:
        return job.split == options.split

    figures: dict[str, Any] = {}
    clips: dict[str, Any] = {}
    for name in options.expert or EXPERTS:
        expert = SyncExpert.load(options.weights / f"{name}.safetensors")
        for kind in EXPERTS[name]:
            if kind not in clips:
                clips[kind] = sync_clips(places_of(options), kind, wanted, workers=options.workers)
            figures.setdefault(name, {})[kind] = _by_speaker(expert, kind, clips[kind])
    return {
        "schema": "xtalker-sync-expert-1", "split": options.split, "hardware": hardware(), "versions": versions(),
        "experts": figures,
    }  # fmt: skip


def _by_speaker(expert: Any, kind: str, clips: Sequence[Any]) -> dict[str, Any]:
    """Figures of speaker 1 and of the others."""
    from xtalker.evaluate.sync import EmbeddedClip, sync_figures

    groups: dict[str, list[EmbeddedClip]] = {}
    for clip in clips:
        mouth = expert.embed_lips(clip.mouth) if kind == "motion" else expert.embed_crops(clip.mouth)
        who = "speaker 1" if clip.speaker == "s1" else "unseen speakers"
        groups.setdefault(who, []).append(EmbeddedClip(clip.speaker, mouth, expert.embed_sound(clip.sound)))
    return {who: asdict(sync_figures(group)) for who, group in sorted(groups.items())}


def table(report: dict[str, Any]) -> str:
    """The report for a reader."""
    lines = [" " * 42 + "".join(f"{name:>20}" for name in COLUMNS)]
    for expert, kinds in report["experts"].items():
        for kind, groups in kinds.items():
            for who, row in groups.items():
                cells = "".join(f"{row[name]:>20.4g}" for name in COLUMNS)
                lines.append(f"{expert:14}{kind:12}{who:16}{cells}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
