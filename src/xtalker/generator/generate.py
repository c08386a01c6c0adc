"""Generator: speech features in, motion out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from jaxtyping import Float

from xtalker.flow.samplers import Integrator, make_integrator
from xtalker.generator.channels import mouth_columns, temperatures
from xtalker.generator.checkpoint import GeneratorCard, read_generator
from xtalker.generator.inputs import (
    MOST_GUIDANCE,
    Manner,
    check_features,
    emotion_levels,
    reference_row,
    style_shares,
)
from xtalker.generator.network import MotionNetwork
from xtalker.generator.normalise import Statistics, apply_displacement, displace
from xtalker.generator.ridge import CONTEXT, Guess, RidgeFace, read_ridge
from xtalker.generator.scores import SteppedScores, Task, WindowedScores
from xtalker.generator.silence import SilenceGate
from xtalker.generator.steps import can_step
from xtalker.generator.windows import SpeechBuffer, WindowPlan
from xtalker.values import InputError, Motion, SpeechFeatures
from xtalker.values.tracks import EmotionTrack

_LONGEST_STEP = 16
"""Frames; longer hops have enough to do for windows and several threads."""


@dataclass(frozen=True)
class Generator:
    """A trained network with all that generation needs.

    Attributes:
        network: what gives velocities.
        statistics: of its training clips.
        card: where it comes from.
        plan: lengths of the windows.
        temperature: factor on the start noise, by column (`channels.temperatures`).
        gate: what silence does to the mouth.
        trunk: what mouth and jaw mostly follow, see `generator.ridge`; None leaves them to the network.

    `dataclasses.replace` gives one with another plan, temperature or gate.
    """

    network: MotionNetwork
    statistics: Statistics
    card: GeneratorCard
    plan: WindowPlan = field(default_factory=WindowPlan)
    temperature: Float[np.ndarray, "58"] = field(default_factory=temperatures)
    gate: SilenceGate = field(default_factory=SilenceGate)
    trunk: RidgeFace | None = None

    def __post_init__(self) -> None:
        """A window must bring what its own frames depend on."""
        if self.plan.core < 1 or self.plan.before < 0 or self.plan.ahead < self.gate.ahead:
            raise ValueError(f"{self.plan} leaves no core, or too few frames ahead for {self.gate}")

    @classmethod
    def from_checkpoint(cls, path: Path | str, *, trunk: Path | None = None) -> Generator:
        """Load a checkpoint, and the ridge that its mouth follows.

        Raises:
            AssetError: missing, damaged, or of another schema; a ridge of another speech encoder.
        """
        saved = read_generator(Path(path))
        ridge = None if trunk is None else read_ridge(trunk, encoder=saved.card.encoder)
        return cls(saved.network, saved.statistics, saved.card, trunk=ridge)

    @property
    def encoder(self) -> str:
        """Fingerprint of the speech encoder that this generator hears through."""
        return self.card.encoder

    def generate(
        self,
        features: SpeechFeatures | Iterable[SpeechFeatures],
        reference: Motion | None = None,
        *,
        seed: int,
        steps: int = 2,
        sampler: str = "midpoint",
        style: Mapping[str, float] | str | None = None,
        emotion: EmotionTrack | None = None,
        guidance: float = 1.0,
    ) -> Motion:
        """Motion for all frames of the features; arguments and errors as in `generate_windows`."""
        windows = self.generate_windows(
            features,
            reference,
            seed=seed,
            steps=steps,
            sampler=sampler,
            style=style,
            emotion=emotion,
            guidance=guidance,
        )
        return Motion.concatenate(list(windows))

    def generate_windows(
        self,
        features: SpeechFeatures | Iterable[SpeechFeatures],
        reference: Motion | None = None,
        *,
        seed: int,
        steps: int = 2,
        sampler: str = "midpoint",
        style: Mapping[str, float] | str | None = None,
        emotion: EmotionTrack | None = None,
        guidance: float = 1.0,
    ) -> Iterator[Motion]:
        """Consecutive parts of the motion, each as soon as its features and `plan.ahead` more have come.

        Memory does not grow with the length.

        Args:
            features: of the whole sound, or consecutive parts of them; how they are cut changes nothing.
            reference: one frame, the face at rest with closed lips; None for the neutral face. The silence
                gate eases the mouth to it, and columns that are not generated stay at it.
            seed: the same seed gives the same motion.
            steps: steps of the sampler; two midpoint steps equal 32 of Euler's.
            sampler: a name in `flow.samplers.SAMPLERS`.
            style: one of `network.config.styles`, or the share of several; None takes the
                checkpoint's default, which most do not have; {} leaves the manner open.
            emotion: how strongly each emotion is felt, for a network that is told (`network.config.emotions`; the
                shipped one is not: it learnt from neutral speech); None tells it of none.
            guidance: how far style and emotion are followed: 1 as learnt, more exaggerates them, 0 ignores them
                (classifier-free guidance, Ho and Salimans 2022: the velocity is carried on from the one without).

        Raises:
            InputError: features of another encoder, not finite or empty; a reference that is not one frame of
                this head; an unknown sampler, style or guidance; emotions that the network is not told of; too few
                steps.
        """
        parts = [features] if isinstance(features, SpeechFeatures) else features
        rest = reference_row(reference, head_model=self.card.head_model)
        integrator = make_integrator(sampler, steps)
        style = self.card.default_style or None if style is None else style
        manner = style_shares(style, self.network.config.styles)
        if not 0 <= guidance <= MOST_GUIDANCE:
            raise InputError(
                "guidance out of range",
                received=guidance,
                accepted=f"0 to {MOST_GUIDANCE:g}",
                next_step="1 is as learnt",
            )
        buffer = SpeechBuffer(iter(parts), self._check_features)
        told = Manner(manner, guidance, emotion_levels(emotion, self.network.config.emotions))
        return self._windows(buffer, rest, told, seed=seed, integrator=integrator)

    def _windows(
        self,
        buffer: SpeechBuffer,
        reference: Float[np.ndarray, "58"],
        manner: Manner,
        *,
        seed: int,
        integrator: Integrator,
    ) -> Iterator[Motion]:
        core, before, ahead = self.plan.core, self.plan.before, self.plan.ahead
        rest = self.statistics.reference_scores(reference)
        task = Task(self.network, self.statistics, self.temperature, rest, manner, seed, integrator)
        steps = core <= _LONGEST_STEP and can_step(self.network.config, before=before, ahead=ahead)
        scores: WindowedScores | SteppedScores = (SteppedScores if steps else WindowedScores)(task, self.plan)
        begin = 0
        buffer.fill(core + ahead)
        if not buffer.num_frames:
            raise InputError("no speech features", received="0 frames", accepted="at least 1", next_step="give sound")
        while begin < buffer.num_frames:
            end = min(begin + core, buffer.num_frames)
            made = scores.of(buffer, begin, end)
            gate = self.gate.weights(buffer.amplitude)[begin - buffer.first_amplitude :][: end - begin]
            yield self._motion(made, gate, reference, self._mouth(buffer, begin, end))
            begin = end
            buffer.forget(begin - before)
            buffer.fill(begin + core + ahead)

    def _mouth(self, buffer: SpeechBuffer, begin: int, end: int) -> Guess | None:
        """What the trunk makes of the frames, from their speech and the frames beside them."""
        if self.trunk is None:
            return None
        first, last = max(0, begin - CONTEXT), min(end + CONTEXT, buffer.num_frames)
        return self.trunk.guess(buffer.linguistic(first, last), slice(begin - first, end - first))

    def _motion(
        self,
        scores: Float[np.ndarray, "frames 58"],
        silence: Float[np.ndarray, "frames"],
        reference: Float[np.ndarray, "58"],
        mouth: Guess | None,
    ) -> Motion:
        displacement = self.statistics.denormalise(scores)
        if self.network.config.latent == "absolute":
            displacement = displace(np.where(self.statistics.live, displacement, reference), reference)
        if mouth is not None:
            displacement = mouth.blended(displacement)
        displacement[:, mouth_columns()] *= 1 - silence[:, None]
        angle = self.network.config.jaw_open_angle_rad
        motion = apply_displacement(displacement, reference, jaw_open_angle_rad=angle)
        return Motion.from_matrix(motion)

    def _check_features(self, features: SpeechFeatures) -> None:
        check_features(features, encoder=self.encoder, channels=self.network.config.speech_channels)
