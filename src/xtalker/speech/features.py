"""Encoder and envelope together, computed once for each sound."""

from __future__ import annotations

import hashlib
import logging
import os
from contextlib import suppress
from pathlib import Path

import numpy as np
from jaxtyping import Float

from xtalker.assets import cache_folder, say_not_kept
from xtalker.speech.encoder import SpeechEncoder, phase_frames
from xtalker.speech.envelope import amplitude_envelope
from xtalker.values import Audio, InputError, OutputError, SpeechFeatures
from xtalker.values.conventions import FRAME_RATE_HZ
from xtalker.values.files import read_arrays, whole_file

CACHE_BYTES = 2 << 30
_SCHEMA = b"1"
_log = logging.getLogger("xtalker")


def extract_features(
    audio: Audio, encoder: SpeechEncoder, *, cache: bool = True, phase_s: float = 0.0
) -> SpeechFeatures:
    """Features of a sound, one row for each of `audio.num_frames`.

    The linguistic part is rounded to half precision, cached or not, so that a cached result equals a fresh one; it
    comes back as float32. The cache is keyed by samples, fingerprint and phase, and keeps about 2 GB: the results
    not used for longest go first. A cache that cannot be written is said in the log and does not stop the work.

    Args:
        audio: the sound.
        encoder: from `load_encoder`.
        cache: whether to look in the per-user cache and to store there.
        phase_s: window phase, see `SpeechEncoder.encode`.

    Raises:
        InputError: the phase is not a multiple of 0.04 s.
    """
    assert encoder.rate_hz == FRAME_RATE_HZ, f"{encoder.fingerprint} does not give 25 vectors a second"
    place = _place(audio, encoder, phase_frames(phase_s)) if cache else None
    linguistic = _read(place, (audio.num_frames, encoder.channels)) if place else None
    if linguistic is None:
        linguistic = _half(encoder.encode(audio, phase_s=phase_s))
        if place:
            _write(place, linguistic)
    return SpeechFeatures(linguistic.astype(np.float32), amplitude_envelope(audio), encoder.fingerprint)


def require_encoder(features: SpeechFeatures, fingerprint: str) -> None:
    """Refuse features of another encoder than the one that a model was trained with.

    Raises:
        InputError: the fingerprints differ.
    """
    if features.encoder != fingerprint:
        raise InputError(
            "the speech features come from another encoder", received=features.encoder, accepted=fingerprint,
            next_step="extract the features with the encoder that the checkpoint names",
        )  # fmt: skip


def _half(features: Float[np.ndarray, "frames channels"]) -> Float[np.ndarray, "frames channels"]:
    """Half precision; clips in place, since an encoder gives a fresh array."""
    limit = float(np.finfo(np.float16).max)
    return np.clip(features, -limit, limit, out=features).astype(np.float16)


def _place(audio: Audio, encoder: SpeechEncoder, phase: int) -> Path | None:
    key = hashlib.sha256(_SCHEMA)
    key.update(np.ascontiguousarray(audio.samples, np.float32).data)
    key.update(f"|{encoder.fingerprint}|{phase}".encode())
    try:
        return cache_folder("features") / f"{key.hexdigest()}.npz"
    except OutputError as error:
        say_not_kept(error)
        return None


def _read(place: Path, shape: tuple[int, int]) -> Float[np.ndarray, "frames channels"] | None:
    """The cached array; None when absent or not what we would have written."""
    if not place.exists():
        return None
    try:
        linguistic = read_arrays(place, kind="cached features", max_bytes=CACHE_BYTES)["linguistic"]
        if (linguistic.shape, linguistic.dtype) != (shape, np.dtype(np.float16)):
            raise ValueError("another shape or number type")
        if not np.isfinite(linguistic).all():
            raise ValueError("values that are not finite")
    except Exception as error:  # whatever an entry does, it is a miss
        _log.warning("cached features %s are damaged and are computed again: %s", place, error)
        return None
    with suppress(OSError):  # a cache that may only be read keeps no order of use
        os.utime(place)
    return linguistic


def _write(place: Path, linguistic: Float[np.ndarray, "frames channels"]) -> None:
    try:
        with whole_file(place) as beside, beside.open("wb") as handle:
            np.savez(handle, linguistic=linguistic)
        _make_room(place.parent)
    except (OSError, OutputError) as error:
        say_not_kept(error)


def _make_room(folder: Path) -> None:
    entries = []
    for path in folder.iterdir():
        try:
            seen = path.stat()
        except FileNotFoundError:  # another process made room at the same time
            continue
        entries.append((seen.st_mtime, seen.st_size, path))
    excess = sum(size for _, size, _ in entries) - CACHE_BYTES
    for _, size, path in sorted(entries):
        if excess <= 0:
            break
        path.unlink(missing_ok=True)
        excess -= size
