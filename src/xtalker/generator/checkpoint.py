"""The network and its statistics as one safetensors file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np
from jaxtyping import Float, Shaped

from xtalker.assets.checkpoints import load_checkpoint, save_checkpoint
from xtalker.generator.channels import COLUMN_NAMES
from xtalker.generator.config import GeneratorConfig
from xtalker.generator.network import MotionNetwork
from xtalker.generator.normalise import Statistics
from xtalker.values import AssetError
from xtalker.values.motion import NUM_MOTION

SCHEMA = "xtalker-generator-1"
HEAD_MODEL = "open"
"""The head whose channels the columns are."""
NETWORK_PREFIX, STATISTICS_PREFIX = "network.", "statistics."


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
    """A checkpoint in memory."""

    network: MotionNetwork
    statistics: Statistics
    card: GeneratorCard


@dataclass(frozen=True)
class Stored:
    """What every kind of checkpoint holds, once read.

    Attributes:
        config: sizes and choices of its network.
        weights: of the network, by its own names.
        statistics: of its training clips.
        card: where it comes from.
        metadata: all of it.
    """

    config: GeneratorConfig
    weights: Mapping[str, Float[np.ndarray, "..."]]
    statistics: Statistics
    card: GeneratorCard
    metadata: Mapping[str, str]


def write_generator(path: Path, saved: SavedGenerator) -> None:
    """Write a checkpoint, whole or not at all.

    Raises:
        OutputError: the place cannot be written.
    """
    network = saved.network
    write_network(path, network.weights, network.config, saved.statistics, saved.card, {"schema": SCHEMA})


def read_generator(path: Path) -> SavedGenerator:
    """Read and check a checkpoint.

    Raises:
        AssetError: missing or damaged, no generator, another schema, head or other motion columns.
    """
    stored = read_network(path, SCHEMA, "a generator checkpoint")
    try:
        network = MotionNetwork(stored.config, stored.weights)
    except ValueError as fault:
        raise checkpoint_refusal(path, str(fault), _parts_of(SCHEMA)) from fault
    return SavedGenerator(network, stored.statistics, stored.card)


def write_network(
    path: Path,
    weights: Mapping[str, Float[np.ndarray, "..."]],
    config: GeneratorConfig,
    statistics: Statistics,
    card: GeneratorCard,
    metadata: Mapping[str, str],
) -> None:
    """Write a network of any design with its statistics; `metadata` names the schema, and the design if need be.

    Raises:
        OutputError: the place cannot be written.
    """
    tensors = {NETWORK_PREFIX + name: array for name, array in weights.items()} | statistics_arrays(statistics)
    said = {
        **metadata, "config": json.dumps(asdict(config)), "columns": json.dumps(COLUMN_NAMES), **asdict(card),
    }  # fmt: skip
    save_checkpoint(path, tensors, said)


def read_network(path: Path, schema: str, kind: str) -> Stored:
    """Read and check what `write_network` wrote, but for the names and shapes of the weights.

    Args:
        path: of the checkpoint.
        schema: that it must have.
        kind: what such a file is called.

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
    except (KeyError, TypeError, ValueError) as fault:
        reason = f"no entry {fault}" if isinstance(fault, KeyError) else str(fault)
        raise checkpoint_refusal(path, reason, _parts_of(schema)) from fault
    return Stored(config, network_weights(tensors), statistics, card, metadata)


def network_weights(tensors: Mapping[str, Shaped[np.ndarray, "..."]]) -> dict[str, Float[np.ndarray, "..."]]:
    """The network's entries of a checkpoint, by its own names."""
    return {n.removeprefix(NETWORK_PREFIX): t for n, t in tensors.items() if n.startswith(NETWORK_PREFIX)}


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


def statistics_arrays(statistics: Statistics) -> dict[str, Float[np.ndarray, "..."]]:
    """Statistics as entries of a checkpoint."""
    return {STATISTICS_PREFIX + field.name: getattr(statistics, field.name) for field in fields(Statistics)}


def statistics_from(tensors: Mapping[str, Shaped[np.ndarray, "..."]], speech_channels: int) -> Statistics:
    """Statistics of a checkpoint's entries.

    Raises:
        KeyError, ValueError: missing or of another shape.
    """
    lengths = {"linguistic": speech_channels, "motion": NUM_MOTION, "loudness": 2}
    arrays = {f.name: tensors[STATISTICS_PREFIX + f.name].astype(np.float32) for f in fields(Statistics)}
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


def _parts_of(schema: str) -> str:
    return f"the parts that {schema} lists, for the head {HEAD_MODEL!r}"
