"""Other voices out of the same recordings: training clips heard again with pitch and formants moved.

    python -m tools.voices DATA CLIPS OUT [--factors 0.84,1.2]      # about ten minutes on two cores, resumable

One hour of GRID has eight training voices. A voice moved up or down is the same mouth at the same moments, so the
motion keeps fitting; what the network learns is not to care who speaks. Each clip of split train is heard amid those of
its speaker, as in `tools.prepare_grid`, once for each factor; the rest of the clip is copied.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from jaxtyping import Float
from scipy.signal import istft, resample_poly, stft
from tqdm import tqdm

from xtalker.evaluate.grid import Source, grid_sources
from xtalker.speech import load_audio, load_encoder
from xtalker.train.clips import TrainingClip, read_clip, write_clip
from xtalker.values import Audio
from xtalker.values.conventions import SAMPLES_PER_FRAME

GROUP_CLIPS = 12
JITTER = 0.04
_WINDOW, _HOP = 1024, 256


def moved_voice(samples: Float[np.ndarray, "samples"], factor: float) -> Float[np.ndarray, "samples"]:
    """Pitch and formants times `factor`, at the same length and times.

    The sound is stretched by a phase vocoder (Flanagan and Golden, 1966) and played that much faster.
    """
    ratio = Fraction(factor).limit_denominator(100)
    stretched = _stretched(samples.astype(np.float64), float(ratio))
    fast = resample_poly(stretched, ratio.denominator, ratio.numerator)[: len(samples)]
    return np.pad(fast, (0, len(samples) - len(fast))).astype(np.float32)


def _stretched(samples: Float[np.ndarray, "samples"], factor: float) -> Float[np.ndarray, "longer"]:
    """The same sound, `factor` times as long."""
    _, _, spectrum = stft(samples, nperseg=_WINDOW, noverlap=_WINDOW - _HOP)
    spectrum = np.pad(spectrum, ((0, 0), (0, 2)))
    at = np.arange(0, spectrum.shape[1] - 2, 1 / factor)
    first, part = at.astype(int), at % 1
    size = (1 - part) * np.abs(spectrum[:, first]) + part * np.abs(spectrum[:, first + 1])
    expected = 2 * np.pi * _HOP * np.arange(len(spectrum)) / _WINDOW
    step = np.angle(spectrum[:, first + 1]) - np.angle(spectrum[:, first]) - expected[:, None]
    step = expected[:, None] + (step + np.pi) % (2 * np.pi) - np.pi
    phase = np.angle(spectrum[:, :1]) + np.cumsum(np.pad(step[:, :-1], ((0, 0), (1, 0))), axis=1)
    _, longer = istft(size * np.exp(1j * phase), nperseg=_WINDOW, noverlap=_WINDOW - _HOP)
    return longer[: round(len(samples) * factor)]


def main() -> None:
    """Copy every clip, those of split train with their other voices."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("data", "clips", "out"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--factors", default="0.84,1.2", help="of pitch and formants, up to 4 %% off each time")
    parser.add_argument("--groups", type=int, help="only the first N groups of 12 clips; the others are left out")
    args = parser.parse_args()
    factors = [float(text) for text in args.factors.split(",")]
    args.out.mkdir(parents=True, exist_ok=True)
    sources = [job for job in grid_sources(args.data) if (args.clips / f"{job.name}.npz").exists()]
    for job in sources:
        if job.split != "train" and not (args.out / f"{job.name}.npz").exists():
            write_clip(args.out, read_clip(args.clips / f"{job.name}.npz"))
    encoder = load_encoder("whisper-base")
    for number, group in enumerate(tqdm(list(_groups(sources))[: args.groups], unit="group")):
        if all((args.out / f"{job.name}.npz").exists() for job in group):
            continue
        clips = [read_clip(args.clips / f"{job.name}.npz") for job in group]
        random = np.random.default_rng(number)
        heard: list[list[np.ndarray]] = [[] for _ in group]
        for factor in factors:
            order = random.permutation(len(group))
            samples = np.concatenate([_sound(group[i], clips[i]) for i in order])
            voice = moved_voice(samples, factor * (1 + JITTER * random.uniform(-1, 1)))
            rows = encoder.encode(Audio(voice), phase_s=float(random.integers(200)) / 25)
            cuts = np.cumsum([clips[i].num_frames for i in order])[:-1]
            for i, piece in zip(order, np.split(rows, cuts), strict=True):
                heard[i].append(piece.astype(np.float16))
        for clip, more in zip(clips, heard, strict=True):
            write_clip(args.out, replace(clip, linguistic=(*clip.linguistic, *more)))


def _groups(sources: list[Source]) -> Iterator[list[Source]]:
    train = [job for job in sources if job.split == "train"]
    for speaker in sorted({job.speaker for job in train}):
        mine = [job for job in train if job.speaker == speaker]
        yield from (mine[i : i + GROUP_CLIPS] for i in range(0, len(mine), GROUP_CLIPS))


def _sound(job: Source, clip: TrainingClip) -> Float[np.ndarray, "samples"]:
    wanted = clip.num_frames * SAMPLES_PER_FRAME
    samples = load_audio(job.video).samples[:wanted]
    return np.pad(samples, (0, wanted - len(samples)))


if __name__ == "__main__":
    main()
