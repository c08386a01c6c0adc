"""The tiny generator as training has it: in PyTorch."""

from __future__ import annotations

import torch
from tests.tiny.generator import TINY_CONFIG, tiny_card, tiny_statistics, tiny_weights

from xtalker.generator.config import GeneratorConfig
from xtalker.networks.generator_checkpoint import TrainedGenerator, load_arrays
from xtalker.networks.transformer import Network


def tiny_network(config: GeneratorConfig = TINY_CONFIG, seed: int = 0) -> Network:
    """The weights of `tiny_weights`, in evaluation mode."""
    network = Network(config, torch.from_numpy(tiny_statistics().live))
    load_arrays(network, tiny_weights(config, seed))
    for parameter in network.parameters():
        parameter.requires_grad_()
    return network.eval()


def tiny_trained(config: GeneratorConfig = TINY_CONFIG, seed: int = 0) -> TrainedGenerator:
    """Network, statistics and card."""
    return TrainedGenerator(tiny_network(config, seed), tiny_statistics(), tiny_card(seed))
