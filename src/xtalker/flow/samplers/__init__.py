"""Integrators of a velocity field from flow time 0 to 1, one a file.

A new one is a file with a class like `Sampler` and a line in `SAMPLERS`; the contract test measures its
order.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar, runtime_checkable

from xtalker.values import InputError

State = TypeVar("State", bound=Any)
"""Anything that can be added and multiplied by numbers: an array, a tensor."""

Velocity = Callable[[State, float], State]
"""(state, flow time) -> velocity of the same shape."""

SAMPLERS: dict[str, str] = {
    "euler": "xtalker.flow.samplers.euler:Euler",
    "midpoint": "xtalker.flow.samplers.midpoint:Midpoint",
}
"""Name -> "module:Class"."""


@runtime_checkable
class Sampler(Protocol):
    """One step of an integrator.

    Attributes:
        order: error at the end falls with the step width to this power.
        evaluations: calls of the velocity in a step.
    """

    order: int
    evaluations: int

    def step(self, velocity: Velocity[State], state: State, time: float, width: float) -> State:
        """State at `time + width` from the state at `time`."""
        ...


@dataclass(frozen=True)
class Integrator:
    """A sampler and a number of equal steps from flow time 0 to 1: 3DXTalker, Eq. 7, with any sampler."""

    sampler: Sampler
    steps: int

    @property
    def evaluations(self) -> int:
        """Calls of the velocity in all."""
        return self.steps * self.sampler.evaluations

    def run(self, velocity: Velocity[State], noise: State) -> State:
        """Carry noise to data."""
        state = noise
        for index in range(self.steps):
            state = self.sampler.step(velocity, state, index / self.steps, 1 / self.steps)
        return state


def make_integrator(name: str, steps: int) -> Integrator:
    """The integrator with that sampler.

    Raises:
        InputError: no such sampler, or fewer than one step.
    """
    if name not in SAMPLERS:
        raise InputError("unknown sampler", received=name, accepted=", ".join(SAMPLERS), next_step="choose one of them")
    if steps < 1:
        raise InputError("too few steps", received=steps, accepted="a whole number from 1", next_step="use 2 or more")
    module, _, cls = SAMPLERS[name].partition(":")
    return Integrator(getattr(importlib.import_module(module), cls)(), steps)
