"""Training of the published designs, by the same loop as our own generator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor

from xtalker.networks.peers.checkpoint import SavedPeer, write_peer
from xtalker.networks.peers.interface import Lesson, PeerNetwork, design_class
from xtalker.train.batches import Batch, ClipBank
from xtalker.train.loop import Design, Job, filled_card, run
from xtalker.train.recipes.peers import PeerRecipe


def train_peer(
    bank: ClipBank, recipe: PeerRecipe, job: Job, *, should_stop: Callable[[], bool] = lambda: False
) -> SavedPeer | None:
    """Train and export; None if stopped before the end, with the run kept for `resume`.

    Raises:
        InputError, AssetError: on resuming, see `state.restore`.
        OutputError: a checkpoint cannot be written.
    """
    done = run(bank, recipe, job, PEER, should_stop=should_stop)
    if done is None:
        return None
    saved = SavedPeer(recipe.design, done, bank.statistics, filled_card(bank, recipe, job))
    write_peer(job.out, saved)
    job.training_checkpoint.unlink(missing_ok=True)
    return saved


def _build(recipe: PeerRecipe, bank: ClipBank) -> PeerNetwork:
    config = replace(recipe.generator, speech_channels=len(bank.statistics.linguistic_mean))
    return design_class(recipe.design)(config, torch.from_numpy(bank.statistics.live))


def _loss(
    network: PeerNetwork, batch: Batch, weights: Float[Tensor, "58"], random: torch.Generator, progress: float
) -> Float[Tensor, ""]:
    lesson = Lesson(batch.target, batch.linguistic, batch.weight, batch.present, weights)
    return network.loss(lesson, random, progress)


PEER: Design[PeerNetwork, PeerRecipe] = Design(_build, _loss)
