"""The network and its statistics as one safetensors file."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Generic, TypeVar

import torch
from torch import Tensor, nn

from xtalker.assets.checkpoints import load_checkpoint, save_checkpoint
from xtalker.generator.channels import COLUMN_NAMES
from xtalker.generator.config import GeneratorConfig
from xtalker.generator.normalise import Statistics
from xtalker.generator.transformer import Network
from xtalker.values import AssetError
from xtalker.values.motion import NUM_MOTION

SCHEMA = "xtalker-generator-1"
HEAD_MODEL = "open"
"""The head whose channels the columns are."""
_NETWORK, _STATISTICS = "network.", "statistics."
Net = TypeVar("Net", bound=nn.Module)


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
    head_model: str = HEAD_MODEL
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


@dataclass(frozen=True)
class Stored(Generic[Net]):
    """What every kind of checkpoint holds, once read.

    Attributes:
        network: in evaluation mode.
        statistics: of its training clips.
        card: where it comes from.
        metadata: all of it.
    """

    network: Net
    statistics: Statistics
    card: GeneratorCard
    metadata: Mapping[str, str]


def write_generator(path: Path, saved: SavedGenerator) -> None:
    """Write a checkpoint, whole or not at all.

    Raises:
        OutputError: the place cannot be written.
    """
    write_network(path, saved.network, saved.network.config, saved.statistics, saved.card, {"schema": SCHEMA})


def read_generator(path: Path) -> SavedGenerator:
    """Read and check a checkpoint.

    Raises:
        AssetError: missing or damaged, no generator, another schema, head or other motion columns.
    """
    stored = read_network(
        path, SCHEMA, "a generator checkpoint", lambda config, live, metadata: Network(config, live)
    )  # fmt: skip
    return SavedGenerator(stored.network, stored.statistics, stored.card)


def write_network(
    path: Path, network: nn.Module, config: GeneratorConfig, statistics: Statistics, card: GeneratorCard,
    metadata: Mapping[str, str],
) -> None:  # fmt: skip
    """Write a network of any design with its statistics; `metadata` names the schema, and the design if need be.

    Raises:
        OutputError: the place cannot be written.
    """
    tensors = {_NETWORK + name: tensor.detach().cpu() for name, tensor in network.state_dict().items()}
    tensors |= statistics_tensors(statistics)
    said = {
        **metadata, "config": json.dumps(asdict(config)), "columns": json.dumps(COLUMN_NAMES), **asdict(card),
    }  # fmt: skip
    save_checkpoint(path, {name: tensor.contiguous() for name, tensor in tensors.items()}, said)


def read_network(
    path: Path, schema: str, kind: str, build: Callable[[GeneratorConfig, Tensor, Mapping[str, str]], Net]
) -> Stored[Net]:
    """Read and check what `write_network` wrote.

    Args:
        path: of the checkpoint.
        schema: that it must have.
        kind: what such a file is called.
        build: the network of a config, the columns that move, and the metadata.

    Raises:
        AssetError: missing or damaged, another schema, head or other motion columns.
    """
    tensors, metadata = load_checkpoint(path)
    if metadata.get("schema") != schema:
        raise checkpoint_refusal(path, f"schema {metadata.get('schema')!r}", f"{kind}, schema {schema!r}")
    try:
        if json.loads(metadata["columns"]) != list(COLUMN_NAMES):
            raise ValueError("other motion columns than this version of xtalker has")
        card = card_from(metadata)
        config = GeneratorConfig.from_plain(json.loads(metadata["config"]))
        statistics = statistics_from(tensors, config.speech_channels)
        live = torch.from_numpy(statistics.live)
        with torch.device("meta"):  # a hostile config costs no memory: sizes are compared before anything is made
            network = build(config, live, metadata)
        weights = {n.removeprefix(_NETWORK): t for n, t in tensors.items() if n.startswith(_NETWORK)}
        network.load_state_dict(weights, strict=True, assign=True)
        network.live = live.float()
    except (KeyError, TypeError, ValueError, RuntimeError) as fault:
        reason = f"no entry {fault}" if isinstance(fault, KeyError) else str(fault)
        raise checkpoint_refusal(path, reason, f"the parts that {schema} lists, for the head {HEAD_MODEL!r}") from fault
    return Stored(network.float().eval(), statistics, card, metadata)


def card_from(metadata: Mapping[str, str]) -> GeneratorCard:
    """The card of a checkpoint; older ones do not name a default style.

    Raises:
        KeyError: an entry is missing.
        ValueError: it moves another head.
    """
    if metadata["head_model"] != HEAD_MODEL:
        raise ValueError(f"it moves the head {metadata['head_model']!r}")
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


def checkpoint_refusal(path: Path, received: str, accepted: str) -> AssetError:
    """What to say of an unusable checkpoint."""
    return AssetError(
        f"unusable generator checkpoint {path.name}",
        received=received,
        accepted=accepted,
        next_step="fetch the file again, or train one with `python -m xtalker.train`",
    )
