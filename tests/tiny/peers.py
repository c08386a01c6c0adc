"""Untrained peers of tiny size."""

from __future__ import annotations

import torch
from tests.tiny.generator import TINY_CONFIG, tiny_statistics
from tests.tiny.speech import TINY_ENCODER

from xtalker.generator.checkpoint import GeneratorCard
from xtalker.networks.peers.checkpoint import SavedPeer
from xtalker.networks.peers.generate import PeerGenerator
from xtalker.networks.peers.interface import PeerNetwork, design_class


def tiny_peer_network(design: str, seed: int = 0) -> PeerNetwork:
    """Random weights, also where training starts at zero."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = design_class(design)(TINY_CONFIG, torch.from_numpy(tiny_statistics().live))
        for parameter in network.parameters():
            if not parameter.any():
                torch.nn.init.normal_(parameter, std=0.3)
    return network.eval()


def tiny_saved_peer(design: str) -> SavedPeer:
    """Network, statistics and card."""
    return SavedPeer(design, tiny_peer_network(design), tiny_statistics(), GeneratorCard(TINY_ENCODER, seed="0"))


def tiny_peer(design: str) -> PeerGenerator:
    """Ready to generate from `tiny_features`."""
    saved = tiny_saved_peer(design)
    return PeerGenerator(saved.network, saved.statistics, saved.card)
