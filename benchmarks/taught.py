"""Lips against phone times: unseen words by a synthetic voice that nobody trained on, and real recorded speech.

    python benchmarks/taught.py            a table
    python benchmarks/taught.py --json     one JSON object on stdout, nothing else there

No truth of the motion is needed: /p b m/ must close the lips, /f v/ must bring the lower lip to the upper teeth, and
lips must be the wider the less rounded a vowel is. Phone times are the synthesiser's own (Debian's flite, voice rms),
and for the test clips of GRID those of a forced alignment within the given word times (tools/teach/align.py).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:  # the command is started as a file, and its parts import each other by name
    sys.path.insert(0, str(ROOT))

if TYPE_CHECKING:
    from xtalker.values import Motion, SpeechFeatures

SENTENCES = 200


def measure(
    generate: Callable[[SpeechFeatures], Motion], *, data: Path | None = None, prepared: Path | None = None,
    sentences: int = SENTENCES, clips: int | None = None,
) -> dict[str, Any]:  # fmt: skip
    """All figures of a generator: see `tools.teach.measure.measure`."""
    from tools.teach.measure import measure

    return measure(generate, data=data, prepared=prepared, sentences=sentences, clips=clips)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the shipped generator, or a checkpoint; exit code 0, or 1 for bad input."""
    options = _parser().parse_args(arguments)
    with redirect_stdout(sys.stderr):
        from xtalker.values import XtalkerError

        try:
            report = _measured(options)
        except XtalkerError as fault:
            print(f"taught: {fault}", file=sys.stderr)
            return 1
    print(json.dumps(report, indent=2) if options.json else _table(report))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    data = os.environ.get("XTALKER_DATA", ROOT.parent / "shared" / "data")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--data", type=Path, default=Path(data), help="folder with grid_s1/ and grid_multi/")
    parser.add_argument("--clips-folder", type=Path, help="prepared clips (tools/prepare_grid.py)")
    parser.add_argument("--checkpoint", type=Path, help="weights (default: the shipped ones)")
    parser.add_argument("--sentences", type=int, default=SENTENCES, help="at most N of the 200")
    parser.add_argument("--clips", type=int, help="at most N real clips")
    return parser


def _measured(options: argparse.Namespace) -> dict[str, Any]:
    from xtalker.generator import Generator
    from xtalker.performance import parts

    generator = Generator.from_checkpoint(options.checkpoint) if options.checkpoint else parts.generator()
    data = options.data if (options.data / "grid_s1" / "video").is_dir() else None
    return measure(
        lambda features: generator.generate(features, seed=0), data=data, prepared=options.clips_folder,
        sentences=options.sentences, clips=options.clips,
    )  # fmt: skip


def _table(report: dict[str, Any]) -> str:
    rows = [f"{'':14}{'closure':>9}{'contact':>9}{'width r':>9}"]
    for name in ("synthetic", "real", "real_tracked"):
        found = report[name] or {}
        cells = [found.get(figure) for figure in report["bars"]]
        rows.append(f"{name:14}" + "".join(f"{'-' if cell is None else format(cell, '.3f'):>9}" for cell in cells))
    rows.append(f"{'bar':14}" + "".join(f"{bar:>9.3f}" for bar in report["bars"].values()))
    return "\n".join(rows + [f"{name:28}{value:8.2f}" for name, value in report["sounds"].items()])


if __name__ == "__main__":
    sys.exit(main())
