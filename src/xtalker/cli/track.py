"""`xtalker track`: a video of a person to a motion file."""

from __future__ import annotations

import argparse
import time

from xtalker.cli import console, options
from xtalker.cli.console import Report


def add_to(verbs: options.Verbs) -> None:
    """Add the verb to the parser."""
    parser = options.add_verb(verbs, "track", run, "read the motion of the largest face in a video, at 25 fps")
    parser.add_argument("video", type=options.path, metavar="VIDEO", help="any video of one face: mp4, mov, mkv, ...")
    options.add_output(parser, "MOTION.npz", "motion file")


def run(given: argparse.Namespace) -> Report:
    """Check, watch, save.

    Raises:
        XtalkerError: something that the user can change.
    """
    started = time.perf_counter()
    from xtalker.cli.places import MOTION_SUFFIXES, check_places

    check_places([(given.output, MOTION_SUFFIXES)], [given.video])
    from xtalker.performance import watch

    take = watch(given.video, progress=console.wants_bars(quiet=given.quiet))
    take.save(given.output)
    assert take.confidence is not None, "a watched take has a confidence"
    seen = float((take.confidence > 0).mean())
    wall_s = time.perf_counter() - started
    figures = {
        "command": "track", "video": str(given.video), "frames": take.motion.num_frames, "duration_s": take.duration_s,
        "frames_with_face_share": round(seen, 4), "confidence_mean": round(float(take.confidence.mean()), 4),
        "notes": take.card["notes"], "residual_percent": float(take.card["residual_percent_of_eye_distance"]),
        "made": [str(given.output)], "wall_s": round(wall_s, 3),
    }  # fmt: skip
    lines = [
        f"tracked   {take.motion.num_frames} frames, {take.duration_s:.2f} s, a face in {seen:.0%} of them",
        f"fit       residual {figures['residual_percent']:.2f} % of the eye distance, "
        f"mean confidence {figures['confidence_mean']:.2f}",
        f"made      {console.described(given.output)}",
        f"took      {wall_s:.1f} s",
    ]
    return Report(figures, lines)
