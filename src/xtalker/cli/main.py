"""The command `xtalker`.

Exit codes: 0 done; 1 something that the user can change, in one line; 2 wrong usage; 70 a fault of xtalker;
130 stopped by Ctrl-C, 143 by SIGTERM, 129 by SIGHUP.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from xtalker import __version__
from xtalker.cli import (
    console,
    demo,
    direction,
    doctor,
    evaluate,
    export,
    portrait,
    render,
    talk,
    templates,
    track,
    train,
)

# Idle OpenMP threads of PyTorch would spin against numba's; read when it is first imported, in training.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

_DESCRIPTION = "Speech and one portrait in, a talking 3D head out."
_USER, _FAULT, _SIGNALLED = 1, 70, 128
_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")
_PATIENCE_S = 1.0
_COMMERCIAL_ONLY = "XTALKER_COMMERCIAL_ONLY"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb.

    Args:
        arguments: without the program's name; None takes those of the process.

    Returns:
        The exit code. Wrong usage and `--help` leave through SystemExit, as argparse does.
    """
    options = _parser().parse_args(arguments)
    interrupt = _Interrupt()
    try:
        listening = console.listening(quiet=options.quiet, debug=options.debug)
        with interrupt, listening, _licences(options.commercial_only):
            from xtalker.values.unfinished import tidy_temporary  # loads numpy, which --help does without

            tidy_temporary()  # what an earlier run that was killed has left
            report = options.run(options)
            console.show(report, as_json=options.json, quiet=options.quiet)
    except KeyboardInterrupt:
        return _stopped(interrupt)
    except BrokenPipeError:  # the reader of our output, such as `head`, has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _USER
    except Exception as error:
        return _stopped(interrupt) if interrupt.came else _explain(error, debug=options.debug, lower=options.lower)
    return 0


class _Interrupt:
    """Notes Ctrl-C, SIGTERM and SIGHUP as they come, and ends the run by the same way out.

    What is interrupted inside compiled code may raise another error in its place. More of them while the run tidies
    up change nothing, unless a second goes by.
    """

    def __init__(self) -> None:
        self.came: signal.Signals | None = None
        self._at_s = 0.0
        self._replaced: dict[signal.Signals, Any] = {}

    def __enter__(self) -> None:
        # Elsewhere than in the main thread, or where a signal is ignored (nohup), it is not ours to handle.
        if threading.current_thread() is not threading.main_thread():
            return
        for name in _SIGNALS:
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) in (signal.default_int_handler, signal.SIG_DFL):
                self._replaced[number] = signal.signal(number, self._note)

    def __exit__(self, *error: object) -> None:
        for number, handler in self._replaced.items():
            signal.signal(number, handler)

    def _note(self, received: int, frame: object) -> None:
        now_s = time.monotonic()
        again = self.came is not None and now_s - self._at_s < _PATIENCE_S
        if self.came is None:
            self.came = signal.Signals(received)
        if not again:
            self._at_s = now_s
            raise KeyboardInterrupt


def _stopped(interrupt: _Interrupt) -> int:
    by = interrupt.came or signal.SIGINT
    console.complain(f"stopped by {'Ctrl-C' if by == signal.SIGINT else by.name}; no unfinished file was left")
    return _SIGNALLED + by


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="xtalker", description=_DESCRIPTION, allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"xtalker {__version__}")
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", required=True)
    for verb in (talk, portrait, track, render, export, direction, templates, train, evaluate, demo, doctor):
        verb.add_to(verbs)
    return parser


@contextmanager
def _licences(commercial_only: bool) -> Iterator[None]:
    """The option is the setting for one run; the setting alone works as well."""
    before = os.environ.get(_COMMERCIAL_ONLY)
    if commercial_only:
        os.environ[_COMMERCIAL_ONLY] = "1"
    try:
        yield
    finally:
        if commercial_only:
            os.environ.pop(_COMMERCIAL_ONLY)
            os.environ.update({} if before is None else {_COMMERCIAL_ONLY: before})


def _explain(error: Exception, *, debug: bool, lower: str) -> int:
    from xtalker.values import XtalkerError
    from xtalker.values.errors import memory_wanted

    if debug:
        traceback.print_exception(error)
    if isinstance(error, XtalkerError):
        console.complain(str(error))
        return _USER
    wanted = memory_wanted(error)
    if wanted is not None:
        console.complain(
            f"not enough memory: received {wanted}; accepted: what fits; next: {lower}, or fewer other programs"
        )
        return _USER
    if isinstance(error, OSError):
        console.complain(
            f"the system refused ({error.strerror or error!s}): received {error.filename or 'a read or write'}; "
            "accepted: files that can be read, places with room that can be written; next: check name, rights and disk"
        )
        return _USER
    hint = "" if debug else "; run again with --debug for the traceback"
    console.complain(f"{type(error).__name__}: {error}: this is a fault of xtalker{hint}")
    return _FAULT


if __name__ == "__main__":
    sys.exit(main())
