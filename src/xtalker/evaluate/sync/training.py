"""Contrastive training of a sync expert: the right moment among others of the clip, the right clip among others."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Shaped
from torch import Tensor, nn
from tqdm import trange

from xtalker.evaluate.sync.expert import crop_planes, mean_picture
from xtalker.evaluate.sync.network import SyncConfig, SyncNetwork, Tower
from xtalker.values import InputError


@dataclass(frozen=True)
class SyncClip:
    """A mouth and its sound.

    Attributes:
        name: of the clip.
        speaker: who; clips of seldom speakers are drawn more often.
        mouth: rows of `lip_rows`, or crops.
        sound: features of the speech encoder.
    """

    name: str
    speaker: str
    mouth: Shaped[np.ndarray, "frames ..."]
    sound: Float[np.ndarray, "frames channels"]


@dataclass(frozen=True)
class SyncRecipe:
    """How to train.

    Attributes:
        steps, batch, frames: clips of `frames` frames in each step.
        learning_rate: at the peak of a one-cycle schedule.
        weight_decay: of AdamW.
        window_frames: part of each clip that is compared with other clips.
        gain: largest change of the level of the sound, in units of its features (1 = 40 dB for "log-mel").
        light: largest relative change of contrast of pictures.
        shift_pixels: largest shift of pictures.
        seed: of weights, draws and changes.
    """

    steps: int = 800
    batch: int = 24
    frames: int = 60
    learning_rate: float = 2e-3
    weight_decay: float = 0.02
    window_frames: int = 25
    gain: float = 0.15
    light: float = 0.2
    shift_pixels: int = 2
    seed: int = 0


def train_sync(
    clips: Sequence[SyncClip], config: SyncConfig, recipe: SyncRecipe, *,
    ears: SyncNetwork | None = None, progress: bool = False,
) -> SyncNetwork:  # fmt: skip
    """A trained network, in evaluation mode; the same for the same arguments and number of threads.

    Args:
        clips: what to learn from; all at least `recipe.frames` long.
        config: of the network.
        recipe: how.
        ears: a trained network whose sound tower is the start of this one's.
        progress: show a bar with the loss.

    Raises:
        InputError: a clip is too short, or there are fewer clips than a batch holds.
    """
    _check(clips, recipe)
    random = np.random.default_rng(recipe.seed)
    with torch.random.fork_rng():
        torch.manual_seed(recipe.seed)
        network = SyncNetwork(config)
        _measure(network, clips)
        if ears is not None:
            network.sound.load_state_dict(ears.sound.state_dict())
        log_scale = nn.Parameter(torch.tensor(2.5))
        optimiser = torch.optim.AdamW([*network.parameters(), log_scale], weight_decay=recipe.weight_decay)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimiser, recipe.learning_rate, total_steps=recipe.steps, pct_start=0.1
        )
        bar = trange(recipe.steps, desc="sync expert", unit="step", disable=not progress)
        for _ in bar:
            mouth, sound = _batch(clips, config, recipe, random)
            loss = contrastive_loss(network.mouth(mouth), network.sound(sound), log_scale, random, recipe)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            schedule.step()
            bar.set_postfix(loss=f"{loss.item():.3f}", refresh=False)
    return network.eval()


def contrastive_loss(
    mouth: Float[Tensor, "batch frames 64"],
    sound: Float[Tensor, "batch frames 64"],
    log_scale: Float[Tensor, ""],
    random: np.random.Generator,
    recipe: SyncRecipe,
) -> Float[Tensor, ""]:
    """Cross-entropy of the right moment (both ways; direct neighbours are neither right nor wrong) and clip."""
    batch, frames, _ = mouth.shape
    scale, at = log_scale.exp(), torch.arange(frames)
    likeness = torch.einsum("bic,bjc->bij", mouth, sound) * scale
    likeness = likeness.masked_fill((at[:, None] - at).abs() == 1, -torch.inf)
    moments, clips = at.expand(batch, frames).flatten(), torch.arange(batch)
    loss = F.cross_entropy(likeness.flatten(0, 1), moments)
    loss = loss + F.cross_entropy(likeness.transpose(1, 2).flatten(0, 1), moments)
    first = int(random.integers(0, frames - recipe.window_frames + 1))
    window = slice(first, first + recipe.window_frames)
    whole = torch.einsum("aic,bic->ab", mouth[:, window], sound[:, window]) / recipe.window_frames
    return loss + F.cross_entropy(whole * scale * 4, clips)


def _check(clips: Sequence[SyncClip], recipe: SyncRecipe) -> None:
    shortest = min((min(len(c.mouth), len(c.sound)) for c in clips), default=0)
    if len(clips) < recipe.batch or shortest < recipe.frames:
        raise InputError(
            "too little to train a sync expert", received=f"{len(clips)} clips, the shortest of {shortest} frames",
            accepted=f"at least {recipe.batch} clips of {recipe.frames} frames", next_step="prepare more clips",
        )  # fmt: skip


def _measure(network: SyncNetwork, clips: Sequence[SyncClip]) -> None:
    """Means and deviations of the inputs; pictures are standardised by clip."""
    _standard(network.sound, np.concatenate([clip.sound for clip in clips]), floor=1e-3)
    if isinstance(network.mouth, Tower):
        _standard(network.mouth, np.concatenate([clip.mouth for clip in clips]), floor=0.05)


def _standard(tower: Tower, rows: Float[np.ndarray, "rows channels"], *, floor: float) -> None:
    tower.mean.copy_(torch.from_numpy(rows.mean(axis=0, dtype=np.float64)))
    tower.scale.copy_(torch.from_numpy(rows.std(axis=0, dtype=np.float64) + floor))


def _batch(
    clips: Sequence[SyncClip], config: SyncConfig, recipe: SyncRecipe, random: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """Crops of different clips; a speaker's share grows with the square root of the number of clips."""
    count = Counter(clip.speaker for clip in clips)
    weight = np.array([1 / math.sqrt(count[clip.speaker]) for clip in clips])
    mouths, sounds = [], []
    for index in random.choice(len(clips), recipe.batch, replace=False, p=weight / weight.sum()):
        clip = clips[index]
        start = int(random.integers(0, min(len(clip.mouth), len(clip.sound)) - recipe.frames + 1))
        part = slice(start, start + recipe.frames)
        mouths.append(clip.mouth[part] if config.sight == "motion" else _pictures(clip.mouth, part, recipe, random))
        sounds.append(clip.sound[part] + np.float32(random.uniform(-recipe.gain, recipe.gain)))
    return torch.from_numpy(np.stack(mouths)), torch.from_numpy(np.stack(sounds))


def _pictures(
    crops: Shaped[np.ndarray, "frames 48 48"], part: slice, recipe: SyncRecipe, random: np.random.Generator
) -> Float[np.ndarray, "some 2 48 48"]:
    """Planes of a part, mirrored, moved and with other contrast."""
    planes = crop_planes(crops[part], mean_picture(crops))
    if random.random() < 0.5:
        planes = planes[..., ::-1]
    most = recipe.shift_pixels
    down, right = random.integers(-most, most + 1, 2)
    light = np.float32(1 + random.uniform(-recipe.light, recipe.light))
    return np.asarray(np.roll(planes, (int(down), int(right)), axis=(-2, -1)) * light)
