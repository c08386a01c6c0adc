"""Generators as training has them: a network of PyTorch, in the files of `generator.checkpoint`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from xtalker.generator import checkpoint
from xtalker.generator.checkpoint import SCHEMA, GeneratorCard, Stored, checkpoint_refusal
from xtalker.generator.config import GeneratorConfig
from xtalker.generator.generate import Generator
from xtalker.generator.network import MotionNetwork
from xtalker.generator.normalise import Statistics
from xtalker.networks.transformer import Network

Net = TypeVar("Net", bound=nn.Module)


@dataclass(frozen=True)
class TrainedGenerator:
    """A checkpoint in memory; the network is in evaluation mode."""

    network: Network
    statistics: Statistics
    card: GeneratorCard

    def generator(self) -> Generator:
        """What generates with these weights."""
        network = MotionNetwork(self.network.config, arrays_of(self.network))
        return Generator(network, self.statistics, self.card)


@dataclass(frozen=True)
class StoredNetwork(Generic[Net]):
    """A network of any design, and what its checkpoint says of it."""

    network: Net
    statistics: Statistics
    card: GeneratorCard
    metadata: Mapping[str, str]


def write_generator(path: Path, trained: TrainedGenerator) -> None:
    """Write a checkpoint, whole or not at all.

    Raises:
        OutputError: the place cannot be written.
    """
    network = trained.network
    write_network(path, network, network.config, trained.statistics, trained.card, {"schema": SCHEMA})


def read_generator(path: Path) -> TrainedGenerator:
    """Read and check a checkpoint.

    Raises:
        AssetError: missing or damaged, no generator, another schema, head or other motion columns.
    """
    stored = read_network(path, SCHEMA, "a generator checkpoint", lambda config, live, metadata: Network(config, live))
    return TrainedGenerator(stored.network, stored.statistics, stored.card)


def write_network(
    path: Path,
    network: nn.Module,
    config: GeneratorConfig,
    statistics: Statistics,
    card: GeneratorCard,
    metadata: Mapping[str, str],
) -> None:
    """Write a network of any design; see `generator.checkpoint.write_network`.

    Raises:
        OutputError: the place cannot be written.
    """
    checkpoint.write_network(path, arrays_of(network), config, statistics, card, metadata)


def read_network(
    path: Path, schema: str, kind: str, build: Callable[[GeneratorConfig, Tensor, Mapping[str, str]], Net]
) -> StoredNetwork[Net]:
    """Read and check what `write_network` wrote.

    Args:
        path: of the checkpoint.
        schema: that it must have.
        kind: what such a file is called.
        build: the network of a config, the columns that move, and the metadata.

    Raises:
        AssetError: missing or damaged, another schema, head or other motion columns.
    """
    stored = checkpoint.read_network(path, schema, kind)
    try:
        return StoredNetwork(_network(stored, build), stored.statistics, stored.card, stored.metadata)
    except (KeyError, TypeError, ValueError, RuntimeError) as fault:
        reason = f"no entry {fault}" if isinstance(fault, KeyError) else str(fault)
        raise checkpoint_refusal(path, reason, f"the parts that {schema} lists") from fault


def _network(stored: Stored, build: Callable[[GeneratorConfig, Tensor, Mapping[str, str]], Net]) -> Net:
    live = torch.from_numpy(stored.statistics.live)
    with torch.device("meta"):  # a hostile config costs no memory: sizes are compared before anything is made
        network = build(stored.config, live, stored.metadata)
    load_arrays(network, stored.weights)
    network.live = live.float()
    return network.float().eval()


def load_arrays(network: nn.Module, weights: Mapping[str, Float[np.ndarray, "..."]]) -> None:
    """Give a network, even one without memory, exactly these weights.

    Raises:
        RuntimeError: a name or a shape does not fit.
    """
    tensors = {name: torch.from_numpy(array.astype(array.dtype)) for name, array in weights.items()}
    network.load_state_dict(tensors, strict=True, assign=True)


def arrays_of(network: nn.Module) -> dict[str, Float[np.ndarray, "..."]]:
    """The weights of a network by name."""
    return {name: tensor.detach().float().cpu().numpy() for name, tensor in network.state_dict().items()}
