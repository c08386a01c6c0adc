"""PeerGenerator: speech features in, motion out, as `Generator` does."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float

from xtalker.flow.noise import frame_noise
from xtalker.generator.channels import temperatures
from xtalker.generator.checkpoint import GeneratorCard
from xtalker.generator.inputs import check_features, reference_row
from xtalker.generator.normalise import Statistics, apply_displacement
from xtalker.networks.peers.checkpoint import read_peer
from xtalker.networks.peers.interface import PeerNetwork
from xtalker.values import InputError, Motion, SpeechFeatures
from xtalker.values.motion import NUM_MOTION


@dataclass(frozen=True)
class PeerGenerator:
    """A trained peer with all that generation needs.

    Attributes:
        network: in evaluation mode; its device is where generation runs.
        statistics: of its training clips.
        card: where it comes from.
        temperature: factor on the start noise, by column; the same as our own generator's unless chosen.
    """

    network: PeerNetwork
    statistics: Statistics
    card: GeneratorCard
    temperature: Float[np.ndarray, "58"] = field(default_factory=temperatures)

    @classmethod
    def from_checkpoint(cls, path: Path | str, *, device: str = "cpu") -> PeerGenerator:
        """Load a checkpoint.

        Raises:
            AssetError: missing, damaged, or of another schema.
        """
        saved = read_peer(Path(path))
        return cls(saved.network.to(device), saved.statistics, saved.card)

    @property
    def encoder(self) -> str:
        """Fingerprint of the speech encoder that this peer hears through."""
        return self.card.encoder

    def generate(
        self, features: SpeechFeatures | Iterable[SpeechFeatures], reference: Motion | None = None, *, seed: int
    ) -> Motion:
        """Motion for all frames of the features, added to the reference.

        No silence gate: the published designs have none. All of the speech is held in memory.

        Args:
            features: of the whole sound, or consecutive parts of them.
            reference: one frame, the face at rest; None for the neutral face.
            seed: the same seed gives the same motion.

        Raises:
            InputError: features of another encoder, not finite or empty; a reference that is not one frame of
                this head.
        """
        whole = self._joined([features] if isinstance(features, SpeechFeatures) else list(features))
        rest = reference_row(reference, head_model=self.card.head_model)
        device = self.network.live.device
        noise = frame_noise(seed, 0, whole.num_frames, NUM_MOTION) * self.temperature * self.statistics.live
        speech = self.statistics.linguistic_scores(whole.linguistic)
        with torch.inference_mode():
            inputs = (torch.from_numpy(rows.astype(np.float32))[None].to(device) for rows in (speech, noise))
            scores = self.network.perform(*inputs)[0].float().cpu().numpy()
        angle = self.network.config.jaw_open_angle_rad
        displacement = self.statistics.denormalise(scores)
        return Motion.from_matrix(apply_displacement(displacement, rest, jaw_open_angle_rad=angle))

    def _joined(self, parts: list[SpeechFeatures]) -> SpeechFeatures:
        for part in parts:
            check_features(part, encoder=self.encoder, channels=self.network.config.speech_channels)
        if not sum(part.num_frames for part in parts):
            raise InputError("no speech features", received="0 frames", accepted="at least 1", next_step="give sound")
        linguistic, amplitude = (np.concatenate([getattr(p, n) for p in parts]) for n in ("linguistic", "amplitude"))
        return replace(parts[0], linguistic=linguistic, amplitude=amplitude)
