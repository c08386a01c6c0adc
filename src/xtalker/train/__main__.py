"""`python -m xtalker.train --recipe open [--ablation NAME] --data DIR --out FILE`."""

from __future__ import annotations

import argparse
import importlib
import shlex
import signal
import sys
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path

import torch

from xtalker.generator.checkpoint import GeneratorCard
from xtalker.train.batches import open_bank
from xtalker.train.loop import Job, train
from xtalker.train.peers import train_peer
from xtalker.train.recipes import ABLATIONS, RECIPES
from xtalker.train.recipes.open import OpenRecipe
from xtalker.train.recipes.peers import PeerRecipe
from xtalker.values import InputError, XtalkerError


def main(arguments: Sequence[str] | None = None) -> int:
    """Train; exit code 0 when done, 1 for bad input, 130 when stopped with Ctrl-C (resumable)."""
    given = _parser().parse_args(arguments)
    try:
        return _run(given, " ".join(map(shlex.quote, sys.argv[1:] if arguments is None else arguments)))
    except XtalkerError as fault:
        print(f"error: {fault}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m xtalker.train", description="Train the generator.")
    parser.add_argument("--recipe", choices=sorted(RECIPES), default="open")
    parser.add_argument("--ablation", choices=sorted(ABLATIONS), help="change one field of the recipe's network")
    parser.add_argument("--data", type=Path, required=True, help="folder of training clips")
    parser.add_argument("--out", type=Path, required=True, help="checkpoint to write")
    parser.add_argument("--resume", action="store_true", help="continue a run that was stopped")
    parser.add_argument("--save-every", type=int, default=500, metavar="STEPS", help="keep the run this often (500)")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--jaw-open-angle-rad", type=float, help="jaw pitch at which jawOpenCorrective is 1")
    parser.add_argument("--licence", default="unstated", help="of the weights, for the card")
    parser.add_argument("--about-data", default="unstated", help="what the data is, for the card")
    for field in fields(OpenRecipe):
        if field.type in ("int", "float"):
            kind = int if field.type == "int" else float
            parser.add_argument(f"--{field.name.replace('_', '-')}", type=kind, help=f"recipe: {field.default}")
        elif field.type == "bool":
            parser.add_argument(f"--{field.name}", action="store_true", default=None)
    return parser


def _recipe(given: argparse.Namespace) -> OpenRecipe:
    """The named recipe with what was chosen.

    Raises:
        InputError: an ablation of another design.
    """
    module, _, name = RECIPES[given.recipe].partition(":")
    recipe: OpenRecipe = getattr(importlib.import_module(module), name)()
    chosen = {f.name: getattr(given, f.name) for f in fields(recipe) if getattr(given, f.name, None) is not None}
    recipe = replace(recipe, **chosen)
    if given.jaw_open_angle_rad is not None:
        angle = given.jaw_open_angle_rad
        recipe = replace(recipe, generator=replace(recipe.generator, jaw_open_angle_rad=angle))
    if given.ablation is None:
        return recipe
    if isinstance(recipe, PeerRecipe):
        raise InputError(
            "no ablation of another design",
            received=f"--recipe {given.recipe} --ablation {given.ablation}",
            accepted="--recipe open with --ablation",
            next_step="leave one of them out",
        )
    return ABLATIONS[given.ablation].applied(recipe)


def _run(given: argparse.Namespace, command: str) -> int:
    recipe = _recipe(given)
    if torch.device(given.device).type == "cuda" and not torch.cuda.is_available():
        raise InputError("no such device", received=given.device, accepted="cpu", next_step="use --device cpu")
    bank = open_bank(given.data, latent=recipe.generator.latent)
    print(f"{bank.summary}; encoder {bank.encoder}")
    card = GeneratorCard(
        encoder=bank.encoder,
        licence=given.licence,
        data=given.about_data,
        command=f"python -m xtalker.train {command}",
    )
    job = Job(given.out, device=given.device, resume=given.resume, save_every=given.save_every, card=card)
    stopped: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: stopped.append(number))
    try:
        stop = lambda: bool(stopped)  # noqa: E731
        if isinstance(recipe, PeerRecipe):
            done: object = train_peer(bank, recipe, job, should_stop=stop)
        else:
            done = train(bank, recipe, job, should_stop=stop)
    finally:
        signal.signal(signal.SIGINT, before)
    if done is None:
        print(f"stopped; the same command with --resume continues from {job.training_checkpoint}")
        return 130
    print(f"wrote {given.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
