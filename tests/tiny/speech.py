"""A synthetic voice, and features as a speech encoder would give them."""

from __future__ import annotations

import numpy as np

from xtalker.values import Audio, SpeechFeatures
from xtalker.values.conventions import FRAME_RATE_HZ, SAMPLE_RATE_HZ

TINY_ENCODER = "tiny-encoder-1"
TINY_CHANNELS = 8


def tiny_envelope(num_frames: int, seed: int = 0) -> np.ndarray:
    """Loudness of syllables with a pause now and then, one value a frame, 0..0.3."""
    random = np.random.default_rng(seed)
    frame = np.arange(num_frames)
    syllables = np.zeros(num_frames)
    centre = random.uniform(4, 8)
    while centre < num_frames + 5:
        syllables += random.uniform(0.1, 0.3) * np.exp(-0.5 * ((frame - centre) / 1.5) ** 2)
        centre += random.choice([4, 5, 6, 16], p=[0.3, 0.3, 0.3, 0.1])
    return np.minimum(syllables, 0.3).astype(np.float32)


def tiny_voice(duration_s: float = 2.0, seed: int = 0) -> Audio:
    """A hum at 130 Hz with harmonics whose loudness follows `tiny_envelope`."""
    time = np.arange(round(duration_s * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    hum = sum(np.sin(2 * np.pi * 130 * k * time) / k for k in range(1, 9))
    frames = tiny_envelope(int(np.ceil(duration_s * FRAME_RATE_HZ)) + 1, seed)
    loudness = np.interp(time, (np.arange(len(frames)) + 0.5) / FRAME_RATE_HZ, frames)
    return Audio((0.5 * hum * loudness).astype(np.float32), source="tiny voice")


def tiny_features(num_frames: int, seed: int = 0, channels: int = TINY_CHANNELS) -> SpeechFeatures:
    """Smooth random channels, the first of which follows the loudness."""
    random = np.random.default_rng([seed, 1])
    amplitude = tiny_envelope(num_frames, seed)
    white = random.standard_normal((num_frames + 4, channels))
    linguistic = sum(white[k : k + num_frames] for k in range(5)).astype(np.float32)
    linguistic[:, 0] = 20 * amplitude
    return SpeechFeatures(linguistic, amplitude, TINY_ENCODER)
