"""How well a photo is judged before it speaks: notes that are wrong, and covers, turns and drawings that are missed.

    python benchmarks/photo_inputs.py             a table
    python benchmarks/photo_inputs.py --json      one JSON object on stdout, nothing else there

Portraits come from `--portraits`, else from portraits/ in the data folder (XTALKER_DATA, or shared/data beside the
repository); the astronaut is always there. Covers and drawings are made from them by `benchmarks/photo_covers.py`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, Final

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
ROOT: Final = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--portraits", type=Path, metavar="FOLDER", help="pictures of one face each")
    parser.add_argument(
        "--only", type=int, metavar="N", help="the astronaut and N - 1 portraits spread over the folder"
    )
    options = parser.parse_args(arguments)
    with redirect_stdout(sys.stderr):
        from benchmarks.photo_judged import measure
        from benchmarks.photo_people import portraits

        report = measure(portraits(options.portraits, options.only))
    print(json.dumps(report, indent=1) if options.json else table(report))
    return 0


def table(report: dict[str, Any]) -> str:
    """The report as text."""
    lines = [f"{len(report['notes'])} of {report['portraits']} portraits have notes:"]
    lines += [f"  {name}: {note}" for name, notes in report["notes"].items() for note in notes]
    lines += ["", "| made of a portrait | told |", "|---|---|"]
    lines += [f"| {kind} | {right} of {count} |" for kind, (right, count) in report["told"].items()]
    lines += ["", "| head drawn at, degrees | read as |", "|---|---|"]
    lines += [f"| {yaw} | {min(read):.0f} to {max(read):.0f} |" for yaw, read in report["yaw_deg"].items()]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
