"""Training of the paper's network, by the same loop as our own generator."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.parallel import DistributedDataParallel

from xtalker.networks.paper.checkpoint import SavedPaper, write_paper
from xtalker.networks.paper.network import PaperNetwork
from xtalker.train.loop import Design, Job, filled_card, run
from xtalker.train.paper_bank import PaperBank
from xtalker.train.paper_batches import PaperBatch, draw_crops
from xtalker.train.paper_team import Team
from xtalker.train.recipes.paper import PaperRecipe
from xtalker.values import InputError


def train_paper(
    bank: PaperBank, recipe: PaperRecipe, job: Job, team: Team | None = None, *,
    should_stop: Callable[[], bool] = lambda: False,
) -> SavedPaper | None:  # fmt: skip
    """Train and export; None if stopped before the end, with the run kept for `resume`, and exported as it stands.

    Args:
        bank: of `open_paper_bank`, with the recipe that came with it.
        recipe: what to do.
        job: where; its device is the team's.
        team: the processes that train together; None for this one.
        should_stop: asked between steps, in every process.

    Raises:
        InputError: a batch that cannot be shared out; and on resuming, as AssetError, see `state.restore`.
        OutputError: a checkpoint cannot be written.
    """
    team = Team(device=job.device) if team is None else team
    _check_shares(recipe, team)
    job = replace(job, device=team.device, writes=team.rank == 0)
    teacher = _Teacher(bank, recipe, team)

    def export(network: PaperNetwork) -> SavedPaper:
        card = replace(filled_card(bank.clips, recipe, job), head_model=bank.head_model)
        saved = SavedPaper(network.cpu().eval(), bank.statistics, card)
        if job.writes:
            write_paper(job.out, saved)
        return saved

    design: Design[PaperNetwork, PaperRecipe] = Design(
        lambda given, clips: build(bank, given), None, teacher.learn, export
    )
    done = run(bank.clips, recipe, job, design, should_stop=lambda: team.any(should_stop()))
    if done is None:
        return None
    saved = export(done)
    if job.writes:
        job.training_checkpoint.unlink(missing_ok=True)
    return saved


def build(bank: PaperBank, recipe: PaperRecipe) -> PaperNetwork:
    """The network of a recipe, with random weights of torch's own generator."""
    return PaperNetwork(recipe.generator, torch.from_numpy(bank.statistics.live(recipe.generator)))


def _check_shares(recipe: PaperRecipe, team: Team) -> None:
    if recipe.batch % (team.size * recipe.accumulate):
        raise InputError(
            "the batch cannot be shared out", received=f"a batch of {recipe.batch}",
            accepted=f"a multiple of {team.size} processes x {recipe.accumulate} parts",
            next_step="change --batch or --accumulate",
        )  # fmt: skip


def batch_loss(
    module: PaperNetwork | DistributedDataParallel,
    batch: PaperBatch,
    recipe: PaperRecipe,
    live: Float[Tensor, "columns"],
) -> Float[Tensor, ""]:
    """Mean square of the velocity's error, a mean over crops."""
    state, wanted = batch.states(recipe.generator.start_noise, recipe.generator.time_steps, live)
    with torch.autocast(state.device.type, torch.bfloat16, enabled=recipe.bfloat16):
        guess = module(state, batch.step, batch.heard)
    return ((guess.float() - wanted) ** 2 * batch.weight).sum((1, 2)).mean()


@dataclass
class _Teacher:
    """Gradients of a step: this process's share of the batch, part by part."""

    bank: PaperBank
    recipe: PaperRecipe
    team: Team
    _shared: PaperNetwork | DistributedDataParallel | None = None

    def learn(self, network: PaperNetwork, step: int) -> Float[Tensor, ""]:
        """Fill the gradients; the loss of the whole batch."""
        if self._shared is None:
            self._shared = self.team.share(network)
        module, parts = self._shared, self.recipe.accumulate
        mine = range(self.team.rank, self.recipe.batch, self.team.size)
        total = torch.zeros((), device=self.team.device)
        for part in range(parts):
            batch = draw_crops(self.bank, self.recipe, step, mine[part::parts]).to(torch.device(self.team.device))
            # Dropout can only draw from torch's own generator; the loop restores that of the caller.
            torch.manual_seed(((self.recipe.seed * 1_000_003 + step) * self.team.size + self.team.rank) * parts + part)
            last = part == parts - 1
            waits = module.no_sync if isinstance(module, DistributedDataParallel) and not last else nullcontext
            with waits():
                loss = batch_loss(module, batch, self.recipe, network.live) / parts
                loss.backward()  # type: ignore[no-untyped-call]
            total += loss.detach()
        return self.team.mean(total)
