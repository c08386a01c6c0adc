"""What the user sees: a report on stdout; errors, warnings and bars on stderr, one line each."""

from __future__ import annotations

import json
import logging
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Report:
    """What a verb did.

    Attributes:
        figures: for `--json`: one object of plain numbers, texts, lists and objects.
        lines: the same for a reader.
    """

    figures: Mapping[str, object]
    lines: Sequence[str]


def show(report: Report, *, as_json: bool, quiet: bool) -> None:
    """Print a report on stdout: one JSON object, or lines, or (quiet) nothing."""
    if as_json:
        print(json.dumps(report.figures), flush=True)
    elif not quiet:
        for line in report.lines:
            print(_printable(line), flush=True)


def complain(text: str) -> None:
    """One line on stderr."""
    print(f"xtalker: {one_line(text)}", file=sys.stderr, flush=True)


def one_line(text: str) -> str:
    """Text without line breaks, and without the control characters that a file name may smuggle to a terminal."""
    return _printable(" ".join(text.split()))


def described(path: Path) -> str:
    """A file, or a folder of them, and its size."""
    if path.is_dir():
        sizes = [file.stat().st_size for file in path.iterdir()]
        return f"{path} ({len(sizes)} files, {sum(sizes) / 1e6:.2f} MB)"
    return f"{path} ({path.stat().st_size / 1e6:.2f} MB)"


def wants_bars(*, quiet: bool) -> bool:
    """Whether progress bars help: someone watches and did not ask for silence."""
    return not quiet and sys.stderr.isatty()


@contextmanager
def listening(*, quiet: bool, debug: bool) -> Iterator[None]:
    """Show what the library has to say to the user, and only that.

    Python warnings of other packages speak to programmers; they show with `--debug` only.
    """
    handler = _OneLine(logging.WARNING if quiet else logging.INFO)
    log = logging.getLogger("xtalker")
    before = log.level, log.propagate
    log.addHandler(handler)
    log.setLevel(handler.level)
    log.propagate = False
    try:
        with warnings.catch_warnings():
            if not debug:
                warnings.simplefilter("ignore")
            yield
    finally:
        log.removeHandler(handler)
        log.setLevel(before[0])
        log.propagate = before[1]


class _OneLine(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        kind = "" if record.levelno < logging.WARNING else "warning: "
        text = f"xtalker: {kind}{one_line(record.getMessage())}"
        from tqdm import tqdm

        tqdm.write(text, file=sys.stderr)  # leaves a running bar whole


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
