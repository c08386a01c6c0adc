"""The training checkpoint: everything by which the next step depends on the past."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Generic, TypeVar

import torch
from torch import Tensor, nn

from xtalker.networks.checkpoints import load_checkpoint, save_checkpoint
from xtalker.train.recipes.open import OpenRecipe
from xtalker.values import AssetError, InputError

STATE_SCHEMA = "xtalker-training-1"
_NETWORK, _AVERAGE, _OPTIMISER = "network.", "average.", "optimiser."
_MOMENTS = ("step", "exp_avg", "exp_avg_sq")
Net = TypeVar("Net", bound=nn.Module)


@dataclass
class TrainingState(Generic[Net]):
    """A run between two steps; `step` counts those that are done.

    Crops, noise and dropout are functions of (seed, step), so no state of a random generator belongs to it.
    """

    network: Net
    average: Net
    optimiser: torch.optim.AdamW
    step: int = 0


def new_state(network: Net, average: Net, recipe: OpenRecipe) -> TrainingState[Net]:
    """A run that has not begun; `average` starts as a copy of `network`."""
    average.load_state_dict(network.state_dict())
    average.requires_grad_(False).eval()
    optimiser = torch.optim.AdamW(network.parameters(), lr=0.0, weight_decay=recipe.weight_decay, fused=True)
    return TrainingState(network, average, optimiser)


def save_state(path: Path, state: TrainingState[Net], recipe: OpenRecipe, digest: str) -> None:
    """Write the run so that `restore` continues it exactly."""
    tensors = {_NETWORK + n: t for n, t in state.network.state_dict().items()}
    tensors |= {_AVERAGE + n: t for n, t in state.average.state_dict().items()}
    for name, parameter in state.network.named_parameters():
        for key, value in state.optimiser.state.get(parameter, {}).items():
            tensors[f"{_OPTIMISER}{key}.{name}"] = value
    metadata = {"schema": STATE_SCHEMA, "step": str(state.step), "recipe": _canonical(recipe), "data": digest}
    save_checkpoint(path, {n: t.detach().cpu().contiguous() for n, t in tensors.items()}, metadata)


def restore(path: Path, state: TrainingState[Net], recipe: OpenRecipe, digest: str) -> None:
    """Bring a new run to where a saved one stopped.

    Raises:
        AssetError: missing or damaged.
        InputError: saved by another recipe or on other data.
    """
    tensors, metadata = load_checkpoint(path)
    if metadata.get("schema") != STATE_SCHEMA:
        raise _damaged(path, f"schema {metadata.get('schema')!r}")
    for what, saved, now in (("recipe", metadata.get("recipe"), _canonical(recipe)),
                             ("data", metadata.get("data"), digest)):  # fmt: skip
        if saved != now:
            raise InputError(
                f"cannot resume: the run was started with another {what}",
                received=now,
                accepted=saved or "nothing",
                next_step="start again without --resume, or resume with what the run was started with",
            )
    try:
        state.network.load_state_dict(_part(tensors, _NETWORK))
        state.average.load_state_dict(_part(tensors, _AVERAGE))
        _restore_optimiser(state, _part(tensors, _OPTIMISER))
        state.step = int(metadata["step"])
    except (KeyError, RuntimeError, ValueError) as fault:
        raise _damaged(path, str(fault)) from fault


def _restore_optimiser(state: TrainingState[Net], moments: Mapping[str, Tensor]) -> None:
    empty = state.optimiser.state_dict()
    kept = {
        index: {key: moments[f"{key}.{name}"] for key in _MOMENTS}
        for index, (name, _) in enumerate(state.network.named_parameters())
        if f"step.{name}" in moments
    }
    state.optimiser.load_state_dict({"state": kept, "param_groups": empty["param_groups"]})


def _part(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)}


def _canonical(recipe: OpenRecipe) -> str:
    return json.dumps(asdict(recipe), sort_keys=True)


def _damaged(path: Path, received: str) -> AssetError:
    return AssetError(
        f"unusable training checkpoint {path.name}",
        received=received,
        accepted=f"a file of schema {STATE_SCHEMA}",
        next_step="start again without --resume",
    )
