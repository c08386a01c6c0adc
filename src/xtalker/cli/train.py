"""`xtalker train`: clips to a generator."""

from __future__ import annotations

import argparse
import time

from xtalker.cli import console, options
from xtalker.cli.console import Report


def add_to(verbs: options.Verbs) -> None:
    """Add the verb to the parser."""
    text = "train a generator on prepared clips"
    parser = verbs.add_parser("train", help=text, description=text, allow_abbrev=False)
    kinds = parser.add_subparsers(title="what to train", metavar="WHAT", required=True)
    _add_generator(kinds)


def _add_generator(kinds: options.Verbs) -> None:
    from xtalker.train.command import add_arguments

    text = "the speech-to-motion network, an ablation of it, or a published design at the same size"
    parser = options.add_verb(kinds, "generator", run, text)
    add_arguments(parser)
    options.add_output(parser, "OUT.safetensors", "checkpoint")


def run(given: argparse.Namespace) -> Report:
    """Check, train, save.

    Raises:
        XtalkerError: something that the user can change.
        KeyboardInterrupt: stopped; the run is kept beside the output.
    """
    started = time.perf_counter()
    from xtalker.cli.places import check_places
    from xtalker.train import command

    check_places([(given.output, (".safetensors",))], [])
    done = command.run(given, out=given.output, bars=not given.quiet)
    if not done.done:
        console.complain(f"the run is kept in '{done.kept}': the same command with --resume continues it")
        raise KeyboardInterrupt
    wall_s = time.perf_counter() - started
    figures = {
        "command": "train generator", "ablation": given.ablation, "peer": given.peer, "data": done.summary,
        "encoder": done.encoder, "parameters": done.parameters, "made": [str(given.output)], "wall_s": round(wall_s, 3),
    }  # fmt: skip
    assert done.parameters is not None, "a run that is done has a network"
    lines = [
        f"trained   {done.parameters / 1e6:.1f} million parameters on {done.summary}",
        f"made      {console.described(given.output)}",
        f"took      {wall_s:.1f} s",
    ]
    return Report(figures, lines)
