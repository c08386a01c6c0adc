"""Attention with a bias and aligned listening; causal and periodic it is the decoder of FaceFormer and CodeTalker."""

from __future__ import annotations

import math
from typing import Final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from xtalker.generator.config import GeneratorConfig

PERIOD: Final = 25
"""Frames after which position repeats and the bias grows by one step: a second."""

MEMORY: Final = 250
"""Frames back that are seen. The papers see all; the bound keeps time and memory of long speech in check and lies far
beyond the crops of training."""

Past = tuple[Float[Tensor, "batch heads _ depth"], Float[Tensor, "batch heads _ depth"]]


def periodic_positions(first: int, frames: int, width: int, device: torch.device) -> Float[Tensor, "{frames} {width}"]:
    """Sinusoids of the frame number within its period (FaceFormer, Eq. 3)."""
    waves = torch.arange(width // 2, device=device, dtype=torch.float32)
    number = torch.arange(first, first + frames, device=device) % PERIOD
    angle = number[:, None] * torch.exp(-math.log(10_000.0) * 2 * waves / width)
    return torch.cat([angle.sin(), angle.cos()], dim=1)


def causal_bias(queries: int, keys: int, heads: int, device: torch.device) -> Float[Tensor, "{heads} {queries} {keys}"]:
    """0 in the last period, a step less in each before it, minus infinity in the future (FaceFormer, Eq. 4).

    The queries are the last of the keys. Slopes by head are those of ALiBi (Press et al. 2022).
    """
    slope = 2.0 ** (-8.0 * torch.arange(1, heads + 1, device=device) / heads)
    now = torch.arange(keys - queries, keys, device=device)[:, None]
    back = now - torch.arange(keys, device=device)
    bias = -(slope[:, None, None] * (back // PERIOD))
    return bias.masked_fill((back < 0) | (back >= MEMORY), -math.inf)


class ListeningBlock(nn.Module):
    """Biased self-attention, aligned listening, feed-forward, each behind a norm.

    FaceFormer's alignment mask leaves one speech row to each frame. Softmax over one key is 1, so its
    cross-attention is that row through two linear layers, which is how it is written here.
    """

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        width = config.width
        self.heads = config.attention_heads
        self.query_key_value = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.listening = nn.Sequential(nn.Linear(width, width), nn.Linear(width, width))
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(2))
        self.feed_forward = nn.Sequential(
            nn.Linear(width, config.feed_forward * width),
            nn.GELU(),
            nn.Linear(config.feed_forward * width, width),
            nn.Dropout(config.dropout),
        )

    def forward(
        self,
        x: Float[Tensor, "batch frames width"],
        heard: Float[Tensor, "batch frames width"],
        bias: Float[Tensor, "#batch #heads #frames keys"],
        past: Past | None = None,
    ) -> tuple[Float[Tensor, "batch frames width"], Past]:
        """The residual stream after this block, and keys and values for the frames to come.

        `bias` is added to the attention scores; minus infinity hides a key.
        """
        split = self.query_key_value(self.norms[0](x)).unflatten(-1, (3, self.heads, -1))
        query, key, value = split.permute(2, 0, 3, 1, 4)
        if past is not None:
            key, value = torch.cat([past[0], key], dim=2), torch.cat([past[1], value], dim=2)
        mixed = (query @ key.mT * query.shape[-1] ** -0.5 + bias).softmax(-1).to(value.dtype) @ value
        x = x + self.out(mixed.transpose(1, 2).flatten(2)) + self.listening(heard)
        x = x + self.feed_forward(self.norms[1](x))
        return x, (key[:, :, 1 - MEMORY :], value[:, :, 1 - MEMORY :])


class CausalDecoder(nn.Module):
    """Blocks over motion tokens; frame by frame with `past`, or all at once with none."""

    def __init__(self, config: GeneratorConfig, blocks: int) -> None:
        super().__init__()
        self.heads = config.attention_heads
        self.blocks = nn.ModuleList(ListeningBlock(config) for _ in range(blocks))
        self.norm = nn.LayerNorm(config.width)

    def forward(
        self,
        tokens: Float[Tensor, "batch frames width"],
        heard: Float[Tensor, "batch frames width"],
        first: int = 0,
        past: list[Past] | None = None,
    ) -> tuple[Float[Tensor, "batch frames width"], list[Past]]:
        """States of the frames `first`, `first` + 1, ...; the tokens of a frame are what came before it."""
        x = tokens + periodic_positions(first, tokens.shape[1], tokens.shape[2], tokens.device)
        frames = x.shape[1]
        bias = causal_bias(frames, frames + (past[0][0].shape[2] if past else 0), self.heads, x.device)
        kept: list[Past] = []
        for index, block in enumerate(self.blocks):
            x, mine = block(x, heard, bias[None], None if past is None else past[index])
            kept.append(mine)
        return self.norm(x), kept
