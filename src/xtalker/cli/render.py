"""`xtalker render`: a motion file to a video."""

from __future__ import annotations

import argparse
import time

from xtalker.cli import console, options
from xtalker.cli.console import Report
from xtalker.performance.shot import check_shot_place


def add_to(verbs: options.Verbs) -> None:
    """Add the verb to the parser."""
    parser = options.add_verb(verbs, "render", run, "film a motion file")
    parser.add_argument("motion", type=options.path, metavar="MOTION.npz", help="from 'xtalker talk' or 'track'")
    parser.add_argument("--audio", type=options.path, metavar="SPEECH", help="file whose sound goes into the video")
    options.add_portrait(parser)
    options.add_output(parser, "OUT", options.video_suffixes())
    options.add_shot(parser)


def run(given: argparse.Namespace) -> Report:
    """Check, load, film.

    Raises:
        XtalkerError: something that the user can change.
    """
    started = time.perf_counter()
    shot = options.shot_of(given)
    options.check_face(given)
    from xtalker.cli.places import DEPTH_SUFFIXES, VIDEO_SUFFIXES, check_places

    outputs = [(given.output, VIDEO_SUFFIXES)]
    outputs += [] if given.depth is None else [(given.depth, DEPTH_SUFFIXES)]
    check_places(outputs, [path for path in (given.motion, given.audio, given.portrait) if path is not None])
    options.check_photo_options(given, shot)
    check_shot_place(given.output, shot)
    from xtalker.performance import load_take

    take = load_take(given.motion, sound=given.audio, portrait=given.portrait, face=given.face)
    bars = console.wants_bars(quiet=given.quiet)
    made = [take.save(given.output, shot=shot, strict=given.strict, progress=bars)]
    made += [] if shot.depth is None else [shot.depth]
    wall_s = time.perf_counter() - started
    figures = {
        "command": "render", "motion": str(given.motion), "audio": given.audio and str(given.audio),
        "frames": take.motion.num_frames, "duration_s": take.duration_s,
        "look": take.look_of(shot), "size": shot.size or take.size_of(shot),
        "fps": round(float(shot.frame_rate_hz), 3), "notes": list(take.photo_notes),
        "made": [str(path) for path in made], "wall_s": round(wall_s, 3),
    }  # fmt: skip
    lines = [
        f"motion    {take.motion.num_frames} frames, {take.duration_s:.2f} s",
        *(f"made      {console.described(path)}" for path in made),
        f"took      {wall_s:.1f} s",
    ]
    return Report(figures, lines)
