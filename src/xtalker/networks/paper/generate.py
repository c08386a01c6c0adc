"""PaperGenerator: speech features in, motion out, as `Generator` does."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Float

from xtalker.flow.noise import start_noise
from xtalker.flow.samplers import Velocity, make_integrator
from xtalker.generator.channels import DERIVED, HEAD, JAW, JAW_PITCH
from xtalker.generator.checkpoint import GeneratorCard
from xtalker.generator.inputs import check_features, reference_row
from xtalker.generator.limits import BOUNDS
from xtalker.generator.windows import Continuation, FloatArray, WindowPlan
from xtalker.geometry.rotations import compose
from xtalker.networks.paper.checkpoint import read_paper
from xtalker.networks.paper.layout import LAYOUTS, Layout
from xtalker.networks.paper.network import Heard, PaperNetwork
from xtalker.networks.paper.statistics import PaperStatistics
from xtalker.values import InputError, Motion, SpeechFeatures

PUBLISHED_WINDOWS = WindowPlan(core=250, before=0, ahead=0)
"""Pieces of 10 s that know nothing of each other, as in the history of the code. With frames before and after, they
continue one another."""

_FLAME_JAW = np.array([[0.0, -0.1, -0.1], [0.3, 0.1, 0.1]], np.float32)


@dataclass(frozen=True)
class PaperGenerator:
    """A trained network of the paper with all that generation needs.

    Attributes:
        network: in evaluation mode; its device is where generation runs.
        statistics: of its training clips.
        card: where it comes from.
        steps: of the sampler; 32 in the paper.
        sampler: Euler's rule in the paper.
        temperature: factor on the start noise; 1 in the paper.
        plan: lengths of the windows.

    `dataclasses.replace` gives one with others.
    """

    network: PaperNetwork
    statistics: PaperStatistics
    card: GeneratorCard
    steps: int = 32
    sampler: str = "euler"
    temperature: float = 1.0
    plan: WindowPlan = field(default=PUBLISHED_WINDOWS)

    @classmethod
    def from_checkpoint(cls, path: Path | str, *, device: str = "cpu", steps: int | None = None) -> PaperGenerator:
        """Load a checkpoint, to sample in `steps` (as it was trained for).

        Raises:
            AssetError: missing, damaged, or of another schema.
        """
        saved = read_paper(Path(path))
        steps = saved.network.config.sampling_steps if steps is None else steps
        return cls(saved.network.to(device), saved.statistics, saved.card, steps)

    @property
    def encoder(self) -> str:
        """Fingerprint of the speech encoder that this generator hears through."""
        return self.card.encoder

    @cached_property
    def _layout(self) -> Layout:
        return LAYOUTS[self.network.config.layout]

    @cached_property
    def _live(self) -> Bool[np.ndarray, "columns"]:
        return self.statistics.live(self.network.config)

    def generate(
        self,
        features: SpeechFeatures | Iterable[SpeechFeatures],
        reference: Motion | None = None,
        *,
        seed: int,
        emotion: Float[np.ndarray, "frames feelings"] | None = None,
    ) -> Motion:
        """Motion for all frames of the features, inside the limits of the head.

        No silence gate: the published design has none. All of the speech is held in memory.

        Args:
            features: of the whole sound, or consecutive parts of them.
            reference: one frame, the face at rest; None for the neutral face.
            seed: the same seed gives the same motion.
            emotion: emotion features of each frame; may be None if the network has learnt to do without.

        Raises:
            InputError: features of another encoder, not finite or empty; no emotion features where they are needed,
                or such of another shape; a reference that is not one frame of this head; an unknown sampler.
        """
        rest = reference_row(reference, head_model=self.card.head_model)[None]
        latent = self.generate_latent(features, self._layout.latent(rest)[0], seed=seed, emotion=emotion)
        motion = self._layout.motion_of(latent)
        if self.card.head_model == "open":
            motion = self._inside_open_head(motion, rest[0])
        else:
            motion[:, JAW] = np.clip(motion[:, JAW], *_FLAME_JAW)
        return replace(Motion.from_matrix(motion), head_model=self.card.head_model)

    def _inside_open_head(
        self, motion: Float[np.ndarray, "frames 58"], rest: Float[np.ndarray, "58"]
    ) -> Float[np.ndarray, "frames 58"]:
        low, high = BOUNDS.copy()
        low[HEAD], high[HEAD] = low[HEAD] + rest[HEAD], high[HEAD] + rest[HEAD]
        motion = np.clip(motion, low, high).astype(np.float32)
        motion[:, DERIVED] = motion[:, JAW_PITCH] / self.network.config.jaw_open_angle_rad
        return motion

    def generate_latent(
        self,
        features: SpeechFeatures | Iterable[SpeechFeatures],
        reference: Float[np.ndarray, "columns"],
        *,
        seed: int,
        emotion: Float[np.ndarray, "frames feelings"] | None = None,
    ) -> Float[np.ndarray, "frames columns"]:
        """As `generate`, from and to rows of the network's layout, without limits: X_ref plus displacement (Eq. 7)."""
        sound = self._joined([features] if isinstance(features, SpeechFeatures) else list(features))
        felt = self._emotion(emotion, sound.num_frames)
        velocities = _Velocities(self.network, self.statistics, sound, felt, reference.astype(np.float32))
        scores = np.concatenate(list(self._windows(velocities, sound.num_frames, seed)))
        displacement = self.statistics.latent(scores, self._live)
        if self.network.config.latent == "absolute":
            return np.where(self._live, displacement, reference).astype(np.float32)
        latent = reference + displacement
        if self.network.config.rotations == "composed":
            head = self._layout.head
            latent[:, head] = compose(reference[None, head], displacement[:, head])
        return latent.astype(np.float32)

    def _windows(
        self, velocities: _Velocities, num_frames: int, seed: int
    ) -> Iterable[Float[np.ndarray, "frames columns"]]:
        integrator, continuation = make_integrator(self.sampler, self.steps), Continuation()
        core, before, ahead = self.plan.core, self.plan.before, self.plan.ahead
        for begin in range(0, num_frames, core):
            end = min(begin + core, num_frames)
            start, stop = max(0, begin - before), min(end + ahead, num_frames)
            keep = slice(max(0, end - before) - start, end - start)
            noise = start_noise(self.network.config.start_noise, seed, start, stop - start, self._layout.columns)
            state = (noise * np.float32(self.temperature) * self._live).astype(np.float32)[None]
            guided = continuation.guide(velocities.between(start, stop), begin - start, keep)
            yield integrator.run(guided, state)[0, begin - start : end - start]

    def _joined(self, parts: list[SpeechFeatures]) -> SpeechFeatures:
        for part in parts:
            check_features(part, encoder=self.encoder, channels=self.network.config.speech_channels)
        if not sum(part.num_frames for part in parts):
            raise InputError("no speech features", received="0 frames", accepted="at least 1", next_step="give sound")
        linguistic, amplitude = (np.concatenate([getattr(p, n) for p in parts]) for n in ("linguistic", "amplitude"))
        return replace(parts[0], linguistic=linguistic, amplitude=amplitude)

    def _emotion(
        self, emotion: Float[np.ndarray, "given feelings"] | None, num_frames: int
    ) -> Float[np.ndarray, "frames feelings"] | None:
        config = self.network.config
        if emotion is None and (config.emotion_optional or not config.emotion_channels):
            return None
        wanted = (num_frames, config.emotion_channels)
        if not config.emotion_channels or emotion is None or emotion.shape != wanted or not np.isfinite(emotion).all():
            raise InputError(
                "unusable emotion features", received="none" if emotion is None else f"an array of {emotion.shape}",
                accepted=f"{num_frames} finite frames of {config.emotion_channels} channels",
                next_step="give the features of the encoder that the network was trained with",
            )  # fmt: skip
        return self.statistics.emotion(emotion, config)


