"""Teach the small causal encoder "ears" to say what Whisper would say.

    python -m tools.distil_ears OUT.safetensors --data DATA --clips CLIPS --cache FOLDER    # half an hour, two cores

CLIPS is the generator's training folder (`tools.gather_clips`): its clips hold Whisper's features of their own voices.
Every group of clips is heard once more in a moved voice (`tools.voices`), so that the ears learn not to care who
speaks. The target is Whisper's channels, each standardised, on their largest principal components, unwhitened: what
varies much counts much. Clips of split train teach; those of validation measure. The cache is kept for another run.
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from tools.clip_sounds import clip_groups
from torch import Tensor
from tqdm import tqdm

from xtalker.networks.ears import EarsNetwork
from xtalker.speech import load_encoder
from xtalker.speech.ears import AHEAD_FRAMES, EarsConfig, frame_mels, write_ears
from xtalker.speech.mel import mel_filters
from xtalker.values import Audio
from xtalker.values.conventions import SAMPLES_PER_FRAME

SPLITS = ("train", "validation")
GAIN_DB = 15.0
_LEAST_FACTOR, _MOST_FACTOR = 0.78, 1.3
_CROP = 150
_BASIS_ROWS = 60_000
_DECAY = 0.995


@dataclass(frozen=True)
class Lesson:
    """A strung sound and what Whisper says of it.

    Attributes:
        samples: 16-bit, whole frames.
        target: principal components of Whisper's standardised channels.
    """

    samples: np.ndarray
    target: Float[np.ndarray, "frames channels"]


def prepare(data: Path, clips: Path, folder: Path) -> None:
    """Strung sounds with Whisper's features, one file a group and voice; what is there is kept."""
    folder.mkdir(parents=True, exist_ok=True)
    whisper = load_encoder("whisper-base")
    for number, group in enumerate(tqdm(clip_groups(data, clips), desc="listening", unit="group")):
        split, random = group.clips[0].split, np.random.default_rng(number)
        if split not in SPLITS:
            continue
        for kind in ("own", "moved"):
            place = folder / f"{split}_{number:03d}_{kind}.npz"
            voices = group if kind == "own" else group.moved(random.uniform(_LEAST_FACTOR, _MOST_FACTOR), random)
            order, samples = voices.strung(random)
            if place.exists():
                continue
            rows = (
                whisper.encode(Audio(samples)) if kind == "moved"
                else np.concatenate([group.clips[i].linguistic[min(1, len(group.clips[i].linguistic) - 1)]
                                     for i in order])
            )  # fmt: skip
            sound = np.round(np.clip(samples, -1, 1) * 32767).astype(np.int16)
            part = place.with_suffix(".part.npz")
            np.savez(part, samples=sound, rows=rows.astype(np.float16))
            part.rename(place)


