"""Steps, averaged weights, resume, export."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch
from tqdm import tqdm

from xtalker.generator.checkpoint import GeneratorCard, SavedGenerator, write_generator
from xtalker.generator.transformer import Network
from xtalker.train.batches import ClipBank, draw_batch
from xtalker.train.loss import column_weights, flow_loss
from xtalker.train.recipes.open import OpenRecipe
from xtalker.train.state import TrainingState, new_state, restore, save_state


@dataclass(frozen=True)
class Job:
    """Where a run reads, writes and computes.

    Attributes:
        out: the inference checkpoint; the training checkpoint lies beside it as
            `<name>.training.safetensors`.
        device: where the network lives.
        resume: continue from the training checkpoint.
        save_every: steps between training checkpoints.
        log_every: steps between log lines.
        card: what the export says of itself; encoder, data and seed are filled in.
    """

    out: Path
    device: str = "cpu"
    resume: bool = False
    save_every: int = 500
    log_every: int = 50
    card: GeneratorCard = field(default_factory=lambda: GeneratorCard(encoder=""))

    @property
    def training_checkpoint(self) -> Path:
        """Where the run is kept while it goes on."""
        return self.out.with_suffix(".training.safetensors")


def train(
    bank: ClipBank,
    recipe: OpenRecipe,
    job: Job,
    *,
    should_stop: Callable[[], bool] = lambda: False,
) -> SavedGenerator | None:
    """Train and export; None if stopped before the end, with the run kept for `resume`.

    `should_stop` is asked between steps, so that what is kept is never half a step.

    Raises:
        InputError, AssetError: on resuming, see `state.restore`.
        OutputError: a checkpoint cannot be written.
    """
    device = torch.device(job.device)
    state = _start(bank, recipe, device)
    if job.resume:
        restore(job.training_checkpoint, state, recipe, bank.digest)
    weights = column_weights(bank.statistics, recipe.mouth_weight).to(device)
    begin, log = time.monotonic(), _Log(recipe, job.log_every)
    progress = tqdm(total=recipe.steps, initial=state.step, desc="training", unit="step", disable=None)
    with progress, torch.random.fork_rng():
        while state.step < recipe.steps and not should_stop():
            loss = take_step(state, bank, recipe, weights)
            progress.update()
            log.add(loss, state.step, time.monotonic() - begin)
            if state.step % job.save_every == 0 and state.step < recipe.steps:
                save_state(job.training_checkpoint, state, recipe, bank.digest)
    if state.step < recipe.steps:
        save_state(job.training_checkpoint, state, recipe, bank.digest)
        return None
    card = replace(job.card, encoder=bank.encoder, seed=str(recipe.seed))
    card = replace(card, data=f"{card.data}; {bank.summary}; digest {bank.digest[:16]}")
    saved = SavedGenerator(state.average.cpu(), bank.statistics, card)
    write_generator(job.out, saved)
    job.training_checkpoint.unlink(missing_ok=True)
    return saved


def take_step(state: TrainingState, bank: ClipBank, recipe: OpenRecipe, weights: torch.Tensor) -> torch.Tensor:
    """One step of the optimiser and of the averaged weights; returns the loss, undetached from its device."""
    device = weights.device
    # Dropout can only draw from torch's own generator: it is set from (seed, step), inside fork_rng.
    torch.manual_seed(_step_seed(recipe, state.step))
    random = torch.Generator(device).manual_seed(_step_seed(recipe, state.step) + 1)
    batch = draw_batch(bank, recipe, state.step).to(device)
    for group in state.optimiser.param_groups:
        group["lr"] = recipe.learning_rate_at(state.step)
    state.network.train()
    with torch.autocast(device.type, torch.bfloat16, enabled=recipe.bfloat16):
        loss = flow_loss(state.network, batch, weights, random)
    state.optimiser.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(state.network.parameters(), recipe.largest_gradient)
    state.optimiser.step()
    state.step += 1
    _average(state, recipe.average_decay)
    return loss.detach()


@torch.no_grad()
def _average(state: TrainingState, decay: float) -> None:
    """Exponential average; in the first steps plainer, so that the random start is soon forgotten."""
    decay = min(decay, (1 + state.step) / (10 + state.step))
    for mean, parameter in zip(state.average.parameters(), state.network.parameters(), strict=True):
        mean.lerp_(parameter, 1 - decay)


def _start(bank: ClipBank, recipe: OpenRecipe, device: torch.device) -> TrainingState:
    live = torch.from_numpy(bank.statistics.live)
    config = replace(recipe.generator, speech_channels=len(bank.statistics.linguistic_mean))
    with torch.random.fork_rng():
        torch.manual_seed(recipe.seed)
        network, average = Network(config, live), Network(config, live)
    return new_state(network.to(device), average.to(device), recipe)


def _step_seed(recipe: OpenRecipe, step: int) -> int:
    return (recipe.seed * 1_000_003 + step) * 2


class _Log:
    """A line every few steps, with the mean loss since the last."""

    def __init__(self, recipe: OpenRecipe, every: int) -> None:
        self._recipe, self._every = recipe, every
        self._losses: list[torch.Tensor] = []

    def add(self, loss: torch.Tensor, step: int, seconds: float) -> None:
        self._losses.append(loss)
        if step % self._every and step != self._recipe.steps:
            return
        mean = float(torch.stack(self._losses).mean())
        rate = self._recipe.learning_rate_at(step - 1)
        self._losses.clear()
        tqdm.write(f"step {step}/{self._recipe.steps}  loss {mean:.4f}  learning rate {rate:.2e}  {seconds:.0f} s")
