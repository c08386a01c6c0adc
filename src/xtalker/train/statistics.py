"""Means and deviations over all frames of the training clips."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from xtalker.generator.channels import HEAD
from xtalker.generator.normalise import Statistics, displace, log_amplitude
from xtalker.train.clips import TrainingClip


def clip_latent(clip: TrainingClip, latent: str = "displacement") -> Float[np.ndarray, "frames 58"]:
    """The clip's "absolute" motion, or its "displacement" from the clip's neutral.

    The neutral is zero for the face, the clip's median for the head. The paper takes the first frame, but many
    clips begin with an open mouth, breathing in.
    """
    motion = clip.motion.to_matrix().astype(np.float32)
    if latent == "absolute":
        return motion
    reference = np.zeros(motion.shape[1], np.float32)
    reference[HEAD] = np.median(motion[:, HEAD], axis=0)
    return displace(motion, reference)


@dataclass
class Moments:
    """Weighted mean and variance of rows that come in parts."""

    weight: Float[np.ndarray, "weighed"] | float = 0.0
    mean: Float[np.ndarray, "columns"] | float = 0.0
    scatter: Float[np.ndarray, "columns"] | float = 0.0

    def add(self, rows: Float[np.ndarray, "frames columns"], weights: Float[np.ndarray, "frames #columns"]) -> None:
        """Merge in more rows (Chan's update: stable, unlike a difference of sums of squares)."""
        share, rows = weights.sum(axis=0), rows.astype(np.float64)
        mean = (weights * rows).sum(axis=0) / np.maximum(share, 1e-12)
        total, step = self.weight + share, mean - self.mean
        part = share / np.maximum(total, 1e-12)
        self.scatter = self.scatter + (weights * (rows - mean) ** 2).sum(axis=0) + step**2 * self.weight * part
        self.mean, self.weight = self.mean + step * part, total

    def result(self) -> tuple[Float[np.ndarray, "columns"], Float[np.ndarray, "columns"]]:
        """Mean and standard deviation."""
        mean, variance = np.asarray(self.mean), np.asarray(self.scatter) / np.maximum(self.weight, 1e-12)
        return mean.astype(np.float32), np.sqrt(variance).astype(np.float32)


def measure(clips: Iterable[TrainingClip], latent: str = "displacement") -> Statistics:
    """Statistics of the clips; motion counts by its confidence, sound with every frame and phase."""
    motion, linguistic, loudness = Moments(), Moments(), Moments()
    for clip in clips:
        every = np.ones((clip.num_frames, 1))
        motion.add(clip_latent(clip, latent), clip.confidence.astype(np.float64)[:, None] * clip.observed)
        loudness.add(log_amplitude(clip.amplitude)[:, None], every)
        for phase in clip.linguistic:
            linguistic.add(phase, every)
    level = np.array([a[0] for a in loudness.result()], np.float32)
    return Statistics(*motion.result(), *linguistic.result(), level)
