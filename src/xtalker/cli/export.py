"""`xtalker export`: motion of any kind to a file that another program opens."""

from __future__ import annotations

import argparse
import time

from xtalker.cli import console, options
from xtalker.cli.console import Report


def add_to(verbs: options.Verbs) -> None:
    """Add the verb to the parser."""
    parser = options.add_verb(verbs, "export", run, "motion to the files that other programs open, and back")
    parser.add_argument(
        "motion", type=options.path, metavar="MOTION",
        help="motion file (.npz), Live Link Face recording (.csv), FLAME parameters or FACEGOOD weights (.npz)",
    )  # fmt: skip
    options.add_output(parser, "OUT", f"ending {options.data_suffixes()}")
    parser.add_argument("--audio", type=options.path, metavar="SPEECH", help="sound that goes along, where it can")
    parser.add_argument("--portrait", type=options.path, metavar="IMAGE", help="a face, for the head's shape")
    parser.add_argument("--strict", action="store_true", help="write nothing where something would be left out")
    options.add_flame(parser)


def run(given: argparse.Namespace) -> Report:
    """Check, read, write.

    Raises:
        XtalkerError: something that the user can change.
    """
    started = time.perf_counter()
    from xtalker.cli.places import DATA_SUFFIXES, check_places

    inputs = (given.motion, given.audio, given.portrait, given.flame)
    check_places([(given.output, DATA_SUFFIXES)], [path for path in inputs if path is not None])
    from xtalker.performance.importing import convert

    made, read = convert(
        given.motion, given.output, sound=given.audio, portrait=given.portrait, flame=given.flame, strict=given.strict
    )
    wall_s = time.perf_counter() - started
    frames, duration_s = read.motion.num_frames, read.duration_s
    figures = {
        "command": "export", "motion": str(given.motion), "kind": read.kind, "notes": list(read.notes),
        "audio": given.audio and str(given.audio), "portrait": given.portrait and str(given.portrait),
        "frames": frames, "duration_s": duration_s, "made": [str(made)], "wall_s": round(wall_s, 3),
    }  # fmt: skip
    lines = [
        f"read      {given.motion}: {read.kind}, {frames} frames, {duration_s:.2f} s",
        *(f"note      {note}" for note in read.notes),
        f"made      {console.described(made)}",
        f"took      {wall_s:.1f} s",
    ]
    return Report(figures, lines)
