"""Strangers' files, mangled files, kills and odd places: what must hold on every machine.

    python benchmarks/robust.py                    all of it, a table
    python benchmarks/robust.py --json             one JSON object on stdout, nothing else there
    python benchmarks/robust.py --quick            a twentieth of the mutations and kills

cases       files that failed once (--cases FOLDER, when it is there) and the generators of each kind
mutations   mangled bytes at every border: a result or one sentence, nothing else, in bounded time and memory
kills       kill -9 at random moments: no half output, no lost output, nothing left after the next run
places      no home, another user, a cache that cannot be written or is damaged, pipes, signals, full disks

The exit code is 0 when everything holds.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, Final

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:  # the command is started as a file, and its parts import each other by name
    sys.path.insert(0, str(ROOT))
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

CASES: Final = ROOT.parent / "shared" / "cases"
MUTATIONS, KILLS, QUICK = 10_080, 52, 20
PARTS: Final = ("cases", "mutations", "kills", "places")


def main(arguments: Sequence[str] | None = None) -> int:
    """Try and print; exit code 0 when all holds, else 1."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="a twentieth of the mutations and kills")
    parser.add_argument("--only", choices=PARTS, action="append", help="one part; repeatable")
    parser.add_argument("--cases", type=Path, default=CASES, help="folder of files that failed once")
    parser.add_argument("--seed", type=int, default=0, help="of the mutations and the moments of the kills")
    options = parser.parse_args(arguments)
    with redirect_stdout(sys.stderr):
        report = measure(options)
    print(json.dumps(report, indent=2) if options.json else "\n".join(lines_of(report)))
    return 0 if report["holds"] else 1


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """The whole report."""
    from benchmarks import robust_cases, robust_kills, robust_mutations, robust_places
    from benchmarks.machine import hardware

    less = QUICK if options.quick else 1
    report: dict[str, Any] = {"schema": "xtalker-robust-1", "hardware": hardware(), "seed": options.seed}
    wanted = options.only or PARTS
    holds = []
    with tempfile.TemporaryDirectory(prefix="xtalker-robust-") as name:
        for part in wanted:
            folder, began = Path(name) / part, time.process_time()
            folder.mkdir()
            if part == "cases":
                found = robust_cases.run(folder, options.cases)
            elif part == "mutations":
                found = robust_mutations.run(folder, MUTATIONS // less, options.seed)
            elif part == "kills":
                found = robust_kills.run(folder, max(2, KILLS // less), options.seed)
            else:
                found = robust_places.run(folder)
            holds.append(found["holds"])
            report[part] = {**found, "cpu_s": round(time.process_time() - began, 1)}
    if "cases" in report:
        report["cases_passed"] = f"{report['cases']['passed']} of {report['cases']['tried']}"
    return {**report, "holds": all(holds)}


def lines_of(report: dict[str, Any]) -> list[str]:
    """The report for a reader."""
    out = []
    for part in PARTS:
        if part not in report:
            continue
        found = report[part]
        out.append(f"{part:<11}{'holds' if found['holds'] else 'FAILS'}")
        out += [f"  {name:<28}{value}" for name, value in found.items() if not isinstance(value, dict | list)]
        out += [f"  FAILS {name}: {said}" for name, said in found.get("failed", {}).items()]
    return out


if __name__ == "__main__":
    sys.exit(main())
