"""Sound that travels with a model: samples as a wav file, sound files as they are."""

from __future__ import annotations

import io
import wave
from pathlib import Path
from typing import Final

import numpy as np

from xtalker.values import Audio
from xtalker.values.conventions import SAMPLE_RATE_HZ
from xtalker.values.files import check_readable

SOUND_KINDS: Final = {".wav": "audio/wav", ".mp3": "audio/mpeg", ".m4a": "audio/mp4"}
"""Sound files that are taken as they are, with their media type; anything else comes as samples."""

_MAX_BYTES: Final = 1 << 29


def sound_fault(sound: Path | Audio | None) -> str | None:
    """What keeps a sound from being taken along, or None."""
    if not isinstance(sound, Path):
        return None
    if sound.suffix.lower() not in SOUND_KINDS:
        return f"sound of kind '{sound.suffix}', not {' '.join(SOUND_KINDS)} or samples"
    if sound.is_file() and sound.stat().st_size > _MAX_BYTES:
        return f"a sound of {sound.stat().st_size} bytes; {_MAX_BYTES} fit"
    return None


def sound_bytes(sound: Path | Audio) -> tuple[bytes, str]:
    """Content of a sound file, and its suffix.

    Raises:
        InputError: the file cannot be read.
    """
    if isinstance(sound, Path):
        check_readable(sound, kind="sound", accepted=f"a sound file ({' '.join(SOUND_KINDS)})")
        return sound.read_bytes(), sound.suffix.lower()
    stream = io.BytesIO()
    with wave.open(stream, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE_HZ)
        file.writeframes(np.rint(np.clip(sound.samples, -1, 1) * 32767).astype("<i2").tobytes())
    return stream.getvalue(), ".wav"
