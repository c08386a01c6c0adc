"""FaceFormer: each frame from its own past and its speech.

Y. Fan, Z. Lin, J. Saito, W. Wang, T. Komura: FaceFormer: Speech-Driven 3D Facial Animation with Transformers, CVPR
2022. Kept: training without a teacher (the network is fed its own frames, and gradients run through all of them),
biased causal attention, periodic positions, aligned cross-attention, mean square error of the displacement, an output
layer that starts at zero. Other here: frozen Whisper features with two neighbours on each side instead of a wav2vec
2.0 that is trained along; a learnt start instead of the speaker's style, since speakers are unseen; coefficients of
the head instead of vertices; norms before the layers, two wider layers instead of one; 10 s of memory.
"""

from __future__ import annotations

from typing import Final

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from xtalker.generator.config import GeneratorConfig
from xtalker.networks.conditioning import FrameEmbedding
from xtalker.networks.peers.interface import Lesson, PeerNetwork
from xtalker.networks.peers.layers import CausalDecoder, Past
from xtalker.values.motion import NUM_MOTION

BLOCKS: Final = 2
"""Whatever the sizes say: training runs through every frame one after another, and depth is what that costs."""


class Autoregressive(PeerNetwork):
    """Deterministic: the seed changes nothing."""

    def __init__(self, config: GeneratorConfig, live: Bool[Tensor, "58"]) -> None:
        super().__init__(config, live)
        self.speech = FrameEmbedding(config.speech_channels, config.width, config.speech_context)
        self.motion = nn.Linear(NUM_MOTION, config.width)
        self.start = nn.Parameter(torch.zeros(config.width))
        self.decoder = CausalDecoder(config, BLOCKS)
        self.out = nn.Linear(config.width, NUM_MOTION)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def loss(self, lesson: Lesson, random: torch.Generator, progress: float) -> Float[Tensor, ""]:
        """Error of the frames that the network makes on its own."""
        return lesson.error(self._unroll(self.speech(lesson.linguistic, lesson.present)))

    def perform(
        self, linguistic: Float[Tensor, "batch frames channels"], noise: Float[Tensor, "batch frames 58"]
    ) -> Float[Tensor, "batch frames 58"]:
        """Frame by frame."""
        present = torch.ones(linguistic.shape[:2], dtype=torch.bool, device=linguistic.device)
        return self._unroll(self.speech(linguistic, present))

    def _unroll(self, heard: Float[Tensor, "batch frames width"]) -> Float[Tensor, "batch frames 58"]:
        token = self.start.expand(len(heard), 1, -1)
        past: list[Past] | None = None
        frames = []
        for index in range(heard.shape[1]):
            state, past = self.decoder(token, heard[:, index : index + 1], index, past)
            frames.append(self.out(state) * self.live)
            token = self.start + self.motion(frames[-1])
        return torch.cat(frames, dim=1)
