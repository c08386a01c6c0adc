"""Encoder "emotion2vec-plus-base": frame-wise emotion features, from a folder that the user has.

Z. Ma et al. (2023). The weights are their authors'; nothing is fetched. Runs through funasr (the extra `paper`).
"""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
import yaml
from jaxtyping import Float

from xtalker.speech.user_models import (
    POLICY,
    in_windows,
    name_of,
    refusal,
    text_of,
    weights_of,
    without_library,
)
from xtalker.values import Audio
from xtalker.values.conventions import FRAME_RATE_HZ

NAME, KIND = "emotion2vec-plus-base", "emotion2vec for funasr"
_WEIGHTS = ("model.safetensors", "model.pt")
_PREFIX = "d2v_model."
_NOT_NEEDED = ("modality_encoders.AUDIO.decoder.", "proj.")
_LAYERS = r"\[\(\d{1,4},\s*\d{1,2},\s*\d{1,2}\)\](\s*\*\s*\d)?"
_SPECIFICATION: Final = re.compile(rf"{_LAYERS}(\s*\+\s*{_LAYERS}){{0,15}}")


class Emotion2vecEncoder:
    """The last hidden state of emotion2vec, 768 channels in the base size.

    Args:
        model: has `extract_features(samples)` with samples (1, samples), which answers with {"x": vectors}.
        channels: of a vector.
        weights_id: names the weights in the fingerprint.
        normalises: bring each window to mean 0 and deviation 1 first, as the model's configuration says.
        device: torch device that the model is on.
    """

    rate_hz = FRAME_RATE_HZ

    def __init__(
        self, model: Any, channels: int, weights_id: str, *, normalises: bool = True, device: str = "cpu"
    ) -> None:
        self._model, self._normalises, self._device = model, normalises, device
        self.channels = channels
        self.fingerprint = f"{NAME}/{weights_id}/last{'-normalised' if normalises else ''}/{POLICY}"

    @classmethod
    def load(cls, folder: Path, device: str = "cpu") -> Emotion2vecEncoder:
        """The model of a folder with config.yaml and model.pt, as funasr's models are published.

        The weights are read with torch's restricted unpickler, which makes tensors and nothing else.

        Raises:
            AssetError: funasr is not installed, or the folder holds no emotion2vec.
        """
        settings = _settings(folder / "config.yaml")
        weights = weights_of(folder, KIND, _WEIGHTS)
        try:
            library = import_module("funasr.models.emotion2vec.model")
        except ImportError as fault:
            raise without_library("emotion2vec", f"funasr and what it imports ({fault})") from fault
        try:
            model = library.Emotion2vec(model_conf=settings)
            missing, _ = model.load_state_dict(_state(weights), strict=False)
        except Exception as fault:  # whatever the library finds wrong with a user's files
            raise refusal(KIND, f"{folder} ({fault})") from fault
        if needed := [name for name in missing if not name.startswith(_NOT_NEEDED)]:
            raise refusal(KIND, f"{weights} without {needed[0]}")
        return cls(model.eval().to(device), int(settings["embed_dim"]), name_of(weights),
                   normalises=bool(settings.get("normalize", True)), device=device)  # fmt: skip

    def encode(self, audio: Audio, *, phase_s: float = 0.0) -> Float[np.ndarray, "frames channels"]:
        """See `SpeechEncoder.encode`."""
        return in_windows(audio, self._hear, self.channels, phase_s)

    @torch.inference_mode()
    def _hear(self, wave: Float[np.ndarray, "samples"]) -> Float[np.ndarray, "vectors channels"]:
        samples = torch.from_numpy(wave).to(self._device)
        if self._normalises:
            samples = torch.nn.functional.layer_norm(samples, samples.shape)
        features: Float[np.ndarray, "vectors channels"] = (
            self._model.extract_features(samples[None])["x"][0].float().cpu().numpy()
        )
        return features


def _settings(path: Path) -> dict[str, Any]:
    """The model's part of its configuration.

    funasr evaluates `feature_encoder_spec` as Python, so anything but a list of convolutions is refused here.
    """
    try:
        found = yaml.safe_load(text_of(path, KIND))
        settings = found["model_conf"]
        specification = settings["modalities"]["audio"]["feature_encoder_spec"]
        if found["model"] != "Emotion2vec" or not _SPECIFICATION.fullmatch(specification):
            raise ValueError(f"model {found['model']!r} with convolutions {specification!r}")
        if not 0 < int(settings["embed_dim"]) <= 4096 or not 0 < int(settings["depth"]) <= 64:
            raise ValueError("a size that no such model has")
    except (yaml.YAMLError, KeyError, TypeError, ValueError, RecursionError) as fault:
        raise refusal(KIND, f"{path} ({fault!r})") from fault
    assert isinstance(settings, dict)
    return settings


def _state(weights: Path) -> dict[str, torch.Tensor]:
    if weights.suffix == ".safetensors":
        from safetensors.torch import load_file

        state: dict[str, Any] = load_file(weights)
    else:
        state = torch.load(weights, map_location="cpu", weights_only=True)
    for key in ("state_dict", "model"):
        if isinstance(state.get(key), dict):
            state = state[key]
    return {name.removeprefix(_PREFIX): tensor for name, tensor in state.items()}
