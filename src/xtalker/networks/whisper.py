"""Whisper's encoder in PyTorch, multiplied in bfloat16: for processors and tasks where speed is worth more.

Faster on processors that multiply bfloat16 themselves. Features move by about a hundredth of their deviation (a test
holds it under three).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Shaped
from torch import Tensor

from xtalker.speech.whisper import HIDDEN_LAYER, WhisperEncoder


class BfloatWhisper(WhisperEncoder):
    """The encoder of `speech.whisper`; its fingerprint stays.

    Args:
        tensors, weights_id, hidden_layer: as there.
        bfloat16: False computes in single precision.
    """

    def __init__(
        self,
        tensors: Mapping[str, Shaped[np.ndarray, "..."]],
        weights_id: str,
        *,
        hidden_layer: int = HIDDEN_LAYER,
        bfloat16: bool = True,
    ) -> None:
        super().__init__(tensors, weights_id, hidden_layer=hidden_layer)
        self._bfloat16, self.precision = bfloat16, "bfloat16" if bfloat16 else "float32"
        self._tensors = {name: torch.from_numpy(array.astype(np.float32)) for name, array in self._weights.items()}

    @torch.inference_mode()
    def hidden_and_final(self, mel: Float[np.ndarray, "windows 80 hops"]) -> Float[np.ndarray, "windows steps both"]:
        """See `WhisperEncoder.hidden_and_final`."""
        with torch.autocast("cpu", torch.bfloat16, enabled=self._bfloat16):
            both = torch.cat([each.float() for each in self._layers(torch.from_numpy(mel))], dim=-1)
        out: Float[np.ndarray, "windows steps both"] = both.numpy()
        return out

    def _layers(
        self, mel: Float[Tensor, "windows 80 hops"]
    ) -> tuple[Float[Tensor, "windows steps width"], Float[Tensor, "windows steps width"]]:
        w = self._tensors
        x = F.gelu(F.conv1d(mel, w["conv1/weight"], w["conv1/bias"], padding=1))
        x = F.gelu(F.conv1d(x, w["conv2/weight"], w["conv2/bias"], stride=2, padding=1)).transpose(1, 2)
        x = x + w["position_encodings/encodings"][: x.shape[1]]
        hidden = x
        for layer in range(self._size.layers):
            x = x + self._attention(self._norm(x, f"layer_{layer}/self_attention/"), layer)
            x = x + self._feed_forward(self._norm(x, f"layer_{layer}/ffn/"), layer)
            if layer + 1 == self._size.hidden_layer:
                hidden = x
        return hidden, self._norm(x, "")

    def _norm(self, x: Float[Tensor, "windows steps width"], place: str) -> Float[Tensor, "windows steps width"]:
        gamma, beta = (self._tensors[f"{place}layer_norm/{n}"] for n in ("gamma", "beta"))
        return F.layer_norm(x, gamma.shape, gamma, beta)

    def _linear(self, x: Float[Tensor, "windows steps inner"], place: str) -> Float[Tensor, "windows steps outer"]:
        return F.linear(x, self._tensors[f"{place}/weight"], self._tensors[f"{place}/bias"])

    def _attention(self, x: Float[Tensor, "windows steps width"], layer: int) -> Float[Tensor, "windows steps width"]:
        place = f"layer_{layer}/self_attention"
        parts = self._linear(x, f"{place}/linear_0").chunk(3, dim=-1)
        query, key, value = (p.reshape(*p.shape[:2], self._size.heads, -1).transpose(1, 2) for p in parts)
        mixed = F.scaled_dot_product_attention(query, key, value).transpose(1, 2).flatten(2)
        return self._linear(mixed, f"{place}/linear_1")

    def _feed_forward(
        self, x: Float[Tensor, "windows steps width"], layer: int
    ) -> Float[Tensor, "windows steps width"]:
        inner = F.gelu(self._linear(x, f"layer_{layer}/ffn/linear_0"))
        return self._linear(inner, f"layer_{layer}/ffn/linear_1")