@dataclass(frozen=True)
class Basis:
    """Mean and deviation of Whisper's channels, and the largest principal components."""

    mean: Float[np.ndarray, "1024"]
    scale: Float[np.ndarray, "1024"]
    components: Float[np.ndarray, "1024 channels"]

    @classmethod
    def fit(cls, paths: list[Path], channels: int) -> Basis:
        """Of a sample of all rows."""
        random = np.random.default_rng(0)
        each = -(-_BASIS_ROWS // len(paths))
        rows = []
        for path in paths:
            with np.load(path) as file:
                some = file["rows"]
            rows.append(some[random.integers(len(some), size=each)].astype(np.float32))
        rows = np.concatenate(rows)
        mean, scale = rows.mean(axis=0), np.maximum(rows.std(axis=0), 1e-6)
        spread, vectors = np.linalg.eigh(np.cov(((rows - mean) / scale).T))
        print(f"{channels} components hold {spread[::-1][:channels].sum() / spread.sum():.3f} of the variance")
        return cls(mean, scale, vectors[:, ::-1][:, :channels].astype(np.float32))

    def lesson(self, path: Path) -> Lesson:
        """A cached file."""
        with np.load(path) as file:
            rows = (file["rows"].astype(np.float32) - self.mean) / self.scale
            return Lesson(file["samples"], (rows @ self.components).astype(np.float16))


def draw(lessons: list[Lesson], batch: int, step: int, seed: int) -> tuple[Tensor, Tensor]:
    """Mel rows and targets of random crops; the sound's level is random, and silence lies before some crops."""
    random, filters = np.random.default_rng([seed, step]), mel_filters()
    weight = np.array([len(lesson.target) for lesson in lessons], np.float64)
    mels, targets = [], []
    for which in random.choice(len(lessons), batch, p=weight / weight.sum()):
        lesson = lessons[which]
        start = int(random.integers(max(1, len(lesson.target) - _CROP - AHEAD_FRAMES)))
        sound = lesson.samples[start * SAMPLES_PER_FRAME :][: (_CROP + AHEAD_FRAMES) * SAMPLES_PER_FRAME]
        gain = 10 ** (random.uniform(-GAIN_DB, GAIN_DB) / 20) / 32767
        rows = torch.from_numpy(frame_mels(sound.astype(np.float32) * np.float32(gain), filters))
        target = torch.from_numpy(lesson.target[start : start + _CROP].astype(np.float32))
        rows = rows[: len(target) + AHEAD_FRAMES]
        mels.append(torch.nn.functional.pad(rows, (0, 0, 0, _CROP + AHEAD_FRAMES - len(rows)), value=-1.5))
        targets.append(torch.nn.functional.pad(target, (0, 0, 0, _CROP - len(target)), value=math.nan))
    return torch.stack(mels), torch.stack(targets)


def error(network: EarsNetwork, mels: Tensor, targets: Tensor) -> Tensor:
    """Mean square, of rows whose whole past lies in the crop as well as of those where it begins."""
    guess = network(mels)[:, AHEAD_FRAMES:].float()
    there = torch.isfinite(targets)
    return ((guess - targets.nan_to_num()) ** 2)[there].mean()


def rates(step: int, steps: int, peak: float) -> float:
    """A short rise and a cosine fall."""
    return peak * min(1.0, (step + 1) / 100) * 0.5 * (1 + math.cos(math.pi * step / steps))


def explained(network: EarsNetwork, lessons: list[Lesson]) -> float:
    """Share of the targets' variance that the network's rows explain."""
    filters, missed, spread = mel_filters(), 0.0, 0.0
    mean = np.mean(np.concatenate([lesson.target for lesson in lessons]).astype(np.float32), axis=0)
    with torch.inference_mode():
        for lesson in lessons:
            mels = torch.from_numpy(frame_mels(lesson.samples.astype(np.float32) / 32767, filters))
            guess = network(mels[None])[0, AHEAD_FRAMES:].numpy()[: len(lesson.target)]
            target = lesson.target[: len(guess)].astype(np.float32)
            missed += float(((guess - target) ** 2).sum())
            spread += float(((target - mean) ** 2).sum())
    return 1 - missed / spread


def distil(folder: Path, config: EarsConfig, steps: int, batch: int, seed: int) -> tuple[EarsNetwork, dict[str, str]]:
    """Train; the averaged network and what to say of it."""
    basis = Basis.fit(sorted(folder.glob("train_*.npz")), config.channels)
    lessons = {split: [basis.lesson(p) for p in sorted(folder.glob(f"{split}_*.npz"))] for split in SPLITS}
    torch.manual_seed(seed)
    network = EarsNetwork(config)
    average = copy.deepcopy(network).eval().requires_grad_(False)
    optimiser = torch.optim.AdamW(network.parameters(), weight_decay=0.01)
    begin, last = time.monotonic(), 0.0
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = rates(step, steps, 2e-3)
        mels, targets = draw(lessons["train"], batch, step, seed)
        with torch.autocast("cpu", torch.bfloat16):
            loss = error(network, mels, targets)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        _average(average, network, min(_DECAY, (1 + step) / (10 + step)))
        last += float(loss.detach())
        if (step + 1) % 50 == 0:
            held = f", held-out share explained {explained(average, lessons['validation']):.3f}"
            print(f"step {step + 1}/{steps}  loss {last / 50:.4f}  {time.monotonic() - begin:.0f} s"
                  + (held if (step + 1) % 300 == 0 or step + 1 == steps else ""), flush=True)  # fmt: skip
            last = 0.0
    minutes = sum(len(lesson.target) for lesson in lessons["train"]) / 1500
    figures = {"explained_validation": explained(average, lessons["validation"]), "minutes": minutes, "steps": steps,
               "batch": batch}  # fmt: skip
    return average, {
        "figures": json.dumps(figures),
        "seed": str(seed),
        "teacher": load_encoder("whisper-base").fingerprint,
    }


@torch.no_grad()
def _average(average: EarsNetwork, network: EarsNetwork, decay: float) -> None:
    for mean, parameter in zip(average.parameters(), network.parameters(), strict=True):
        mean.lerp_(parameter, 1 - decay)


def main() -> None:
    """Prepare what is missing, train, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    for name in ("data", "clips", "cache"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=2400)
    parser.add_argument("--batch", type=int, default=24)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    prepare(given.data, given.clips, given.cache)
    network, said = distil(given.cache, EarsConfig(), given.steps, given.batch, given.seed)
    write_ears(given.out, network.config, network.arrays(), {**said, "licence": "Apache-2.0"})
    print(said["figures"])


if __name__ == "__main__":
    main()
