"""How training draws flow time."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor


def uniform_times(count: int, random: torch.Generator) -> Float[Tensor, "count"]:
    """Flow times drawn evenly from [0, 1), as 3DXTalker does.

    Schedules that favour the middle (logit-normal) learn the ends too little for sampling in one or two
    steps.
    """
    return torch.rand(count, generator=random, device=random.device)
