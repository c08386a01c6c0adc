"""Sound files and microphones' samples -> features at 25 fps. Uses `values` and `assets` only.

audio_file  load_audio, stream_audio: anything PyAV decodes -> 16 kHz mono Audio, in step with the picture
envelope    amplitude_envelope: mean Hilbert envelope of each frame
encoder     SpeechEncoder: what an encoder must offer
mel         log-mel spectrograms as Whisper defines them
whisper     encoder "whisper-base": hidden states of Whisper base, 1024 channels (loads torch)
log_mel     encoder "log-mel": 80 bands without weights, a baseline (loads torch)
ears        encoder "ears": Whisper's features from a small causal network, for live use (loads torch)
wavlm       encoder "wavlm-base-plus", emotion2vec "emotion2vec-plus-base": from a user's folder (user_models)
pitch       fundamental frequency; prosody: rhythm, prosody_features, listen
features    extract_features: encoder and envelope together, cached by content

To add an encoder: one file, one line in ENCODERS; tests/contracts/test_speech_encoders.py picks it up.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Final

from xtalker.speech.audio_file import load_audio, stream_audio
from xtalker.speech.encoder import SpeechEncoder
from xtalker.speech.envelope import amplitude_envelope
from xtalker.speech.features import extract_features, require_encoder
from xtalker.speech.prosody import listen, prosody_features, rhythm
from xtalker.values import InputError

__all__ = [
    "ENCODERS", "USER_ENCODERS", "SpeechEncoder", "amplitude_envelope", "extract_features", "listen", "load_audio",
    "load_encoder", "load_user_encoder", "prosody_features", "require_encoder", "rhythm", "stream_audio",
]  # fmt: skip

ENCODERS: Final = {
    "whisper-base": "xtalker.speech.whisper:WhisperEncoder",
    "log-mel": "xtalker.speech.log_mel:LogMelEncoder",
    "ears": "xtalker.speech.ears:EarsEncoder",
}
"""Name -> "module:Class"; each class has a classmethod `load(device)`."""

USER_ENCODERS: Final = {
    "wavlm-base-plus": "xtalker.speech.wavlm:WavlmEncoder",
    "emotion2vec-plus-base": "xtalker.speech.emotion2vec:Emotion2vecEncoder",
}
"""Name -> "module:Class" of encoders whose weights a user brings; each has a classmethod `load(folder, device)`. They
need the extra `paper`."""


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


def load_user_encoder(name: str, folder: Path, *, device: str = "cpu") -> SpeechEncoder:
    """Load an encoder of `USER_ENCODERS` from the folder that holds its model.

    Raises:
        InputError: unknown name.
        AssetError: its library is not installed, or the folder does not hold it.
    """
    if name not in USER_ENCODERS:
        raise InputError(
            "unknown speech encoder", received=repr(name), accepted=", ".join(USER_ENCODERS),
            next_step="choose one of these",
        )  # fmt: skip
    module, class_name = USER_ENCODERS[name].split(":")
    encoder: SpeechEncoder = getattr(import_module(module), class_name).load(folder, device)
    return encoder
