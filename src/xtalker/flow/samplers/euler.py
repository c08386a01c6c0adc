"""Euler's rule: the velocity at the start holds for the whole step."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor

from xtalker.flow.samplers import Velocity


class Euler:
    """First order, one evaluation a step."""

    order = 1
    evaluations = 1

    def step(
        self, velocity: Velocity, state: Float[Tensor, "*shape"], time: float, width: float
    ) -> Float[Tensor, "*shape"]:
        """State at `time + width`."""
        return state + width * velocity(state, time)
