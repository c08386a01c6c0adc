"""The face and its files: closures, drawing speed, likeness, size and time of every export.

    python benchmarks/face.py                a table
    python benchmarks/face.py --json         one JSON object on stdout, nothing else there
    python benchmarks/face.py --sheets docs/face [--portrait PICTURE ...]    also the contact sheets

Likeness needs the recogniser (`benchmarks/face_identity.py`) and at least two people; without them it is null with the
reason. `--folder` adds pictures of people, one face each.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; exit code 0, or 1 for bad input."""
    options = _parser().parse_args(arguments)
    with redirect_stdout(sys.stderr):
        from xtalker.values import XtalkerError

        try:
            report = measure(options.folder, options.confusion)
            if options.sheets is not None:
                from benchmarks.face_sheets import draw_sheets

                draw_sheets(options.sheets, options.portrait)
        except XtalkerError as fault:
            print(f"face: {fault}", file=sys.stderr)
            return 1
    print(json.dumps(report, indent=2) if options.json else table(report))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--folder", type=Path, help="more people for likeness: pictures of one face each")
    parser.add_argument("--sheets", type=Path, metavar="FOLDER", help="draw the contact sheets")
    parser.add_argument("--confusion", type=Path, help="picture of who resembles whom; it shows the photographs")
    parser.add_argument("--portrait", type=Path, nargs="*", default=[], help="more portraits for the sheets")
    return parser


def measure(folder: Path | None = None, confusion: Path | None = None) -> dict[str, Any]:
    """The whole report."""
    from benchmarks import export, face_geometry, face_identity
    from benchmarks.machine import hardware

    return {
        "schema": "xtalker-face-1",
        "hardware": hardware(),
        "geometry": face_geometry.measure(),
        "identity": _or_reason(lambda: face_identity.measure(folder, confusion)),
        "exports": export.measure(None),
    }


def _or_reason(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What could not be measured says why."""
    from xtalker.values import XtalkerError

    try:
        return work()
    except (XtalkerError, OSError) as fault:
        return {"auc": None, "reason": str(fault)}


def table(report: dict[str, Any]) -> str:
    """The report for a reader, one line for each plain figure."""
    lines = []
    for part in ("geometry", "identity"):
        for name, value in report[part].items():
            if isinstance(value, int | float | str) or value is None:
                shown = f"{value:.4g}" if isinstance(value, float) else value
                lines.append(f"{part:10}{name:40}{shown}")
    from benchmarks.export import lines_of

    return "\n".join([*lines, *lines_of(report["exports"])])


if __name__ == "__main__":
    sys.exit(main())
