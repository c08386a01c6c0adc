"""The network that hears an emotion in each frame of speech, as a graph, and its file; `networks` trains it.

Whisper's hidden states and the prosody, each normalised, are projected, mixed over about a second by three dilated
convolutions, and read out frame by frame. A clip's logits are the mean of its frames' logits, weighted by a learned
attention, so that what is trained on clips is meant for frames. Several networks of different seeds answer together.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.assets.checkpoints import load_checkpoint, save_checkpoint
from xtalker.inference.graph import Graph, Value
from xtalker.inference.layers import convolution, gelu, linear, swap_last
from xtalker.inference.session import check_weights
from xtalker.values import AssetError

SCHEMA: Final = "xtalker-speech-emotion-1"
SPEECH_CLASSES: Final = ("neutral", "calm", "happy", "sad", "angry", "fear", "disgust", "surprise")
"""What the network tells apart, in the order of RAVDESS."""

FROM_PROSODY = 16
_DILATIONS = (2, 4, 8)
_MOST = {"speech_channels": 65536, "prosody_channels": 256, "projected": 1024, "activations": 1024, "members": 16}
LARGEST = 5.0  # normalised inputs beyond this are outliers of a few huge channels


@dataclass(frozen=True)
class NetworkConfig:
    """Sizes.

    Attributes:
        speech_channels, prosody_channels: of the inputs.
        projected: width to which the hidden states are brought.
        activations: width of what is read out, 64 or more.
        members: networks that answer together.
        dropout: in training.
    """

    speech_channels: int = 1024
    prosody_channels: int = 9
    projected: int = 64
    activations: int = 64
    members: int = 1
    dropout: float = 0.4

    def __post_init__(self) -> None:
        """Refuse what would not fit a computer: a checkpoint may come from anywhere."""
        for name, most in _MOST.items():
            value = getattr(self, name)
            if not (type(value) is int and 1 <= value <= most):
                raise ValueError(f"{name} must be a whole number from 1 to {most}, not {value!r}")


@dataclass(frozen=True)
class EmotionCard:
    """Where a speech-emotion network comes from, and how it is read.

    Attributes:
        encoder: fingerprint of the speech encoder that it hears through.
        prosody: names of the prosody columns, joined by spaces.
        licence: of the weights.
        data: what it was trained on.
        command: that made it.
    """

    encoder: str
    prosody: str = "unstated"
    licence: str = "unstated"
    data: str = "unstated"
    command: str = "unstated"


def emotion_graph(config: NetworkConfig) -> Graph:
    """`inputs` (batch, frames, [hidden states | prosody]) to means over the members, and one member's activations.

    Outputs `probabilities` of SPEECH_CLASSES, `strength` 0 to 1, `attention` (the logit of a frame's say in its clip)
    and `activations` of the first member: directions differ between members, so their mean would say nothing.
    """
    graph = Graph("speech emotion")
    total = config.speech_channels + config.prosody_channels
    x = graph.op("Sub", graph.input("inputs", ("batch", "frames", total)), graph.weight("means", total))
    x = graph.op("Div", x, graph.weight("scales", total))
    x = graph.op("Clip", x, graph.constant(-LARGEST), graph.constant(LARGEST))
    sizes = graph.constant([config.speech_channels, config.prosody_channels])
    speech, prosody = graph.ops("Split", x, sizes, results=2, axis=2)
    heard = [_member(graph, speech, prosody, f"members.{i}.", config) for i in range(config.members)]
    names = {"probabilities": len(SPEECH_CLASSES), "strength": 0, "attention": 0}
    for name, tracks in zip(names, zip(*(member[:3] for member in heard)), strict=True):
        shape = ("batch", "frames", names[name]) if names[name] else ("batch", "frames")
        graph.output(name, graph.op("Mean", *tracks), shape)
    graph.output("activations", heard[0][3], ("batch", "frames", config.activations))
    return graph


def _member(graph: Graph, speech: Value, prosody: Value, place: str, config: NetworkConfig) -> tuple[Value, ...]:
    width = config.projected + FROM_PROSODY
    parts = (
        linear(graph, speech, f"{place}speech.", config.speech_channels, config.projected),
        linear(graph, prosody, f"{place}prosody.", config.prosody_channels, FROM_PROSODY),
    )
    x = gelu(graph, graph.op("Concat", *parts, axis=2))
    for number, dilation in enumerate(_DILATIONS):
        mixed = convolution(graph, swap_last(graph, x), f"{place}mixers.{number}.", width, width, 3,
                            pads=[dilation, dilation], dilations=[dilation])  # fmt: skip
        x = graph.op("Add", x, gelu(graph, swap_last(graph, mixed)))
    active = graph.op("Tanh", linear(graph, x, f"{place}out.", width, config.activations))
    classes = linear(graph, active, f"{place}classes.", config.activations, len(SPEECH_CLASSES))
    strength, attention = (
        graph.op("Squeeze", linear(graph, active, f"{place}{name}.", config.activations, 1), graph.constant([2]))
        for name in ("strength", "attention")
    )
    return graph.op("Softmax", classes, axis=-1), graph.op("Sigmoid", strength), attention, active


def write_network(
    path: Path, config: NetworkConfig, weights: Mapping[str, Float[np.ndarray, "..."]], card: EmotionCard
) -> None:
    """Write the weights in half precision, whole or not at all.

    Raises:
        OutputError: the place cannot be written.
    """
    exact = {"means", "scales"}
    tensors = {name: w.astype(np.float32 if name in exact else np.float16) for name, w in weights.items()}
    metadata = {
        "schema": SCHEMA,
        "config": json.dumps(asdict(config)),
        "classes": json.dumps(SPEECH_CLASSES),
        **asdict(card),
    }
    save_checkpoint(path, tensors, metadata)


def read_network(path: Path) -> tuple[NetworkConfig, dict[str, Float[np.ndarray, "..."]], EmotionCard]:
    """Read and check a file: sizes, weights, card.

    Raises:
        AssetError: missing or damaged, no speech-emotion network, another schema or other classes.
    """
    tensors, metadata = load_checkpoint(path)
    if metadata.get("schema") != SCHEMA:
        raise _refusal(path, f"schema {metadata.get('schema')!r}", f"a speech-emotion network, schema {SCHEMA!r}")
    try:
        if json.loads(metadata["classes"]) != list(SPEECH_CLASSES):
            raise ValueError("other emotions than this version of xtalker knows")
        card = EmotionCard(**{field.name: metadata[field.name] for field in fields(EmotionCard)})
        config = NetworkConfig(**json.loads(metadata["config"]))
        check_weights(emotion_graph(config).weights, tensors)
    except (KeyError, TypeError, ValueError) as fault:
        reason = f"no entry {fault}" if isinstance(fault, KeyError) else str(fault)
        raise _refusal(path, reason, "the parts that schema 1 lists") from fault
    return config, tensors, card


def _refusal(path: Path, received: str, accepted: str) -> AssetError:
    return AssetError(
        f"unusable speech-emotion network {path.name}", received=received, accepted=accepted,
        next_step="reinstall xtalker, or train one with `python -m tools.train_emotion_speech`",
    )  # fmt: skip
