"""Training clips in which the jaw follows the loudness."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from tests.tiny.speech import TINY_ENCODER, tiny_features

from xtalker.train.clips import TrainingClip, write_clip
from xtalker.values import Motion
from xtalker.values.conventions import CHANNEL


def tiny_clip(
    name: str, *, seed: int, num_frames: int = 50, speaker: str = "one", split: str = "train"
) -> TrainingClip:
    """Jaw and lower lip open with the loudness; the head nods with it, brows and eyes drift at random."""
    features = tiny_features(num_frames, seed)
    random = np.random.default_rng([seed, 2])
    motion = Motion.zeros(num_frames)
    motion.jaw[:, 0] = features.amplitude
    motion.expression[:, CHANNEL["jawOpenCorrective"]] = features.amplitude / 0.3613
    for name_ in ("mouthLowerDownLeft", "mouthLowerDownRight"):
        motion.expression[:, CHANNEL[name_]] = 2 * features.amplitude
    drift = np.cumsum(random.standard_normal((num_frames, 3)), axis=0) / num_frames
    motion.expression[:, CHANNEL["browInnerUpLeft"]] = 0.1 * drift[:, 0]
    motion.gaze[:, 1] = 0.1 * drift[:, 1]
    motion.head[:] = np.array([0.1, -0.2, 0.05]) + 0.2 * features.amplitude[:, None] * np.array([1, 0, 0])
    confidence = np.ones(num_frames, np.float32)
    phases = (features.linguistic, features.linguistic + 0.05)
    return TrainingClip(name, speaker, split, TINY_ENCODER, motion, confidence, phases, features.amplitude)


def write_tiny_clips(folder: Path, *, count: int = 12, num_frames: int = 50) -> Path:
    """`count` clips of two speakers, the last quarter in split test."""
    for index in range(count):
        split = "train" if index < count * 3 // 4 else "test"
        clip = tiny_clip(f"clip_{index:02}", seed=index, num_frames=num_frames, speaker="ab"[index % 2], split=split)
        write_clip(folder, clip)
    return folder
