"""Sound files and microphones' samples -> features at 25 fps. Uses `values` and `assets` only.

audio_file  load_audio: anything PyAV decodes -> 16 kHz mono Audio, in step with the picture
envelope    amplitude_envelope: mean Hilbert envelope of each frame
encoder     SpeechEncoder: what an encoder must offer
mel         log-mel spectrograms as Whisper defines them
whisper     encoder "whisper-base": hidden states of Whisper base, 1024 channels (loads torch)
log_mel     encoder "log-mel": 80 bands without weights, a baseline (loads torch)
pitch       fundamental frequency; prosody: rhythm, prosody_features, listen
features    extract_features: encoder and envelope together, cached by content

To add an encoder: one file, one line in ENCODERS; tests/contracts/test_speech_encoders.py picks it up.
"""

from __future__ import annotations

from importlib import import_module
from typing import Final

from xtalker.speech.audio_file import load_audio
from xtalker.speech.encoder import SpeechEncoder
from xtalker.speech.envelope import amplitude_envelope
from xtalker.speech.features import extract_features, require_encoder
from xtalker.speech.prosody import listen, prosody_features, rhythm
from xtalker.values import InputError

__all__ = [
    "ENCODERS", "SpeechEncoder", "amplitude_envelope", "extract_features", "listen", "load_audio", "load_encoder",
    "prosody_features", "require_encoder", "rhythm",
]  # fmt: skip

ENCODERS: Final = {
    "whisper-base": "xtalker.speech.whisper:WhisperEncoder",
    "log-mel": "xtalker.speech.log_mel:LogMelEncoder",
}
"""Name -> "module:Class"; each class has a classmethod `load(device)`."""


def load_encoder(name: str, *, device: str = "cpu") -> SpeechEncoder:
    """Load a speech encoder by its name in `ENCODERS`, with its weights.

    Raises:
        InputError: unknown name.
        AssetError: its weights are missing or damaged.
    """
    if name not in ENCODERS:
        raise InputError(
            "unknown speech encoder", received=repr(name), accepted=", ".join(ENCODERS),
            next_step="choose one of these",
        )  # fmt: skip
    module, class_name = ENCODERS[name].split(":")
    encoder: SpeechEncoder = getattr(import_module(module), class_name).load(device)
    return encoder
