"""Figures of the main job: how good the lips are, how fast everything is, what simple baselines reach.

    python benchmarks/main_job.py            a table
    python benchmarks/main_job.py --json     one JSON object on stdout, nothing else there

Quality needs the GRID clips (`--data`, or XTALKER_DATA); where they are absent its figures are null with a reason and
the speed figures are measured all the same. Truth is tracked from the clips' videos: the first run takes some minutes,
later ones find it in the per-user cache.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:  # the command is started as a file, and its parts import each other by name
    sys.path.insert(0, str(ROOT))

TABLE = (
    "lip_error_mean_mm", "lip_error_max_mm", "lip_opening_r", "mouth_lag_frames", "closure_recall",
    "lip_amplitude_ratio", "lip_jitter_ratio", "head_amplitude_ratio", "jaw_mae_deg", "silence_open_mm",
    "silence_speed_mm_s",
)  # fmt: skip
SHORT = (
    "LVE mean",
    "LVE max",
    "r",
    "lag",
    "closures",
    "amplitude",
    "jitter",
    "head",
    "jaw deg",
    "sil. mm",
    "sil. mm/s",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; exit code 0, or 1 for bad input."""
    options = _parser().parse_args(arguments)
    with redirect_stdout(sys.stderr):
        from xtalker.values import XtalkerError

        try:
            report = measure(options)
        except XtalkerError as fault:
            print(f"main_job: {fault}", file=sys.stderr)
            return 1
    print(json.dumps(report, indent=2) if options.json else table(report))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    data = os.environ.get("XTALKER_DATA", ROOT.parent / "shared" / "data")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--data", type=Path, default=Path(data), help="folder with grid_s1/ and grid_multi/")
    parser.add_argument("--clips", type=int, metavar="N", help="at most N clips of the main speaker: a quick look")
    parser.add_argument("--split", choices=("test", "validation"), default="test")
    parser.add_argument("--part", choices=("quality", "speed", "all"), default="all")
    parser.add_argument(
        "--checkpoint", type=Path, help="weights for quality (default: the shipped ones; talk uses those always)"
    )
    parser.add_argument("--clips-folder", type=Path, help="prepared clips (tools/prepare_grid.py) to take truth from")
    parser.add_argument("--train-step", type=int, default=None, help="each how manieth training clip teaches baselines")
    parser.add_argument("--long", action="store_true", help="also talk for 10 minutes")
    return parser


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """The whole report."""
    from benchmarks.machine import hardware, versions

    report: dict[str, Any] = {"schema": "xtalker-main-job-1", "hardware": hardware(), "versions": versions()}
    reasons: dict[str, str] = {}
    generator, missing = _generator(options.checkpoint)
    if options.part in ("speed", "all"):
        from benchmarks.speed import measure_speed

        figures, why = measure_speed(generator, long=options.long)
        report |= figures
        reasons |= why
    if options.part in ("quality", "all"):
        report |= _quality(options, generator, missing, reasons)
    report["generator"] = None if generator is None else _card(generator)
    return _plain(report | {"reasons": reasons})


def _generator(checkpoint: Path | None) -> tuple[Any, str]:
    """The generator, or None and why."""
    from xtalker.generator import Generator
    from xtalker.performance import parts
    from xtalker.values import AssetError

    if checkpoint is not None:
        return Generator.from_checkpoint(checkpoint), ""
    try:
        return parts.generator(), ""
    except AssetError as why:
        return None, str(why)


def _card(generator: Any) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(generator.card)


def _quality(options: argparse.Namespace, generator: Any, missing: str, reasons: dict[str, str]) -> dict[str, Any]:
    from benchmarks.clips import TRAIN_STEP
    from benchmarks.quality import measure_quality
    from benchmarks.scores import FIGURES

    if generator is None:
        reasons |= dict.fromkeys(FIGURES, missing)
    if not (options.data / "grid_s1" / "video").is_dir():
        why = f"no GRID clips in {options.data}: set XTALKER_DATA or give --data"
        reasons |= dict.fromkeys((*FIGURES, "baselines", "unseen"), why)
        return dict.fromkeys((*FIGURES, "baselines", "unseen", "improvement_over_loudness_percent"))
    return measure_quality(
        options.data, split=options.split, limit=options.clips, prepared=options.clips_folder, generator=generator,
        train_step=options.train_step or TRAIN_STEP,
    )  # fmt: skip


def _plain(value: Any) -> Any:
    """JSON without NaN, numbers to six digits."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    return value


def table(report: dict[str, Any]) -> str:
    """The report for a reader."""
    lines = [f"{report['hardware']['processor']}, {report['hardware']['cores']} cores"]
    for title, block in (("GRID speaker 1", report), ("unseen speakers", report.get("unseen"))):
        if block and block.get("baselines"):
            lines += ["", f"{title}, {report['split']}, {block['clips']} clips", *_rows(block)]
    lines.append("")
    simple = {k: v for k, v in report.items() if isinstance(v, int | float) and k not in TABLE}
    lines += [f"{name:36} {value:.4g}" for name, value in simple.items()]
    grouped: dict[str, list[str]] = {}
    for name, why in report["reasons"].items():
        grouped.setdefault(why, []).append(name)
    return "\n".join(lines + [f"without {', '.join(names)}: {why}" for why, names in grouped.items()])


def _rows(block: dict[str, Any]) -> list[str]:
    rows = {"ours": block, **block["baselines"]}
    lines = [" " * 22 + "".join(f"{name:>11}" for name in SHORT)]
    return lines + [
        f"{name:22}" + "".join(f"{'-' if row[f] is None else format(row[f], '.3f'):>11}" for f in TABLE)
        for name, row in rows.items()
    ]


if __name__ == "__main__":
    sys.exit(main())
