"""What a design offers to training and to generation."""

from __future__ import annotations

import importlib
from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from xtalker.generator.config import GeneratorConfig
from xtalker.networks.peers import PEERS


@dataclass(frozen=True)
class Lesson:
    """Crops of a step, standardised.

    Attributes:
        target: displacement from the reference, z-scored.
        linguistic: standardised speech channels.
        weight: of each frame in the loss; zero in padding.
        present: False in padding.
        columns: weight of each column in the loss.
    """

    target: Float[Tensor, "batch frames 58"]
    linguistic: Float[Tensor, "batch frames channels"]
    weight: Float[Tensor, "batch frames"]
    present: Bool[Tensor, "batch frames"]
    columns: Float[Tensor, "58"]

    def error(self, guess: Float[Tensor, "batch frames 58"], target: Tensor | None = None) -> Float[Tensor, ""]:
        """Weighted mean square of guess - target."""
        square = (guess.float() - (self.target if target is None else target)) ** 2 * self.columns
        return (square.mean(-1) * self.weight).sum() / self.weight.sum().clamp(min=1e-6)


class PeerNetwork(nn.Module, ABC):
    """A design; its constructor takes the sizes and the columns that move.

    Attributes:
        config: sizes; fields that a design has no use for do nothing.
        live: 1 for columns that are generated, 0 for others.
    """

    live: Tensor

    def __init__(self, config: GeneratorConfig, live: Bool[Tensor, "58"]) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("live", live.float(), persistent=False)

    @abstractmethod
    def loss(self, lesson: Lesson, random: torch.Generator, progress: float) -> Float[Tensor, ""]:
        """Loss of a batch; `random` draws its noise, `progress` is the share of the training that is done."""

    @abstractmethod
    def perform(
        self, linguistic: Float[Tensor, "batch frames channels"], noise: Float[Tensor, "batch frames 58"]
    ) -> Float[Tensor, "batch frames 58"]:
        """Z-scored displacement; deterministic designs leave the noise unused."""


def design_class(name: str) -> type[PeerNetwork]:
    """The class of a design.

    Raises:
        ValueError: no such design.
    """
    if name not in PEERS:
        raise ValueError(f"design must be one of {', '.join(PEERS)}, not {name!r}")
    module, _, cls = PEERS[name].partition(":")
    found: type[PeerNetwork] = getattr(importlib.import_module(module), cls)
    return found
