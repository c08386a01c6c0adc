"""Two steps of training give the losses that are written here, so that no change of the recipe goes unnoticed."""

from pathlib import Path

import pytest
import torch
from tests.tiny.clips import write_tiny_clips

from xtalker.train.batches import open_bank
from xtalker.train.loop import FLOW, _start, take_step
from xtalker.train.loss import column_weights
from xtalker.train.recipes.live import LiveRecipe
from xtalker.train.recipes.open import OpenRecipe

_LOSSES = {"open": (2.116708, 1.989385), "live": (2.116708, 2.004710)}
_SIZES = {"batch": 4, "crop_frames": 30, "warmup_steps": 1}
_RECIPES = {"open": OpenRecipe(**_SIZES), "live": LiveRecipe(**_SIZES)}


@pytest.mark.parametrize("name", _RECIPES)
def test_two_steps_reproduce_their_committed_loss(name: str, tmp_path: Path) -> None:
    recipe, bank = _RECIPES[name], open_bank(write_tiny_clips(tmp_path))
    state = _start(bank, recipe, torch.device("cpu"), FLOW)
    weights = column_weights(bank.statistics, recipe.mouth_weight)
    with torch.random.fork_rng():
        losses = [float(take_step(state, bank, recipe, weights, FLOW)) for _ in range(2)]
    assert losses == pytest.approx(_LOSSES[name], rel=1e-4)
    assert losses[0] != losses[1]
