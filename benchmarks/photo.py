"""The photograph itself speaks: every figure that the look photo is held to, over a folder of portraits.

    python benchmarks/photo.py                          a table
    python benchmarks/photo.py --json                   one JSON object on stdout, nothing else there
    python benchmarks/photo.py --sheets docs/photo      also the pictures of docs/photo.md
    python benchmarks/photo.py --people-sheets FOLDER   also sheets of 24 portraits; look at them, publish only your own

Portraits come from `--portraits`, else from portraits/ in the data folder (XTALKER_DATA, or shared/data beside the
repository); the astronaut is always there. A portrait takes about half a minute; what was measured is kept in the work
folder, so that a stopped run goes on where it was. Changed sources are measured again unless `--keep` is given.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
import traceback
from collections.abc import Sequence
from contextlib import redirect_stdout
from functools import cache
from pathlib import Path
from typing import Any, Final

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
ROOT: Final = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

FILMED: Final = 12  # portraits whose film is tracked without --all
FILM_FRAMES: Final = 125
SWIM_FRAMES: Final = 30
_PROGRAM: Final = ("appearance", "capture", "geometry", "head", "performance", "render", "values")
_MEASURES: Final = ("photo_people", "photo_measures", "photo_eyes", "photo_lips")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; exit code 0, or 1 for bad input."""
    options = _parser().parse_args(arguments)
    with redirect_stdout(sys.stderr):
        import logging

        from xtalker.values import XtalkerError

        logging.getLogger("xtalker").setLevel(logging.ERROR)
        try:
            report = measure(options)
            if options.sheets is not None:
                from benchmarks.photo_sheets import draw_demo

                draw_demo(options.sheets, options.work)
            if options.people_sheets is not None:
                from benchmarks.photo_sheets import draw_people

                draw_people(options.people_sheets, options.portraits, options.work)
        except XtalkerError as fault:
            print(f"photo: {fault}", file=sys.stderr)
            return 1
    from benchmarks.photo_report import table

    print(json.dumps(report, indent=1) if options.json else table(report))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--portraits", type=Path, metavar="FOLDER", help="pictures of one face each")
    parser.add_argument(
        "--only", type=int, metavar="N", help="the astronaut and N - 1 portraits spread over the folder"
    )
    parser.add_argument("--all", action="store_true", help=f"track the film of every portrait, not of {FILMED}")
    parser.add_argument("--sheets", type=Path, metavar="FOLDER", help="draw the pictures of the document")
    parser.add_argument("--people-sheets", type=Path, metavar="FOLDER", help="draw contact sheets of 24 portraits")
    parser.add_argument("--work", type=Path, default=ROOT / "out" / "photo", help="where results and avatars are kept")
    parser.add_argument("--keep", action="store_true", help="take kept results although sources have changed")
    parser.add_argument("--no-speed", action="store_true", help="leave speed and memory out")
    return parser


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """The whole report."""
    from tqdm import tqdm

    from benchmarks.machine import hardware
    from benchmarks.photo_lips import speech_motion
    from benchmarks.photo_people import name_of, portraits
    from benchmarks.photo_report import report

    options.work.mkdir(parents=True, exist_ok=True)
    before, program = hardware(), program_mark()
    motion = speech_motion(options.work)
    found = portraits(options.portraits, options.only)
    filmed = set(found if options.all else found[:: max(len(found) // FILMED, 1)])
    people = []
    for portrait in tqdm(found, unit="portrait", disable=not sys.stderr.isatty()):
        kept = Kept(options.work / f"{name_of(portrait)}.json", program, keep=options.keep)
        people.append(kept.completed(portrait, options.work, motion, film=portrait in filmed))
        print(f"{len(people)}/{len(found)} {_brief(people[-1])}", file=sys.stderr, flush=True)
    drawing = {} if options.no_speed else _drawing(people, found, options.work, program, keep=options.keep)
    return report(people, drawing) | {"hardware": before, "program": program}


class Kept:
    """Results of one portrait, in a file.

    Args:
        file: where.
        program: mark of the sources.
        keep: whether results of other sources count.
    """

    def __init__(self, file: Path, program: str, *, keep: bool) -> None:
        self._file, self._program = file, program
        old = json.loads(file.read_text()) if file.is_file() else {}
        self.results: dict[str, Any] = old if keep or old.get("program") == program else {}

    def completed(self, portrait: Path, folder: Path, motion: Any, *, film: bool) -> dict[str, Any]:
        """The results, with what is missing measured."""
        wanted = ["still", "film"] if film else ["still"]
        if all(part in self.results for part in wanted) or "refused" in self.results or "failed" in self.results:
            return self.results
        warm_up(folder)
        try:
            found = measure_person(portrait, folder, motion, parts=[p for p in wanted if p not in self.results])
        except Exception as fault:  # one portrait that breaks the program is a figure, not the end of the run
            found = _fault(fault)
        self.results |= found | {"program": self._program}
        self._file.write_text(json.dumps(self.results))
        return self.results


@cache
def warm_up(folder: Path) -> None:
    """Load models and compile, so that no portrait's time holds it."""
    from benchmarks.photo_people import portraits, prepare_sitter

    prepare_sitter(portraits(None, 1)[0], folder)


def _fault(fault: Exception) -> dict[str, Any]:
    from xtalker.values import InputError

    if isinstance(fault, InputError):
        return {"refused": str(fault)}
    traceback.print_exception(fault)
    return {"failed": f"{type(fault).__name__}: {fault}"}


def measure_person(portrait: Path, folder: Path, motion: Any, *, parts: Sequence[str]) -> dict[str, Any]:
    """Everything about one portrait.

    Raises:
        InputError: the portrait is refused.
    """
    from benchmarks import photo_lips, photo_measures
    from benchmarks.photo_people import Sitter, name_of, prepare_sitter

    prepared = prepare_sitter(portrait, folder)
    sitter = Sitter(prepared.avatar)
    out: dict[str, Any] = {"name": name_of(portrait)}
    if "still" in parts:
        out["still"] = photo_measures.still_figures(sitter, prepared) | {
            "swim": photo_lips.swim(sitter, motion[SWIM_FRAMES : 2 * SWIM_FRAMES]),
        }
    if "film" in parts:
        out["film"] = photo_lips.film_figures(sitter, motion[:FILM_FRAMES])
    return out


def _brief(person: dict[str, Any]) -> str:
    for fault in ("refused", "failed"):
        if fault in person:
            return f"{fault}: {person[fault]}"
    still, film = person["still"], person.get("film")
    lips = "" if film is None else f", lips r {film['r']:.3f} slope {film['slope']:.2f} shut {film['shut_share']}"
    eyes, gaps = still["lids"]["shut_px"], sum(still["holes"].values())
    return f"{person['name']}: {still['rest_psnr_db']:.1f} dB, shut eyes {eyes} px, holes {gaps} px{lips}"


def _drawing(people: list[dict[str, Any]], found: list[Path], folder: Path, program: str, *, keep: bool) -> Any:
    """Memory of the astronaut's avatar and of the largest one, speed of the astronaut's."""
    from benchmarks.photo_people import prepare_sitter
    from benchmarks.photo_speed import measured

    file = folder / "drawing.json"
    old = json.loads(file.read_text()) if file.is_file() else {}
    if old and (keep or old.get("program") == program):
        return old
    sizes = [p["still"]["avatar_mb"] if "still" in p else 0 for p in people]
    largest = found[sizes.index(max(sizes))]
    out: dict[str, Any] = {"program": program, "memory": [], "speed": {}}
    for portrait in (found[0], largest):
        avatar = folder / f"{portrait.stem}.avatar"
        if not avatar.is_file():
            prepare_sitter(portrait, folder)
        out["memory"].append(measured("memory", avatar, portrait, threads=2))
    for threads in (1, 2):
        avatar = folder / f"{found[0].stem}.avatar"
        out["speed"][str(threads)] = measured("speed", avatar, found[0], threads=threads)
    file.write_text(json.dumps(out))
    return out


def program_mark() -> str:
    """Changes with every source that decides about pictures or figures."""
    sources = [p for part in _PROGRAM for p in sorted((ROOT / "src/xtalker" / part).rglob("*.py"))]
    sources += [ROOT / "benchmarks" / f"{name}.py" for name in _MEASURES]
    mark = hashlib.sha256()
    for path in sources:
        mark.update(path.name.encode() + b"\0" + path.read_bytes())
    return mark.hexdigest()[:12]


if __name__ == "__main__":
    sys.exit(main())
