from dataclasses import replace

import numpy as np
import pytest
import torch
from tests.tiny.generator import DEAD_COLUMN, TINY_CONFIG, tiny_statistics
from tests.tiny.trained import tiny_network

from xtalker.generator.channels import DERIVED
from xtalker.train.batches import Batch
from xtalker.train.loss import column_weights, flow_loss
from xtalker.values.conventions import CHANNEL


def _batch() -> Batch:
    random = torch.Generator().manual_seed(0)
    live = torch.from_numpy(tiny_statistics().live)
    return Batch(
        torch.randn(6, 20, 58, generator=random) * live,
        torch.randn(6, 53, generator=random),
        torch.randn(6, 20, 8, generator=random),
        torch.randn(6, 20, generator=random),
        torch.rand(6, 20, generator=random),
        torch.ones(6, 20, dtype=torch.bool),
    )


def _loss(batch: Batch, seed: int = 0, weights: torch.Tensor | None = None) -> float:
    weights = column_weights(tiny_statistics(), 2.0) if weights is None else weights
    network = tiny_network(replace(TINY_CONFIG, dropout=0.5))
    return float(flow_loss(network, batch, weights, torch.Generator().manual_seed(seed)).detach())


def test_column_weights() -> None:
    statistics = tiny_statistics()
    statistics.motion_std[CHANNEL["eyeWideLeft"]] = 0.002
    weights = column_weights(statistics, 2.0).numpy()
    assert weights.mean() == pytest.approx(1) and weights[DEAD_COLUMN] == weights[DERIVED] == 0
    mouth, brow = weights[CHANNEL["mouthPucker"]], weights[CHANNEL["browDownLeft"]]
    assert mouth == weights.max() == pytest.approx(2 * brow)
    assert weights[CHANNEL["eyeWideLeft"]] == pytest.approx(0.1 * mouth)
    assert weights[50] == pytest.approx(mouth * 0.03 / 0.36 / 0.1)


def test_an_untrained_network_scores_the_size_of_the_velocity() -> None:
    network, live = tiny_network(), tiny_statistics().live
    for readout in (network.pose_out, network.expression_out):
        torch.nn.init.zeros_(readout.out.weight)
        torch.nn.init.zeros_(readout.out.bias)
    batch = replace(_batch(), target=torch.randn(64, 20, 58) * torch.from_numpy(live), **_wide(_batch()))
    loss = flow_loss(network, batch, torch.ones(58), torch.Generator().manual_seed(0))
    assert float(loss.detach()) == pytest.approx(2 * live.mean(), rel=0.03)  # variance of data plus that of noise


def _wide(batch: Batch) -> dict[str, torch.Tensor]:
    rows = torch.arange(64) % 6
    return {n: getattr(batch, n)[rows] for n in ("reference", "linguistic", "loudness", "weight", "present")}


def test_loss_is_a_function_of_the_generator() -> None:
    assert _loss(_batch()) == _loss(_batch())
    assert _loss(_batch()) != _loss(_batch(), seed=1)


def test_frames_and_columns_without_weight_do_not_matter() -> None:
    batch = _batch()
    batch.weight[:, 12:] = 0
    other = replace(batch, target=batch.target.clone())
    other.target[:, 12:] *= 1.5
    weights = torch.zeros(58)
    weights[3] = 1
    # The target also enters the mix that the network sees: with attention cut to the frame, only weights decide.
    narrow = replace(TINY_CONFIG, half_window=0)
    losses = [
        float(flow_loss(tiny_network(narrow), b, weights, torch.Generator().manual_seed(0)).detach())
        for b in (batch, other)
    ]
    assert losses[0] == pytest.approx(losses[1], rel=1e-6)
    assert np.isfinite(losses[0]) and losses[0] > 0
