"""The network of a generator, run by ONNX Runtime: conditions once, then velocities."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property, lru_cache
from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.generator.config import GeneratorConfig
from xtalker.generator.graphs import condition_graph, time_graph, velocity_graph
from xtalker.inference.graph import Graph
from xtalker.inference.session import Session, check_weights

ROTARY_BASE: Final = 500.0
"""The slowest wave takes about 2,500 frames: far beyond any window, so positions stay distinct."""

FAR: Final = -60.0
"""Added to products of frames that may not look at each other: e^-60 is nothing in single precision. Infinity, or a
much larger number, makes the softmax three times slower."""

_SINUSOID_PERIOD: Final = 10_000.0


@dataclass(frozen=True)
class Conditions:
    """What does not change while flow time runs; computed once for all evaluations.

    Attributes:
        speech: speech and reference, added to the frame tokens.
        loud: loudness, added in front of the pose head; None where it is not heard.
        felt: emotion, added in front of the expression head; None where none is told.
        heard: speech that the trunk reaches by cross-attention instead; None where it is added.
    """

    speech: Float[np.ndarray, "batch frames width"]
    loud: Float[np.ndarray, "batch frames width"] | None = None
    felt: Float[np.ndarray, "batch frames width"] | None = None
    heard: Float[np.ndarray, "batch frames width"] | None = None


@dataclass(frozen=True)
class Told:
    """What a network is told, standardised.

    Attributes:
        linguistic: speech features.
        loudness: of each frame.
        reference: the face at rest.
        style: share of each of `config.styles`.
        emotion: level of each of `config.emotions`.
    """

    linguistic: Float[np.ndarray, "batch frames channels"]
    loudness: Float[np.ndarray, "batch frames"]
    reference: Float[np.ndarray, "batch 53"]
    style: Float[np.ndarray, "batch styles"] | None = None
    emotion: Float[np.ndarray, "batch frames emotions"] | None = None


class MotionNetwork:
    """Velocity of the z-scored displacement, given the state of the flow, its time and the conditions.

    Args:
        config: sizes and choices.
        weights: by name, exactly those of the config.

    Raises:
        WeightsMismatch: others.
    """

    def __init__(self, config: GeneratorConfig, weights: Mapping[str, Float[np.ndarray, "..."]]) -> None:
        self.config, self._weights = config, dict(weights)
        self._graphs = {
            graph.name: graph for graph in (f(config) for f in (condition_graph, time_graph, velocity_graph))
        }
        check_weights({n: s for graph in self._graphs.values() for n, s in graph.weights.items()}, weights)
        self._modulations: dict[float, Float[np.ndarray, "rows"]] = {}

    @property
    def weights(self) -> Mapping[str, Float[np.ndarray, "..."]]:
        """By name, as given."""
        return self._weights

    def condition(self, told: Told) -> Conditions:
        """What all evaluations share."""
        outputs = self._conditions.run(**condition_inputs(self.config, told))
        return Conditions(**dict(zip(self._graphs["conditions"].outputs, outputs, strict=True)))

    def modulation(self, time: float) -> Float[np.ndarray, "rows"]:
        """What flow time does to every block."""
        if time not in self._modulations:
            self._modulations[time] = self._times.run(time=np.array([time], np.float32))[0][0]
        return self._modulations[time]

    def velocity(
        self, state: Float[np.ndarray, "batch frames 58"], time: float, conditions: Conditions
    ) -> Float[np.ndarray, "batch frames 58"]:
        """Of all columns, also of those that the checkpoint's statistics leave still."""
        frames = state.shape[1]
        cosine, sine = rotary_waves(self.config, frames)
        return self._velocities.run(
            state=state, modulation=self.modulation(time), near=_near(self.config, frames), cosine=cosine, sine=sine,
            **given(conditions),
        )[0]  # fmt: skip

    @cached_property
    def _conditions(self) -> Session:
        return self._session("conditions")

    @cached_property
    def _times(self) -> Session:
        return self._session("flow time")

    @cached_property
    def _velocities(self) -> Session:
        return self._session("velocity")

    def _session(self, name: str) -> Session:
        graph: Graph = self._graphs[name]
        return Session(graph, {name: self._weights[name] for name in graph.weights})


def condition_inputs(config: GeneratorConfig, told: Told) -> dict[str, Float[np.ndarray, "..."]]:
    """What `graphs.condition_graph` of a config is given; zeros, as None, ask for no style and no emotion."""
    batch, frames, _ = told.linguistic.shape
    style = np.zeros((batch, len(config.styles)), np.float32) if told.style is None else told.style
    nothing = np.zeros((batch, frames, len(config.emotions)), np.float32)
    inputs = {
        "linguistic": told.linguistic, "loudness": told.loudness if config.hears_loudness else None,
        "reference": told.reference if config.sees_reference else None, "style": style if config.styles else None,
        "emotion": (nothing if told.emotion is None else told.emotion) if config.emotions else None,
        "positions": _sinusoids(frames, config.width) if config.speech_through == "attention" else None,
    }  # fmt: skip
    return {name: array for name, array in inputs.items() if array is not None}


def given(conditions: Conditions) -> dict[str, Float[np.ndarray, "batch frames width"]]:
    """The conditions that there are, by name."""
    every = {field.name: getattr(conditions, field.name) for field in fields(conditions)}
    return {name: array for name, array in every.items() if array is not None}


@lru_cache(maxsize=8)
def _near(config: GeneratorConfig, frames: int) -> Float[np.ndarray, "frames frames"]:
    """Who may look at whom."""
    index = np.arange(frames)
    later = index[None, :] - index[:, None]
    near = np.abs(later) <= config.half_window
    if config.attention_ahead is not None:
        near &= later <= config.attention_ahead
    return np.where(near, 0, FAR).astype(np.float32)


@lru_cache(maxsize=8)
def rotary_waves(
    config: GeneratorConfig, frames: int
) -> tuple[Float[np.ndarray, "frames half"], Float[np.ndarray, "frames half"]]:
    """Cosine and sine of the rotary positions, with the scale of the products in them."""
    depth = config.width // config.attention_heads
    half = depth // 2
    frequencies = np.float32(ROTARY_BASE) ** (-np.arange(half, dtype=np.float32) / half)
    angle = np.arange(frames, dtype=np.float32)[:, None] * frequencies
    scale = np.float32(depth**-0.25)
    return np.cos(angle) * scale, np.sin(angle) * scale


@lru_cache(maxsize=4)
def _sinusoids(frames: int, width: int) -> Float[np.ndarray, "frames width"]:
    """Absolute positions (Vaswani et al. 2017), by which cross-attention can learn what belongs together."""
    waves = np.exp(-math.log(_SINUSOID_PERIOD) * 2 * np.arange(width // 2, dtype=np.float32) / width)
    angle = np.arange(frames, dtype=np.float32)[:, None] * waves
    return np.concatenate([np.sin(angle), np.cos(angle)], axis=1)
