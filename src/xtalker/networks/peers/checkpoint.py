"""A trained peer as one safetensors file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from xtalker.generator.checkpoint import GeneratorCard
from xtalker.generator.normalise import Statistics
from xtalker.networks.generator_checkpoint import read_network, write_network
from xtalker.networks.peers import SCHEMA
from xtalker.networks.peers.interface import PeerNetwork, design_class


@dataclass(frozen=True)
class SavedPeer:
    """A checkpoint in memory; the network is in evaluation mode.

    Attributes:
        design: its name in `PEERS`.
        network: trained.
        statistics: of its training clips.
        card: where it comes from.
    """

    design: str
    network: PeerNetwork
    statistics: Statistics
    card: GeneratorCard


def write_peer(path: Path, saved: SavedPeer) -> None:
    """Write a checkpoint, whole or not at all.

    Raises:
        OutputError: the place cannot be written.
    """
    metadata = {"schema": SCHEMA, "design": saved.design}
    write_network(path, saved.network, saved.network.config, saved.statistics, saved.card, metadata)


def read_peer(path: Path) -> SavedPeer:
    """Read and check a checkpoint.

    Raises:
        AssetError: missing or damaged, no peer, another schema, head or other motion columns.
    """
    stored = read_network(
        path, SCHEMA, "a peer's checkpoint",
        lambda config, live, metadata: design_class(metadata["design"])(config, live),
    )  # fmt: skip
    return SavedPeer(stored.metadata["design"], stored.network, stored.statistics, stored.card)
