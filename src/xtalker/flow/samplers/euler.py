"""Euler's rule: the velocity at the start holds for the whole step."""

from __future__ import annotations

from xtalker.flow.samplers import State, Velocity


class Euler:
    """First order, one evaluation a step."""

    order = 1
    evaluations = 1

    def step(self, velocity: Velocity[State], state: State, time: float, width: float) -> State:
        """State at `time + width`."""
        return state + width * velocity(state, time)
