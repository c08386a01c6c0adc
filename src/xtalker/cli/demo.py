"""`xtalker demo`: the demo portrait speaks the demo speech."""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path

from xtalker.cli import console, options
from xtalker.cli.console import Report

_CROP = "bust"  # the demo portrait shows a whole astronaut
SHEET_EVERY_FRAMES, SHEET_COLUMNS, SHEET_WIDTH_PX = 5, 9, 1800


def add_to(verbs: options.Verbs) -> None:
    """Add the verb to the parser."""
    parser = options.add_verb(verbs, "demo", run, "let the demo portrait speak the demo speech")
    options.add_output(parser, "OUT", ".mp4, .webm, .mkv or .mov")
    options.add_shot(parser)
    options.add_generator(parser)
    parser.add_argument("--sheet", type=options.path, metavar="FILE.png", help="also a sheet of every fifth frame")


def run(given: argparse.Namespace) -> Report:
    """Perform with the files that ship, film, draw the sheet.

    Raises:
        XtalkerError: something that the user can change.
    """
    started = time.perf_counter()
    from xtalker.assets import fetch
    from xtalker.cli.places import check_places
    from xtalker.performance import perform
    from xtalker.render import VIDEO_KINDS

    inputs = [] if given.generator is None else [given.generator]
    outputs = [(given.output, tuple(VIDEO_KINDS))]
    check_places(outputs + ([] if given.sheet is None else [(given.sheet, (".png",))]), inputs)
    bars = console.wants_bars(quiet=given.quiet)
    take = perform(
        fetch("demo-speech"), portrait=fetch("portrait-astronaut"), progress=bars, **options.generator_options(given)
    )
    shot = options.shot_of(given)
    take.save(given.output, shot=shot if given.crop else replace(shot, crop=_CROP), progress=bars)
    if given.sheet is not None:
        _draw_sheet(given.output, given.sheet)
    wall_s = time.perf_counter() - started
    residual = take.portrait.residual_percent if take.portrait else None
    figures = {
        "command": "demo", "frames": take.motion.num_frames, "duration_s": take.duration_s,
        "portrait_residual_percent": residual, "generator": take.card["generator"], "style": take.card["style"],
        "made": [str(given.output)], "wall_s": round(wall_s, 3),
    }  # fmt: skip
    lines = [
        f"portrait  NASA astronaut: residual {residual:.2f} % of the eye distance",
        f"motion    {take.motion.num_frames} frames, {take.duration_s:.2f} s",
        f"took      {wall_s:.1f} s",
        str(given.output),
    ]
    return Report(figures, lines)


def _draw_sheet(video: Path, sheet: Path) -> None:
    import numpy as np
    from PIL import Image

    from xtalker.render import contact_sheet, read_frames, write_png

    frames = [frame for i, frame in enumerate(read_frames(video)) if i % SHEET_EVERY_FRAMES == 0]
    side = SHEET_WIDTH_PX // SHEET_COLUMNS
    small = [np.asarray(Image.fromarray(f).resize((side, side), Image.Resampling.LANCZOS)) for f in frames]
    write_png(sheet, contact_sheet(small, SHEET_COLUMNS))
