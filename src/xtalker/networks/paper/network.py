"""The network of 3DXTalker (Sec. 3.2, App. B.2)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from xtalker.networks.attention import local_mask, sinusoids
from xtalker.networks.conditioning import FrameEmbedding
from xtalker.networks.paper.config import PaperConfig
from xtalker.networks.paper.layers import AmplitudeRows, PaperBlock, Readout, StepEmbedding
from xtalker.networks.paper.layout import LAYOUTS


@dataclass(frozen=True)
class Heard:
    """What the network is given besides the state of the flow.

    Attributes:
        linguistic: speech features.
        loudness: of each frame, linear or standardised (`PaperConfig.loudness`).
        reference: the latent that displacements are from, in its own units.
        present: False in padding.
        emotion: emotion features; None when the network takes none, or nobody has any.
        felt: False for clips without emotion features; None when all have them.
    """

    linguistic: Float[Tensor, "batch frames channels"]
    loudness: Float[Tensor, "batch frames"]
    reference: Float[Tensor, "batch columns"]
    present: Bool[Tensor, "batch frames"]
    emotion: Float[Tensor, "batch frames feelings"] | None = None
    felt: Bool[Tensor, "batch"] | None = None


@dataclass(frozen=True)
class PaperConditions:
    """What does not change while flow time runs; computed once for all evaluations.

    Attributes:
        added: to every frame's token: reference, and speech where it is not reached by attention.
        positions: added before self-attention.
        mask: which frame may look at which.
        rows_mask: which rows of a track are present.
        speech, loudness, emotion: rows that trunk, pose head and expression head attend to.
    """

    added: Float[Tensor, "batch rows width"]
    positions: Float[Tensor, "frames width"]
    mask: Bool[Tensor, "batch 1 seeing frames"]
    rows_mask: Bool[Tensor, "batch 1 1 frames"]
    speech: Float[Tensor, "batch frames channels"] | None
    loudness: Float[Tensor, "batch frames width"] | None
    emotion: Float[Tensor, "batch frames feelings"] | None


class PaperNetwork(nn.Module):
    """Velocity of the z-scored displacement.

    Attributes:
        config: what it was built from.
        live: 1 for columns that are generated, 0 for others.
    """

    live: Tensor
    order: Tensor

    def __init__(self, config: PaperConfig, live: Bool[Tensor, "columns"]) -> None:
        super().__init__()
        self.config = config
        self._layout = layout = LAYOUTS[config.layout]
        width, columns = config.width, layout.columns
        self.register_buffer("live", live.float(), persistent=False)
        self.state = nn.Linear(columns, width)
        self.reference = nn.Linear(columns, width) if config.sees_reference else None
        self.norm = nn.LayerNorm(width)
        self.time = StepEmbedding(width)
        listens = config.speech_through == "attention"
        self.speech = None if listens else FrameEmbedding(config.speech_channels, width, config.speech_context)
        self.amplitude = AmplitudeRows(width) if config.hears_loudness else None
        self.no_emotion = nn.Parameter(torch.zeros(config.emotion_channels)) if config.emotion_optional else None
        self.trunk = self._blocks(config.blocks, config.speech_channels if listens else 0)
        self.pose = self._blocks(config.head_blocks, width if config.hears_loudness else 0)
        self.expression = self._blocks(config.head_blocks, config.emotion_channels)
        self.identity = self._blocks(config.identity_blocks if len(layout.identity) else 0, 0)
        self.pose_out = Readout(width, len(layout.pose))
        self.expression_out = Readout(width, len(layout.expression))
        self.identity_out = Readout(width, len(layout.identity)) if len(layout.identity) else None
        self.register_buffer("order", self._order(), persistent=False)

    def revive(self, live: Bool[Tensor, "columns"]) -> None:
        """Set what is not stored, after weights have been put into a network that was made without memory."""
        self.live, self.order = live.float(), self._order()

    def _blocks(self, count: int, row_channels: int) -> nn.ModuleList:
        return nn.ModuleList(PaperBlock(self.config, row_channels) for _ in range(count))

    def _order(self) -> Int[Tensor, "columns"]:
        """Where in [identity | pose | expression] each column of the latent lies."""
        layout = self._layout
        columns = np.concatenate([layout.identity, layout.pose, layout.expression])
        return torch.from_numpy(np.argsort(columns))

    def condition(self, heard: Heard) -> PaperConditions:
        """What all evaluations share."""
        frames, width = heard.present.shape[1], self.config.width
        linguistic = heard.linguistic
        device = linguistic.device
        added = linguistic.new_zeros(len(linguistic), 1, width)
        if self.reference is not None:
            added = added + self.reference(heard.reference)[:, None]
        if self.speech is not None:
            added = added + self.speech(linguistic, heard.present)
        speech = None if self.speech is not None else linguistic
        if speech is not None and self.config.speech_positions:
            speech = speech + sinusoids(frames, 2 * (speech.shape[2] // 2), device).to(speech.dtype)
        return PaperConditions(
            added=added,
            positions=sinusoids(frames, width, device),
            mask=local_mask(heard.present, self.config.half_window, self.config.attention_ahead),
            rows_mask=heard.present[:, None, None],
            speech=speech,
            loudness=None if self.amplitude is None else self.amplitude(heard.loudness, heard.present),
            emotion=self._emotion(heard),
        )

    def _emotion(self, heard: Heard) -> Float[Tensor, "batch frames feelings"] | None:
        """Emotion features, or what has been learnt in their place."""
        if not self.config.emotion_channels:
            return None
        if self.no_emotion is None:
            return heard.emotion
        batch, frames = heard.present.shape
        without = self.no_emotion.expand(batch, frames, -1)
        if heard.emotion is None:
            return without
        if heard.felt is None:
            return heard.emotion + 0 * without  # its gradient exists in every step, which several processes rely on
        return torch.where(heard.felt[:, None, None], heard.emotion, without)

    def forward(
        self, state: Float[Tensor, "batch frames columns"], step: Int[Tensor, "batch"], heard: Heard
    ) -> Float[Tensor, "batch frames columns"]:
        """Velocity at a training step; zero in columns that are not generated."""
        return self.velocity(state, step, self.condition(heard))

    def velocity(
        self, state: Float[Tensor, "batch frames columns"], step: Int[Tensor, "batch"], conditions: PaperConditions
    ) -> Float[Tensor, "batch frames columns"]:
        """As `forward`, with conditions that are already there."""
        c, modulation = conditions, self.time(step)
        place = (modulation, c.positions, c.mask)
        trunk = self.norm(self.state(state) + c.added)
        for block in self.trunk:
            trunk = block(trunk, *place, c.speech, c.rows_mask)
        identity, pose, expression = trunk, trunk, trunk
        for block in self.identity:
            identity = block(identity, *place)
        for block in self.pose:
            pose = block(pose, *place, c.loudness, c.rows_mask)
        for block in self.expression:
            expression = block(expression, *place, c.emotion, c.rows_mask)
        parts = [self.pose_out(pose), self.expression_out(expression)]
        if self.identity_out is not None:
            parts.insert(0, self.identity_out(identity))
        return torch.cat(parts, dim=-1)[..., self.order] * self.live
