"""A trained network of the paper as one safetensors file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch

from xtalker.assets.checkpoints import load_checkpoint, save_checkpoint
from xtalker.generator.channels import COLUMN_NAMES
from xtalker.generator.checkpoint import (
    HEAD_MODEL,
    NETWORK_PREFIX,
    GeneratorCard,
    card_from,
    checkpoint_refusal,
    network_weights,
)
from xtalker.networks.generator_checkpoint import arrays_of, load_arrays
from xtalker.networks.paper import SCHEMA
from xtalker.networks.paper.config import PaperConfig
from xtalker.networks.paper.network import PaperNetwork
from xtalker.networks.paper.statistics import PaperStatistics

_HEADS = (HEAD_MODEL, "flame")


@dataclass(frozen=True)
class SavedPaper:
    """A checkpoint in memory; the network is in evaluation mode."""

    network: PaperNetwork
    statistics: PaperStatistics
    card: GeneratorCard


def write_paper(path: Path, saved: SavedPaper) -> None:
    """Write a checkpoint, whole or not at all.

    Raises:
        OutputError: the place cannot be written.
    """
    tensors = {NETWORK_PREFIX + name: array for name, array in arrays_of(saved.network).items()}
    metadata = {
        "schema": SCHEMA,
        "config": json.dumps(asdict(saved.network.config)),
        "columns": json.dumps(COLUMN_NAMES),
        **asdict(saved.card),
    }
    save_checkpoint(path, tensors | saved.statistics.arrays(), metadata)


def read_paper(path: Path) -> SavedPaper:
    """Read and check a checkpoint.

    Raises:
        AssetError: missing or damaged, of another schema or other motion columns.
    """
    tensors, metadata = load_checkpoint(path)
    if metadata.get("schema") != SCHEMA:
        received = f"schema {metadata.get('schema')!r}"
        raise checkpoint_refusal(path, received, f"a checkpoint of the paper's network, schema {SCHEMA!r}")
    try:
        if json.loads(metadata["columns"]) != list(COLUMN_NAMES):
            raise ValueError("other motion columns than this version of xtalker has")
        card = _card(metadata)
        config = PaperConfig.from_plain(json.loads(metadata["config"]))
        assert isinstance(config, PaperConfig)
        statistics = PaperStatistics.from_arrays(tensors, config)
        live = torch.from_numpy(statistics.live(config))
        with torch.device("meta"):  # a hostile config costs no memory: sizes are compared before anything is made
            network = PaperNetwork(config, live)
        load_arrays(network, network_weights(tensors))
        network.revive(live)
    except (KeyError, TypeError, ValueError, RuntimeError) as fault:
        reason = f"no entry {fault}" if isinstance(fault, KeyError) else str(fault)
        raise checkpoint_refusal(path, reason, "the parts that schema 1 lists") from fault
    return SavedPaper(network.float().eval(), statistics, card)


def _card(metadata: Mapping[str, str]) -> GeneratorCard:
    """The card; unlike our own generator, the paper's network may move FLAME."""
    if metadata["head_model"] not in _HEADS:
        raise ValueError(f"it moves the head {metadata['head_model']!r}")
    return replace(card_from({**metadata, "head_model": HEAD_MODEL}), head_model=metadata["head_model"])
