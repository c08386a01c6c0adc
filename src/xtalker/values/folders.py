"""Folders of outputs: they appear whole or not at all, and nothing foreign is ever replaced."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from xtalker.values.errors import OutputError
from xtalker.values.unfinished import unfinished


def sequence_folder(path: Path) -> Path:
    """Where the frames of a sequence `take.obj` are: `take_obj` beside it."""
    return path.with_name(path.stem + path.suffix.lower().replace(".", "_"))


def frame_names(suffix: str) -> re.Pattern[str]:
    """Names of a sequence's files: 000000.obj, 000001.obj, ..."""
    return re.compile(rf"\d{{6}}{re.escape(suffix)}")


def check_folder(folder: Path, ours: re.Pattern[str]) -> None:
    """Refuse a place where no folder can be made, or where something else than an earlier output is.

    Args:
        folder: to be made, or replaced.
        ours: names of the files that an earlier output consists of.

    Raises:
        OutputError: no such parent, or something else is in the way.
    """
    if not folder.parent.is_dir():
        raise OutputError(
            "no such folder to write to", received=folder, accepted="a name in an existing, writable folder",
            next_step=f"create the folder '{folder.parent}' or choose another",
        )  # fmt: skip
    earlier = folder.is_dir() and not folder.is_symlink() and all(ours.fullmatch(f.name) for f in folder.iterdir())
    if folder.exists() and not earlier:
        raise OutputError(
            "something else is in the way", received=folder, accepted="a free name, or an earlier output of this kind",
            next_step="choose another name, or move it away",
        )  # fmt: skip


@contextmanager
def whole_folder(folder: Path, ours: re.Pattern[str]) -> Iterator[Path]:
    """Give a new folder beside `folder`, which becomes it when the block ends well; otherwise nothing changes.

    Raises:
        OutputError: as `check_folder`; not writable, disk full.
    """
    check_folder(folder, ours)
    part, old = (unfinished(folder, kind=kind, suffix="") for kind in ("part", "old"))
    try:
        part.mkdir()
        yield part
        if folder.exists():
            folder.rename(old)
        part.rename(folder)
    except OSError as error:
        raise OutputError(
            f"cannot write ({error.strerror})", received=folder, accepted="a folder with room, in which you may write",
            next_step="free some space or write elsewhere",
        ) from error  # fmt: skip
    finally:
        if old.exists() and not folder.exists():
            old.rename(folder)
        for left in (part, old):
            shutil.rmtree(left, ignore_errors=True)
