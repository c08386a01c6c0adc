"""What a run of the paper's recipe would take: parameters, memory, hours; measured on crops of this very run."""

from __future__ import annotations

import time
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.autograd.graph import saved_tensors_hooks

from xtalker.networks.paper.network import PaperNetwork
from xtalker.train.paper import batch_loss, build
from xtalker.train.paper_bank import PaperBank
from xtalker.train.paper_batches import draw_crops
from xtalker.train.paper_team import Team
from xtalker.train.recipes.paper import PaperRecipe, deviations

_MEASURED_CROPS, _REPEATS = 2, 2
_BYTES_A_PARAMETER = 4 * 5
"""Weight, gradient, two moments of AdamW, average; each in single precision."""


@dataclass(frozen=True)
class PaperPlan:
    """What a run would take.

    Attributes:
        parts: parameters of each part of the network.
        steps: of the optimiser.
        videos: in the folder.
        step_s: seconds a step, drawing the crops included.
        memory_gb: of one process: network, optimiser, and what one part of a batch keeps for its gradients.
        processes: that were assumed.
        device: measured on.
        deviations: from the paper.
    """

    parts: dict[str, int]
    steps: int
    videos: int
    step_s: float
    memory_gb: float
    processes: int
    device: str
    deviations: dict[str, object]

    @property
    def parameters(self) -> int:
        """Of the whole network."""
        return sum(self.parts.values())

    @property
    def hours(self) -> float:
        """Of the whole run."""
        return self.steps * self.step_s / 3600

    @property
    def how(self) -> str:
        """Where the figures come from."""
        return (
            f"measured on this {self.device}: forward and backward of {_MEASURED_CROPS} crops, times the crops of a "
            "batch, and a step of the optimiser"
        )

    def lines(self) -> list[str]:
        """For a reader."""
        largest = ", ".join(f"{name} {count / 1e6:.1f}" for name, count in self.parts.items())
        differs = ", ".join(f"{name}={value}" for name, value in self.deviations.items()) or "none"
        return [
            f"parameters   {self.parameters / 1e6:.1f} million ({largest})",
            f"memory       {self.memory_gb:.1f} GB in each of {self.processes} processes, beside the clips",
            f"time         {self.hours:.2f} hours: {self.steps} steps of {self.step_s:.2f} s, {self.videos} videos",
            f"             {self.how}",
            f"deviations   {differs}",
        ]


def plan(bank: PaperBank, recipe: PaperRecipe, team: Team) -> PaperPlan:
    """Measure a few crops; trains nothing."""
    with torch.random.fork_rng():
        torch.manual_seed(recipe.seed)
        network = build(bank, recipe).to(team.device)
    parts = {name: sum(p.numel() for p in part.parameters()) for name, part in network.named_children()}
    loose = sum(p.numel() for p in network.parameters(recurse=False))
    parts = {name: count for name, count in {**parts, "others": loose}.items() if count}
    crops = min(_MEASURED_CROPS, recipe.batch)
    crop_s, kept = _measured(network, bank, recipe, team, crops)
    share = recipe.batch // team.size
    step_s = crop_s * share + _optimiser_s(network, recipe, team)
    at_once = -(-share // recipe.accumulate)
    memory = sum(parts.values()) * _BYTES_A_PARAMETER + kept * at_once
    return PaperPlan(
        parts, recipe.steps, len(bank.videos), step_s, memory / 1e9, team.size, team.device, deviations(recipe)
    )


def _measured(
    network: PaperNetwork, bank: PaperBank, recipe: PaperRecipe, team: Team, crops: int
) -> tuple[float, float]:
    """Seconds and kept bytes of a crop; the better of some, since the first also sets up."""
    best, kept = float("inf"), 0
    network.train()
    for repeat in range(_REPEATS):
        begin = time.perf_counter()
        batch = draw_crops(bank, recipe, repeat, range(crops)).to(torch.device(team.device))
        held: dict[int, int] = {}

        def remember(tensor: Tensor, held: dict[int, int] = held) -> Tensor:
            storage = tensor.untyped_storage()
            held[storage.data_ptr()] = storage.nbytes()
            return tensor

        with saved_tensors_hooks(remember, lambda tensor: tensor):
            loss = batch_loss(network, batch, recipe, network.live)
        weights = {p.untyped_storage().data_ptr() for p in network.parameters()}
        kept = sum(size for place, size in held.items() if place not in weights)
        loss.backward()  # type: ignore[no-untyped-call]
        _wait(team)
        best = min(best, time.perf_counter() - begin)
    return best / crops, kept / crops


def _optimiser_s(network: PaperNetwork, recipe: PaperRecipe, team: Team) -> float:
    optimiser = torch.optim.AdamW(network.parameters(), lr=0.0, weight_decay=0.0, fused=True)
    optimiser.step()  # makes the moments
    begin = time.perf_counter()
    torch.nn.utils.clip_grad_norm_(network.parameters(), recipe.largest_gradient)
    optimiser.step()
    _wait(team)
    return time.perf_counter() - begin


def _wait(team: Team) -> None:
    if team.device.startswith("cuda"):
        torch.cuda.synchronize(team.device)
