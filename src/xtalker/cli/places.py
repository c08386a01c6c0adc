"""Output files: their kind and their place are checked before any work is done."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path

from xtalker.export import EXPORTERS, check_ready, suffix_of
from xtalker.render.depth_video import DEPTH_SUFFIXES
from xtalker.render.video import VIDEO_SUFFIXES, check_video_path
from xtalker.values import OutputError
from xtalker.values.files import whole_file

__all__ = [
    "DATA_SUFFIXES", "DEPTH_SUFFIXES", "MOTION_SUFFIXES", "VIDEO_SUFFIXES", "check_input_free", "check_places",
]  # fmt: skip

MOTION_SUFFIXES = (".npz",)
DATA_SUFFIXES = tuple(EXPORTERS)


def check_places(outputs: Sequence[tuple[Path, Collection[str]]], inputs: Sequence[Path]) -> None:
    """Refuse outputs that could not be written, or would destroy what is read.

    Args:
        outputs: each file with the suffixes that it may have.
        inputs: files that the run reads.

    Raises:
        OutputError: unknown suffix, the same file as an input, a folder that is missing or cannot be written, a
            package that is not installed.
    """
    for number, (path, suffixes) in enumerate(outputs):
        suffix = suffix_of(path)
        if suffix not in suffixes:
            raise OutputError(
                "unknown kind of output file", received=path, accepted=" ".join(suffixes),
                next_step="choose a name with one of these endings",
            )  # fmt: skip
        others = [*inputs, *(other for other, _ in outputs[:number])]
        if any(_is_same(path, other) for other in others):
            raise OutputError(
                "the output would replace another file of this run", received=path,
                accepted="outputs that are neither an input nor each other", next_step="choose another name",
            )  # fmt: skip
        _check_beside(path, suffix, inputs)
        if suffix in DATA_SUFFIXES:
            check_ready(path)
        elif set(suffixes) >= set(VIDEO_SUFFIXES):
            check_video_path(path)
        _try_place(path)


def _check_beside(path: Path, suffix: str, inputs: Sequence[Path]) -> None:
    """Refuse a layer whose pictures (`NAME_skin.png` and so on) could replace an input.

    Raises:
        OutputError: naming the input.
    """
    for other in inputs if suffix == ".usdc" else ():
        beside = other.name.startswith(f"{path.stem}_") and other.suffix.lower() in (".png", ".jpg")
        if beside and _is_same(other.parent, path.parent):
            raise OutputError(
                "pictures that belong to the output could replace an input", received=other,
                accepted=f"inputs that are not called {path.stem}_*{other.suffix}", next_step="choose another name",
            )  # fmt: skip


def check_input_free(folder: Path, inputs: Sequence[Path]) -> None:
    """Refuse a folder that would be replaced and holds what the run reads.

    Raises:
        OutputError: naming the folder.
    """
    place = folder.resolve()
    if any(place in path.resolve().parents for path in inputs):
        raise OutputError(
            "the output would replace a file that is read", received=folder, accepted="a folder without inputs",
            next_step="choose another name",
        )  # fmt: skip


def _is_same(a: Path, b: Path) -> bool:
    """Whether two names mean one file, through links as well; the files need not exist."""
    with suppress(OSError):
        return a.samefile(b)
    return os.path.realpath(a) == os.path.realpath(b)


class _TriedOnly(Exception):
    """Ends a trial, so that nothing stays."""


def _try_place(path: Path) -> None:
    """Do what the writers will do: make a file beside the place. It is removed at once."""
    try:
        with suppress(_TriedOnly), whole_file(path):
            raise _TriedOnly
    except OSError as error:
        raise OutputError(
            f"cannot write there ({error.strerror})", received=path, accepted="a file in an existing, writable folder",
            next_step="choose another name or place",
        ) from error  # fmt: skip
