"""The z-scored motion of consecutive frames: noise carried along the flow, in windows or in steps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from xtalker.flow.noise import start_noise
from xtalker.flow.samplers import Integrator, Velocity
from xtalker.generator.inputs import Manner
from xtalker.generator.network import MotionNetwork, Told
from xtalker.generator.normalise import Statistics
from xtalker.generator.steps import Stream, padded, step_network
from xtalker.generator.windows import Continuation, FloatArray, SpeechBuffer, WindowPlan
from xtalker.values.motion import NUM_MOTION


@dataclass(frozen=True)
class Task:
    """What stays the same over a whole sound.

    Attributes:
        network: what gives velocities.
        statistics: of its training clips.
        temperature: factor on the start noise, by column.
        reference: the face at rest, standardised.
        manner: how speech is said.
        seed: of the noise.
        integrator: what carries noise to motion.
    """

    network: MotionNetwork
    statistics: Statistics
    temperature: Float[np.ndarray, "58"]
    reference: Float[np.ndarray, "53"]
    manner: Manner
    seed: int
    integrator: Integrator

    @property
    def live(self) -> Float[np.ndarray, "58"]:
        """1 for columns that move, 0 for others."""
        return self.statistics.live.astype(np.float32)

    def noise(self, start: int, stop: int) -> Float[np.ndarray, "1 frames 58"]:
        """Where frames start ... stop - 1 start from."""
        noise = start_noise(self.network.config.start_noise, self.seed, start, stop - start, NUM_MOTION)
        return (noise * self.temperature * self.live).astype(np.float32)[None]

    def told(self, buffer: SpeechBuffer, start: int, stop: int, asked: Manner) -> Told:
        """What the network is told of frames start ... stop - 1."""
        levels = asked.levels_in(start, stop)
        return Told(
            self.statistics.linguistic_scores(buffer.linguistic(start, stop))[None],
            self.statistics.loudness_scores(buffer.loudness(start, stop))[None],
            self.reference[None], asked.shares[None], None if levels is None else levels[None],
        )  # fmt: skip

    @property
    def manners(self) -> list[Manner]:
        """What the network is asked: what the manner says, nothing of it, or both to go from one to the other."""
        if self.manner.is_open or self.manner.guidance == 1:
            return [self.manner]
        return [self.manner.dropped] if self.manner.guidance == 0 else [self.manner.dropped, self.manner]

    def guided(self, velocities: list[Velocity[FloatArray]]) -> Velocity[FloatArray]:
        """The velocity that is followed, from those of `manners`."""
        if len(velocities) == 1:
            return velocities[0]
        free, told = velocities
        share = np.float32(self.manner.guidance)
        return lambda state, time: (1 - share) * free(state, time) + share * told(state, time)


class WindowedScores:
    """Windows that continue each other, see `windows`."""

    def __init__(self, task: Task, plan: WindowPlan) -> None:
        self._task, self._plan, self._continuation = task, plan, Continuation()

    def of(self, buffer: SpeechBuffer, begin: int, end: int) -> Float[np.ndarray, "frames 58"]:
        """Frames begin ... end - 1; asked for in order, a whole core of the plan each time but the last."""
        task, before = self._task, self._plan.before
        start, stop = max(0, begin - before), min(end + self._plan.ahead, buffer.num_frames)
        keep = slice(max(0, end - before) - start, end - start)

        def velocity_in(asked: Manner) -> Velocity[FloatArray]:
            conditions = task.network.condition(task.told(buffer, start, stop, asked))
            return lambda state, time: task.network.velocity(state, time, conditions) * task.live

        guided = task.guided([velocity_in(asked) for asked in task.manners])
        velocity = self._continuation.guide(guided, begin - start, keep)
        return np.asarray(task.integrator.run(velocity, task.noise(start, stop))[0, begin - start : end - start])


class SteppedScores:
    """Hops of a causal network, see `steps`."""

    def __init__(self, task: Task, plan: WindowPlan) -> None:
        self._task, self._hop = task, plan.core
        network = step_network(task.network, plan.core)
        self._streams = [Stream(network, task.live) for _ in task.manners]

    def of(self, buffer: SpeechBuffer, begin: int, end: int) -> Float[np.ndarray, "frames 58"]:
        """As `WindowedScores.of`."""
        task, context = self._task, self._task.network.config.speech_context
        first, last = begin - context, begin + self._hop + context
        start, stop = max(0, first), min(last, buffer.num_frames)
        for asked, stream in zip(task.manners, self._streams, strict=True):
            stream.begin(*padded(task.told(buffer, start, stop, asked), start - first, last - stop))
        velocity = task.guided([stream.velocity for stream in self._streams])
        return np.asarray(task.integrator.run(velocity, task.noise(begin, begin + self._hop))[0, : end - begin])
