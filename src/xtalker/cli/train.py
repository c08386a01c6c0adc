"""`xtalker train`: clips to a generator."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING

from xtalker.cli import console, options
from xtalker.cli.console import Report

if TYPE_CHECKING:
    from xtalker.train.paper_plan import PaperPlan


def add_to(verbs: options.Verbs) -> None:
    """Add the verb to the parser."""
    text = "train a generator on prepared clips"
    parser = verbs.add_parser("train", help=text, description=text, allow_abbrev=False)
    kinds = parser.add_subparsers(title="what to train", metavar="WHAT", required=True)
    _add_generator(kinds)
    _add_personal(kinds)


def _add_generator(kinds: options.Verbs) -> None:
    from xtalker.train.command import add_arguments

    text = "the speech-to-motion network, an ablation of it, or a published design at the same size"
    lower = "a smaller --batch or --crop-frames for a new run, the same command with --resume for this one"
    parser = options.add_verb(kinds, "generator", run, text, lower=lower)
    add_arguments(parser)
    options.add_output(parser, "OUT.safetensors", "checkpoint")


def _add_personal(kinds: options.Verbs) -> None:
    text = "adapt the shipped network to one person from 2 to 10 minutes of them talking"
    lower = "a shorter or smaller video; a run that had begun is kept for --resume"
    parser = options.add_verb(kinds, "personal", run_personal, text, lower=lower)
    parser.add_argument("--video", type=Path, required=True, metavar="ME.mp4", help="one person, facing the camera")
    parser.add_argument("--name", default="me", help="of the style, up to 64 letters (default: me)")
    parser.add_argument("--steps", type=int, default=400, help="of training (default: 400)")
    kept = parser.add_mutually_exclusive_group()
    kept.add_argument("--resume", action="store_true", help="continue a run that was stopped")
    kept.add_argument("--anew", action="store_true", help="throw away a run that was stopped, and begin again")
    options.add_output(parser, "OUT.safetensors", "checkpoint")


def run_personal(given: argparse.Namespace) -> Report:
    """Check, track, adapt, compare on the held-out last tenth.

    Raises:
        XtalkerError: something that the user can change.
        KeyboardInterrupt: stopped; the run is kept beside the output.
    """
    started = time.perf_counter()
    from xtalker.cli.places import check_places
    from xtalker.values.extras import require_extra

    require_extra("train", "torch", "xtalker train")
    from xtalker.train.personal_run import train_personal

    check_places([(given.output, (".safetensors",))], [given.video])
    bars = console.wants_bars(quiet=given.quiet)
    done = train_personal(
        given.video,
        given.output,
        name=given.name,
        steps=given.steps,
        resume=given.resume,
        anew=given.anew,
        bars=bars,
    )
    if done is None:
        console.complain("the run is kept: the same command with --resume continues it")
        raise KeyboardInterrupt
    wall_s = time.perf_counter() - started
    figures = {
        "command": "train personal", "video": str(given.video), "name": given.name, "seconds": done.seconds,
        "held_out_s": done.held_out_s, "before": done.before, "after": done.after, "made": [str(given.output)],
        "wall_s": round(wall_s, 3),
    }  # fmt: skip
    lines = [
        f"learnt    from {done.seconds:.0f} s; compared on the {done.held_out_s:.0f} s at the end, never learnt from"
    ]
    lines += [f"{name:<24}{done.before[name]:9.3f} before {done.after[name]:9.3f} after" for name in done.before]
    lines += [
        f"made      {console.described(given.output)}", f"took      {wall_s:.1f} s",
        f"now       xtalker talk SPEECH --generator {given.output} -o OUT.mp4",
    ]  # fmt: skip
    return Report(figures, lines)


def run(given: argparse.Namespace) -> Report:
    """Check, train, save.

    Raises:
        XtalkerError: something that the user can change.
        KeyboardInterrupt: stopped; the run is kept beside the output.
    """
    started = time.perf_counter()
    from xtalker.cli.places import check_places
    from xtalker.train import command
    from xtalker.values.extras import require_extra

    require_extra("train", "torch", "xtalker train")
    check_places([(given.output, (".safetensors",))], [])
    if given.dry_run:
        return _planned(command.plan(given, given.output, bars=not given.quiet))
    done = command.run(given, out=given.output, bars=not given.quiet)
    if not done.done and not done.out_of_time:
        console.complain(f"the run is kept in '{done.kept}': the same command with --resume continues it")
        raise KeyboardInterrupt
    wall_s = time.perf_counter() - started
    figures = {
        "command": "train generator", "recipe": given.recipe, "ablation": given.ablation, "peer": given.peer,
        "data": done.summary, "encoder": done.encoder, "parameters": done.parameters, "made": [str(given.output)],
        "wall_s": round(wall_s, 3),
    }  # fmt: skip
    if done.out_of_time:
        lines = [
            f"made      {console.described(given.output)}, as it stands after {given.minutes:g} minutes",
            f"kept      {done.kept}: the same command with --resume continues",
        ]
        return Report(figures, lines)
    assert done.parameters is not None, "a run that is done has a network"
    lines = [
        f"trained   {done.parameters / 1e6:.1f} million parameters on {done.summary}",
        f"made      {console.described(given.output)}",
        f"took      {wall_s:.1f} s",
    ]
    return Report(figures, lines)


def _planned(plan: PaperPlan) -> Report:
    figures = {
        "command": "train generator --dry-run", "parameters": plan.parameters, "parts": plan.parts,
        "memory_gb": plan.memory_gb, "processes": plan.processes, "steps": plan.steps, "step_s": plan.step_s,
        "hours": plan.hours, "how": plan.how, "deviations": plan.deviations,
    }  # fmt: skip
    return Report(figures, plan.lines())
