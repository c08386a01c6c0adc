"""`xtalker train generator --recipe paper`: options to a run, alone or as one of the processes of `torchrun`."""

from __future__ import annotations

import argparse
import logging
import time
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import torch

from xtalker.generator.checkpoint import GeneratorCard
from xtalker.train.command import Trained, line_of, stops_between_steps
from xtalker.train.loop import Job
from xtalker.train.paper import train_paper
from xtalker.train.paper_bank import open_paper_bank
from xtalker.train.paper_clips import names_of
from xtalker.train.paper_log import board, writer_class
from xtalker.train.paper_plan import PaperPlan
from xtalker.train.paper_plan import plan as measured_plan
from xtalker.train.paper_team import Team, assembled
from xtalker.train.recipes.open import OpenRecipe
from xtalker.train.recipes.paper import (
    ON_OPEN_CLIPS,
    PAPER_ABLATIONS,
    UNUSED,
    PaperRecipe,
    changed,
    deviations,
    parsed,
)
from xtalker.values import InputError

_log = logging.getLogger(__name__)


def paper_recipe(given: argparse.Namespace) -> PaperRecipe:
    """The paper, adapted to clips of the open head unless it is to be as published, and then what was chosen.

    Raises:
        InputError: an option that this recipe has no use for, an unknown field or ablation, or an impossible value.
    """
    if unused := [name for name in UNUSED if getattr(given, name, None) is not None]:
        raise _refusal(f"--{unused[0].replace('_', '-')}", "options that the paper's recipe has", "leave it out")
    chosen = {f.name: getattr(given, f.name) for f in fields(OpenRecipe) if getattr(given, f.name, None) is not None}
    if given.jaw_open_angle_rad is not None:
        chosen["jaw_open_angle_rad"] = given.jaw_open_angle_rad
    if given.ablation is not None and given.ablation not in PAPER_ABLATIONS:
        raise _refusal(f"--ablation {given.ablation}", ", ".join(PAPER_ABLATIONS), "choose one of these")
    try:
        recipe = changed(PaperRecipe(), {} if given.as_published or _is_flame(given.data) else ON_OPEN_CLIPS)
        recipe = changed(recipe, PAPER_ABLATIONS[given.ablation] if given.ablation else {})
        return changed(changed(recipe, chosen), parsed(given.set or []))
    except ValueError as fault:
        raise _refusal(fault, "fields of PaperRecipe and PaperConfig", "correct the name or the value") from fault


def _is_flame(folder: Path) -> bool:
    """Whether its first clip carries FLAME's identity; that all agree is checked when they are read."""
    first = next(iter(sorted(folder.glob("*.npz"))), None)
    try:
        return first is not None and "identity" in names_of(first)
    except (OSError, ValueError):
        return False  # the reader of the clips says what is wrong


def _refusal(received: object, accepted: str, next_step: str) -> InputError:
    return InputError("not for the paper's recipe", received=received, accepted=accepted, next_step=next_step)


def run(given: argparse.Namespace, *, out: Path, bars: bool = True) -> Trained:
    """Train, or go on; see `command.run`."""
    if given.tensorboard is not None:
        writer_class()  # a missing library is said before the clips are read
    with assembled(given.device) as team:
        job = Job(out, device=team.device, resume=given.resume, anew=given.anew, save_every=given.save_every,
                  log_every=min(50, given.save_every), bars=bars)  # fmt: skip
        bank, recipe = open_paper_bank(given.data, paper_recipe(given), bars=bars and team.rank == 0)
        said = ", ".join(f"{name}={value}" for name, value in deviations(recipe).items()) or "none"
        if team.rank == 0:
            _log.info("%s; encoder %s; deviations from the paper: %s", bank.clips.summary, bank.clips.encoder, said)
        card = GeneratorCard(
            encoder=bank.clips.encoder, licence=given.licence, data=f"{given.about_data}; deviations: {said}",
            command=line_of(given, out),
        )  # fmt: skip
        out_of_time = _deadline(given.minutes)
        with board(given.tensorboard if team.rank == 0 else None) as watch, stops_between_steps() as stop:
            saved = train_paper(
                bank, recipe, replace(job, card=card, watch=watch), team, should_stop=lambda: stop() or out_of_time()
            )
    summary, encoder = bank.clips.summary, bank.clips.encoder
    if saved is None:
        return Trained(False, summary, encoder, None, job.training_checkpoint, out_of_time=out_of_time())
    return Trained(True, summary, encoder, sum(p.numel() for p in saved.network.parameters()), None)


def _deadline(minutes: float | None) -> Callable[[], bool]:
    end = None if minutes is None else time.monotonic() + 60 * minutes
    return lambda: end is not None and time.monotonic() >= end


def plan(given: argparse.Namespace, *, bars: bool = True) -> PaperPlan:
    """What the run would take, without running it.

    Raises:
        InputError: as `run`.
    """
    device = "cuda:0" if given.device == "cuda" else given.device
    bank, recipe = open_paper_bank(given.data, paper_recipe(given), bars=bars)
    size = torch.cuda.device_count() if given.device == "cuda" else 1
    return measured_plan(bank, recipe, Team(0, max(1, size), device))
