"""Start noise that depends on seed and absolute frame only."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

_CHUNK_FRAMES = 64


def frame_noise(
    seed: int, first_frame: int, num_frames: int, channels: int
) -> Float[np.ndarray, "{num_frames} {channels}"]:
    """White standard normal noise for frames first_frame ... first_frame + num_frames - 1.

    A counter-based generator is keyed with (seed, chunk), so any two windows agree on the frames that they
    share and nothing of the past has to be kept. Any integer is a seed; it counts modulo 2^64.
    """
    first_chunk = first_frame // _CHUNK_FRAMES
    last_chunk = (first_frame + num_frames - 1) // _CHUNK_FRAMES
    chunks = [_chunk(seed, index, channels) for index in range(first_chunk, last_chunk + 1)]
    start = first_frame - first_chunk * _CHUNK_FRAMES
    return np.concatenate(chunks)[start : start + num_frames]


def _chunk(seed: int, index: int, channels: int) -> Float[np.ndarray, "64 {channels}"]:
    key = np.array([seed % 2**64, index], np.uint64)
    random = np.random.Generator(np.random.Philox(key=key))
    return random.standard_normal((_CHUNK_FRAMES, channels), np.float32)
