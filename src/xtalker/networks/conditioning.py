"""Flow time, speech and loudness as vectors of the network's width."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional

from xtalker.generator.graphs import LONGEST_PERIOD, TIME_SCALE, TIME_WAVES


@dataclass(frozen=True)
class Conditions:
    """What does not change while flow time runs; computed once for all evaluations.

    Attributes:
        speech: speech and reference, added to the frame tokens.
        loudness: added in front of the pose head.
        mask: which frame may look at which.
        emotion: added in front of the expression head; None where no emotion is told.
        heard: speech that the trunk reaches by cross-attention instead; None where it is added.
        heard_mask: which of its rows are present.
    """

    speech: Float[Tensor, "batch frames width"]
    loudness: Float[Tensor, "batch frames width"]
    mask: Bool[Tensor, "batch 1 frames frames"]
    emotion: Float[Tensor, "batch frames width"] | None = None
    heard: Float[Tensor, "batch frames width"] | None = None
    heard_mask: Bool[Tensor, "batch 1 1 frames"] | None = None


class TimeEmbedding(nn.Module):
    """Flow time as the six vectors that modulate every block.

    Sinusoids need an argument that spans many of their periods: a flow time in 0..1 is stretched to 0..1000,
    or nearly all waves would be constant.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        first, second = nn.Linear(2 * TIME_WAVES, width), nn.Linear(width, 6 * width)
        self.layers = nn.Sequential(first, nn.SiLU(), second)
        for layer in (first, second):
            nn.init.normal_(layer.weight, std=0.02)
            nn.init.zeros_(layer.bias)

    def forward(self, time: Float[Tensor, "batch"]) -> Float[Tensor, "batch 6 width"]:
        """Shift, scale and gate of attention, then of feed-forward."""
        waves = torch.arange(TIME_WAVES, device=time.device, dtype=torch.float32)
        angle = TIME_SCALE * time[:, None] * torch.exp(-math.log(LONGEST_PERIOD) * waves / TIME_WAVES)
        return self.layers(torch.cat([angle.cos(), angle.sin()], dim=1)).unflatten(1, (6, -1))


class FrameEmbedding(nn.Module):
    """A track of features, one row a frame, as vectors aligned with the motion's frames.

    Alignment is built in (the row of a frame enters at that frame, with a few neighbours): learnt through
    cross-attention, as in the paper, it costs accuracy and breaks on sequences longer than those of training.
    """

    def __init__(self, channels: int, width: int, context: int) -> None:
        super().__init__()
        self.project = nn.Linear(channels, width)
        self.neighbours = nn.Conv1d(width, width, 2 * context + 1, padding=context)

    def forward(
        self, track: Float[Tensor, "batch frames channels"], present: Bool[Tensor, "batch frames"]
    ) -> Float[Tensor, "batch frames width"]:
        """Each frame with its neighbours; padding reads as zeros, as does everything beyond a clip's ends."""
        own = self.project(track) * present[..., None]
        return own + self.neighbours(functional.gelu(own).transpose(1, 2)).transpose(1, 2)
