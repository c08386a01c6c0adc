"""CodeTalker: a codebook of motion, then codes from speech.

J. Xing, M. Xia, Y. Zhang, X. Cun, J. Wang, T.-T. Wong: CodeTalker: Speech-Driven 3D Facial Animation with Discrete
Motion Prior, CVPR 2023. Kept: a first stage that learns motion as several codes a frame out of 256 (van den Oord et
al. 2017: straight-through gradient, commitment), a second, with the first frozen, that predicts the features of the
codes frame by frame, snaps them to the nearest codes and decodes; teacher forcing; errors of features and of motion.
Other here: frozen Whisper features with two neighbours on each side instead of a wav2vec 2.0; no speaker style;
coefficients of the head instead of vertices; convolutions (6 frames to each side) instead of a transformer around
the codes; both stages in one run, the first with `PRIOR_SHARE` of the steps; 10 s of memory.
"""

from __future__ import annotations

from typing import Final

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional

from xtalker.generator.config import GeneratorConfig
from xtalker.networks.conditioning import FrameEmbedding
from xtalker.networks.peers.interface import Lesson, PeerNetwork
from xtalker.networks.peers.layers import CausalDecoder, Past
from xtalker.values.motion import NUM_MOTION

PRIOR_SHARE: Final = 0.4
NUM_CODES: Final = 256
PARTS: Final = 8
DEPTH: Final = 16
_REACH: Final = 2
_CONVOLUTIONS: Final = 3
_COMMITMENT: Final = 0.25


class _Convolutions(nn.Module):
    """Linear layers in and out, residual convolutions over time between them."""

    def __init__(self, inputs: int, width: int, outputs: int) -> None:
        super().__init__()
        self.into, self.out = nn.Linear(inputs, width), nn.Linear(width, outputs)
        self.layers = nn.ModuleList(
            nn.Conv1d(width, width, 2 * _REACH + 1, padding=_REACH) for _ in range(_CONVOLUTIONS)
        )

    def forward(self, x: Float[Tensor, "batch frames inputs"]) -> Float[Tensor, "batch frames outputs"]:
        """Each frame with the frames around it."""
        x = self.into(x)
        for layer in self.layers:
            x = x + layer(functional.gelu(x).transpose(1, 2)).transpose(1, 2)
        return self.out(x)


class _Prior(nn.Module):
    """Motion as codes and back."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.encoder = _Convolutions(NUM_MOTION, width, PARTS * DEPTH)
        self.decoder = _Convolutions(PARTS * DEPTH, width, NUM_MOTION)
        self.codebook = nn.Parameter(torch.randn(NUM_CODES, DEPTH))

    def snap(self, features: Float[Tensor, "batch frames features"]) -> Float[Tensor, "batch frames features"]:
        """The nearest codes."""
        parts = features.detach().float().reshape(-1, DEPTH)
        nearest = torch.cdist(parts, self.codebook.detach().float()).argmin(-1)
        return self.codebook[nearest].view(features.shape)

    def encode(self, motion: Float[Tensor, "batch frames 58"]) -> Float[Tensor, "batch frames features"]:
        """Features before snapping, each part at unit size, where the codes also start."""
        features: Tensor = self.encoder(motion).float()
        parts = functional.layer_norm(features.reshape(*features.shape[:2], PARTS, DEPTH), (DEPTH,))
        return parts.flatten(2)


class Codes(PeerNetwork):
    """Deterministic: the seed changes nothing."""

    def __init__(self, config: GeneratorConfig, live: Bool[Tensor, "58"]) -> None:
        super().__init__(config, live)
        self.prior = _Prior(config.width)
        self.speech = FrameEmbedding(config.speech_channels, config.width, config.speech_context)
        self.motion = nn.Linear(NUM_MOTION, config.width)
        self.start = nn.Parameter(torch.zeros(config.width))
        self.decoder = CausalDecoder(config, config.blocks)
        self.out = nn.Linear(config.width, PARTS * DEPTH)

    def loss(self, lesson: Lesson, random: torch.Generator, progress: float) -> Float[Tensor, ""]:
        """First that of the codebook, then that of speech to codes."""
        learns_prior = progress < PRIOR_SHARE
        self.prior.requires_grad_(learns_prior)
        return self._prior_loss(lesson) if learns_prior else self._speech_loss(lesson)

    def _prior_loss(self, lesson: Lesson) -> Float[Tensor, ""]:
        features = self.prior.encode(lesson.target)
        codes = self.prior.snap(features)
        apart = _frame_error(codes, features.detach(), lesson) + _COMMITMENT * _frame_error(
            features, codes.detach(), lesson
        )
        return lesson.error(self._decoded(features + (codes - features).detach())) + apart

    def _speech_loss(self, lesson: Lesson) -> Float[Tensor, ""]:
        codes = self.prior.snap(self.prior.encode(lesson.target))
        tokens = self.start + functional.pad(self.motion(lesson.target[:, :-1]), (0, 0, 1, 0))
        state, _ = self.decoder(tokens, self.speech(lesson.linguistic, lesson.present))
        features = self.out(state).float()
        snapped = features + (self.prior.snap(features) - features).detach()
        return lesson.error(self._decoded(snapped)) + _frame_error(features, codes, lesson)

    def perform(
        self, linguistic: Float[Tensor, "batch frames channels"], noise: Float[Tensor, "batch frames 58"]
    ) -> Float[Tensor, "batch frames 58"]:
        """Frame by frame; what is fed back is the last frame decoded from the codes so far."""
        present = torch.ones(linguistic.shape[:2], dtype=torch.bool, device=linguistic.device)
        heard = self.speech(linguistic, present)
        reach = _REACH * _CONVOLUTIONS + 1
        token = self.start.expand(len(heard), 1, -1)
        past: list[Past] | None = None
        codes: list[Tensor] = []
        for index in range(heard.shape[1]):
            state, past = self.decoder(token, heard[:, index : index + 1], index, past)
            codes.append(self.prior.snap(self.out(state)))
            last = self._decoded(torch.cat(codes[-reach:], dim=1))[:, -1:]
            token = self.start + self.motion(last)
        return self._decoded(torch.cat(codes, dim=1))

    def _decoded(self, codes: Float[Tensor, "batch frames features"]) -> Float[Tensor, "batch frames 58"]:
        return self.prior.decoder(codes) * self.live


def _frame_error(
    one: Float[Tensor, "batch frames features"], other: Float[Tensor, "batch frames features"], lesson: Lesson
) -> Float[Tensor, ""]:
    """Mean square over the frames that count."""
    return ((one - other) ** 2).mean(-1).mul(lesson.weight).sum() / lesson.weight.sum().clamp(min=1e-6)
