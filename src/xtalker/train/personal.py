"""Personal fine-tuning: a video of one person talking to a generator that moves as they do.

The video is tracked, and its last tenth is set aside. Then two things adapt. The statistics: how far each column moves,
as the ratio of the person's spread to the training speakers'. The network: a new style, and the two heads behind the
trunk, while the trunk stays and the velocity without a style is held to what it was (`PersonalRecipe.keep_weight`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from xtalker.generator.channels import mouth_columns
from xtalker.generator.generate import Generator
from xtalker.generator.normalise import DEAD_STD, Statistics
from xtalker.networks.flow import mix, training_noise, uniform_times, velocity
from xtalker.networks.generator_checkpoint import TrainedGenerator, write_generator
from xtalker.networks.transformer import Network
from xtalker.train.batches import Batch, open_bank
from xtalker.train.clips import TrainingClip, read_clip, write_clip
from xtalker.train.loop import Design, Job, filled_card, run
from xtalker.train.recipes.personal import PersonalRecipe
from xtalker.train.statistics import clip_latent
from xtalker.values import Motion, SpeechFeatures

CLIP_FRAMES, HELD_OUT_SHARE = 200, 0.1
_LEAST_RATIO, _MOST_RATIO, _PRIOR_FRAMES = 0.5, 2.0, 1000
_TRAINED = ("style.", "pose", "expression")


@dataclass(frozen=True)
class Recording:
    """One person's video, tracked.

    Attributes:
        motion: with their closed-mouth neutral at zero.
        confidence: of each frame.
        features: of the sound.
    """

    motion: Motion
    confidence: Float[np.ndarray, "frames"]
    features: SpeechFeatures


def write_recording(recording: Recording, folder: Path, name: str) -> list[TrainingClip]:
    """Cut a recording into clips at its quietest moments and write them; the last tenth is of split validation."""
    frames = min(recording.motion.num_frames, recording.features.num_frames)
    matrix, sound = recording.motion.to_matrix()[:frames].astype(np.float32), recording.features
    cuts = cut_at_pauses(sound.amplitude[:frames], CLIP_FRAMES)
    held_out = frames * (1 - HELD_OUT_SHARE)
    clips = []
    for start, stop in pairwise(cuts):
        clip = TrainingClip(
            clip=f"{name}_{start:06d}", speaker=name, split="validation" if start >= held_out else "train",
            encoder=sound.encoder, motion=Motion.from_matrix(matrix[start:stop]),
            confidence=recording.confidence[start:stop].astype(np.float32),
            linguistic=(sound.linguistic[start:stop].astype(np.float16),), amplitude=sound.amplitude[start:stop],
        )  # fmt: skip
        write_clip(folder, clip)
        clips.append(clip)
    return clips


def cut_at_pauses(amplitude: Float[np.ndarray, "frames"], length: int) -> list[int]:
    """Cuts about `length` frames apart, each at the quietest frame nearby; a cut also opens the last tenth."""
    total, reach = len(amplitude), length // 4
    held_out = int(np.ceil(total * (1 - HELD_OUT_SHARE)))
    wanted = sorted(
        {*range(length, held_out - reach, length), held_out, *range(held_out + length, total - reach, length)}
    )
    cuts = [0]
    for at in wanted:
        low, high = (at, at + reach) if at == held_out else (at - reach, at + reach)
        low, high = max(low, cuts[-1] + 1), min(high, total - 1)
        if low < high:
            cuts.append(low + int(np.argmin(amplitude[low:high])))
    return [*cuts, total]


def lag_of_sound(generator: Generator, recording: Recording, *, reach_frames: int) -> tuple[int, float]:
    """By how many frames the tracked mouth comes after the one that the sound asks for, and how sure that is.

    Our own generator says what the sound asks for; its jaw is compared with the tracked one at every lag.

    Returns:
        lag, positive when the picture is late; correlation at that lag.
    """
    asked = generator.generate(recording.features, seed=0).jaw[:, 0]
    seen = recording.motion.jaw[:, 0]
    frames = min(len(asked), len(seen))
    a, b = asked[:frames], seen[:frames]
    lags = range(-reach_frames, reach_frames + 1)
    scores = [_correlation(a[max(0, -k) : frames - max(0, k)], b[max(0, k) : frames - max(0, -k)]) for k in lags]
    best = int(np.argmax(scores))
    return lags[best], scores[best]


def _correlation(a: Float[np.ndarray, "frames"], b: Float[np.ndarray, "frames"]) -> float:
    a, b = a - a.mean(), b - b.mean()
    return float(a @ b / max(float(np.linalg.norm(a) * np.linalg.norm(b)), 1e-12))


def adapted_statistics(base: Statistics, clips: list[TrainingClip]) -> Statistics:
    """The spread of each column moved towards the person's; rest stays at rest.

    Mean and deviation are scaled by one ratio, so the scores that mean "no displacement" still do. Few frames trust
    the training speakers, many trust the person.
    """
    rows = np.concatenate([clip_latent(clip) for clip in clips])
    weight = np.concatenate([clip.confidence for clip in clips]).astype(np.float64)
    spread = np.sqrt((weight[:, None] * rows**2).sum(0) / max(weight.sum(), 1e-9))
    usual = np.sqrt(base.motion_mean.astype(np.float64) ** 2 + base.motion_std.astype(np.float64) ** 2)
    ratio = np.clip(spread / np.maximum(usual, 1e-9), _LEAST_RATIO, _MOST_RATIO)
    trust = weight.sum() / (weight.sum() + _PRIOR_FRAMES)
    # One ratio for mouth and jaw: their columns work together, and a closure is a balance between them.
    mouth = mouth_columns() & base.live
    together = np.exp((np.log(ratio[mouth]) * usual[mouth]).sum() / max(usual[mouth].sum(), 1e-9))
    ratio = np.where(mouth_columns(), together, ratio) ** trust
    alive = DEAD_STD / np.maximum(base.motion_std, DEAD_STD)  # a column that is generated stays so
    scale = np.where(base.live, np.maximum(ratio, alive), 1.0).astype(np.float32)
    return replace(base, motion_mean=base.motion_mean * scale, motion_std=base.motion_std * scale)


def adapt(
    base: TrainedGenerator, folder: Path, name: str, recipe: PersonalRecipe, job: Job,
    *, should_stop: Callable[[], bool] = lambda: False,
) -> TrainedGenerator | None:  # fmt: skip
    """Adapt a generator to the clips of a folder and write it; None if stopped, with the run kept for `resume`.

    Raises:
        InputError, AssetError, OutputError: as `loop.train`.
    """
    bank = open_bank(folder)
    clips = [take() for speaker in bank.speakers for take in speaker]
    bank = replace(bank, statistics=adapted_statistics(base.statistics, clips), names=(name,))
    recipe = replace(recipe, generator=replace(base.network.config, styles=(*base.network.config.styles, name)))
    design: Design[Network, PersonalRecipe] = Design(
        lambda given, clips_of: _extended(base, given), _Kept(base.network, recipe.keep_weight).loss
    )
    done = run(bank, recipe, job, design, should_stop=should_stop)
    if done is None:
        return None
    card = replace(filled_card(bank, recipe, job), default_style=name)
    saved = TrainedGenerator(done.requires_grad_(False).eval(), bank.statistics, card)
    write_generator(job.out, saved)
    job.training_checkpoint.unlink(missing_ok=True)
    return saved


def _extended(base: TrainedGenerator, recipe: PersonalRecipe) -> Network:
    """The base network with one style more, which changes nothing yet; only a part of it learns."""
    network = Network(recipe.generator, torch.from_numpy(base.statistics.live))
    weights = base.network.state_dict()
    grown = network.state_dict()["style.weight"]
    if "style.weight" in weights:
        grown[:, :-1] = weights["style.weight"]
    network.load_state_dict({**weights, "style.weight": grown})
    for name, parameter in network.named_parameters():
        parameter.requires_grad_(name.startswith(_TRAINED))
    return network


class _Kept:
    """The loss: the person with their style, and nothing new without it."""

    def __init__(self, base: Network, weight: float) -> None:
        self._base, self._weight = base, weight

    def loss(
        self, network: Network, batch: Batch, weights: Float[Tensor, "58"], random: torch.Generator, progress: float
    ) -> Float[Tensor, ""]:
        """Velocity error under the style, plus the distance from the base without one."""
        batches, frames, columns = batch.target.shape
        noise = training_noise(network.config.start_noise, (batches, frames, columns), random) * network.live
        time = uniform_times(len(noise), random)
        state = mix(noise, batch.target, time)
        given = (batch.linguistic, batch.loudness, batch.reference, batch.present)
        styled = network(state, time, network.condition(*given, batch.style)).float()
        free = network(state, time, network.condition(*given)).float()
        with torch.no_grad():
            before = self._base(state, time, self._base.condition(*given)).float()
        error = (styled - velocity(noise, batch.target)) ** 2 + self._weight * (free - before) ** 2
        share = batch.weight.sum().clamp(min=1e-6)
        return ((error * weights).mean(-1) * batch.weight).sum() / share


def read_recording(folder: Path) -> list[TrainingClip]:
    """What `write_recording` wrote, in order; adaptation never sees the clips of split validation."""
    return [read_clip(path) for path in sorted(folder.glob("*.npz"))]


def digest_of(path: Path) -> str:
    """Short hash of a file's content."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()[:16]
