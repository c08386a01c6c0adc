"""What encoders have in common that a user brings in a folder: windows, 50 vectors a second to 25, bounded reading.

Both of them see the sound through the convolutions of wav2vec 2.0: vector j covers samples 320 j to 320 j + 399, so n
frames of 640 samples give 2 n - 1 vectors.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.speech.encoder import phase_frames
from xtalker.speech.log_mel import cut_with_silence
from xtalker.values import AssetError, Audio
from xtalker.values.conventions import FRAME_RATE_HZ, SAMPLES_PER_FRAME

WINDOW_FRAMES, CONTEXT_FRAMES = 10 * FRAME_RATE_HZ, FRAME_RATE_HZ
STEP_FRAMES = WINDOW_FRAMES - 2 * CONTEXT_FRAMES
POLICY: Final = "window10s-context1s/25fps-end-points/1"
"""The part of a fingerprint that names window and frames."""

_MAX_WEIGHTS_BYTES, _MAX_CONFIG_BYTES = 4 << 30, 1 << 20

Hear = Callable[[Float[np.ndarray, "samples"]], Float[np.ndarray, "vectors channels"]]
"""A window's samples -> its vectors."""


def to_frames(vectors: Float[np.ndarray, "vectors channels"], num_frames: int) -> Float[np.ndarray, "frames channels"]:
    """Linear resampling with the end points aligned, as 3DXTalker does.

    Of 2 n - 1 vectors it takes every second one exactly. Vector 2 i is centred on 0.04 i + 0.0125 s, which is 7.5 ms
    before the centre of frame i.
    """
    place = np.linspace(0, len(vectors) - 1, num_frames) if num_frames > 1 else np.zeros(1)
    before = np.minimum(place.astype(int), max(len(vectors) - 2, 0))
    after = np.minimum(before + 1, len(vectors) - 1)
    part = (place - before)[:, None].astype(np.float32)
    return ((1 - part) * vectors[before] + part * vectors[after]).astype(np.float32)


def in_windows(audio: Audio, hear: Hear, channels: int, phase_s: float) -> Float[np.ndarray, "frames channels"]:
    """Features of a sound of any length: windows of 10 s in silence, of which 1 s at each end is context.

    Args:
        audio: the sound.
        hear: gives the vectors of a window.
        channels: of a vector.
        phase_s: moves the windows earlier by this much, see `SpeechEncoder.encode`.

    Raises:
        InputError: the phase does not fall on a frame.
    """
    phase = phase_frames(phase_s) % STEP_FRAMES
    out = np.empty((audio.num_frames, channels), np.float32)
    for start in range(-phase, len(out), STEP_FRAMES):
        first = (start - CONTEXT_FRAMES) * SAMPLES_PER_FRAME
        wave = cut_with_silence(audio.samples, first, first + WINDOW_FRAMES * SAMPLES_PER_FRAME)
        rows = to_frames(hear(wave), WINDOW_FRAMES)[CONTEXT_FRAMES:-CONTEXT_FRAMES]
        stop = min(start + STEP_FRAMES, len(out))
        out[max(start, 0) : stop] = rows[max(-start, 0) : stop - start]
    return out


def weights_of(folder: Path, kind: str, names: tuple[str, ...]) -> Path:
    """The first of these files that the folder has.

    Raises:
        AssetError: no such folder, none of them in it, or too large to be one.
    """
    found = next((folder / name for name in names if (folder / name).is_file()), None)
    if found is None:
        fault = f"{folder} without {' or '.join(names)}" if folder.is_dir() else f"{folder} (no such folder)"
    elif found.stat().st_size > _MAX_WEIGHTS_BYTES:
        fault = f"{found} of {found.stat().st_size} bytes"
    else:
        return found
    raise refusal(kind, fault)


def text_of(path: Path, kind: str) -> str:
    """A small text file.

    Raises:
        AssetError: missing, too large, or no text.
    """
    try:
        if path.stat().st_size > _MAX_CONFIG_BYTES:
            raise ValueError("larger than a configuration is")
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as fault:
        raise refusal(kind, f"{path} ({fault})") from fault


def name_of(path: Path) -> str:
    """Twelve letters that stand for a file's content."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()[:12]


def refusal(kind: str, received: object) -> AssetError:
    """What to say of a folder that is no such model."""
    return AssetError(
        f"this folder holds no {kind}", received=received, accepted=f"the files of {kind} as they are published",
        next_step="give the folder that the model was downloaded to",
    )  # fmt: skip


def without_library(kind: str, library: str) -> AssetError:
    """What to say when the library that runs a model is not installed."""
    return AssetError(
        f"{kind} needs {library}", received="an installation without it", accepted="the extra 'paper'",
        next_step="pip install 'xtalker[paper]'",
    )  # fmt: skip
