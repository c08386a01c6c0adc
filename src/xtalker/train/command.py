"""What `xtalker train generator` and `python -m xtalker.train` share: their options, and the run. Light to import."""

from __future__ import annotations

import argparse
import importlib
import logging
import math
import shlex
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from xtalker.train.recipes import ABLATIONS, RECIPES
from xtalker.train.recipes.open import OpenRecipe
from xtalker.train.recipes.paper import PAPER_ABLATIONS

if TYPE_CHECKING:
    from xtalker.train.paper_plan import PaperPlan

OWN: Final = ("open", "live")
PAPER: Final = "paper"
PEERS: Final = tuple(name for name in RECIPES if name not in (*OWN, PAPER))
_OF_PAPER: Final = ("set", "as_published", "dry_run", "minutes", "tensorboard")
"""Options that only the paper's recipe has."""
_MOST: Final = 10_000_000
_MAY_BE_ZERO: Final = ("seed", "warmup_steps")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Trained:
    """How a run ended.

    Attributes:
        done: False when it was stopped and can go on.
        summary: clips, speakers, hours.
        encoder: fingerprint of the speech encoder of the clips.
        parameters: of the network; None when it was stopped.
        kept: the training checkpoint of a stopped run; None when done.
        out_of_time: it stopped because its minutes were over; it is exported as it stands.
    """

    done: bool
    summary: str
    encoder: str
    parameters: int | None
    kept: Path | None
    out_of_time: bool = False


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Every option but the place of the output."""
    parser.add_argument("--data", type=Path, required=True, metavar="CLIPS", help="folder of training clips (*.npz)")
    parser.add_argument(
        "--recipe", choices=sorted(RECIPES), default="open",
        help="open (default), live (low latency), paper, or the name of a --peer",
    )  # fmt: skip
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--ablation", choices=sorted({*ABLATIONS, *PAPER_ABLATIONS}), help="change one field")
    which.add_argument("--peer", choices=PEERS, help="a published design in small instead")
    kept = parser.add_mutually_exclusive_group()
    kept.add_argument("--resume", action="store_true", help="continue a run that was stopped")
    kept.add_argument("--anew", action="store_true", help="throw away a run that was stopped, and begin again")
    parser.add_argument(
        "--save-every", type=whole(1), default=500, metavar="STEPS", help="keep the run this often (default: 500)"
    )
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--jaw-open-angle-rad", type=number, help="jaw pitch at which jawOpenCorrective is 1")
    parser.add_argument("--licence", default="unstated", help="of the weights, for their card")
    parser.add_argument("--about-data", default="unstated", help="what the clips are, for the card")
    _add_paper(parser)
    recipe = parser.add_argument_group("recipe", "the defaults are those of the shipped network")
    for field in fields(OpenRecipe):
        option = f"--{field.name.replace('_', '-')}"
        if field.type == "bool":
            recipe.add_argument(option, action="store_true", default=None)
        elif field.type in ("int", "float"):
            kind = number if field.type == "float" else whole(0 if field.name in _MAY_BE_ZERO else 1)
            recipe.add_argument(option, type=kind, help=f"default: {field.default}")


def _add_paper(parser: argparse.ArgumentParser) -> None:
    paper = parser.add_argument_group("--recipe paper", "3DXTalker; on several GPUs with torchrun -m xtalker.train")
    paper.add_argument(
        "--set", action="append", metavar="FIELD=VALUE", help="of PaperRecipe or PaperConfig; repeatable"
    )
    paper.add_argument("--as-published", action="store_true", help="do not adapt the recipe to clips of the open head")
    paper.add_argument("--dry-run", action="store_true", help="measure a few crops: parameters, memory, hours")
    paper.add_argument("--minutes", type=number, help="stop after so long, export, and keep the run for --resume")
    paper.add_argument("--tensorboard", type=Path, metavar="FOLDER", help="logs; needs the extra 'tensorboard'")


def whole(least: int) -> Callable[[str], int]:
    """A whole number from `least`."""

    def parse(text: str) -> int:
        if not (text.isascii() and text.isdecimal() and len(text) < 20 and least <= int(text) <= _MOST):
            raise argparse.ArgumentTypeError(f"a whole number from {least} to {_MOST} is expected, not '{text}'")
        return int(text)

    return parse


def number(text: str) -> float:
    """A finite number, zero or more."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"a number, zero or more, is expected, not '{text}'")
    return value


def settle(given: argparse.Namespace) -> None:
    """Make `--recipe NAME` of a published design the same as `--peer NAME`.

    Raises:
        InputError: both, and different; or an option of the paper's recipe for another one.
    """
    from xtalker.values import InputError

    if given.peer is not None and given.recipe not in ("open", given.peer):
        raise InputError(
            "two recipes at once", received=f"--recipe {given.recipe} --peer {given.peer}", accepted="one of them",
            next_step="leave one of them out",
        )  # fmt: skip
    given.peer = given.peer or (given.recipe if given.recipe in PEERS else None)
    foreign = [name for name in _OF_PAPER if getattr(given, name) not in (None, False)]
    foreign += ["ablation"] if given.ablation is not None and given.ablation not in ABLATIONS else []
    if foreign and given.recipe != PAPER:
        raise InputError(
            "an option of another recipe", received=f"--{foreign[0].replace('_', '-')}", accepted="--recipe paper",
            next_step="leave it out, or train the paper's recipe",
        )  # fmt: skip


