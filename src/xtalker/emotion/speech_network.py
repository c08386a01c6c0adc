"""The network that hears an emotion in each frame of speech, and its file.

Whisper's hidden states and the prosody, each normalised, are projected, mixed over about a second by three dilated
convolutions, and read out frame by frame. A clip's logits are the mean of its frames' logits, weighted by a learned
attention, so that what is trained on clips is meant for frames. Several networks of different seeds answer together.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Final

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

from xtalker.assets.checkpoints import load_checkpoint, save_checkpoint
from xtalker.values import AssetError

SCHEMA: Final = "xtalker-speech-emotion-1"
SPEECH_CLASSES: Final = ("neutral", "calm", "happy", "sad", "angry", "fear", "disgust", "surprise")
"""What the network tells apart, in the order of RAVDESS."""

_FROM_PROSODY = 16
_LARGEST = 5.0  # normalised inputs beyond this are outliers of a few huge channels


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


@dataclass(frozen=True)
class Heard:
    """What the network says of each frame of a batch.

    Attributes:
        logits: of SPEECH_CLASSES.
        strength: logit of strong against normal acting.
        attention: logit of the frame's say in its clip.
        activations: what all these are read from.
    """

    logits: Float[Tensor, "batch frames 8"]
    strength: Float[Tensor, "batch frames"]
    attention: Float[Tensor, "batch frames"]
    activations: Float[Tensor, "batch frames width"]


class Member(nn.Module):
    """One network; inputs are normalised already."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        width = config.projected + _FROM_PROSODY
        self.speech = nn.Linear(config.speech_channels, config.projected)
        self.prosody = nn.Linear(config.prosody_channels, _FROM_PROSODY)
        self.mixers = nn.ModuleList(nn.Conv1d(width, width, 3, padding=d, dilation=d) for d in (2, 4, 8))
        self.out = nn.Linear(width, config.activations)
        self.classes = nn.Linear(config.activations, len(SPEECH_CLASSES))
        self.strength = nn.Linear(config.activations, 1)
        self.attention = nn.Linear(config.activations, 1)
        self.dropout = config.dropout

    def forward(
        self, speech: Float[Tensor, "batch frames channels"], prosody: Float[Tensor, "batch frames tracks"],
        present: Bool[Tensor, "batch frames"],
    ) -> Heard:  # fmt: skip
        """Frames that are not present count as silence around the clip, as convolution padding does."""
        mask = present[:, :, None].to(speech.dtype)
        both = torch.cat([self.speech(self._drop(speech)), self.prosody(prosody)], dim=-1)
        x = self._drop(F.gelu(both)) * mask
        for mixer in self.mixers:
            mixed = mixer(x.transpose(1, 2)).transpose(1, 2)
            x = (x + self._drop(F.gelu(mixed))) * mask
        activations = torch.tanh(self.out(x))
        read = self._drop(activations)
        return Heard(self.classes(read), self.strength(read)[..., 0], self.attention(activations)[..., 0], activations)

    def _drop(self, x: Float[Tensor, "batch frames width"]) -> Float[Tensor, "batch frames width"]:
        """Whole channels of a clip at a time: neighbouring frames say too much about each other."""
        return F.dropout1d(x.transpose(1, 2), self.dropout, self.training).transpose(1, 2)


class SpeechEmotionNetwork(nn.Module):
    """Members of different seeds, with the normalisation that they share."""

    means: Tensor
    scales: Tensor

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        inputs = config.speech_channels + config.prosody_channels
        self.register_buffer("means", torch.zeros(inputs))
        self.register_buffer("scales", torch.ones(inputs))
        self.members = nn.ModuleList(Member(config) for _ in range(config.members))

    def normalise(self, inputs: Float[Tensor, "*frames inputs"]) -> Float[Tensor, "*frames inputs"]:
        """Zero mean and unit deviation of each channel over the training speech, bounded."""
        return ((inputs - self.means) / self.scales).clamp(-_LARGEST, _LARGEST)

    def forward(
        self, inputs: Float[Tensor, "batch frames inputs"], present: Bool[Tensor, "batch frames"]
    ) -> tuple[Heard, ...]:
        """What each member says of normalised inputs [hidden states | prosody]."""
        channels = self.config.speech_channels
        speech, prosody = inputs[..., :channels], inputs[..., channels:]
        return tuple(member(speech, prosody, present) for member in self.members)


def clip_logits(heard: Heard, present: Bool[Tensor, "batch frames"]) -> Float[Tensor, "batch 8"]:
    """The frames' logits, weighted by attention over the frames that are there."""
    return (_shares(heard, present)[:, :, None] * heard.logits).sum(dim=1)


def clip_strength(heard: Heard, present: Bool[Tensor, "batch frames"]) -> Float[Tensor, "batch"]:
    """The frames' strength, weighted likewise."""
    return (_shares(heard, present) * heard.strength).sum(dim=1)


def _shares(heard: Heard, present: Bool[Tensor, "batch frames"]) -> Float[Tensor, "batch frames"]:
    return heard.attention.masked_fill(~present, -torch.inf).softmax(dim=1)


def write_network(path: Path, network: SpeechEmotionNetwork, card: EmotionCard) -> None:
    """Write the weights in half precision, whole or not at all.

    Raises:
        OutputError: the place cannot be written.
    """
    exact = {"means", "scales"}
    tensors = {
        name: (t if name in exact else t.half()).detach().cpu().contiguous() for name, t in network.state_dict().items()
    }
    metadata = {
        "schema": SCHEMA,
        "config": json.dumps(asdict(network.config)),
        "classes": json.dumps(SPEECH_CLASSES),
        **asdict(card),
    }
    save_checkpoint(path, tensors, metadata)


def read_network(path: Path) -> tuple[SpeechEmotionNetwork, EmotionCard]:
    """Read and check a file; the network is in evaluation mode, on the CPU, in float32.

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
        if not 1 <= config.members <= 16:
            raise ValueError(f"{config.members} members")
        with torch.device("meta"):  # a hostile config costs no memory: sizes are compared before anything is made
            network = SpeechEmotionNetwork(config)
        network.load_state_dict(tensors, strict=True, assign=True)
    except (KeyError, TypeError, ValueError, RuntimeError) as fault:
        reason = f"no entry {fault}" if isinstance(fault, KeyError) else str(fault)
        raise _refusal(path, reason, "the parts that schema 1 lists") from fault
    return network.float().eval(), card


def _refusal(path: Path, received: str, accepted: str) -> AssetError:
    return AssetError(
        f"unusable speech-emotion network {path.name}", received=received, accepted=accepted,
        next_step="reinstall xtalker, or train one with `python -m tools.train_emotion_speech`",
    )  # fmt: skip
