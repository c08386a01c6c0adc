"""Local self-attention with rotary positions, in an adaptively normalised block; cross-attention for comparison."""

from __future__ import annotations

import math

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.attention import SDPBackend, sdpa_kernel

from xtalker.generator.network import ROTARY_BASE


def local_mask(
    present: Bool[Tensor, "batch frames"], half_window: int, ahead: int | None = None
) -> Bool[Tensor, "batch 1 frames frames"]:
    """True where a frame (row) may look at another (column): near, inside the clip, at most `ahead` frames later.

    Every frame may look at itself, also in the padding, so that no row of the softmax is empty.
    """
    index = torch.arange(present.shape[1], device=present.device)
    later = index[None, :] - index[:, None]
    near, itself = later.abs() <= half_window, later == 0
    if ahead is not None:
        near &= later <= ahead
    return ((near & present[:, None, :]) | itself)[:, None]


def rotate_by_position(
    x: Float[Tensor, "batch heads frames depth"],
) -> Float[Tensor, "batch heads frames depth"]:
    """Rotary positions (Su et al. 2021): products of two such vectors depend on their frames' distance."""
    half = x.shape[-1] // 2
    frequency = ROTARY_BASE ** (-torch.arange(half, device=x.device, dtype=torch.float32) / half)
    angle = torch.arange(x.shape[-2], device=x.device, dtype=torch.float32)[:, None] * frequency
    cosine, sine = angle.cos().to(x.dtype), angle.sin().to(x.dtype)
    one, other = x[..., :half], x[..., half:]
    return torch.cat([one * cosine - other * sine, one * sine + other * cosine], dim=-1)


class LocalAttention(nn.Module):
    """Multi-head self-attention under a mask."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query_key_value = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(
        self, x: Float[Tensor, "batch frames width"], mask: Bool[Tensor, "batch 1 frames frames"]
    ) -> Float[Tensor, "batch frames width"]:
        """Each frame's mix of the frames that its row of the mask allows."""
        batch, frames, width = x.shape
        split = self.query_key_value(x).view(batch, frames, 3, self.heads, width // self.heads)
        query, key, value = split.permute(2, 0, 3, 1, 4)
        query, key = rotate_by_position(query), rotate_by_position(key)
        # The fused kernel saves memory on long windows; its CPU backward takes several times as long as plain products.
        backend = SDPBackend.MATH if self.training else SDPBackend.FLASH_ATTENTION
        with sdpa_kernel([backend, SDPBackend.MATH]):
            mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        return self.out(mixed.transpose(1, 2).reshape(batch, frames, width))


class CrossAttention(nn.Module):
    """Frames that look for their speech in all of it: no mask but padding, no bias (3DXTalker, Sec. 3.2)."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.key_value = nn.Linear(width, 2 * width)
        self.out = nn.Linear(width, width)

    def forward(
        self,
        x: Float[Tensor, "batch frames width"],
        heard: Float[Tensor, "batch rows width"],
        mask: Bool[Tensor, "batch 1 1 rows"],
    ) -> Float[Tensor, "batch frames width"]:
        """Each frame's mix of the speech rows that are present."""
        query, key, value = (
            part.unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for part in (self.query(x), *self.key_value(heard).chunk(2, dim=-1))
        )
        with sdpa_kernel([SDPBackend.MATH]):
            mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        return self.out(mixed.transpose(1, 2).flatten(2))


def sinusoids(frames: int, width: int, device: torch.device) -> Float[Tensor, "{frames} {width}"]:
    """Absolute positions (Vaswani et al. 2017), by which cross-attention can learn what belongs together."""
    waves = torch.arange(width // 2, device=device, dtype=torch.float32)
    angle = torch.arange(frames, device=device)[:, None] * torch.exp(-math.log(10_000.0) * 2 * waves / width)
    return torch.cat([angle.sin(), angle.cos()], dim=1)


class Block(nn.Module):
    """Self-attention and feed-forward, each scaled, shifted and gated by flow time.

    The six vectors are shared by all blocks; each block adds a table of its own (PixArt-alpha, Chen et al.
    2023). Tables start at plain pre-norm: shift 0, scale 1, gate 1. With `listens`, cross-attention to speech
    lies between the two, without modulation, as in PixArt-alpha.
    """

    def __init__(self, width: int, heads: int, feed_forward: int, dropout: float, *, listens: bool = False) -> None:
        super().__init__()
        self.attention = LocalAttention(width, heads)
        self.feed_forward = nn.Sequential(
            nn.Linear(width, feed_forward * width),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(feed_forward * width, width),
        )
        self.dropout = nn.Dropout(dropout)
        self.table = nn.Parameter(torch.tensor([0.0, 0.0, 1.0] * 2)[:, None].repeat(1, width))
        self.listening = CrossAttention(width, heads) if listens else None

    def forward(
        self,
        x: Float[Tensor, "batch frames width"],
        modulation: Float[Tensor, "batch 6 width"],
        mask: Bool[Tensor, "batch 1 frames frames"],
        heard: Float[Tensor, "batch rows width"] | None = None,
        heard_mask: Bool[Tensor, "batch 1 1 rows"] | None = None,
    ) -> Float[Tensor, "batch frames width"]:
        """The residual stream after this block."""
        shift, scale, gate, shift2, scale2, gate2 = (modulation + self.table).unsqueeze(2).unbind(1)
        x = x + gate * self.dropout(self.attention(modulate(x, shift, scale), mask))
        if self.listening is not None:
            x = x + self.dropout(self.listening(functional.layer_norm(x, x.shape[-1:]), heard, heard_mask))
        return x + gate2 * self.dropout(self.feed_forward(modulate(x, shift2, scale2)))


def modulate(
    x: Float[Tensor, "batch frames width"],
    shift: Float[Tensor, "batch 1 width"],
    scale: Float[Tensor, "batch 1 width"],
) -> Float[Tensor, "batch frames width"]:
    """Layer norm without weights of its own, then 1 + scale and shift."""
    return functional.layer_norm(x, x.shape[-1:]) * (1 + scale) + shift
