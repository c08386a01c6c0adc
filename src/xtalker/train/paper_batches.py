"""Crops of the videos: which, and with which noise, depends on seed, step and number of the crop only.

So a batch is the same whether one process draws it whole, in parts, or several processes draw their shares.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from xtalker.networks.flow import mix, training_noise, velocity
from xtalker.networks.paper.layout import LAYOUTS, NUM_IDENTITY
from xtalker.networks.paper.network import Heard
from xtalker.train.loss import column_weights
from xtalker.train.paper_bank import PaperBank, stretch
from xtalker.train.recipes.paper import PaperRecipe

_ORDER, _CROP = 1, 2
_LARGEST_SEED = 2**62


@dataclass(frozen=True)
class PaperBatch:
    """Crops, standardised.

    Attributes:
        target: z-scored displacement from the reference (or absolute latent); zero in padding.
        heard: what the network is given.
        step: flow time of each crop, a whole number.
        noise_seed: of each crop.
        weight: of each number in the loss; zero in padding, in dead columns and in what the source could not see.
            Sums to 1 in each crop, so that crops count alike in whatever parts a batch comes.
    """

    target: Float[Tensor, "batch frames columns"]
    heard: Heard
    step: Int[Tensor, "batch"]
    noise_seed: tuple[int, ...]
    weight: Float[Tensor, "batch frames columns"]

    def to(self, device: torch.device) -> PaperBatch:
        """The same on another device."""
        parts: dict[str, Any] = {name: getattr(self.heard, name) for name in self.heard.__dataclass_fields__}
        moved: dict[str, Any] = {name: None if part is None else part.to(device) for name, part in parts.items()}
        step, weight = self.step.to(device), self.weight.to(device)
        return PaperBatch(self.target.to(device), Heard(**moved), step, self.noise_seed, weight)

    def states(
        self, kind: str, time_steps: int, live: Float[Tensor, "columns"]
    ) -> tuple[Float[Tensor, "batch frames columns"], Float[Tensor, "batch frames columns"]]:
        """Points of the flow at `step`, and the velocities that the network should have there (Eq. 8, put right)."""
        device, shape = self.target.device, self.target.shape[1:]
        draws = [torch.Generator(device).manual_seed(seed) for seed in self.noise_seed]
        noise = torch.cat([training_noise(kind, (1, shape[0], shape[1]), draw) for draw in draws]) * live
        return mix(noise, self.target, self.step / time_steps), velocity(noise, self.target)


def draw_crops(bank: PaperBank, recipe: PaperRecipe, step: int, numbers: Sequence[int]) -> PaperBatch:
    """The crops of a step that have these numbers (0 ... batch - 1)."""
    crops = [_crop(bank, recipe, step, number) for number in numbers]
    target, linguistic, loudness, reference, present, weight = (
        torch.from_numpy(np.stack([crop[i] for crop in crops])) for i in range(6)
    )
    emotion, felt = _emotions([crop[6] for crop in crops], recipe)
    times = torch.tensor([crop[7] for crop in crops])
    seeds = tuple(crop[8] for crop in crops)
    return PaperBatch(target, Heard(linguistic, loudness, reference, present, emotion, felt), times, seeds, weight)


def _crop(bank: PaperBank, recipe: PaperRecipe, step: int, number: int) -> tuple[Any, ...]:
    config, statistics = recipe.generator, bank.statistics
    random = np.random.default_rng([recipe.seed, _CROP, step, number])
    video = bank.videos[_visit(recipe.seed, len(bank.videos), step * recipe.batch + number)]
    total = sum(piece.num_frames for piece in video)
    length = min(recipe.crop_frames, total)
    start = int(random.integers(total - length + 1))
    cut = stretch(video, start, start + length, recipe, random)
    gain = np.float32(10 ** (random.uniform(-recipe.gain_db, recipe.gain_db) / 20))
    time, seed, withheld = int(random.integers(config.time_steps)), int(random.integers(_LARGEST_SEED)), random.random()
    live = statistics.live(config)
    weight = cut.observed * live * _column_weights(bank, recipe)
    weight = weight * cut.confidence[:, None] if recipe.weighs_confidence else weight
    rows = (
        statistics.scores(cut.latent, live), statistics.linguistic(cut.linguistic, config),
        statistics.loudness(cut.amplitude * gain, config), np.ones(length, bool),
        (weight / max(float(weight.sum()), 1e-6)).astype(np.float32),
    )  # fmt: skip
    target, linguistic, loudness, present, weight = (_padded(row, recipe.crop_frames) for row in rows)
    emotion = cut.emotion if config.emotion_channels and withheld >= recipe.emotion_drop else None
    if emotion is not None:
        emotion = _padded(statistics.emotion(emotion, config), recipe.crop_frames)
    return target, linguistic, loudness, cut.shown.astype(np.float32), present, weight, emotion, time, seed


def _padded(rows: np.ndarray, frames: int) -> np.ndarray:
    return np.pad(rows, [(0, frames - len(rows))] + [(0, 0)] * (rows.ndim - 1))


def _emotions(rows: list[np.ndarray | None], recipe: PaperRecipe) -> tuple[Tensor | None, Tensor | None]:
    """Emotion features, zeros where there are none, and where there are some."""
    if not recipe.generator.emotion_channels:
        return None, None
    empty = np.zeros((recipe.crop_frames, recipe.generator.emotion_channels), np.float32)
    stacked = torch.from_numpy(np.stack([empty if row is None else row for row in rows]))
    return stacked, torch.tensor([row is not None for row in rows])


def _column_weights(bank: PaperBank, recipe: PaperRecipe) -> Float[np.ndarray, "columns"]:
    """1 for all, as published; or what our own recipe gives the columns of motion."""
    layout = LAYOUTS[recipe.generator.layout]
    if not recipe.weighs_columns:
        return np.ones(layout.columns, np.float32)
    motion = column_weights(bank.clips.statistics, recipe.mouth_weight).numpy()
    return layout.latent(motion[None], np.ones((1, NUM_IDENTITY), np.float32))[0]


def _visit(seed: int, videos: int, count: int) -> int:
    """The video of the `count`-th visit: every video once an epoch, in another order each time."""
    epoch, place = divmod(count, videos)
    return _order(seed, videos, epoch)[place]


@lru_cache(maxsize=4)
def _order(seed: int, videos: int, epoch: int) -> tuple[int, ...]:
    return tuple(np.random.default_rng([seed, _ORDER, epoch]).permutation(videos).tolist())
