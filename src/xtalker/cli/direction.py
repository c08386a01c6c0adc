"""`xtalker direction`: check a direction file, or draw it."""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING

from xtalker.cli import console, options
from xtalker.cli.console import Report

if TYPE_CHECKING:
    from xtalker.values.direction import Direction

_EXAMPLE = """an example:

  emotion:
    - {at: 0, is: happy, level: 1.2}
    - {at: 2.5, text: "tired but hopeful"}
  head: nod twice, then look left
  gaze: {target: camera, wander: 0.3}
  camera: slow push in
"""
_PICTURES = (".png", ".svg", ".pdf")
_LONGEST_S = 3600.0


def add_to(verbs: options.Verbs) -> None:
    """Add the verb to the parser, with its two own verbs."""
    text = "check a direction file, or draw it"
    parser = verbs.add_parser(
        "direction",
        help=text,
        description=text,
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    inner = parser.add_subparsers(title="verbs", metavar="VERB", required=True)
    check = options.add_verb(inner, "check", run_check, "read a direction file and say what it asks for")
    show = options.add_verb(inner, "show", run_show, "draw what a direction file asks for over time")
    for verb in (check, show):
        verb.add_argument("file", type=options.path, metavar="FILE", help="YAML or JSON")
    options.add_output(show, "PLOT", ".png, .svg or .pdf")
    show.add_argument(
        "--duration", type=_seconds, metavar="S", help="length of the time line (default: fits what the file names)"
    )


def run_check(given: argparse.Namespace) -> Report:
    """Read the file, the words in it, and what it names.

    Raises:
        InputError: with the place in the file.
    """
    from xtalker.direction.drawing import example_rhythm, shown_duration_s
    from xtalker.direction.file import read_direction
    from xtalker.direction.plan import camera_program, head_moves
    from xtalker.performance.wishes import check_emotions

    direction = read_direction(given.file)
    rhythm = example_rhythm(shown_duration_s(direction))
    head_moves(direction.head, rhythm)
    camera_program(direction.camera, rhythm)
    check_emotions(direction)
    return _report("check", given, direction, [])


def run_show(given: argparse.Namespace) -> Report:
    """Read, draw.

    Raises:
        XtalkerError: something that the user can change.
    """
    started = time.perf_counter()
    from xtalker.cli.places import check_places
    from xtalker.direction.drawing import draw, shown_duration_s
    from xtalker.direction.file import read_direction

    check_places([(given.output, _PICTURES)], [given.file])
    direction = read_direction(given.file)
    duration_s = given.duration or shown_duration_s(direction)
    draw(direction, given.output, duration_s)
    made = [f"made      {console.described(given.output)}", f"took      {time.perf_counter() - started:.1f} s"]
    return _report("show", given, direction, made)


def _report(name: str, given: argparse.Namespace, direction: Direction, made: list[str]) -> Report:
    from xtalker.direction.file import plain_from_direction

    figures = {"command": f"direction {name}", "file": str(given.file), "direction": plain_from_direction(direction)}
    if made:
        figures["made"] = [str(given.output)]
    blink = "natural" if direction.blink.rate is None else f"{direction.blink.rate:g} a second"
    lines = [
        f"emotion   {len(direction.emotion)} keys",
        f"head      {'; '.join(w.style for w in direction.head if w.style) or 'natural'}",
        f"gaze      {direction.gaze.target}, wander {direction.gaze.wander:g}; blinks {blink}",
        f"camera    {'; '.join(w.move for w in direction.camera) or 'still'}",
        *made,
    ]
    return Report(figures, lines)


def _seconds(text: str) -> float:
    """A length of time."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.04 <= value <= _LONGEST_S:
        raise argparse.ArgumentTypeError(f"seconds from 0.04 to {_LONGEST_S:g} are expected, not '{text}'")
    return value
