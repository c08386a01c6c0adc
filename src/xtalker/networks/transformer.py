"""The network of 3DXTalker at small size: a trunk, a pose head and an expression head (paper, Sec. 3.2).

Departures from the paper, each for a measured or stated reason:
- No identity head. Shape and detail of a person do not change over a clip; what a tracker reports as change
  is its own jitter, and learning it spends 228 of 284 outputs on noise. Identity stays as captured.
- Speech is added to the frame tokens instead of reached through cross-attention, and loudness likewise in
  front of the pose head (see `conditioning.FrameEmbedding`).
- Attention is local, with rotary positions, so length does not matter (see `GeneratorConfig.half_window`).
- The expression head also turns the eyes, which the paper leaves still. It is told emotions as levels, not as the
  features of an emotion encoder, so that what a user asks for enters at the same place; a track may be absent.

What the paper does instead can be chosen by single fields of `GeneratorConfig`, for comparison
(`xtalker.train.recipes.ABLATIONS`).
"""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from xtalker.generator.channels import NUM_POSE, NUM_REFERENCE, POSE
from xtalker.generator.config import GeneratorConfig
from xtalker.networks.attention import Block, local_mask, modulate, sinusoids
from xtalker.networks.conditioning import Conditions, FrameEmbedding, TimeEmbedding
from xtalker.values.motion import NUM_MOTION


def _silent_linear(channels: int, width: int) -> nn.Linear:
    """A condition that changes nothing before training."""
    layer = nn.Linear(channels, width, bias=False)
    nn.init.zeros_(layer.weight)
    return layer


class Readout(nn.Module):
    """Norm, modulation by flow time, and a linear layer that starts at zero."""

    def __init__(self, width: int, channels: int) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.zeros(2, width))
        self.out = nn.Linear(width, channels)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(
        self, x: Float[Tensor, "batch frames width"], modulation: Float[Tensor, "batch 6 width"]
    ) -> Float[Tensor, "batch frames channels"]:
        """Velocity of this head's columns."""
        shift, scale = (modulation[:, :2] + self.table).unsqueeze(2).unbind(1)
        return self.out(modulate(x, shift, scale))


class Network(nn.Module):
    """Velocity of the z-scored displacement, given the state of the flow, its time and the conditions."""

    live: Tensor

    def __init__(self, config: GeneratorConfig, live: Bool[Tensor, "58"]) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.register_buffer("live", live.float(), persistent=False)
        self.state = nn.Linear(NUM_MOTION, width)
        self.reference = nn.Linear(NUM_REFERENCE, width, bias=False) if config.sees_reference else None
        self.style = _silent_linear(len(config.styles), width) if config.styles else None
        self.emotion = _silent_linear(len(config.emotions), width) if config.emotions else None
        self.speech = FrameEmbedding(config.speech_channels, width, config.speech_context)
        self.loudness = FrameEmbedding(1, width, config.speech_context) if config.hears_loudness else None
        self.time = TimeEmbedding(width)
        self.trunk = self._blocks(config.blocks, listens=config.speech_through == "attention")
        self.pose = self._blocks(config.head_blocks)
        self.expression = self._blocks(config.head_blocks)
        self.pose_out = Readout(width, NUM_POSE)
        self.expression_out = Readout(width, NUM_MOTION - NUM_POSE)

    def _blocks(self, count: int, *, listens: bool = False) -> nn.ModuleList:
        c = self.config
        sizes = (c.width, c.attention_heads, c.feed_forward, c.dropout)
        return nn.ModuleList(Block(*sizes, listens=listens) for _ in range(count))

    def condition(
        self,
        linguistic: Float[Tensor, "batch frames channels"],
        loudness: Float[Tensor, "batch frames"],
        reference: Float[Tensor, "batch 53"],
        present: Bool[Tensor, "batch frames"],
        style: Float[Tensor, "batch styles"] | None = None,
        emotion: Float[Tensor, "batch frames emotions"] | None = None,
    ) -> Conditions:
        """What all evaluations share; all inputs are standardised, `present` is False in padding.

        `style` is the share of each of `config.styles`, `emotion` the level of each of `config.emotions` in each
        frame; zeros, as None, ask for none.
        """
        heard = self.speech(linguistic, present)
        added = heard
        listens = self.config.speech_through == "attention"
        if listens:
            added = sinusoids(heard.shape[1], heard.shape[2], heard.device).to(heard.dtype).expand_as(heard)
            heard = heard + added
        if self.reference is not None:
            added = added + self.reference(reference)[:, None]
        if self.style is not None and style is not None:
            added = added + self.style(style)[:, None]
        loud = torch.zeros_like(heard) if self.loudness is None else self.loudness(loudness[..., None], present)
        mask = local_mask(present, self.config.half_window, self.config.attention_ahead)
        felt = None if self.emotion is None or emotion is None else self.emotion(emotion)
        return Conditions(added, loud, mask, felt, *((heard, present[:, None, None]) if listens else ()))

    def forward(
        self,
        state: Float[Tensor, "batch frames 58"],
        time: Float[Tensor, "batch"],
        conditions: Conditions,
    ) -> Float[Tensor, "batch frames 58"]:
        """Velocity; zero in columns that are not generated."""
        modulation = self.time(time)
        trunk = self.state(state) + conditions.speech
        for block in self.trunk:
            trunk = block(trunk, modulation, conditions.mask, conditions.heard, conditions.heard_mask)
        pose, expression = trunk + conditions.loudness, trunk
        if conditions.emotion is not None:
            expression = expression + conditions.emotion
        for block in self.pose:
            pose = block(pose, modulation, conditions.mask)
        for block in self.expression:
            expression = block(expression, modulation, conditions.mask)
        pose, expression = self.pose_out(pose, modulation), self.expression_out(expression, modulation)
        before, after = expression[..., : POSE.start], expression[..., POSE.start :]
        return torch.cat([before, pose, after], dim=-1) * self.live
