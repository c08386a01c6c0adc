"""`xtalker export`: motion of any kind to a file that another program opens."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING

from xtalker.cli import console, options
from xtalker.cli.console import Report

if TYPE_CHECKING:
    from xtalker.performance.importing import MotionFile

_WAN_OPTIONS = ("scene", "person", "prompt", "size", "seed")


def add_to(verbs: options.Verbs) -> None:
    """Add the verb to the parser."""
    parser = options.add_verb(verbs, "export", run, "motion to the files that other programs open, and back")
    parser.add_argument(
        "motion", type=options.path, metavar="MOTION",
        help="motion file (.npz), Live Link Face recording (.csv), FLAME parameters or FACEGOOD weights (.npz)",
    )  # fmt: skip
    place = parser.add_mutually_exclusive_group(required=True)
    place.add_argument(
        "-o", "--output", type=options.path, metavar="OUT",
        help=f"ending {options.data_suffixes()}; an existing file is replaced once the new one is whole",
    )  # fmt: skip
    place.add_argument(
        "--wan", type=options.path, metavar="FOLDER",
        help="a folder for Wan 2.2 Fun Control in ComfyUI: depth video, reference picture, workflow with prompts",
    )  # fmt: skip
    parser.add_argument("--audio", type=options.path, metavar="SPEECH", help="sound that goes along, where it can")
    parser.add_argument("--portrait", type=options.path, metavar="IMAGE", help="a face, for the head's shape and looks")
    parser.add_argument("--strict", action="store_true", help="write nothing where something would be left out")
    options.add_flame(parser)
    options.add_arkit(parser)
    options.add_mesh_look(parser)
    _add_wan(parser)


def _add_wan(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("with --wan", "what the video is to show")
    group.add_argument("--scene", metavar="NAME", help="a shipped prompt: studio, office, street, stage, ... (studio)")
    group.add_argument("--person", metavar="WORDS", help="who it is, such as 'a young woman with short dark hair'")
    group.add_argument("--prompt", metavar="WORDS", help="your own positive prompt, in place of the scene's")
    group.add_argument(
        "--size", type=options.picture_size, metavar="PIXELS",
        help="side of the picture, or WIDTHxHEIGHT, multiples of 16 (default: 640)",
    )  # fmt: skip
    group.add_argument("--seed", type=options.whole_number(0, options.MAX_SEED), help="of the video's noise (0)")


def run(given: argparse.Namespace) -> Report:
    """Check, read, write.

    Raises:
        XtalkerError: something that the user can change.
    """
    started = time.perf_counter()
    made, read = _to_file(given) if given.wan is None else _to_wan(given)
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


def _to_file(given: argparse.Namespace) -> tuple[Path, MotionFile]:
    for name in _WAN_OPTIONS:
        if getattr(given, name) is not None:
            given.refuse(f"--{name} belongs to --wan")
    options.check_arkit(given)
    options.check_mesh_look(given)
    from xtalker.cli.places import DATA_SUFFIXES, check_places

    check_places([(given.output, DATA_SUFFIXES)], _inputs(given))
    from xtalker.performance.importing import convert

    return convert(
        given.motion, given.output, sound=given.audio, portrait=given.portrait, flame=given.flame,
        strict=given.strict, arkit=given.arkit, look=given.look,
    )  # fmt: skip


def _to_wan(given: argparse.Namespace) -> tuple[Path, MotionFile]:
    if given.arkit:
        given.refuse("--arkit makes a .glb, not a folder for --wan")
    if given.look is not None:
        given.refuse("--look says what a .glb, .usdc or .usdz shows, not a folder for --wan")
    from xtalker.cli.places import check_input_free
    from xtalker.performance.importing import convert_to_wan
    from xtalker.performance.wan import WanScene, check_wan_place

    asked = {name: getattr(given, name) for name in _WAN_OPTIONS if getattr(given, name) is not None}
    if "size" in asked and isinstance(asked["size"], int):
        asked["size"] = (asked["size"], asked["size"])
    scene = WanScene(**asked)
    check_wan_place(given.wan)
    check_input_free(given.wan, _inputs(given))
    return convert_to_wan(
        given.motion, given.wan, scene, sound=given.audio, portrait=given.portrait, flame=given.flame,
        progress=console.wants_bars(quiet=given.quiet),
    )  # fmt: skip


def _inputs(given: argparse.Namespace) -> list[Path]:
    return [path for path in (given.motion, given.audio, given.portrait, given.flame) if path is not None]
