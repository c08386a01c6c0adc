"""`xtalker templates`: a list of labelled motion files to the expression templates of a corpus."""

from __future__ import annotations

import argparse
import csv
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tqdm import tqdm

from xtalker.cli import console, options
from xtalker.cli.console import Report

if TYPE_CHECKING:
    from xtalker.values import InputError

_MAX_BYTES: Final = 4 << 20
_MAX_ROWS: Final = 20_000
_COLUMNS: Final = ("motion", "emotion", "person")


@dataclass(frozen=True)
class _Row:
    motion: Path
    emotion: str
    person: str


def add_to(verbs: options.Verbs) -> None:
    """Add the verb to the parser."""
    parser = options.add_verb(verbs, "templates", run, "make expression templates from labelled motion files")
    parser.add_argument(
        "list", type=options.path, metavar="LIST.csv",
        help="rows motion.npz,emotion[,person]; paths start at its folder; `neutral` rows give each person's rest",
    )  # fmt: skip
    options.add_output(parser, "TEMPLATES.npz", "template file")


def run(given: argparse.Namespace) -> Report:
    """Check, read, extract, save.

    Raises:
        XtalkerError: something that the user can change.
    """
    started = time.perf_counter()
    from xtalker.cli.places import check_places
    from xtalker.emotion import LabelledClip, extract_templates, save_templates
    from xtalker.export.motion_npz import read_motion

    check_places([(given.output, (".npz",))], [given.list])
    rows = _read_list(given.list)
    clips = []
    for row in tqdm(rows, desc="clips", unit="clip", leave=False, disable=not console.wants_bars(quiet=given.quiet)):
        motion = read_motion(row.motion)[0]
        clips.append(LabelledClip(motion.expression, row.emotion, row.person, motion.head_model))
    templates = extract_templates(clips)
    save_templates(given.output, templates)
    people = len({row.person for row in rows})
    wall_s = time.perf_counter() - started
    figures = {
        "command": "templates", "list": str(given.list), "clips": len(clips), "people": people,
        "made": [str(given.output)], "wall_s": round(wall_s, 3),
    }  # fmt: skip
    lines = [
        f"read      {len(clips)} clips of {people} people",
        f"made      {console.described(given.output)}",
        f"took      {wall_s:.1f} s",
    ]
    return Report(figures, lines)


def _read_list(path: Path) -> list[_Row]:
    """Rows of the list; a first row `motion,emotion[,person]` is a heading.

    Raises:
        InputError: not such a list.
    """
    from xtalker.emotion.space import LABELS
    from xtalker.values.files import check_readable

    accepted = "a CSV of rows motion.npz,emotion[,person]"
    check_readable(path, kind="list of clips", accepted=accepted)
    if path.stat().st_size > _MAX_BYTES:
        raise _bad(path, f"{path.stat().st_size} bytes", f"at most {_MAX_BYTES} bytes")
    try:
        table = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines(), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise _bad(path, str(error), accepted) from error
    cells = [(number, [cell.strip() for cell in row]) for number, row in enumerate(table, 1) if row]
    if cells and tuple(cells[0][1]) in (_COLUMNS[:2], _COLUMNS):
        cells = cells[1:]
    if not 0 < len(cells) <= _MAX_ROWS:
        raise _bad(path, f"{len(cells)} rows", f"1 to {_MAX_ROWS} rows")
    out = []
    for number, row in cells:
        if len(row) not in (2, 3) or not row[0]:
            raise _bad(path, f"line {number} with {len(row)} cells", accepted)
        if row[1] not in LABELS:
            raise _bad(path, f"line {number} with the emotion '{row[1][:40]}'", ", ".join(LABELS))
        out.append(_Row(path.parent / row[0], row[1], row[2] if len(row) == 3 else ""))
    return out


def _bad(path: Path, found: str, accepted: str) -> InputError:
    from xtalker.values import InputError

    return InputError("this list of clips cannot be used", received=f"{path} ({found})", accepted=accepted,
                      next_step="correct the list")  # fmt: skip
