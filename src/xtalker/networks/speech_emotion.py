"""The network of `emotion.speech_network` in PyTorch, for training."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

from xtalker.emotion import speech_network
from xtalker.emotion.speech_network import FROM_PROSODY, LARGEST, SPEECH_CLASSES, EmotionCard, NetworkConfig
from xtalker.networks.generator_checkpoint import arrays_of, load_arrays


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
        width = config.projected + FROM_PROSODY
        self.speech = nn.Linear(config.speech_channels, config.projected)
        self.prosody = nn.Linear(config.prosody_channels, FROM_PROSODY)
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
        return ((inputs - self.means) / self.scales).clamp(-LARGEST, LARGEST)

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
    speech_network.write_network(path, network.config, arrays_of(network), card)


def read_network(path: Path) -> tuple[SpeechEmotionNetwork, EmotionCard]:
    """Read and check a file; the network is in evaluation mode, on the CPU, in float32.

    Raises:
        AssetError: missing or damaged, no speech-emotion network, another schema or other classes.
    """
    config, weights, card = speech_network.read_network(path)
    network = SpeechEmotionNetwork(config)
    load_arrays(network, weights)
    return network.float().eval(), card
