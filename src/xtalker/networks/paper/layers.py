"""Integer flow time, blocks and readouts of the paper's network."""

from __future__ import annotations

import math
from typing import Final

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.attention import SDPBackend, sdpa_kernel

from xtalker.networks.attention import modulate
from xtalker.networks.paper.config import PaperConfig

_WAVES: Final = 128
_LONGEST_PERIOD: Final = 10_000.0
_BACKENDS: Final = [SDPBackend.FLASH_ATTENTION, SDPBackend.EFFICIENT_ATTENTION, SDPBackend.MATH]


class StepEmbedding(nn.Module):
    """Flow time as the six vectors that all blocks share.

    It is given the whole number of the training step. A fraction between 0 and 1 would leave most of the waves
    nearly constant.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        first, second = nn.Linear(2 * _WAVES, 6 * width), nn.Linear(6 * width, 6 * width)
        self.layers = nn.Sequential(first, nn.SiLU(), second)
        for layer in (first, second):
            nn.init.normal_(layer.weight, std=0.02)
            nn.init.zeros_(layer.bias)

    def forward(self, step: Int[Tensor, "batch"]) -> Float[Tensor, "batch 6 width"]:
        """Shift, scale and gate of self-attention, then of feed-forward."""
        waves = torch.arange(_WAVES, device=step.device, dtype=torch.float32)
        angle = step[:, None] * torch.exp(-math.log(_LONGEST_PERIOD) * waves / _WAVES)
        return self.layers(torch.cat([angle.cos(), angle.sin()], dim=1)).unflatten(1, (6, -1))


class Attention(nn.Module):
    """Multi-head attention of frames to rows: their own (self-attention) or of another track (cross-attention)."""

    def __init__(self, width: int, heads: int, row_channels: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.key_value = nn.Linear(row_channels, 2 * width)
        self.out = nn.Linear(width, width)

    def forward(
        self,
        x: Float[Tensor, "batch frames width"],
        rows: Float[Tensor, "batch rows channels"],
        mask: Bool[Tensor, "batch 1 seeing rows"],
    ) -> Float[Tensor, "batch frames width"]:
        """Each frame's mix of the rows that the mask lets it see."""
        query, key, value = (
            part.unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for part in (self.query(x), *self.key_value(rows).chunk(2, dim=-1))
        )
        # The fused kernel's backward on a CPU takes several times as long as plain products.
        plain = self.training and x.device.type == "cpu"
        with sdpa_kernel([SDPBackend.MATH] if plain else _BACKENDS):
            mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        return self.out(mixed.transpose(1, 2).flatten(2))


class PaperBlock(nn.Module):
    """Self-attention, cross-attention to a track, feed-forward, with adaptive norm as in PixArt-alpha.

    Flow time shifts, scales and gates the first and the last; positions are added before self-attention only; the
    query of the cross-attention is not normalised (Chen et al. 2023). Without `row_channels` there is no
    cross-attention.
    """

    def __init__(self, config: PaperConfig, row_channels: int) -> None:
        super().__init__()
        width, heads = config.width, config.attention_heads
        self.attention = Attention(width, heads, width)
        self.listening = Attention(width, heads, row_channels) if row_channels else None
        self.feed_forward = nn.Sequential(
            nn.Linear(width, config.feed_forward * width),
            nn.GELU(approximate="tanh"),
            nn.Dropout(config.dropout),
            nn.Linear(config.feed_forward * width, width),
        )
        self.dropout = nn.Dropout(config.dropout)
        self.table = nn.Parameter(torch.randn(6, width) / width**0.5)

    def forward(
        self,
        x: Float[Tensor, "batch frames width"],
        modulation: Float[Tensor, "batch 6 width"],
        positions: Float[Tensor, "frames width"],
        mask: Bool[Tensor, "batch 1 seeing frames"],
        rows: Float[Tensor, "batch rows channels"] | None = None,
        rows_mask: Bool[Tensor, "batch 1 1 rows"] | None = None,
    ) -> Float[Tensor, "batch frames width"]:
        """The residual stream after this block."""
        shift, scale, gate, shift2, scale2, gate2 = (modulation + self.table).unsqueeze(2).unbind(1)
        tokens = modulate(x, shift, scale) + positions
        x = x + gate * self.dropout(self.attention(tokens, tokens, mask))
        if self.listening is not None:
            x = x + self.dropout(self.listening(x, rows, rows_mask))
        return x + gate2 * self.dropout(self.feed_forward(modulate(x, shift2, scale2)))


class AmplitudeRows(nn.Module):
    """The amplitude, one number a frame, as rows: dilated convolutions, a mean of three, layer norm.

    The paper averages the envelope over each frame; the history of its code makes the 640 samples of a frame 640
    channels instead. The convolutions are the history's; its batch norm is left out, since with it a batch in parts
    would not be the batch.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        inputs = (1, width, width)
        self.layers = nn.ModuleList(
            nn.Conv1d(channels, width, 3, padding=reach, dilation=reach) for channels, reach in zip(inputs, (1, 2, 4))
        )
        self.norm = nn.LayerNorm(width)

    def forward(
        self, loudness: Float[Tensor, "batch frames"], present: Bool[Tensor, "batch frames"]
    ) -> Float[Tensor, "batch frames width"]:
        """A row for each frame; padding reads as zeros, as does everything beyond a clip's ends."""
        keep = present[:, None]
        x = loudness[:, None] * keep
        for layer in self.layers:
            x = functional.gelu(layer(x)) * keep
        return self.norm(functional.avg_pool1d(x, 3, stride=1, padding=1).transpose(1, 2))


class Readout(nn.Module):
    """The MLP behind a head: width, twice the width, columns. The history's dropout on the velocity is left out."""

    def __init__(self, width: int, columns: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, 2 * width), nn.GELU(approximate="tanh"), nn.Linear(2 * width, columns)
        )

    def forward(self, x: Float[Tensor, "batch frames width"]) -> Float[Tensor, "batch frames columns"]:
        """Velocity of this head's columns."""
        return self.layers(x)
