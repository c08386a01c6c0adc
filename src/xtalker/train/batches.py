"""Random crops, balanced over speakers; what a step sees depends on seed and step only."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor
from tqdm import tqdm

from xtalker.generator.channels import NUM_REFERENCE
from xtalker.generator.normalise import Statistics
from xtalker.train.clips import TrainingClip, read_clip
from xtalker.train.recipes.open import OpenRecipe
from xtalker.train.statistics import clip_latent, measure
from xtalker.values import InputError
from xtalker.values.conventions import FRAME_RATE_HZ
from xtalker.values.motion import NUM_MOTION
from xtalker.values.tracks import EMOTIONS

_KEPT_BYTES = 6 * 1024**3


@dataclass(frozen=True)
class Batch:
    """Crops of a step, standardised.

    Attributes:
        target: displacement from the reference (or the absolute motion), z-scored; zero in padding.
        reference: expression and jaw of the reference, in standard deviations.
        linguistic: standardised speech channels.
        loudness: standardised logarithm of the amplitude.
        weight: confidence of each frame; zero in padding.
        present: False in padding.
        style: share of each of the network's styles, zeros where it is dropped.
        observed: 1 for the columns that the clip's source could see, 0 for the others.
        emotion: level of each of the network's emotions, zeros where it is unknown or dropped.
    """

    target: Float[Tensor, "batch frames 58"]
    reference: Float[Tensor, "batch 53"]
    linguistic: Float[Tensor, "batch frames channels"]
    loudness: Float[Tensor, "batch frames"]
    weight: Float[Tensor, "batch frames"]
    present: Bool[Tensor, "batch frames"]
    style: Float[Tensor, "batch styles"] | None = None
    observed: Float[Tensor, "batch 58"] | None = None
    emotion: Float[Tensor, "batch frames emotions"] | None = None

    def to(self, device: torch.device) -> Batch:
        """The same on another device."""
        parts = {name: getattr(self, name) for name in self.__dataclass_fields__}
        moved: dict[str, Any] = {name: None if part is None else part.to(device) for name, part in parts.items()}
        return Batch(**moved)


@dataclass(frozen=True)
class ClipBank:
    """The training clips of a folder.

    Attributes:
        speakers: for each speaker, functions that give its clips: from memory, or from the file when the
            folder is larger than memory should be.
        statistics: over all of them.
        encoder: fingerprint of the speech encoder that made all of them.
        summary: number of clips, speakers and hours, for the card.
        digest: hash of names, lengths and statistics; resuming on other data is refused.
        latent: what the statistics of motion are of, and what batches hold: `GeneratorConfig.latent`.
        names: of the speakers.
    """

    speakers: tuple[tuple[Callable[[], TrainingClip], ...], ...]
    statistics: Statistics
    encoder: str
    summary: str
    digest: str
    latent: str = "displacement"
    names: tuple[str, ...] = ()


def open_bank(
    folder: Path, *, latent: str = "displacement", keep_bytes: int = _KEPT_BYTES, bars: bool = True
) -> ClipBank:
    """Read the clips of split `train`.

    Raises:
        InputError: no such folder, no training clip in it, a damaged clip, clips of several encoders, or clips
            in which nothing moves.
    """
    if not folder.is_dir():
        raise _refusal(folder, "no such folder")
    reading = _Reading(folder, keep_bytes, bars)
    statistics = measure(reading.clips(), latent)
    if not statistics.live.any():
        raise _refusal(folder, "clips in which nothing moves, or without confidence")
    for values in vars(statistics).values():
        reading.identity.update(values.tobytes())
    sources = tuple(tuple(clips) for _, clips in sorted(reading.speakers.items()))
    hours = reading.frames / FRAME_RATE_HZ / 3600
    summary = f"{sum(map(len, sources))} clips, {len(sources)} speakers, {hours:.3f} hours"
    return ClipBank(sources, statistics, reading.encoder, summary, reading.identity.hexdigest(), latent,
                    tuple(sorted(reading.speakers)))  # fmt: skip


class _Reading:
    """One pass over a folder: yields its training clips and remembers what the bank needs of them."""

    def __init__(self, folder: Path, keep_bytes: int, bars: bool) -> None:
        self._folder, self._room, self._bars = folder, keep_bytes, bars
        self.speakers: dict[str, list[Callable[[], TrainingClip]]] = {}
        self.encoder, self.frames, self.identity = "", 0, hashlib.sha256()

    def clips(self) -> Iterator[TrainingClip]:
        paths = sorted(self._folder.glob("*.npz"))
        channels = 0
        for path in tqdm(paths, desc="reading clips", unit="clip", disable=None if self._bars else True, delay=2):
            clip = read_clip(path)
            if clip.split != "train":
                continue
            if self.frames and (clip.encoder, clip.linguistic[0].shape[1]) != (self.encoder, channels):
                raise _refusal(self._folder, f"{clip.clip} of encoder {clip.encoder}, others of {self.encoder}")
            self.encoder, channels = clip.encoder, clip.linguistic[0].shape[1]
            self._remember(path, clip)
            yield clip
        if not self.frames:
            raise _refusal(self._folder, f"{len(paths)} clips, none of split train")

    def _remember(self, path: Path, clip: TrainingClip) -> None:
        self.frames += clip.num_frames
        self._room -= sum(phase.nbytes for phase in clip.linguistic)
        self.identity.update(f"{clip.clip} {clip.speaker} {clip.num_frames}\n".encode())
        self.speakers.setdefault(clip.speaker, []).append(_source(path, clip if self._room >= 0 else None))


def _refusal(folder: Path, received: str) -> InputError:
    return InputError(
        f"cannot train on {folder}",
        received=received,
        accepted="a folder of clips (npz), at least one of split train, all of one encoder",
        next_step="make the clips again",
    )


def _source(path: Path, kept: TrainingClip | None) -> Callable[[], TrainingClip]:
    return (lambda: read_clip(path)) if kept is None else (lambda: kept)


def draw_batch(bank: ClipBank, recipe: OpenRecipe, step: int) -> Batch:
    """The crops of a step.

    Deriving everything from (seed, step) instead of from a running generator is what makes a resumed run
    see what an uninterrupted one would have seen.
    """
    random = np.random.default_rng([recipe.seed, step])
    crops = [_draw_crop(bank, recipe, random) for _ in range(recipe.batch)]
    return Batch(*(torch.from_numpy(np.stack(rows)) for rows in zip(*crops, strict=True)))


def _draw_crop(bank: ClipBank, recipe: OpenRecipe, random: np.random.Generator) -> tuple[np.ndarray, ...]:
    who = random.choice(len(bank.speakers), p=speaker_shares(bank, recipe.speaker_balance))
    clips = bank.speakers[who]
    clip = clips[random.integers(len(clips))]()
    phase = clip.linguistic[random.integers(len(clip.linguistic))]
    length = min(recipe.crop_frames, clip.num_frames)
    start = int(random.integers(clip.num_frames - length + 1))
    crop = slice(start, start + length)
    gain = 10 ** (random.uniform(-recipe.gain_db, recipe.gain_db) / 20)
    motion = clip_latent(clip, bank.latent)
    share = recipe.reference_share if recipe.generator.sees_reference else 0.0  # what is not shown cannot be learnt
    reference = _draw_reference(motion, share, random)
    statistics = bank.statistics
    rows = (
        statistics.normalise(motion[crop] - (reference if bank.latent == "displacement" else 0)),
        statistics.linguistic_scores(phase[crop]),
        statistics.loudness_scores(clip.amplitude[crop] * np.float32(gain)),
        clip.confidence[crop],
        np.ones(length, bool),
    )
    padded = [np.pad(a, [(0, recipe.crop_frames - length)] + [(0, 0)] * (a.ndim - 1)) for a in rows]
    told = _draw_emotion(clip, crop, recipe, random)
    shown = (*padded[1:], _draw_style(bank, recipe, int(who), random), clip.observed.astype(np.float32), told)
    return padded[0], statistics.reference_scores(reference), *shown


def _draw_style(
    bank: ClipBank, recipe: OpenRecipe, who: int, random: np.random.Generator
) -> Float[np.ndarray, "styles"]:
    """The speaker's, if the network has it and it is not dropped."""
    styles = recipe.generator.styles
    shares = np.zeros(len(styles), np.float32)
    if styles and random.random() >= recipe.style_drop:
        shares[styles.index(bank.names[who])] = 1
    return shares


