"""The user's own FLAME file: where it is, and how motion gets to it and back."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from xtalker.performance import parts
from xtalker.values import Identity, InputError, OutputError

if TYPE_CHECKING:
    from xtalker.export.flame_npz import FlameNpz
    from xtalker.head.flame import FlameHead
    from xtalker.performance.flame_map import FlameFit

FLAME_SUFFIX: Final = ".flame.npz"
FLAME_VARIABLE: Final = "XTALKER_ASSET_FLAME"
_ACCEPTED: Final = f"your FLAME 2020 or 2023 file (.npz or .pkl), by --flame FILE or {FLAME_VARIABLE}"
_NEXT: Final = "get it from the FLAME project under its licence and give its path"


def flame_place(given: Path | None) -> Path | None:
    """The file that the user gave, or named in the environment."""
    named = os.environ.get(FLAME_VARIABLE)
    return given or (Path(named) if named else None)


def check_flame_place(path: Path, given: Path | None) -> None:
    """Refuse to write FLAME parameters without a FLAME file, before any work is done.

    Raises:
        OutputError: no file is known.
        InputError: it is not there.
    """
    place = flame_place(given)
    if place is None:
        raise OutputError(
            "FLAME parameters need your own FLAME file", received=f"{path} without one", accepted=_ACCEPTED,
            next_step=_NEXT,
        )  # fmt: skip
    from xtalker.values.files import check_readable

    check_readable(place, kind="FLAME file", accepted=_ACCEPTED)


def exporter_to(path: Path, given: Path | None) -> FlameNpz:
    """The exporter of the open head's motion as FLAME parameters.

    Raises:
        OutputError: no FLAME file is known.
        InputError: it cannot be read.
    """
    from xtalker.export.flame_npz import FlameNpz

    check_flame_place(path, given)
    place = flame_place(given)
    assert place is not None
    return FlameNpz(fit(place).map)


def flame_for(source: Path, given: Path | None) -> Path:
    """The FLAME file with which FLAME parameters become motion of the open head.

    Raises:
        InputError: none is known.
    """
    place = flame_place(given)
    if place is None:
        raise InputError(
            "FLAME parameters move the open head only through your own FLAME file",
            received=f"{source} without one", accepted=f"{_ACCEPTED}; or an output {FLAME_SUFFIX}", next_step=_NEXT,
        )  # fmt: skip
    return place


@cache
def head(place: Path) -> FlameHead:
    """The user's FLAME.

    Raises:
        InputError: not a FLAME file.
    """
    from xtalker.head.flame import FlameHead

    return FlameHead(place)


def fit(place: Path, identity: Identity | None = None) -> FlameFit:
    """The map between the open head and a person of the user's FLAME; None is its mean head."""
    shape = None if identity is None or not np.any(identity.shape) else tuple(float(x) for x in identity.shape)
    return _fit(place, shape)


@cache
def _fit(place: Path, shape: tuple[float, ...] | None) -> FlameFit:
    from xtalker.performance.flame_map import fit_flame_map

    person = None if shape is None else Identity(np.array(shape, np.float32), head_model="flame")
    return fit_flame_map(parts.open_head(), head(place), identity=person)
