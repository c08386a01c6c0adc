"""Encoder "wavlm-base-plus": the last hidden state of WavLM, from a folder that the user has.

S. Chen et al. (2022). The weights are Microsoft's; nothing is fetched. Runs through transformers (the extra `paper`).
"""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import torch
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

NAME, KIND = "wavlm-base-plus", "WavLM for transformers"
_WEIGHTS = ("model.safetensors", "pytorch_model.bin")


class WavlmEncoder:
    """WavLM's last hidden state, 768 channels in the base size.

    Args:
        model: anything that is called with samples (1, samples) and answers with `last_hidden_state`.
        channels: of that state.
        weights_id: names the weights in the fingerprint.
        normalises: bring each window to mean 0 and deviation 1 first, as the model's own preprocessor says.
        device: torch device that the model is on.
    """

    rate_hz = FRAME_RATE_HZ

    def __init__(
        self, model: Any, channels: int, weights_id: str, *, normalises: bool = False, device: str = "cpu"
    ) -> None:
        self._model, self._normalises, self._device = model, normalises, device
        self.channels = channels
        self.fingerprint = f"{NAME}/{weights_id}/last{'-normalised' if normalises else ''}/{POLICY}"

    @classmethod
    def load(cls, folder: Path, device: str = "cpu") -> WavlmEncoder:
        """The model of a folder with config.json and model.safetensors, as transformers saves it.

        A pytorch_model.bin is read with torch's restricted unpickler, which makes tensors and nothing else.

        Raises:
            AssetError: transformers is not installed, or the folder holds no WavLM.
        """
        config = _json(folder / "config.json")
        if config.get("model_type") != "wavlm":
            raise refusal(KIND, f"{folder} with a model of type {config.get('model_type')!r}")
        weights = weights_of(folder, KIND, _WEIGHTS)
        try:
            library = import_module("transformers")
        except ImportError as fault:
            raise without_library("WavLM", "transformers") from fault
        try:
            model = library.WavLMModel(library.WavLMConfig.from_dict(config))
            missing, _ = model.load_state_dict(_state(weights), strict=False)
        except Exception as fault:  # whatever the library finds wrong with a user's files
            raise refusal(KIND, f"{folder} ({fault})") from fault
        if needed := [name for name in missing if name != "masked_spec_embed"]:
            raise refusal(KIND, f"{weights} without {needed[0]}")
        said = _json(folder / "preprocessor_config.json") if (folder / "preprocessor_config.json").is_file() else {}
        normalises = bool(said.get("do_normalize", False))
        return cls(model.eval().to(device), model.config.hidden_size, name_of(weights), normalises=normalises,
                   device=device)  # fmt: skip

    def encode(self, audio: Audio, *, phase_s: float = 0.0) -> Float[np.ndarray, "frames channels"]:
        """See `SpeechEncoder.encode`."""
        return in_windows(audio, self._hear, self.channels, phase_s)

    @torch.inference_mode()
    def _hear(self, wave: Float[np.ndarray, "samples"]) -> Float[np.ndarray, "vectors channels"]:
        if self._normalises:
            wave = ((wave - wave.mean()) / np.sqrt(wave.var() + 1e-7)).astype(np.float32)
        out = self._model(torch.from_numpy(wave)[None].to(self._device)).last_hidden_state
        hidden: Float[np.ndarray, "vectors channels"] = out[0].float().cpu().numpy()
        return hidden


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(text_of(path, KIND))
    except (ValueError, RecursionError) as fault:
        raise refusal(KIND, f"{path} ({fault})") from fault
    if not isinstance(found, dict):
        raise refusal(KIND, f"{path} without named entries")
    return found


def _state(weights: Path) -> dict[str, torch.Tensor]:
    """Tensors by the model's own names: older files call weight norm by other ones, and may hold a head."""
    if weights.suffix == ".safetensors":
        from safetensors.torch import load_file

        state = load_file(weights)
    else:
        state = torch.load(weights, map_location="cpu", weights_only=True)
    renamed = {"weight_g": "parametrizations.weight.original0", "weight_v": "parametrizations.weight.original1"}
    out = {}
    for name, tensor in state.items():
        stem, _, leaf = name.removeprefix("wavlm.").rpartition(".")
        out[f"{stem}.{renamed.get(leaf, leaf)}" if stem else leaf] = tensor
    return out
