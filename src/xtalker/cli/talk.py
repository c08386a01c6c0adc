"""`xtalker talk`: speech (and a portrait) to a video or a motion file."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING

from xtalker.cli import console, options
from xtalker.cli.console import Report
from xtalker.performance.shot import Shot, check_shot_place

if TYPE_CHECKING:
    from xtalker.performance import Take
    from xtalker.values.direction import Direction

_LARGEST_TRANSCRIPT = 1 << 20


def add_to(verbs: options.Verbs) -> None:
    """Add the verb to the parser."""
    parser = options.add_verb(verbs, "talk", run, "make a head speak: sound, and a portrait for its shape, to a video")
    parser.add_argument("speech", type=options.path, metavar="SPEECH", help="any file with sound: wav, mp3, mp4, ...")
    options.add_portrait(parser)
    parser.add_argument(
        "--like", type=options.path, metavar="VIDEO", help="3 to 120 s of a person talking, whose mouth is taken over"
    )
    options.add_output(parser, "OUT", f"{options.video_suffixes()}; for other programs {options.data_suffixes()}")
    options.add_shot(parser)
    parser.add_argument("--motion", type=options.path, metavar="FILE.npz", help="also write the motion")
    parser.add_argument(
        "--seed", type=options.whole_number(0, options.MAX_SEED),
        help="the same seed gives the same motion (default: the direction's, or 0)",
    )  # fmt: skip
    parser.add_argument(
        "--steps", type=options.whole_number(1, options.MAX_STEPS), default=2,
        help="steps of the generator: more are slower (default: 2)",
    )  # fmt: skip

    options.add_generator(parser)
    options.add_flame(parser)
    options.add_arkit(parser)
    _add_direction(parser)


def _add_direction(parser: argparse.ArgumentParser) -> None:
    """What may be asked of emotion, head, eyes and camera; each flag replaces that part of a direction file."""
    group = parser.add_argument_group("direction", "what the face shows and the camera does, over time")
    group.add_argument("--direction", type=options.path, metavar="FILE.yaml", help="all of the below, on a time line")
    group.add_argument(
        "--emotion", metavar="WORDS",
        help="'happy:1.4', 'happy:1.2@0.5, sad@3', 'speech' (what the voice says), or a description",
    )  # fmt: skip
    group.add_argument("--head", metavar="WORDS", help="'energetic TED talk', 'nod twice, then look left', ...")
    group.add_argument("--head-mode", choices=("add", "replace"), help="on top of the natural motion, or in its place")
    group.add_argument(
        "--gaze", metavar="TARGET", help="camera, left, right, up, down or natural; 'camera:0.5' wanders"
    )
    group.add_argument(
        "--manner", metavar="NAME",
        help="how lively the head is: still, calm, conversational, lively or stage (default: conversational)",
    )  # fmt: skip
    group.add_argument("--blink", metavar="RATE", help="blinks a second, 0 for none, or natural (default: 0.35)")
    group.add_argument("--camera", metavar="WORDS", help="'slow orbit left, then push in', ...")
    group.add_argument(
        "--transcript", type=options.path, metavar="FILE.txt", help="the words: emotion follows them too"
    )
    group.add_argument("--templates", type=options.path, metavar="FILE", help="expressions made by xtalker templates")


def run(given: argparse.Namespace) -> Report:
    """Check, perform, save.

    Raises:
        XtalkerError: something that the user can change.
    """
    started = time.perf_counter()
    shot = options.shot_of(given)
    _check(given)
    options.check_photo_options(given, shot)
    check_shot_place(given.output, shot)
    from xtalker.performance import perform

    direction = _direction(given)
    bars = console.wants_bars(quiet=given.quiet)
    take = perform(
        given.speech, portrait=given.portrait, face=given.face, direction=direction, steps=given.steps,
        transcript=_transcript(given.transcript), templates=given.templates, like=given.like, progress=bars,
        **options.generator_options(given),
    )  # fmt: skip
    made = []
    if given.motion is not None and not given.strict:
        made.append(take.save(given.motion))
    made.append(
        take.save(
            given.output,
            shot=shot,
            strict=given.strict,
            flame=given.flame,
            arkit=given.arkit,
            progress=bars,
        )
    )
    if given.motion is not None and given.strict:  # nothing is written where the main file is refused
        made.append(take.save(given.motion))
    made += [] if shot.depth is None else [shot.depth]
    return _report(given, take, shot, made, time.perf_counter() - started)


def _direction(given: argparse.Namespace) -> Direction:
    from xtalker.direction.file import read_direction
    from xtalker.direction.flags import direction_from_flags

    base = None if given.direction is None else read_direction(given.direction)
    return direction_from_flags(
        emotion=given.emotion, head=given.head, head_mode=given.head_mode, gaze=given.gaze, blink=given.blink,
        manner=given.manner, camera=given.camera, seed=given.seed, over=base,
    )  # fmt: skip


def _transcript(path: Path | None) -> str:
    """The words of a text file.

    Raises:
        InputError: too large, or no text.
    """
    if path is None:
        return ""
    from xtalker.values import InputError
    from xtalker.values.files import check_readable

    check_readable(path, kind="transcript", accepted="a text file")
    with path.open("rb") as stream:
        data = stream.read(_LARGEST_TRANSCRIPT + 1)
    try:
        if len(data) > _LARGEST_TRANSCRIPT:
            raise ValueError(f"more than {_LARGEST_TRANSCRIPT:,} bytes")
        return data.decode("utf-8-sig")
    except ValueError as fault:
        raise InputError(
            "unusable transcript", received=f"{path} ({fault})", accepted="UTF-8 text of at most 1 MB",
            next_step="save the words as plain text",
        ) from fault  # fmt: skip


def _check(given: argparse.Namespace) -> None:
    from xtalker.cli.places import DATA_SUFFIXES, DEPTH_SUFFIXES, MOTION_SUFFIXES, VIDEO_SUFFIXES, check_places
    from xtalker.export import suffix_of
    from xtalker.performance.own_flame import FLAME_SUFFIX, check_flame_place

    options.check_arkit(given)
    options.check_face(given)
    optional = (given.portrait, given.direction, given.transcript, given.templates, given.flame, given.generator)
    inputs = [given.speech, *(path for path in optional if path is not None)]
    outputs = [(given.output, (*VIDEO_SUFFIXES, *DATA_SUFFIXES))]
    outputs += [] if given.motion is None else [(given.motion, MOTION_SUFFIXES)]
    outputs += [] if given.depth is None else [(given.depth, DEPTH_SUFFIXES)]
    if suffix_of(given.output) in DATA_SUFFIXES:
        options.check_data_shot(given)
    check_places(outputs, inputs)
    if suffix_of(given.output) == FLAME_SUFFIX:
        check_flame_place(given.output, given.flame)


def _report(given: argparse.Namespace, take: Take, shot: Shot, made: list[Path], wall_s: float) -> Report:
    residual = None if take.portrait is None else round(take.portrait.residual_percent, 3)
    figures = {
        "command": "talk", "speech": str(given.speech), "portrait": given.portrait and str(given.portrait),
        "portrait_residual_percent": residual, "frames": take.motion.num_frames, "duration_s": take.duration_s,
        "seed": int(take.card["seed"]), "steps": given.steps, "generator": take.card["generator"],
        "style": take.card["style"], "guidance": given.guidance,
        "look": take.look_of(shot), "size": shot.size or take.size_of(shot), "notes": list(take.photo_notes),
        "made": [str(path) for path in made], "wall_s": round(wall_s, 3),
    }  # fmt: skip
    lines = [] if residual is None else [f"portrait  {given.portrait}: residual {residual:.2f} % of the eye distance"]
    if given.generator is not None or given.style is not None:
        lines.append(f"generator {take.card['generator']}, style {take.card['style']}")
    lines += [
        f"motion    {take.motion.num_frames} frames, {take.duration_s:.2f} s, seed {take.card['seed']}",
        *(f"made      {console.described(path)}" for path in made),
        f"took      {wall_s:.1f} s",
    ]
    return Report(figures, lines)
