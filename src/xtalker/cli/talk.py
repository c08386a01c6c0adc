"""`xtalker talk`: speech (and a portrait) to a video or a motion file."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING

from xtalker.cli import console, options
from xtalker.cli.console import Report
from xtalker.performance.shot import Shot

if TYPE_CHECKING:
    from xtalker.performance import Take


def add_to(verbs: options.Verbs) -> None:
    """Add the verb to the parser."""
    parser = options.add_verb(verbs, "talk", run, "make a head speak: sound, and a portrait for its shape, to a video")
    parser.add_argument("speech", type=options.path, metavar="SPEECH", help="any file with sound: wav, mp3, mp4, ...")
    parser.add_argument("--portrait", type=options.path, metavar="IMAGE", help="a face; without it, the average head")
    options.add_output(parser, "OUT", ".mp4, .webm or .mkv for video with sound, .npz for motion")
    options.add_shot(parser)
    parser.add_argument("--motion", type=options.path, metavar="FILE.npz", help="also write the motion")
    parser.add_argument(
        "--seed", type=options.whole_number(0, options.MAX_SEED), default=0,
        help="the same seed gives the same motion (default: 0)",
    )  # fmt: skip
    parser.add_argument(
        "--steps", type=options.whole_number(1, options.MAX_STEPS), default=2,
        help="steps of the generator: more are slower (default: 2)",
    )  # fmt: skip


def run(given: argparse.Namespace) -> Report:
    """Check, perform, save.

    Raises:
        XtalkerError: something that the user can change.
    """
    started = time.perf_counter()
    shot = options.shot_of(given)
    _check(given)
    from xtalker.performance import perform

    bars = console.wants_bars(quiet=given.quiet)
    take = perform(given.speech, portrait=given.portrait, seed=given.seed, steps=given.steps, progress=bars)
    made = [] if given.motion is None else [take.save(given.motion)]
    made.append(take.save(given.output, shot=shot, progress=bars))
    made += [] if shot.depth is None else [shot.depth]
    return _report(given, take, shot, made, time.perf_counter() - started)


def _check(given: argparse.Namespace) -> None:
    from xtalker.cli.places import DATA_SUFFIXES, DEPTH_SUFFIXES, VIDEO_SUFFIXES, check_places

    inputs = [given.speech] if given.portrait is None else [given.speech, given.portrait]
    outputs = [(given.output, (*VIDEO_SUFFIXES, *DATA_SUFFIXES))]
    outputs += [] if given.motion is None else [(given.motion, DATA_SUFFIXES)]
    outputs += [] if given.depth is None else [(given.depth, DEPTH_SUFFIXES)]
    filmed = given.output.suffix.lower() in VIDEO_SUFFIXES
    if given.output.suffix.lower() in DATA_SUFFIXES and not filmed and (useless := options.given_shot_options(given)):
        given.refuse(f"--{useless[0]} says how a video looks, but {given.output.name} is not one")
    check_places(outputs, inputs)


def _report(given: argparse.Namespace, take: Take, shot: Shot, made: list[Path], wall_s: float) -> Report:
    residual = None if take.portrait is None else round(take.portrait.residual_percent, 3)
    figures = {
        "command": "talk", "speech": str(given.speech), "portrait": given.portrait and str(given.portrait),
        "portrait_residual_percent": residual, "frames": take.motion.num_frames, "duration_s": take.duration_s,
        "seed": given.seed, "steps": given.steps, "look": shot.look, "size": shot.size,
        "made": [str(path) for path in made], "wall_s": round(wall_s, 3),
    }  # fmt: skip
    lines = [] if residual is None else [f"portrait  {given.portrait}: residual {residual:.2f} % of the eye distance"]
    lines += [
        f"motion    {take.motion.num_frames} frames, {take.duration_s:.2f} s, seed {given.seed}",
        *(f"made      {console.described(path)}" for path in made),
        f"took      {wall_s:.1f} s",
    ]
    return Report(figures, lines)
