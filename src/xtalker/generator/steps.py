"""A causal network in steps: the new frames only, with what it remembers of those before.

Windows compute the context of every frame again. A network that looks at no later frame need not: for each evaluation
of a hop it is enough to keep the keys and values of the last `half_window` frames of every block. The motion is that
of `windows` with full context, to rounding.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
from jaxtyping import Bool, Float

from xtalker.generator.config import GeneratorConfig
from xtalker.generator.graphs import condition_graph, step_graph
from xtalker.generator.network import FAR, Conditions, MotionNetwork, Told, condition_inputs, given, rotary_waves
from xtalker.inference.session import Session


def can_step(config: GeneratorConfig, *, before: int, ahead: int) -> bool:
    """Whether steps give what windows give that have so many frames of context."""
    return (
        config.attention_ahead == 0
        and config.speech_through == "frames"
        and before >= config.receptive_field
        and ahead >= config.frames_ahead
    )


class StepNetwork:
    """The step graphs of a network, for hops of one length; each row of a batch is a stream.

    Args:
        network: of a config that `can_step`.
        hop: frames of a step.
    """

    def __init__(self, network: MotionNetwork, hop: int) -> None:
        self.network, self.hop = network, hop
        config = network.config
        self._conditions = condition_graph(config, masked=True)
        step = step_graph(config, hop)
        # Hops are short: sharing one between threads costs more than it brings.
        self._hear, self._step = (
            Session(graph, {name: network.weights[name] for name in graph.weights}, threads=1)
            for graph in (self._conditions, step)
        )
        self._cosine, self._sine = rotary_waves(config, config.half_window + hop)
        query = config.half_window + np.arange(hop)[:, None]
        later = np.arange(config.half_window + hop)[None] - query
        self._near: Bool[np.ndarray, "hop seen"] = (later <= 0) & (later >= -config.half_window)

    def nothing(self, batch: int) -> Float[np.ndarray, "batch blocks 2 past width"]:
        """What streams that have not begun remember."""
        config = self.network.config
        blocks = config.blocks + 2 * config.head_blocks
        return np.zeros((batch, blocks, 2, config.half_window, config.width), np.float32)

    def condition(self, told: Told, present: Bool[np.ndarray, "batch window"]) -> Conditions:
        """Of a hop's frames, from a window that has `speech_context` frames more on each side.

        Args:
            told: of the window's frames; anything where there are none.
            present: where there are some.
        """
        inputs = condition_inputs(self.network.config, told) | {"present": present.astype(np.float32)}
        context = self.network.config.speech_context
        middle = slice(context, context + self.hop)
        rows = (np.ascontiguousarray(out[:, middle]) for out in self._hear.run(**inputs))
        return Conditions(**dict(zip(self._conditions.outputs, rows, strict=True)))

    def near(self, made: np.ndarray) -> Float[np.ndarray, "batch 1 hop seen"]:
        """Which frame may look at which.

        Args:
            made: frames that each stream has behind it.
        """
        past = self.network.config.half_window
        known = np.arange(past + self.hop)[None] >= past - np.minimum(made, past)[:, None]
        return np.where(self._near & known[:, None], 0, FAR).astype(np.float32)[:, None]

    def velocity(
        self,
        state: Float[np.ndarray, "batch hop 58"],
        time: float,
        conditions: Conditions,
        near: Float[np.ndarray, "batch 1 hop seen"],
        memory: Float[np.ndarray, "batch blocks 2 past width"],
    ) -> tuple[Float[np.ndarray, "batch hop 58"], Float[np.ndarray, "batch blocks 2 past width"]]:
        """Velocity of the hop, and what this evaluation of the next hop must remember."""
        velocity, kept = self._step.run(
            state=state, modulation=self.network.modulation(time), near=near, cosine=self._cosine, sine=self._sine,
            past=memory, **given(conditions),
        )  # fmt: skip
        return velocity, kept


@lru_cache(maxsize=4)
def step_network(network: MotionNetwork, hop: int) -> StepNetwork:
    """The step graphs of a network, made once."""
    return StepNetwork(network, hop)


class Stream:
    """One stream of one manner: its memory for every evaluation of a hop.

    Args:
        network: that moves.
        live: 1 for columns that move, 0 for others.
    """

    def __init__(self, network: StepNetwork, live: Float[np.ndarray, "58"]) -> None:
        self._network, self._live = network, live
        self._memory: list[Float[np.ndarray, "1 blocks 2 past width"]] = []
        self._made = 0

    def begin(self, told: Told, present: Bool[np.ndarray, "1 window"]) -> None:
        """Take up the next hop."""
        if self._memory:
            self._made += self._network.hop
        self._conditions = self._network.condition(told, present)
        self._near = self._network.near(np.array([self._made]))
        self._evaluation = 0

    def velocity(self, state: Float[np.ndarray, "1 hop 58"], time: float) -> Float[np.ndarray, "1 hop 58"]:
        """Of this hop; evaluations come in the same order in every hop."""
        number = self._evaluation
        memory = self._memory[number] if number < len(self._memory) else self._network.nothing(1)
        moved, kept = self._network.velocity(state, time, self._conditions, self._near, memory)
        self._memory[number : number + 1] = [kept]
        self._evaluation += 1
        return np.asarray(moved * self._live)


def padded(told: Told, front: int, back: int) -> tuple[Told, Bool[np.ndarray, "1 window"]]:
    """A window completed with frames that are not there, and which of its frames are."""
    frames = told.linguistic.shape[1]
    present = np.zeros((1, front + frames + back), bool)
    present[:, front : front + frames] = True

    def wide(track: Float[np.ndarray, "1 frames ..."]) -> Float[np.ndarray, "1 window ..."]:
        return np.pad(track, ((0, 0), (front, back), *((0, 0) for _ in track.shape[2:])))

    emotion = None if told.emotion is None else wide(told.emotion)
    whole = replace(told, linguistic=wide(told.linguistic), loudness=wide(told.loudness), emotion=emotion)
    return whole, present
