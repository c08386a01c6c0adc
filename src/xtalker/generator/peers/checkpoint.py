"""A trained peer as one safetensors file."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from xtalker.assets.checkpoints import load_checkpoint, save_checkpoint
from xtalker.generator.channels import COLUMN_NAMES
from xtalker.generator.checkpoint import (
    GeneratorCard,
    card_from,
    checkpoint_refusal,
    statistics_from,
    statistics_tensors,
)
from xtalker.generator.config import GeneratorConfig
from xtalker.generator.normalise import Statistics
from xtalker.generator.peers.interface import PeerNetwork, design_class

SCHEMA = "xtalker-peer-1"
_NETWORK = "network."


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
    tensors = {_NETWORK + name: tensor.detach().cpu() for name, tensor in saved.network.state_dict().items()}
    tensors |= statistics_tensors(saved.statistics)
    metadata = {
        "schema": SCHEMA,
        "design": saved.design,
        "config": json.dumps(asdict(saved.network.config)),
        "columns": json.dumps(COLUMN_NAMES),
        **asdict(saved.card),
    }
    save_checkpoint(path, {name: tensor.contiguous() for name, tensor in tensors.items()}, metadata)


def read_peer(path: Path) -> SavedPeer:
    """Read and check a checkpoint.

    Raises:
        AssetError: missing or damaged, no peer, another schema or other motion columns.
    """
    tensors, metadata = load_checkpoint(path)
    if metadata.get("schema") != SCHEMA:
        raise checkpoint_refusal(path, f"schema {metadata.get('schema')!r}", f"a peer's checkpoint, schema {SCHEMA!r}")
    try:
        if json.loads(metadata["columns"]) != list(COLUMN_NAMES):
            raise ValueError("other motion columns than this version of xtalker has")
        card = card_from(metadata)
        config = GeneratorConfig.from_plain(json.loads(metadata["config"]))
        statistics = statistics_from(tensors, config.speech_channels)
        live = torch.from_numpy(statistics.live)
        with torch.device("meta"):  # a hostile config costs no memory: sizes are compared before anything is made
            network = design_class(metadata["design"])(config, live)
        weights = {n.removeprefix(_NETWORK): t for n, t in tensors.items() if n.startswith(_NETWORK)}
        network.load_state_dict(weights, strict=True, assign=True)
        network.live = live.float()
    except (KeyError, TypeError, ValueError, RuntimeError) as fault:
        reason = f"no entry {fault}" if isinstance(fault, KeyError) else str(fault)
        raise checkpoint_refusal(path, reason, "the parts that schema 1 lists") from fault
    return SavedPeer(metadata["design"], network.float().eval(), statistics, card)
