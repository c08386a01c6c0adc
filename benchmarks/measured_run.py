"""Run a command in a fresh process: `python measured_run.py COMMAND...` prints its wall time and peak memory as JSON.

A process of its own, because the peak that the system reports for a child starts from the size of its parent: this one
is small. What the command prints goes to stderr.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time


def main() -> int:
    """Run, report, exit as the command did."""
    started = time.perf_counter()
    code = subprocess.run(sys.argv[1:], stdout=sys.stderr, check=False).returncode
    wall_s = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, kibibytes elsewhere
    print(json.dumps({"wall_s": wall_s, "peak_mb": peak * unit / 1e6}))
    return code


if __name__ == "__main__":
    sys.exit(main())