class _Velocities:
    """The network's velocity in any window of one sound."""

    def __init__(
        self,
        network: PaperNetwork,
        statistics: PaperStatistics,
        sound: SpeechFeatures,
        emotion: Float[np.ndarray, "frames feelings"] | None,
        reference: Float[np.ndarray, "columns"],
    ) -> None:
        self._network, self._emotion, self._reference = network, emotion, reference
        self._linguistic = statistics.linguistic(sound.linguistic, network.config)
        self._loudness = statistics.loudness(sound.amplitude, network.config)

    @torch.inference_mode()
    def between(self, start: int, stop: int) -> Velocity[FloatArray]:
        """Velocity of frames start ... stop - 1."""
        device = self._network.live.device
        rows = [self._linguistic[start:stop], self._loudness[start:stop], self._reference, np.ones(stop - start, bool)]
        if self._emotion is not None:
            rows.append(self._emotion[start:stop])
        conditions = self._network.condition(Heard(*(torch.from_numpy(np.ascontiguousarray(r))[None].to(device)
                                                     for r in rows)))  # fmt: skip
        count = self._network.config.time_steps

        @torch.inference_mode()
        def velocity(state: FloatArray, time: float) -> FloatArray:
            # The embedding is given the whole number of the training step: 16 apart for 32 steps.
            step = torch.full((len(state),), min(round(time * count), count - 1), device=device)
            moved = self._network.velocity(torch.from_numpy(state).to(device), step, conditions)
            return np.asarray(moved.float().cpu().numpy())

        return velocity
