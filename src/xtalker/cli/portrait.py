"""`xtalker portrait`: a picture of a face to an avatar file, ready to speak."""

from __future__ import annotations

import argparse
import time

from xtalker.cli import console, options
from xtalker.cli.console import Report


def add_to(verbs: options.Verbs) -> None:
    """Add the verb to the parser."""
    parser = options.add_verb(verbs, "portrait", run, "prepare a photograph once, so that it speaks at once later")
    parser.add_argument("portrait", type=options.path, metavar="IMAGE", help="a picture of a face")
    options.add_face(parser)
    parser.add_argument(
        "--strict", action="store_true", help="write nothing where the photo does not show everything well"
    )
    options.add_output(parser, "FACE.avatar", "the avatar, one file")


def run(given: argparse.Namespace) -> Report:
    """Check, prepare, save.

    Raises:
        XtalkerError: something that the user can change.
    """
    started = time.perf_counter()
    from xtalker.appearance.avatar_file import AVATAR_SUFFIX, save_avatar
    from xtalker.cli.places import check_places
    from xtalker.performance.person import read_person, require_flawless

    check_places([(given.output, (AVATAR_SUFFIX,))], [given.portrait])
    person = read_person(given.portrait, given.face)
    avatar = person.avatar
    if given.strict:
        require_flawless(avatar, str(given.portrait))
    save_avatar(given.output, avatar, card={"made_by": "xtalker portrait", "portrait": given.portrait.name})
    wall_s = time.perf_counter() - started
    height, width = avatar.photo.shape[:2]
    residual = None if person.fit is None else round(person.fit.residual_percent, 3)
    figures = {
        "command": "portrait", "portrait": str(given.portrait), "width": width, "height": height,
        "portrait_residual_percent": residual, "notes": list(avatar.notes), "bytes": given.output.stat().st_size,
        "made": [str(given.output)], "wall_s": round(wall_s, 3),
    }  # fmt: skip
    lines = [
        f"photo     {width} x {height} pixels as prepared",
        *(f"note      {note}" for note in avatar.notes),
        f"made      {console.described(given.output)}",
        f"took      {wall_s:.1f} s",
    ]
    return Report(figures, lines)