def recipe_of(given: argparse.Namespace) -> OpenRecipe:
    """The recipe with what was chosen.

    Raises:
        InputError: an ablation of another design, or an angle that no jaw can have.
    """
    from xtalker.values import InputError

    if given.peer is not None and given.ablation is not None:
        raise InputError(
            "no ablation of another design", received=f"{given.peer} with {given.ablation}",
            accepted="an ablation, or a published design", next_step="leave one of them out",
        )  # fmt: skip
    module, _, name = RECIPES[given.peer or given.recipe].partition(":")
    recipe: OpenRecipe = getattr(importlib.import_module(module), name)()
    chosen = {f.name: getattr(given, f.name) for f in fields(recipe) if getattr(given, f.name, None) is not None}
    recipe = replace(recipe, **chosen)
    angle = given.jaw_open_angle_rad
    if angle is not None:
        try:
            recipe = replace(recipe, generator=replace(recipe.generator, jaw_open_angle_rad=angle))
        except ValueError as fault:
            raise InputError(
                "no such angle of the jaw", received=angle, accepted="above 0, below pi", next_step=str(fault)
            ) from fault
    return recipe if given.ablation is None else ABLATIONS[given.ablation].applied(recipe)


def line_of(given: argparse.Namespace, out: Path) -> str:
    """The command that makes this again, for the card: every choice, and of folders the names only."""
    recipe = None if given.recipe in ("open", given.peer) else given.recipe
    named = {"recipe": recipe, "ablation": given.ablation, "peer": given.peer, "device": given.device,
             "as_published": given.as_published or None}  # fmt: skip
    named |= {field.name: getattr(given, field.name, None) for field in fields(OpenRecipe)}
    named["jaw_open_angle_rad"] = given.jaw_open_angle_rad
    chosen = [(f"--{name.replace('_', '-')}", value) for name, value in named.items() if value is not None]
    words = [word for option, value in chosen for word in ([option] if value is True else [option, str(value)])]
    words += [word for assignment in given.set or () for word in ("--set", assignment)]
    return shlex.join(["xtalker", "train", "generator", "--data", given.data.name, *words, "-o", out.name])


def run(given: argparse.Namespace, *, out: Path, bars: bool = True) -> Trained:
    """Train, or go on.

    Args:
        given: the options of `add_arguments`.
        out: the checkpoint to write.
        bars: show progress bars where someone watches.

    Raises:
        InputError: no clips, no such device, a run of another recipe or of other clips.
        AssetError: a training checkpoint that is damaged or not there.
        OutputError: a checkpoint cannot be written.
    """
    import torch

    from xtalker.generator.checkpoint import GeneratorCard
    from xtalker.train.batches import open_bank
    from xtalker.train.loop import Job, train
    from xtalker.train.peers import train_peer
    from xtalker.train.recipes.peers import PeerRecipe

    settle(given)
    job = Job(out, device=given.device, resume=given.resume, anew=given.anew, save_every=given.save_every, bars=bars)
    check(given, job.training_checkpoint)
    if given.recipe == PAPER:
        from xtalker.train import paper_run

        return paper_run.run(given, out=out, bars=bars)
    recipe = recipe_of(given)
    bank = open_bank(given.data, latent=recipe.generator.latent, bars=bars)
    _log.info("%s; encoder %s", bank.summary, bank.encoder)
    card = GeneratorCard(
        encoder=bank.encoder, licence=given.licence, data=given.about_data, command=line_of(given, out)
    )  # fmt: skip
    job = replace(job, card=card)
    with stops_between_steps() as stop:
        if isinstance(recipe, PeerRecipe):
            saved = train_peer(bank, recipe, job, should_stop=stop)
            network: torch.nn.Module | None = None if saved is None else saved.network
        else:
            mine = train(bank, recipe, job, should_stop=stop)
            network = None if mine is None else mine.network
    if network is None:
        return Trained(False, bank.summary, bank.encoder, None, job.training_checkpoint)
    return Trained(True, bank.summary, bank.encoder, sum(p.numel() for p in network.parameters()), None)


def plan(given: argparse.Namespace, out: Path, *, bars: bool = True) -> PaperPlan:
    """What a run of the paper's recipe would take.

    Raises:
        InputError: as `run`.
    """
    from xtalker.train import paper_run

    settle(given)
    check(given, out)
    return paper_run.plan(given, bars=bars)


def check(given: argparse.Namespace, kept: Path) -> None:
    """Refuse a device or a run that is not there.

    Raises:
        InputError: with what is.
    """
    import torch

    from xtalker.values import InputError

    if given.device == "cuda" and not torch.cuda.is_available():
        raise InputError("no such device", received=given.device, accepted="cpu", next_step="use --device cpu")
    if given.resume and not kept.is_file():
        raise InputError(
            "there is no run to resume", received=kept, accepted="what a stopped run left there",
            next_step="leave --resume out, or give the output that the run had",
        )  # fmt: skip


@contextmanager
def stops_between_steps() -> Iterator[Callable[[], bool]]:
    """Whether Ctrl-C came, or what ends programs politely: what is kept is never half a step."""
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    stopped: list[int] = []
    names = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    heard = [name for name in names if signal.getsignal(name) is not signal.SIG_IGN]  # nohup stays as it is
    before = {name: signal.signal(name, lambda received, frame: stopped.append(received)) for name in heard}
    try:
        yield lambda: bool(stopped)
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
