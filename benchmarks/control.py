"""How well control obeys: emotion levels, transitions, lips under emotion, doors, life, head, and what it costs.

    python benchmarks/control.py             a table
    python benchmarks/control.py --json      one JSON object on stdout, nothing else there
    python benchmarks/control.py --sheets docs/control     also the contact sheets, which are there to be looked at

Needs nothing but the package and its assets: the speech is the demo speech, repeated where a minute is needed.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
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
        from benchmarks.control_parts import doors, measure_control
        from xtalker.values import XtalkerError

        try:
            report = measure_control()
            report |= {} if options.no_doors else doors()
            if options.sheets is not None:
                from benchmarks.control_sheets import draw_sheets

                draw_sheets(options.sheets)
        except XtalkerError as fault:
            print(f"control: {fault}", file=sys.stderr)
            return 1
    print(json.dumps(report, indent=2) if options.json else table(report))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--no-doors", action="store_true", help="leave out the doors' retrieval, which renders 70 faces"
    )
    parser.add_argument("--sheets", type=Path, metavar="FOLDER", help="draw the contact sheets there")
    return parser


def table(report: dict[str, Any]) -> str:
    """The report for a reader, one line for each figure."""
    lines = []
    for part, figures in report.items():
        if not isinstance(figures, dict):
            lines.append(f"{part}: {figures}")
            continue
        lines += [f"{part}.{name}: {value}" for name, value in figures.items()]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
