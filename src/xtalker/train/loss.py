"""Velocity error, weighted by column and frame."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from xtalker.generator.channels import GAZE, HEAD, JAW, mouth_columns
from xtalker.generator.normalise import Statistics
from xtalker.networks.flow import mix, training_noise, uniform_times, velocity
from xtalker.networks.transformer import Network
from xtalker.train.batches import Batch
from xtalker.values.motion import NUM_MOTION

_LEAST_WEIGHT = 0.1
_TURN_RAD = 0.36


def column_weights(statistics: Statistics, mouth_weight: float) -> Float[Tensor, "58"]:
    """Weight of each column: its standard deviation as a share of the largest, at least 0.1; mean 1.

    Z-scoring made all columns equal; this gives those that move the face more their say back. Expression
    counts in full movements (1), angles in fully open jaws (0.36 rad): both near the size that is seen.
    """
    unit = np.ones(NUM_MOTION, np.float32)
    for turning in (JAW, HEAD, GAZE):
        unit[turning] = _TURN_RAD
    size = statistics.motion_std / unit * np.where(mouth_columns(), mouth_weight, 1.0)
    size = np.where(statistics.live, size, 0)
    weight = np.where(statistics.live, np.maximum(size / max(float(size.max()), 1e-12), _LEAST_WEIGHT), 0)
    return torch.from_numpy((weight / max(float(weight.mean()), 1e-12)).astype(np.float32))


def flow_loss(
    network: Network, batch: Batch, weights: Float[Tensor, "58"], random: torch.Generator
) -> Float[Tensor, ""]:
    """Weighted mean square of the velocity's error, noise and flow time drawn from `random`."""
    batch_size, frames, columns = batch.target.shape
    noise = training_noise(network.config.start_noise, (batch_size, frames, columns), random) * network.live
    time = uniform_times(len(noise), random)
    told = (batch.style, batch.emotion)
    conditions = network.condition(batch.linguistic, batch.loudness, batch.reference, batch.present, *told)
    guess = network(mix(noise, batch.target, time), time, conditions)
    error = (guess.float() - velocity(noise, batch.target)) ** 2 * weights
    if batch.observed is not None:
        error = error * batch.observed[:, None]
    return (error.mean(-1) * batch.weight).sum() / batch.weight.sum().clamp(min=1e-6)
