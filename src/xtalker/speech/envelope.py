"""Loudness over time: the mean Hilbert envelope of each frame."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from scipy import fft
from scipy.ndimage import maximum_filter1d

from xtalker.values import Audio
from xtalker.values.conventions import SAMPLES_PER_FRAME

CHUNK_SAMPLES = 1 << 19
CONTEXT_SAMPLES = 1 << 16
LARGEST_CREST = 4.0


def amplitude_envelope(audio: Audio) -> Float[np.ndarray, "frames"]:
    """Mean of |analytic signal| over each 25 fps frame, linear, float32.

    Sounds of up to half a minute are transformed as a whole. Longer ones go in chunks with 4 s of context on each
    side, faded in and out, so that memory stays bounded; the result differs from the whole transform by less than
    1e-4. A constant offset of the recording is taken out first: it is no sound. The transform's 1 / t kernel, and
    an offset that is not the same everywhere, would still leave a trace in silence beside speech; so no frame's value
    exceeds LARGEST_CREST times the standard deviation of the samples in it or in a neighbour (a tone's mean envelope:
    1.41 times; speech hardly ever reaches the bound).

    Args:
        audio: the sound; its last frame is completed with silence.
    """
    num_samples = audio.num_frames * SAMPLES_PER_FRAME
    wave = np.zeros(num_samples, np.float32)
    kept = audio.samples[:num_samples]
    wave[: len(kept)] = kept - (kept.mean(dtype=np.float64) if len(kept) else 0.0)
    magnitude = np.empty(num_samples, np.float32)
    for start in range(0, num_samples, CHUNK_SAMPLES):
        stop = min(start + CHUNK_SAMPLES, num_samples)
        first, last = max(0, start - CONTEXT_SAMPLES), min(num_samples, stop + CONTEXT_SAMPLES)
        part = _faded(wave[first:last], start - first, last - stop)
        magnitude[start:stop] = _magnitude(part)[start - first : stop - first]
    mean = magnitude.reshape(-1, SAMPLES_PER_FRAME).mean(axis=1, dtype=np.float64)
    spread = wave.reshape(-1, SAMPLES_PER_FRAME).std(axis=1, dtype=np.float64)
    return np.minimum(mean, LARGEST_CREST * maximum_filter1d(spread, 3, mode="nearest")).astype(np.float32)


def _faded(wave: Float[np.ndarray, "samples"], lead: int, tail: int) -> Float[np.ndarray, "samples"]:
    """The context fades smoothly, since the 1 / t kernel of the transform hears a hard edge from far away."""
    out = wave.astype(np.float64)
    out[:lead] *= np.sin(np.linspace(0, np.pi / 2, lead)) ** 2
    out[len(out) - tail :] *= np.cos(np.linspace(0, np.pi / 2, tail)) ** 2
    return out


def _magnitude(wave: Float[np.ndarray, "samples"]) -> Float[np.ndarray, "samples"]:
    """|x + i H(x)| with silence after the end up to a fast length of the transform."""
    size = fft.next_fast_len(len(wave), real=False)
    spectrum = fft.fft(wave, size)
    half = (size + 1) // 2
    spectrum[1:half] *= 2
    spectrum[size // 2 + 1 :] = 0
    return np.abs(fft.ifft(spectrum)[: len(wave)])
