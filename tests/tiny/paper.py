"""The paper's recipe at a size that trains in a second."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from tests.tiny.generator import tiny_statistics
from tests.tiny.speech import TINY_CHANNELS, TINY_ENCODER

from xtalker.generator.checkpoint import GeneratorCard
from xtalker.networks.paper.checkpoint import SavedPaper
from xtalker.networks.paper.config import PaperConfig
from xtalker.networks.paper.generate import PaperGenerator
from xtalker.networks.paper.layout import LAYOUTS
from xtalker.networks.paper.network import PaperNetwork
from xtalker.networks.paper.statistics import PaperStatistics
from xtalker.train.paper_clips import PaperTracks, add_tracks
from xtalker.train.recipes.paper import PaperRecipe

TINY_FEELINGS = 5
TINY_PAPER = PaperConfig(
    speech_channels=TINY_CHANNELS, width=16, blocks=2, head_blocks=1, identity_blocks=1, attention_heads=2,
    emotion_channels=0, dropout=0.0, sampling_steps=4,
)  # fmt: skip
TINY_PAPER_RECIPE = PaperRecipe(
    steps=6, batch=4, crop_frames=60, learning_rate=1e-3, bfloat16=False, generator=TINY_PAPER
)


def tiny_paper_statistics(config: PaperConfig = TINY_PAPER) -> PaperStatistics:
    """As of a head whose identity never changes."""
    layout, motion = LAYOUTS[config.layout], tiny_statistics()
    mean, std = (layout.latent(each[None])[0] for each in (motion.motion_mean, motion.motion_std))
    felt = np.ones(config.emotion_channels, np.float32)
    return PaperStatistics(mean, std, 0 * felt, felt, motion)


def tiny_paper_network(config: PaperConfig = TINY_PAPER, seed: int = 0) -> PaperNetwork:
    """Random weights, also where training starts at zero."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = PaperNetwork(config, torch.from_numpy(tiny_paper_statistics(config).live(config)))
        for parameter in network.parameters():
            if not parameter.any():
                torch.nn.init.normal_(parameter, std=0.3)
    return network.eval()


def tiny_saved_paper(config: PaperConfig = TINY_PAPER) -> SavedPaper:
    """Network, statistics and card."""
    return SavedPaper(tiny_paper_network(config), tiny_paper_statistics(config), GeneratorCard(TINY_ENCODER, seed="0"))


def tiny_paper(config: PaperConfig = TINY_PAPER) -> PaperGenerator:
    """Ready to generate from `tiny_features`."""
    saved = tiny_saved_paper(config)
    return PaperGenerator(saved.network, saved.statistics, saved.card, config.sampling_steps)


def add_tiny_tracks(folder: Path, *, emotion: bool = True, identity: bool = False, every: int = 1) -> Path:
    """Give every n-th clip of a folder emotion features and identity."""
    for index, path in enumerate(sorted(folder.glob("*.npz"))[::every]):
        with np.load(path) as file:
            frames = len(file["confidence"])
        random = np.random.default_rng(index)
        felt = random.standard_normal((frames, TINY_FEELINGS)).astype(np.float32) if emotion else None
        who = np.repeat(random.standard_normal((1, 228)), frames, 0) + 0.1 * random.standard_normal((frames, 228))
        add_tracks(path, PaperTracks(felt, "tiny-feelings" if emotion else "", who if identity else None))
    return folder
