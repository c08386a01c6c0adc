"""A generator with random weights that answers like a trained one in every respect but sense."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from tests.tiny.speech import TINY_CHANNELS, TINY_ENCODER

from xtalker.generator.channels import GAZE, HEAD, JAW
from xtalker.generator.checkpoint import GeneratorCard, SavedGenerator, write_generator
from xtalker.generator.config import GeneratorConfig
from xtalker.generator.generate import Generator
from xtalker.generator.graphs import weights_of
from xtalker.generator.network import MotionNetwork
from xtalker.generator.normalise import Statistics
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


def tiny_weights(config: GeneratorConfig = TINY_CONFIG, seed: int = 0) -> dict[str, np.ndarray]:
    """Random weights: styles and emotions change nothing, as before training; every other input reaches the output."""
    random = np.random.default_rng(seed)
    out = {}
    for name, shape in weights_of(config).items():
        spread = 1 / np.sqrt(np.prod(shape[1:])) if len(shape) > 1 else 0.2
        out[name] = random.uniform(-spread, spread, shape).astype(np.float32)
        if name.endswith("_out.out.weight"):
            out[name] = random.normal(0, 0.3, shape).astype(np.float32)
        elif name.endswith("table") and len(shape) == 2 and shape[0] == 6:
            out[name] = np.tile(np.float32([0, 0, 1, 0, 0, 1])[:, None], (1, shape[1]))
        elif name in ("style.weight", "emotion.weight"):
            out[name] = np.zeros(shape, np.float32)
    return out


def tiny_card(seed: int = 0) -> GeneratorCard:
    """Of the tiny encoder."""
    return GeneratorCard(TINY_ENCODER, licence="CC0-1.0", data="invented", seed=str(seed), command="none")


def tiny_saved(
    config: GeneratorConfig = TINY_CONFIG, seed: int = 0, changed: dict[str, np.ndarray] | None = None
) -> SavedGenerator:
    """Network, statistics and card; `changed` weights take the place of random ones."""
    network = MotionNetwork(config, tiny_weights(config, seed) | (changed or {}))
    return SavedGenerator(network, tiny_statistics(), tiny_card(seed))


def tiny_generator(
    config: GeneratorConfig = TINY_CONFIG, seed: int = 0, changed: dict[str, np.ndarray] | None = None
) -> Generator:
    """Ready to generate from `tiny_features`."""
    saved = tiny_saved(config, seed, changed)
    return Generator(saved.network, saved.statistics, saved.card)


def write_tiny_generator(path: Path, *, encoder: str = TINY_ENCODER, speech_channels: int = TINY_CHANNELS) -> Path:
    """A checkpoint; with another encoder's name and width it serves features of a real encoder."""
    config = replace(TINY_CONFIG, speech_channels=speech_channels)
    saved = tiny_saved(config)
    ones = np.ones(speech_channels, np.float32)
    statistics = replace(saved.statistics, linguistic_mean=0 * ones, linguistic_std=ones)
    write_generator(path, replace(saved, statistics=statistics, card=replace(saved.card, encoder=encoder)))
    return path
