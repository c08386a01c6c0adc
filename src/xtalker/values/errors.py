"""Errors that a user can cause, with one root.

    XtalkerError                 exit code 1: one line, no traceback
    ├── InputError               a file, an image, a recording or a number that cannot be used
    ├── AssetError               a model file that is missing, refused by licence or damaged
    └── OutputError              a place that cannot be written

Each says what is wrong, what was received, what is accepted and what to do next.
"""

from __future__ import annotations

import re

_NO_ROOM = re.compile(r"(can't|cannot) allocate memory|not enough memory|out of memory", re.IGNORECASE)
_ASKED = re.compile(r"allocate ([\d.]+ ?[KMGT]?i?B(?:ytes)?)\b|allocate (\d+ bytes)", re.IGNORECASE)


class XtalkerError(Exception):
    """Root of everything that a user can cause.

    Args:
        what: the fault in a few words.
        received: what came in, as the user would recognise it.
        accepted: what would have worked.
        next_step: what to do now.
    """

    def __init__(self, what: str, *, received: object, accepted: str, next_step: str) -> None:
        self.what, self.received, self.accepted, self.next_step = what, str(received), accepted, next_step
        text = f"{what}: received {received}; accepted: {accepted}; next: {next_step}"
        super().__init__(" ".join(text.split()))


class InputError(XtalkerError):
    """A file, an image, a recording or a number that cannot be used."""


class AssetError(XtalkerError):
    """A model file that is missing, refused by licence or damaged."""


class OutputError(XtalkerError):
    """A place that cannot be written."""


def memory_wanted(error: BaseException) -> str | None:
    """What was asked for when the memory ended, or None for another error.

    numpy and Python raise MemoryError; torch raises RuntimeError for the processor's memory and a kind of it for an
    accelerator's.
    """
    text = str(error)
    if not (isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and _NO_ROOM.search(text))):
        return None
    asked = _ASKED.search(text)
    if asked is None:
        return "a request that the system refused"
    return next(filter(None, asked.groups())).replace(". ", " ")  # numpy says "240. KiB"
