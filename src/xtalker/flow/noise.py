"""Start noise that depends on seed and absolute frame only."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float

KEY_FRAMES: Final = 25
"""Frames from one key of keyed noise to the next."""

_CHUNK_FRAMES = 64


def start_noise(
    kind: str, seed: int, first_frame: int, num_frames: int, channels: int
) -> Float[np.ndarray, "{num_frames} {channels}"]:
    """Noise of a window of generation: "white" (`frame_noise`) or "keyed" (`keyed_noise`)."""
    draw = {"white": frame_noise, "keyed": keyed_noise}[kind]
    return draw(seed, first_frame, num_frames, channels)


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


def keyed_noise(
    seed: int, first_frame: int, num_frames: int, channels: int
) -> Float[np.ndarray, "{num_frames} {channels}"]:
    """Standard normal keys every `KEY_FRAMES` frames, joined by straight lines.

    The published history of 3DXTalker's code starts so; the paper does not say it. Its standard deviation falls
    to 0.71 midway between keys. Left out: there each second repeats the key before (a stall), and the jaw's noise
    is made positive and scaled by loudness.
    """
    first_key = first_frame // KEY_FRAMES
    last_key = (first_frame + num_frames - 1) // KEY_FRAMES + 1
    keys = frame_noise(seed, first_key, last_key - first_key + 1, channels)
    place = np.arange(first_frame, first_frame + num_frames) / KEY_FRAMES - first_key
    before = place.astype(int)
    part = (place - before)[:, None].astype(np.float32)
    return (1 - part) * keys[before] + part * keys[before + 1]


def _chunk(seed: int, index: int, channels: int) -> Float[np.ndarray, "64 {channels}"]:
    key = np.array([seed % 2**64, index], np.uint64)
    random = np.random.Generator(np.random.Philox(key=key))
    return random.standard_normal((_CHUNK_FRAMES, channels), np.float32)
