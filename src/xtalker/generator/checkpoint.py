"""The network and its statistics as one safetensors file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import torch
from torch import Tensor

from xtalker.assets.checkpoints import load_checkpoint, save_checkpoint
from xtalker.generator.channels import COLUMN_NAMES
from xtalker.generator.config import GeneratorConfig
from xtalker.generator.normalise import Statistics
from xtalker.generator.transformer import Network
from xtalker.values import AssetError
from xtalker.values.motion import NUM_MOTION

SCHEMA = "xtalker-generator-1"
_NETWORK, _STATISTICS = "network.", "statistics."


@dataclass(frozen=True)
class GeneratorCard:
    """Where a generator comes from and what it fits.

    Attributes:
        encoder: fingerprint of the speech encoder that it hears through.
        head_model: the head whose channels it moves.
        licence: of the weights.
        data: what it was trained on.
        seed: of its training.
        command: that made it.
        default_style: what is generated when no style is asked for; empty for none.
    """

    encoder: str
    head_model: str = "open"
    licence: str = "unstated"
    data: str = "unstated"
    seed: str = "unstated"
    command: str = "unstated"
    default_style: str = ""


@dataclass(frozen=True)
class SavedGenerator:
    """A checkpoint in memory; the network is in evaluation mode."""

    network: Network
    statistics: Statistics
    card: GeneratorCard


def write_generator(path: Path, saved: SavedGenerator) -> None:
    """Write a checkpoint, whole or not at all.

    Raises:
        OutputError: the place cannot be written.
    """
    tensors = {_NETWORK + name: tensor.detach().cpu() for name, tensor in saved.network.state_dict().items()}
    tensors |= statistics_tensors(saved.statistics)
    metadata = {
        "schema": SCHEMA,
        "config": json.dumps(asdict(saved.network.config)),
        "columns": json.dumps(COLUMN_NAMES),
        **asdict(saved.card),
    }
    save_checkpoint(path, {name: tensor.contiguous() for name, tensor in tensors.items()}, metadata)


def read_generator(path: Path) -> SavedGenerator:
    """Read and check a checkpoint.

    Raises:
        AssetError: missing or damaged, no generator, another schema or other motion columns.
    """
    tensors, metadata = load_checkpoint(path)
    if metadata.get("schema") != SCHEMA:
        raise checkpoint_refusal(
            path, f"schema {metadata.get('schema')!r}", f"a generator checkpoint, schema {SCHEMA!r}"
        )
    try:
        if json.loads(metadata["columns"]) != list(COLUMN_NAMES):
            raise ValueError("other motion columns than this version of xtalker has")
        card = card_from(metadata)
        config = GeneratorConfig.from_plain(json.loads(metadata["config"]))
        statistics = statistics_from(tensors, config.speech_channels)
        network = _network(config, statistics, tensors)
    except (KeyError, TypeError, ValueError, RuntimeError) as fault:
        reason = f"no entry {fault}" if isinstance(fault, KeyError) else str(fault)
        raise checkpoint_refusal(path, reason, "the parts that schema 1 lists") from fault
    return SavedGenerator(network.eval(), statistics, card)


def card_from(metadata: Mapping[str, str]) -> GeneratorCard:
    """The card of a checkpoint; older ones do not name a default style.

    Raises:
        KeyError: an entry is missing.
    """
    named = {field.name: metadata[field.name] for field in fields(GeneratorCard) if field.name != "default_style"}
    return GeneratorCard(**named, default_style=metadata.get("default_style", ""))


def statistics_tensors(statistics: Statistics) -> dict[str, Tensor]:
    """Statistics as entries of a checkpoint."""
    names = (field.name for field in fields(Statistics))
    return {_STATISTICS + name: torch.from_numpy(getattr(statistics, name).copy()) for name in names}


def statistics_from(tensors: dict[str, Tensor], speech_channels: int) -> Statistics:
    """Statistics of a checkpoint's entries.

    Raises:
        KeyError, ValueError: missing or of another shape.
    """
    lengths = {"linguistic": speech_channels, "motion": NUM_MOTION, "loudness": 2}
    arrays = {f.name: tensors[_STATISTICS + f.name].float().numpy().copy() for f in fields(Statistics)}
    for name, array in arrays.items():
        if array.shape != (lengths[name.partition("_")[0]],):
            raise ValueError(f"statistics {name} of shape {array.shape}")
    return Statistics(**arrays)


def _network(config: GeneratorConfig, statistics: Statistics, tensors: dict[str, Tensor]) -> Network:
    weights = {n.removeprefix(_NETWORK): t for n, t in tensors.items() if n.startswith(_NETWORK)}
    with torch.device("meta"):  # a hostile config costs no memory: sizes are compared before anything is made
        network = Network(config, torch.from_numpy(statistics.live))
    network.load_state_dict(weights, strict=True, assign=True)
    network.live = torch.from_numpy(statistics.live).float()
    return network.float()


def checkpoint_refusal(path: Path, received: str, accepted: str) -> AssetError:
    """What to say of an unusable checkpoint."""
    return AssetError(
        f"unusable generator checkpoint {path.name}",
        received=received,
        accepted=accepted,
        next_step="fetch the file again, or train one with `python -m xtalker.train`",
    )
