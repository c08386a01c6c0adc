"""Checkpoints to systems: our own generators, the published designs in small, and the paper's network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

from xtalker.assets.cache import sha256_of
from xtalker.assets.checkpoints import load_raw
from xtalker.evaluate.bench import System, system_name
from xtalker.generator import Generator
from xtalker.networks.paper import SCHEMA as PAPER_SCHEMA
from xtalker.networks.peers import SCHEMA as PEER_SCHEMA
from xtalker.performance import parts
from xtalker.values import AssetError, InputError
from xtalker.values.extras import require_extra
from xtalker.values.files import check_readable

if TYPE_CHECKING:
    from xtalker.networks.paper.generate import PaperGenerator
    from xtalker.networks.peers.generate import PeerGenerator

_MOST_STEPS: Final = 1000
DEFAULT: Final = "default"
"""What stands for the shipped weights on the command line."""


def load_systems(names: Sequence[str]) -> tuple[System, ...]:
    """Each checkpoint as it is used, silence gate included.

    Args:
        names: paths of .safetensors files, or `default`; the paper's network may be followed by `@` and a number of
            steps.

    Raises:
        InputError: no such file.
        AssetError: a file that is no generator's.
    """
    return tuple(_load(name) for name in names)


def _load(name: str) -> System:
    if name == DEFAULT:
        shipped = parts.generator()
        return System(DEFAULT, shipped, {"file": "shipped with xtalker", **asdict(shipped.card)})
    name, steps = _asked(name)
    path = Path(name)
    check_readable(path, kind="checkpoint", accepted="a generator (.safetensors), or the word default")
    if path.suffix != ".safetensors":
        raise InputError(
            "not a checkpoint", received=path, accepted="a generator (.safetensors), or the word default",
            next_step="give the file that training wrote",
        )  # fmt: skip
    speaks = _speaks(path, steps)
    called = system_name(path) + ("" if steps is None else f"@{steps}")
    return System(called, speaks, {"file": path.name, "sha256": sha256_of(path), **asdict(speaks.card)})


def _asked(name: str) -> tuple[str, int | None]:
    """The file, and the steps after its last `@` if a number stands there."""
    file, at, steps = name.rpartition("@")
    number = int(steps) if at and steps.isascii() and steps.isdecimal() and len(steps) < 8 else 0
    return (file, number) if 0 < number <= _MOST_STEPS else (name, None)


def _speaks(path: Path, steps: int | None) -> Generator | PeerGenerator | PaperGenerator:
    _, metadata = load_raw(path)
    schema = metadata.get("schema")
    if schema in (PAPER_SCHEMA, PEER_SCHEMA):
        require_extra("train", "torch", f"{path.name}, which is no generator of xtalker's own design,")
    if schema == PAPER_SCHEMA:
        from xtalker.networks.paper.generate import PaperGenerator

        return PaperGenerator.from_checkpoint(path, steps=steps)
    if steps is not None:
        raise InputError(
            "steps for a checkpoint that has its own", received=f"{path.name}@{steps}",
            accepted="FILE@STEPS for a checkpoint of the paper's network", next_step="leave the steps out",
        )  # fmt: skip
    if schema == PEER_SCHEMA:
        from xtalker.networks.peers.generate import PeerGenerator

        return PeerGenerator.from_checkpoint(path)
    try:
        return Generator.from_checkpoint(path)
    except KeyError as fault:
        raise AssetError(
            "not a generator's checkpoint", received=f"{path} without {fault}",
            accepted="a file that training wrote", next_step="check the file",
        ) from fault  # fmt: skip
