"""Steps, averaged weights, resume, export."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Generic, TypeVar

import torch
from jaxtyping import Float
from torch import Tensor, nn
from tqdm import tqdm

from xtalker.generator.checkpoint import GeneratorCard
from xtalker.networks.generator_checkpoint import TrainedGenerator, write_generator
from xtalker.networks.transformer import Network
from xtalker.train.batches import Batch, ClipBank, draw_batch
from xtalker.train.loss import column_weights, flow_loss
from xtalker.train.recipes.open import OpenRecipe
from xtalker.train.state import TrainingState, new_state, restore, save_state
from xtalker.values import InputError
from xtalker.values.tracks import EMOTIONS

Net = TypeVar("Net", bound=nn.Module)
Given = TypeVar("Given", bound=OpenRecipe)
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Design(Generic[Net, Given]):
    """What the loop trains.

    Attributes:
        build: the network of a recipe, with random weights of torch's own generator, for the clips of a bank.
        loss: of a batch, given the weights of the columns, a generator for its noise and the share of the steps
            that are done. None with `learn`.
        learn: instead of drawing a batch and calling `loss`: fills the gradients of the network for a step, and
            returns the loss.
        stopped: given the averaged network of a run that stopped before its end.
    """

    build: Callable[[Given, ClipBank], Net]
    loss: Callable[[Net, Batch, Float[Tensor, "58"], torch.Generator, float], Float[Tensor, ""]] | None
    learn: Callable[[Net, int], Float[Tensor, ""]] | None = None
    stopped: Callable[[Net], object] = lambda network: None


@dataclass(frozen=True)
class Job:
    """Where a run reads, writes and computes.

    Attributes:
        out: the inference checkpoint; the training checkpoint lies beside it as
            `<name>.training.safetensors`.
        device: where the network lives.
        resume: continue from the training checkpoint.
        anew: throw a training checkpoint that is there away.
        save_every: steps between training checkpoints.
        log_every: steps between log lines.
        bars: show a progress bar where someone watches.
        card: what the export says of itself; encoder, data and seed are filled in.
        writes: False for all but one of several processes that train together.
        watch: told step, mean loss and learning rate whenever a line is logged.
    """

    out: Path
    device: str = "cpu"
    resume: bool = False
    anew: bool = False
    save_every: int = 500
    log_every: int = 50
    bars: bool = True
    card: GeneratorCard = field(default_factory=lambda: GeneratorCard(encoder=""))
    writes: bool = True
    watch: Callable[[int, float, float], None] = lambda step, loss, rate: None

    def __post_init__(self) -> None:
        """Refuse to begin where hours of another run may be kept.

        Raises:
            InputError: a kept run, and neither `resume` nor `anew`.
        """
        if self.writes and not (self.resume or self.anew) and self.training_checkpoint.exists():
            raise InputError(
                "a run is kept there",
                received=self.training_checkpoint,
                accepted="--resume to go on with it, --anew to throw it away",
                next_step="choose one of both, or another output",
            )

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
) -> TrainedGenerator | None:
    """Train and export; None if stopped before the end, with the run kept for `resume`.

    `should_stop` is asked between steps, so that what is kept is never half a step.

    Raises:
        InputError, AssetError: on resuming, see `state.restore`.
        OutputError: a checkpoint cannot be written.
    """
    done = run(bank, recipe, job, FLOW, should_stop=should_stop)
    if done is None:
        return None
    saved = TrainedGenerator(done, bank.statistics, filled_card(bank, recipe, job))
    write_generator(job.out, saved)
    job.training_checkpoint.unlink(missing_ok=True)
    return saved


def run(
    bank: ClipBank, recipe: Given, job: Job, design: Design[Net, Given], *, should_stop: Callable[[], bool]
) -> Net | None:
    """All steps of any design; the averaged network, or None if stopped. The caller exports and tidies up."""
    if bank.latent != recipe.generator.latent:
        raise ValueError(f"a bank of {bank.latent} motion for a recipe of {recipe.generator.latent} motion")
    if recipe.learns_styles:
        recipe = replace(recipe, generator=replace(recipe.generator, styles=bank.names))
    if recipe.learns_emotions:
        recipe = replace(recipe, generator=replace(recipe.generator, emotions=EMOTIONS))
    device = torch.device(job.device)
    state = _start(bank, recipe, device, design)
    if job.resume:
        restore(job.training_checkpoint, state, recipe, bank.digest)
    weights = column_weights(bank.statistics, recipe.mouth_weight).to(device)
    begin, log = time.monotonic(), _Log(recipe, job)
    shown = job.bars and job.writes
    progress = tqdm(
        total=recipe.steps, initial=state.step, desc="training", unit="step", disable=None if shown else True
    )
    with progress, torch.random.fork_rng():
        while state.step < recipe.steps and not should_stop():
            try:
                loss = take_step(state, bank, recipe, weights, design)
            except Exception:
                # Out of memory, a clip that has gone: weights change in a step's last part only, so all are whole.
                if state.step:
                    _keep(state, recipe, bank, job)
                raise
            progress.update()
            log.add(loss, state.step, time.monotonic() - begin)
            if state.step % job.save_every == 0 and state.step < recipe.steps:
                _keep(state, recipe, bank, job)
    if state.step < recipe.steps:
        _keep(state, recipe, bank, job)
        design.stopped(state.average)
        return None
    return state.average.cpu()


def _keep(state: TrainingState[Net], recipe: Given, bank: ClipBank, job: Job) -> None:
    if job.writes:
        save_state(job.training_checkpoint, state, recipe, bank.digest)


def filled_card(bank: ClipBank, recipe: OpenRecipe, job: Job) -> GeneratorCard:
    """The job's card with encoder, seed and data."""
    data = f"{job.card.data}; {bank.summary}; digest {bank.digest[:16]}"
    return replace(job.card, encoder=bank.encoder, seed=str(recipe.seed), data=data)


