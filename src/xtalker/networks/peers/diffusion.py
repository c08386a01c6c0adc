"""DiffPoseTalk: windows of motion out of noise, each continuing the last.

Z. Sun, T. Lv, S. Ye, M. Lin, J. Sheng, Y.-H. Wen, M. Yu, Y.-J. Liu: DiffPoseTalk: Speech-Driven Stylistic 3D Facial
Animation and Head Pose Generation via Diffusion Models, SIGGRAPH 2024; S. Stan, K. Haque, Z. Yumak: FaceDiffuser,
MIG 2023. Kept: 500 steps of a cosine schedule, prediction of the clean motion, a transformer over the window and the
10 frames before it, learnt stand-ins for these at the start, aligned cross-attention, error of position and velocity.
Other here: frozen Whisper features with two neighbours on each side instead of HuBERT; no style encoder and no
guidance; coefficients only, no error of vertices; windows of 50 frames instead of 100 (clips are short); sampling
with DDIM (Song et al. 2021) in 10 steps.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Final

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional

from xtalker.generator.config import GeneratorConfig
from xtalker.networks.attention import sinusoids
from xtalker.networks.conditioning import FrameEmbedding
from xtalker.networks.peers.interface import Lesson, PeerNetwork
from xtalker.networks.peers.layers import ListeningBlock
from xtalker.values.motion import NUM_MOTION

STEPS: Final = 500
SAMPLING_STEPS: Final = 10
WINDOW: Final = 50
BEFORE: Final = 10
_OFFSET: Final = 0.008  # of the cosine schedule (Nichol and Dhariwal 2021)
_MOST_NOISE: Final = 0.9999


def kept_share(step: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """Share of the clean motion's variance that is left after `step` of `STEPS` (alpha bar)."""
    # In double precision, so that step 0 is exactly 1 and sampling ends without a rest of noise.
    angle = (step.double() / STEPS + _OFFSET) / (1 + _OFFSET) * math.pi / 2
    start = math.cos(_OFFSET / (1 + _OFFSET) * math.pi / 2) ** 2
    return (angle.cos() ** 2 / start).clamp(1 - _MOST_NOISE, 1.0).to(step.dtype)


class Diffusion(PeerNetwork):
    """Start noise belongs to absolute frames; the rest is deterministic."""

    def __init__(self, config: GeneratorConfig, live: Bool[Tensor, "58"]) -> None:
        super().__init__(config, live)
        width = config.width
        self.speech = FrameEmbedding(config.speech_channels, width, config.speech_context)
        self.motion = nn.Linear(NUM_MOTION, width)
        self.time = nn.Sequential(nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width))
        self.start = nn.Parameter(torch.zeros(2, BEFORE, width))  # motion and speech before the beginning
        self.blocks = nn.ModuleList(ListeningBlock(config) for _ in range(config.blocks + config.head_blocks))
        self.norm = nn.LayerNorm(width)
        self.out = nn.Linear(width, NUM_MOTION)

    def forward(
        self,
        state: Float[Tensor, "batch frames 58"],
        step: Float[Tensor, "batch"],
        heard: Float[Tensor, "batch frames width"],
        begins: Bool[Tensor, "batch"],
        present: Bool[Tensor, "batch frames"],
    ) -> Float[Tensor, "batch frames 58"]:
        """The clean motion; the first `BEFORE` frames are the past, unknown where a clip `begins`."""
        tokens = self.motion(state)
        unknown = begins[:, None, None]
        tokens = torch.cat([torch.where(unknown, self.start[0], tokens[:, :BEFORE]), tokens[:, BEFORE:]], dim=1)
        heard = torch.cat([torch.where(unknown, self.start[1], heard[:, :BEFORE]), heard[:, BEFORE:]], dim=1)
        positions = sinusoids(STEPS + 1, tokens.shape[2], tokens.device)
        x = tokens + positions[: tokens.shape[1]] + self.time(positions[step.long()])[:, None]
        bias = torch.zeros(present.shape, device=x.device).masked_fill(~present, -math.inf)[:, None, None]
        for block in self.blocks:
            x, _ = block(x, heard, bias)
        return self.out(self.norm(x)) * self.live

    def loss(self, lesson: Lesson, random: torch.Generator, progress: float) -> Float[Tensor, ""]:
        """Error of the clean motion and of its velocity, in the frames after the past."""
        batch = len(lesson.target)
        begins = torch.rand(batch, generator=random, device=random.device) < 0.5
        step = torch.randint(1, STEPS + 1, (batch,), generator=random, device=random.device).float()
        noise = torch.randn(lesson.target.shape, generator=random, device=random.device) * self.live
        share = kept_share(step)[:, None, None]
        noisy = share.sqrt() * lesson.target + (1 - share).sqrt() * noise
        state = torch.cat([lesson.target[:, :BEFORE], noisy[:, BEFORE:]], dim=1)
        heard = self.speech(lesson.linguistic, lesson.present)
        guess = self(state, step, heard, begins, lesson.present).float()
        after = (torch.arange(guess.shape[1], device=guess.device) >= BEFORE).float()
        error = (guess - lesson.target) ** 2
        joined = torch.cat([lesson.target[:, :BEFORE], guess[:, BEFORE:]], dim=1)
        swift = functional.pad((joined.diff(dim=1) - lesson.target.diff(dim=1)) ** 2, (0, 0, 1, 0))
        swift[:, BEFORE] = torch.where(begins[:, None], 0, swift[:, BEFORE])
        weight = lesson.weight * after
        return (((error + swift) * lesson.columns).mean(-1) * weight).sum() / weight.sum().clamp(min=1e-6)

    def perform(
        self, linguistic: Float[Tensor, "batch frames channels"], noise: Float[Tensor, "batch frames 58"]
    ) -> Float[Tensor, "batch frames 58"]:
        """Window by window."""
        frames = linguistic.shape[1]
        present = torch.ones(linguistic.shape[:2], dtype=torch.bool, device=linguistic.device)
        heard = functional.pad(self.speech(linguistic, present), (0, 0, BEFORE, 0))
        done = noise.new_zeros(len(noise), BEFORE, NUM_MOTION)
        for start in range(0, frames, WINDOW):
            stop = min(start + WINDOW, frames)
            begins = torch.full((len(noise),), start == 0, device=noise.device)
            window = self._denoise(
                noise[:, start:stop] * self.live, done[:, -BEFORE:], heard[:, start : stop + BEFORE], begins
            )
            done = torch.cat([done, window], dim=1)
        return done[:, BEFORE:]

    def _denoise(
        self,
        state: Float[Tensor, "batch frames 58"],
        before: Float[Tensor, "batch before 58"],
        heard: Float[Tensor, "batch all width"],
        begins: Bool[Tensor, "batch"],
    ) -> Float[Tensor, "batch frames 58"]:
        """DDIM without new noise (Song et al. 2021, Eq. 12 with sigma 0)."""
        present = torch.ones(heard.shape[:2], dtype=torch.bool, device=heard.device)
        steps = torch.linspace(STEPS, 0, SAMPLING_STEPS + 1, device=state.device).round()
        for now, later in pairwise(steps):
            whole = torch.cat([before, state], dim=1)
            clean = self(whole, now.expand(len(state)), heard, begins, present)[:, BEFORE:]
            have, want = kept_share(now), kept_share(later)
            noise = (state - have.sqrt() * clean) / (1 - have).sqrt()
            state = want.sqrt() * clean + (1 - want).sqrt() * noise
        return state
