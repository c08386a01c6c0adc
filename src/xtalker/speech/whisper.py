"""Encoder "whisper-base": hidden states of Whisper base at the frame centres.

Radford et al. (2022), figure 1, left. The features of a sound depend on where in the window it lies, so one window
policy holds everywhere: windows of 10 s, silence around the sound, 1 s of context dropped on each side.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from xtalker.assets import CATALOGUE, fetch
from xtalker.speech.encoder import phase_frames
from xtalker.speech.log_mel import cut_with_silence
from xtalker.speech.mel import mel_filters, whisper_log_mel
from xtalker.values import Audio, InputError
from xtalker.values.conventions import FRAME_RATE_HZ, SAMPLES_PER_FRAME

ASSET = "whisper-base-encoder"
WINDOW_FRAMES, CONTEXT_FRAMES = 10 * FRAME_RATE_HZ, FRAME_RATE_HZ
STEP_FRAMES = WINDOW_FRAMES - 2 * CONTEXT_FRAMES
HIDDEN_LAYER = 4
PRECISIONS: Final = ("float32", "bfloat16")
PRECISION_VARIABLE: Final = "XTALKER_PRECISION"
TOLERANCE: Final = {"float32": 2e-5, "bfloat16": 1e-2}
"""How far features of the same sound may differ with the batch or the window they are computed in, and with the
processor, as a share of the largest feature. Some processors sum bfloat16 products in an order that depends on the
size of the matrices (0.4 % was measured), so bfloat16 is a choice and single precision the default."""

_BATCH_WINDOWS = 4
_SILENCE_AFTER_FRAMES = 10


class WhisperEncoder:
    """Whisper's encoder: channels [hidden state 4 | normed output].

    Encoder frame j of a window is centred on 0.02 j s and video frame i on 0.04 i + 0.02 s, so the frame taken is
    2 i + 1 exactly, without interpolation. Window k covers frames 200 k - 25 - p .. 200 k + 225 - p for a phase of p
    frames. Therefore a sound that comes d frames later gives the same features d frames later when the phase is
    p - d modulo 200; under the same phase it does so when d is a multiple of 200.

    Args:
        tensors: weights by name, any float type.
        weights_id: names the weights in the fingerprint.
        device: torch device to run on.
        hidden_layer: which hidden state comes first, 0 being the input of the first layer.
        precision: "float32", or "bfloat16" to multiply in bfloat16: up to 2.5 times as fast on processors that have
            it, within `TOLERANCE`. Against single precision features move by about a hundredth of their standard
            deviation (a test holds it under three), which no lip shows; the fingerprint stays.
    """

    rate_hz = FRAME_RATE_HZ

    def __init__(
        self, tensors: Mapping[str, Tensor], weights_id: str, device: str = "cpu", *,
        hidden_layer: int = HIDDEN_LAYER, precision: str = "float32",
    ) -> None:  # fmt: skip
        self._num_heads = int(tensors["num_heads"])
        self._weights = {name: t.to(device, torch.float32) for name, t in tensors.items() if t.ndim}
        self._num_layers = sum(name.endswith("ffn/linear_0/weight") for name in tensors)
        self._hidden_layer, self.precision = hidden_layer, precision
        self._device = torch.device(device)
        self._filters = mel_filters().to(device)
        self.channels = 2 * len(self._weights["layer_norm/gamma"])
        self.fingerprint = f"{weights_id}/hidden{hidden_layer}+final/window10s-context1s/25fps-centres/1"

    @classmethod
    def load(cls, device: str) -> WhisperEncoder:
        """The published weights on a torch device."""
        from safetensors.torch import load_file

        weights_id = f"whisper-base/{CATALOGUE[ASSET].sha256[:12]}"
        return cls(load_file(fetch(ASSET)), weights_id, device, precision=asked_precision())

    def encode(self, audio: Audio, *, phase_s: float = 0.0) -> Float[np.ndarray, "frames channels"]:
        """See `SpeechEncoder.encode`."""
        phase = phase_frames(phase_s) % STEP_FRAMES
        out = np.empty((audio.num_frames, self.channels), np.float32)
        starts = range(-phase, len(out), STEP_FRAMES)
        for batch in range(0, len(starts), _BATCH_WINDOWS):
            group = starts[batch : batch + _BATCH_WINDOWS]
            for start, rows in zip(group, self._windows(audio, group)):
                stop = min(start + STEP_FRAMES, len(out))
                out[max(start, 0) : stop] = rows[max(-start, 0) : stop - start]
        return out

    @torch.inference_mode()
    def hear(self, samples: Float[np.ndarray, "samples"]) -> Float[np.ndarray, "frames channels"]:
        """See `live.LiveEncoder.hear`; up to 29 s.

        Silence follows the sound: Whisper's last half second in a window is unlike all the rest.
        """
        frames = len(samples) // SAMPLES_PER_FRAME
        wave = np.pad(samples, (0, _SILENCE_AFTER_FRAMES * SAMPLES_PER_FRAME)).astype(np.float32)
        mel = whisper_log_mel(torch.from_numpy(wave[None]).to(self._device), self._filters)
        both = torch.cat(self._hidden_and_final(mel), dim=-1)
        return both[0, 1::2][:frames].cpu().numpy()

    @torch.inference_mode()
    def _windows(self, audio: Audio, starts: range) -> Float[np.ndarray, "windows 200 channels"]:
        """The kept frames of the windows whose first kept frames are given."""
        waves = np.stack([_window(audio.samples, start) for start in starts])
        mel = whisper_log_mel(torch.from_numpy(waves).to(self._device), self._filters)
        both = torch.cat(self._hidden_and_final(mel), dim=-1)
        first = 2 * CONTEXT_FRAMES + 1
        return both[:, first : first + 2 * STEP_FRAMES : 2].cpu().numpy()

    def _hidden_and_final(
        self, mel: Float[Tensor, "windows 80 hops"]
    ) -> tuple[Float[Tensor, "windows steps width"], Float[Tensor, "windows steps width"]]:
        with torch.autocast(self._device.type, torch.bfloat16, enabled=self.precision == "bfloat16"):
            hidden, final = self._layers(mel)
        return hidden.float(), final.float()

    def _layers(
        self, mel: Float[Tensor, "windows 80 hops"]
    ) -> tuple[Float[Tensor, "windows steps width"], Float[Tensor, "windows steps width"]]:
        w = self._weights
        x = F.gelu(F.conv1d(mel, w["conv1/weight"], w["conv1/bias"], padding=1))
        x = F.gelu(F.conv1d(x, w["conv2/weight"], w["conv2/bias"], stride=2, padding=1)).transpose(1, 2)
        x = x + w["position_encodings/encodings"][: x.shape[1]]
        hidden = x
        for layer in range(self._num_layers):
            x = x + self._attention(self._norm(x, f"layer_{layer}/self_attention/"), layer)
            x = x + self._feed_forward(self._norm(x, f"layer_{layer}/ffn/"), layer)
            if layer + 1 == self._hidden_layer:
                hidden = x
        return hidden, self._norm(x, "")

    def _norm(self, x: Float[Tensor, "windows steps width"], place: str) -> Float[Tensor, "windows steps width"]:
        gamma, beta = (self._weights[f"{place}layer_norm/{n}"] for n in ("gamma", "beta"))
        return F.layer_norm(x, gamma.shape, gamma, beta)

    def _linear(self, x: Float[Tensor, "windows steps inner"], place: str) -> Float[Tensor, "windows steps outer"]:
        return F.linear(x, self._weights[f"{place}/weight"], self._weights[f"{place}/bias"])

    def _attention(self, x: Float[Tensor, "windows steps width"], layer: int) -> Float[Tensor, "windows steps width"]:
        place = f"layer_{layer}/self_attention"
        parts = self._linear(x, f"{place}/linear_0").chunk(3, dim=-1)
        query, key, value = (p.reshape(*p.shape[:2], self._num_heads, -1).transpose(1, 2) for p in parts)
        mixed = F.scaled_dot_product_attention(query, key, value).transpose(1, 2).flatten(2)
        return self._linear(mixed, f"{place}/linear_1")

    def _feed_forward(
        self, x: Float[Tensor, "windows steps width"], layer: int
    ) -> Float[Tensor, "windows steps width"]:
        inner = F.gelu(self._linear(x, f"layer_{layer}/ffn/linear_0"))
        return self._linear(inner, f"layer_{layer}/ffn/linear_1")


def asked_precision() -> str:
    """What `XTALKER_PRECISION` asks for: one of `PRECISIONS`, single precision where it asks for nothing.

    Raises:
        InputError: it names something else.
    """
    asked = os.environ.get(PRECISION_VARIABLE, "").strip().lower() or PRECISIONS[0]
    if asked not in PRECISIONS:
        raise InputError(
            f"unknown precision in {PRECISION_VARIABLE}",
            received=asked,
            accepted=" or ".join(PRECISIONS),
            next_step="set it to one of these, or unset it",
        )
    return asked


def _window(samples: Float[np.ndarray, "samples"], start_frame: int) -> Float[np.ndarray, "160000"]:
    first = (start_frame - CONTEXT_FRAMES) * SAMPLES_PER_FRAME
    return cut_with_silence(samples, first, first + WINDOW_FRAMES * SAMPLES_PER_FRAME)
