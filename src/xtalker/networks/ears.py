"""The network of `speech.ears` in PyTorch, for training; `speech.ears.ears_graph` is its twin."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from xtalker.speech.ears import MEL_ROW, EarsConfig


class EarsNetwork(nn.Module):
    """Causal dilated convolutions over frames of four log-mel spectra each."""

    def __init__(self, config: EarsConfig) -> None:
        super().__init__()
        self.config = config
        self.enter = nn.Linear(MEL_ROW, config.width)
        self.blocks = nn.ModuleList(_Block(config.width, dilation) for dilation in config.dilations)
        self.leave = nn.Linear(config.width, config.channels)

    def forward(self, mel: Float[Tensor, "batch frames 320"]) -> Float[Tensor, "batch frames channels"]:
        """Row i hears mel rows up to i; the caller shifts by `AHEAD_FRAMES`. What lies before row 0 is zeros."""
        x = self.enter(mel)
        for block in self.blocks:
            x = block(x)
        return self.leave(functional.layer_norm(x, x.shape[-1:]))

    def arrays(self) -> dict[str, Float[np.ndarray, "..."]]:
        """The weights, for `speech.ears`."""
        return {name: tensor.detach().float().cpu().numpy() for name, tensor in self.state_dict().items()}


class _Block(nn.Module):
    """A dilated causal convolution of three frames; as one matrix product, which is many times faster on a CPU."""

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.dilation = dilation
        self.across = nn.Linear(3 * width, width)
        self.mix = nn.Linear(width, width)

    def forward(self, x: Float[Tensor, "batch frames width"]) -> Float[Tensor, "batch frames width"]:
        frames, step = x.shape[1], self.dilation
        padded = functional.pad(functional.layer_norm(x, x.shape[-1:]), (0, 0, 2 * step, 0))
        seen = torch.cat([padded[:, i * step : i * step + frames] for i in range(3)], dim=-1)
        return x + self.mix(functional.gelu(self.across(seen)))
