"""What a flow learns from: the mix of noise and data, its velocity, when and from which noise (Liu et al. 2022)."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from xtalker.flow.noise import KEY_FRAMES


def mix(
    noise: Float[Tensor, "batch frames channels"],
    data: Float[Tensor, "batch frames channels"],
    time: Float[Tensor, "batch"],
) -> Float[Tensor, "batch frames channels"]:
    """The point at flow time `time` on the way from noise (0) to data (1): what the network is shown."""
    time = time[:, None, None]
    return time * data + (1 - time) * noise


def velocity(
    noise: Float[Tensor, "batch frames channels"], data: Float[Tensor, "batch frames channels"]
) -> Float[Tensor, "batch frames channels"]:
    """What the network learns: the constant velocity of the path.

    3DXTalker, Eq. 8, prints the mix itself as the target. That is a misprint: a network which met it would
    return its own input, and the integration of Eq. 7 would only scale the start noise. The derivative
    of the mix with respect to time is data - noise, and Eq. 7 integrates that one to the data.
    """
    return data - noise


def uniform_times(count: int, random: torch.Generator) -> Float[Tensor, "count"]:
    """Flow times drawn evenly from [0, 1), as 3DXTalker does.

    Schedules that favour the middle (logit-normal) learn the ends too little for sampling in one or two
    steps.
    """
    return torch.rand(count, generator=random, device=random.device)


def training_noise(
    kind: str, shape: tuple[int, int, int], random: torch.Generator
) -> Float[Tensor, "batch frames channels"]:
    """Noise of a batch, of the same law; crops begin anywhere, so every one has keys of a phase of its own."""
    if kind == "white":
        return torch.randn(shape, generator=random, device=random.device)
    batch, frames, channels = shape
    keys = torch.randn(batch, -(-frames // KEY_FRAMES) + 2, channels, generator=random, device=random.device)
    phase = torch.randint(KEY_FRAMES, (batch, 1), generator=random, device=random.device)
    place = (phase + torch.arange(frames, device=random.device)) / KEY_FRAMES
    before = place.long()
    part = (place - before)[..., None]
    row = torch.arange(batch, device=random.device)[:, None]
    return (1 - part) * keys[row, before] + part * keys[row, before + 1]
