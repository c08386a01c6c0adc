"""A generator with random weights that answers like a trained one in every respect but sense."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from tests.tiny.speech import TINY_CHANNELS, TINY_ENCODER

from xtalker.generator.channels import GAZE, HEAD, JAW
from xtalker.generator.checkpoint import GeneratorCard, SavedGenerator, write_generator
from xtalker.generator.config import GeneratorConfig
from xtalker.generator.generate import Generator
from xtalker.generator.normalise import Statistics
from xtalker.generator.transformer import Network
from xtalker.values.conventions import CHANNEL

TINY_CONFIG = GeneratorConfig(
    speech_channels=TINY_CHANNELS, width=16, blocks=2, attention_heads=2, half_window=3, speech_context=1, dropout=0.0
)
DEAD_COLUMN = CHANNEL["platysma"]


def tiny_statistics() -> Statistics:
    """Plausible sizes; `platysma` never moved."""
    std = np.full(58, 0.1, np.float32)
    std[JAW], std[HEAD], std[GAZE], std[DEAD_COLUMN] = 0.03, 0.05, 0.05, 0
    mean = np.where(std > 0, 0.02, 0).astype(np.float32)
    level = np.array([-3.0, 1.5], np.float32)
    ones = np.ones(TINY_CHANNELS, np.float32)
    return Statistics(mean, std, 0 * ones, 2 * ones, level)


def tiny_network(config: GeneratorConfig = TINY_CONFIG, seed: int = 0) -> Network:
    """Random weights, also where training starts at zero, so that every input reaches the output."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = Network(config, torch.from_numpy(tiny_statistics().live))
        for readout in (network.pose_out, network.expression_out):
            torch.nn.init.normal_(readout.out.weight, std=0.3)
            torch.nn.init.normal_(readout.out.bias, std=0.1)
    return network.eval()


def tiny_saved(config: GeneratorConfig = TINY_CONFIG, seed: int = 0) -> SavedGenerator:
    """Network, statistics and card."""
    card = GeneratorCard(TINY_ENCODER, licence="CC0-1.0", data="invented", seed=str(seed), command="none")
    return SavedGenerator(tiny_network(config, seed), tiny_statistics(), card)


def tiny_generator(config: GeneratorConfig = TINY_CONFIG, seed: int = 0) -> Generator:
    """Ready to generate from `tiny_features`."""
    saved = tiny_saved(config, seed)
    return Generator(saved.network, saved.statistics, saved.card)


def write_tiny_generator(path: Path, *, encoder: str = TINY_ENCODER, speech_channels: int = TINY_CHANNELS) -> Path:
    """A checkpoint; with another encoder's name and width it serves features of a real encoder."""
    config = replace(TINY_CONFIG, speech_channels=speech_channels)
    saved = tiny_saved(config)
    ones = np.ones(speech_channels, np.float32)
    statistics = replace(saved.statistics, linguistic_mean=0 * ones, linguistic_std=ones)
    write_generator(path, replace(saved, statistics=statistics, card=replace(saved.card, encoder=encoder)))
    return path
