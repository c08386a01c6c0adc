"""`python -m xtalker.train --data DIR --out FILE`: the same as `xtalker train generator`, for scripts."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from xtalker.train import command
from xtalker.train.recipes import RECIPES
from xtalker.values import XtalkerError


def main(arguments: Sequence[str] | None = None) -> int:
    """Train; exit code 0 when done, 1 for bad input, 130 when stopped with Ctrl-C (resumable)."""
    parser = argparse.ArgumentParser(prog="python -m xtalker.train", description="Train the generator.")
    command.add_arguments(parser)
    parser.add_argument("--recipe", choices=sorted(RECIPES), default="open", help="open, or the name of a --peer")
    parser.add_argument("--out", type=Path, required=True, help="checkpoint to write")
    given = parser.parse_args(arguments)
    given.peer = given.peer or (given.recipe if given.recipe in command.PEERS else None)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    try:
        found = command.run(given, out=given.out)
    except XtalkerError as fault:
        print(f"error: {fault}", file=sys.stderr)
        return 1
    if not found.done:
        print(f"stopped; the same command with --resume continues from {found.kept}")
        return 130
    print(f"wrote {given.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