def _draw_emotion(
    clip: TrainingClip, crop: slice, recipe: OpenRecipe, random: np.random.Generator
) -> Float[np.ndarray, "frames emotions"]:
    """The clip's, if the network is told, it is known and it is not dropped."""
    names = recipe.generator.emotions
    levels = np.zeros((recipe.crop_frames, len(names)), np.float32)
    if names and clip.emotion is not None and random.random() >= recipe.emotion_drop:
        rows = clip.emotion[crop][:, [EMOTIONS.index(name) for name in names]]
        levels[: len(rows)] = rows
    return levels


def speaker_shares(bank: ClipBank, balance: float) -> Float[np.ndarray, "speakers"]:
    """Share of crops that each speaker gives: clips ** (1 - balance), normalised."""
    weight = np.array([len(clips) for clips in bank.speakers], np.float64) ** (1 - balance)
    return weight / weight.sum()


def _draw_reference(
    motion: Float[np.ndarray, "frames 58"], share: float, random: np.random.Generator
) -> Float[np.ndarray, "58"]:
    """Neutral, or now and then a random part of the way to one of the clip's frames (face only)."""
    frame, part, chosen = random.integers(len(motion)), random.random(), random.random() < share
    reference = np.zeros(NUM_MOTION, np.float32)
    if chosen:
        reference[:NUM_REFERENCE] = part * motion[frame, :NUM_REFERENCE]
    return reference
