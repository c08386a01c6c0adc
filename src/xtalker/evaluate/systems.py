"""Checkpoints to systems: our own generators, and the published designs in small."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

from xtalker.assets.cache import sha256_of
from xtalker.assets.checkpoints import load_checkpoint
from xtalker.evaluate.bench import System, system_name
from xtalker.generator import Generator
from xtalker.generator.peers.checkpoint import SCHEMA as PEER_SCHEMA
from xtalker.generator.peers.generate import PeerGenerator
from xtalker.performance import parts
from xtalker.values import AssetError, InputError
from xtalker.values.files import check_readable

DEFAULT: Final = "default"
"""What stands for the shipped weights on the command line."""


def load_systems(names: Sequence[str]) -> tuple[System, ...]:
    """Each checkpoint as it is used, silence gate included.

    Args:
        names: paths of .safetensors files, or `default`.

    Raises:
        InputError: no such file.
        AssetError: a file that is no generator's.
    """
    return tuple(_load(name) for name in names)


def _load(name: str) -> System:
    if name == DEFAULT:
        shipped = parts.generator()
        return System(DEFAULT, shipped, {"file": "shipped with xtalker", **asdict(shipped.card)})
    path = Path(name)
    check_readable(path, kind="checkpoint", accepted="a generator (.safetensors), or the word default")
    if path.suffix != ".safetensors":
        raise InputError(
            "not a checkpoint", received=path, accepted="a generator (.safetensors), or the word default",
            next_step="give the file that training wrote",
        )  # fmt: skip
    speaks = _speaks(path)
    return System(system_name(path), speaks, {"file": path.name, "sha256": sha256_of(path), **asdict(speaks.card)})


def _speaks(path: Path) -> Generator | PeerGenerator:
    _, metadata = load_checkpoint(path)
    if metadata.get("schema") == PEER_SCHEMA:
        return PeerGenerator.from_checkpoint(path)
    try:
        return Generator.from_checkpoint(path)
    except KeyError as fault:
        raise AssetError(
            "not a generator's checkpoint", received=f"{path} without {fault}",
            accepted="a file that training wrote", next_step="check the file",
        ) from fault  # fmt: skip
