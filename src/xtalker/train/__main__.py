"""`python -m xtalker.train --data DIR --out FILE`: the same as `xtalker train generator`, for scripts."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from xtalker.train import command
from xtalker.values import XtalkerError
from xtalker.values.extras import require_extra


def main(arguments: Sequence[str] | None = None) -> int:
    """Train; exit code 0 when done, 1 for bad input, 130 when stopped with Ctrl-C (resumable)."""
    parser = argparse.ArgumentParser(prog="python -m xtalker.train", description="Train the generator.")
    command.add_arguments(parser)
    parser.add_argument("--out", type=Path, required=True, help="checkpoint to write")
    given = parser.parse_args(arguments)
    leads = os.environ.get("RANK", "0") == "0"  # torchrun starts several, of which one speaks
    logging.basicConfig(level=logging.INFO if leads else logging.WARNING, format="%(message)s", stream=sys.stdout)
    try:
        require_extra("train", "torch", "python -m xtalker.train")
        if given.dry_run:
            print("\n".join(command.plan(given, given.out).lines()))
            return 0
        found = command.run(given, out=given.out)
    except XtalkerError as fault:
        print(f"error: {fault}", file=sys.stderr)
        return 1
    if not leads:
        return 0 if found.done or found.out_of_time else 130
    if found.out_of_time:
        print(f"time is up; wrote {given.out} as it stands; the same command with --resume continues {found.kept}")
        return 0
    if not found.done:
        print(f"stopped; the same command with --resume continues from {found.kept}")
        return 130
    print(f"wrote {given.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