def take_step(
    state: TrainingState[Net], bank: ClipBank, recipe: Given, weights: torch.Tensor, design: Design[Net, Given]
) -> torch.Tensor:
    """One step of the optimiser and of the averaged weights; returns the loss, undetached from its device."""
    for group in state.optimiser.param_groups:
        group["lr"] = recipe.learning_rate_at(state.step)
    state.network.train()
    state.optimiser.zero_grad(set_to_none=True)
    if design.learn is None:
        loss = _learn(state, bank, recipe, weights, design)
    else:
        loss = design.learn(state.network, state.step)
    torch.nn.utils.clip_grad_norm_(state.network.parameters(), recipe.largest_gradient)
    state.optimiser.step()
    state.step += 1
    _average(state, recipe.average_decay)
    return loss.detach()


def _learn(
    state: TrainingState[Net], bank: ClipBank, recipe: Given, weights: torch.Tensor, design: Design[Net, Given]
) -> torch.Tensor:
    """Gradients of a step's batch; returns its loss."""
    device = weights.device
    # Dropout can only draw from torch's own generator: it is set from (seed, step), inside fork_rng.
    torch.manual_seed(_step_seed(recipe, state.step))
    random = torch.Generator(device).manual_seed(_step_seed(recipe, state.step) + 1)
    batch = draw_batch(bank, recipe, state.step).to(device)
    assert design.loss is not None, "a design without a loss learns by itself"
    with torch.autocast(device.type, torch.bfloat16, enabled=recipe.bfloat16):
        loss = design.loss(state.network, batch, weights, random, state.step / recipe.steps)
    loss.backward()  # type: ignore[no-untyped-call]
    return loss


@torch.no_grad()
def _average(state: TrainingState[Net], decay: float) -> None:
    """Exponential average; in the first steps plainer, so that the random start is soon forgotten."""
    decay = min(decay, (1 + state.step) / (10 + state.step))
    for mean, parameter in zip(state.average.parameters(), state.network.parameters(), strict=True):
        mean.lerp_(parameter, 1 - decay)


def _start(bank: ClipBank, recipe: Given, device: torch.device, design: Design[Net, Given]) -> TrainingState[Net]:
    with torch.random.fork_rng():
        torch.manual_seed(recipe.seed)
        network, average = design.build(recipe, bank), design.build(recipe, bank)
    return new_state(network.to(device), average.to(device), recipe)


def _build(recipe: OpenRecipe, bank: ClipBank) -> Network:
    config = replace(recipe.generator, speech_channels=len(bank.statistics.linguistic_mean))
    return Network(config, torch.from_numpy(bank.statistics.live))


FLOW: Design[Network, OpenRecipe] = Design(
    _build, lambda network, batch, weights, random, progress: flow_loss(network, batch, weights, random)
)
"""Our own generator."""


def _step_seed(recipe: OpenRecipe, step: int) -> int:
    return (recipe.seed * 1_000_003 + step) * 2


class _Log:
    """A line every few steps, with the mean loss since the last."""

    def __init__(self, recipe: OpenRecipe, job: Job) -> None:
        self._recipe, self._job = recipe, job
        self._losses: list[torch.Tensor] = []

    def add(self, loss: torch.Tensor, step: int, seconds: float) -> None:
        self._losses.append(loss)
        if step % self._job.log_every and step != self._recipe.steps:
            return
        mean = float(torch.stack(self._losses).mean())
        rate = self._recipe.learning_rate_at(step - 1)
        self._losses.clear()
        if not self._job.writes:
            return
        self._job.watch(step, mean, rate)
        _log.info(
            "step %d/%d  loss %.4f  learning rate %.2e  %.0f s", step, self._recipe.steps, mean, rate, seconds
        )  # fmt: skip
