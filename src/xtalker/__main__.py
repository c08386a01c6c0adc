"""`python -m xtalker` is the command `xtalker`."""

from __future__ import annotations

import sys

from xtalker.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
