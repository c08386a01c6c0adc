"""Sound files and microphones' samples -> features at 25 fps. Uses `values`, `assets` and `inference` only.

audio_file  load_audio, stream_audio: anything PyAV decodes -> 16 kHz mono Audio, in step with the picture
envelope    amplitude_envelope: mean Hilbert envelope of each frame
encoder     SpeechEncoder: what an encoder must offer
mel         log-mel spectrograms as Whisper defines them
whisper     encoder "whisper-base": hidden states of Whisper base, 1024 channels; whisper_graph is its network
log_mel     encoder "log-mel": 80 bands without weights, a baseline
ears        encoder "ears": Whisper's features from a small causal network, for live use
user_models what the encoders share that a user brings in a folder (they run in PyTorch: networks.wavlm, .emotion2vec)
pitch       fundamental frequency; prosody: rhythm, prosody_features, listen
features    extract_features: encoder and envelope together, cached by content

To add an encoder: one file, one line in ENCODERS; tests/contracts/test_speech_encoders.py picks it up.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from xtalker.values import InputError
from xtalker.values.extras import require_extra

if TYPE_CHECKING:
    from xtalker.speech.audio_file import load_audio, stream_audio
    from xtalker.speech.encoder import SpeechEncoder
    from xtalker.speech.envelope import amplitude_envelope
    from xtalker.speech.features import extract_features, require_encoder
    from xtalker.speech.prosody import listen, prosody_features, rhythm

__all__ = [
    "ENCODERS", "USER_ENCODERS", "SpeechEncoder", "amplitude_envelope", "extract_features", "listen", "load_audio",
    "load_encoder", "load_user_encoder", "prosody_features", "require_encoder", "rhythm", "stream_audio",
]  # fmt: skip

ENCODERS: Final = {
    "whisper-base": "xtalker.speech.whisper:WhisperEncoder",
    "log-mel": "xtalker.speech.log_mel:LogMelEncoder",
    "ears": "xtalker.speech.ears:EarsEncoder",
}
"""Name -> "module:Class"; each class has a classmethod `load()`."""

USER_ENCODERS: Final = {
    "wavlm-base-plus": "xtalker.networks.wavlm:WavlmEncoder",
    "emotion2vec-plus-base": "xtalker.networks.emotion2vec:Emotion2vecEncoder",
}
"""Name -> "module:Class" of encoders whose weights a user brings; each has a classmethod `load(folder, device)`. They
need PyTorch and the extra `paper`."""

_HOMES: Final = {
    "SpeechEncoder": "encoder", "amplitude_envelope": "envelope", "extract_features": "features", "listen": "prosody",
    "load_audio": "audio_file", "prosody_features": "prosody", "require_encoder": "features", "rhythm": "prosody",
    "stream_audio": "audio_file",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    """Load each part when it is first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"xtalker.speech.{_HOMES[name]}"), name)


def load_encoder(name: str) -> SpeechEncoder:
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
    encoder: SpeechEncoder = getattr(import_module(module), class_name).load()
    return encoder


def load_user_encoder(name: str, folder: Path, *, device: str = "cpu") -> SpeechEncoder:
    """Load an encoder of `USER_ENCODERS` from the folder that holds its model.

    Args:
        name: of the encoder.
        folder: where its files lie.
        device: of PyTorch.

    Raises:
        InputError: unknown name, or no PyTorch.
        AssetError: its library is not installed, or the folder does not hold it.
    """
    if name not in USER_ENCODERS:
        raise InputError(
            "unknown speech encoder", received=repr(name), accepted=", ".join(USER_ENCODERS),
            next_step="choose one of these",
        )  # fmt: skip
    require_extra("train", "torch", name)
    module, class_name = USER_ENCODERS[name].split(":")
    encoder: SpeechEncoder = getattr(import_module(module), class_name).load(folder, device)
    return encoder
