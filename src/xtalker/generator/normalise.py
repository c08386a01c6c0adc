"""Displacement from the reference, z-scored, and back."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from jaxtyping import Bool, Float

from xtalker.generator.channels import DERIVED, HEAD, JAW_PITCH, NUM_REFERENCE
from xtalker.generator.limits import BOUNDS
from xtalker.geometry.rotations import compose

DEAD_STD = 1e-3
"""A column that moved less than this (in its own unit) in training is not generated."""

_AMPLITUDE_FLOOR = 1e-4
_FURTHEST_REFERENCE = 4.0


@dataclass(frozen=True)
class Statistics:
    """Means and standard deviations over all frames of the training clips.

    Attributes:
        motion_mean: of the displacement from the clip's reference, by column.
        motion_std: likewise.
        linguistic_mean: of the speech encoder's channels.
        linguistic_std: likewise.
        loudness: mean and standard deviation of the logarithm of the amplitude.
    """

    motion_mean: Float[np.ndarray, "58"]
    motion_std: Float[np.ndarray, "58"]
    linguistic_mean: Float[np.ndarray, "channels"]
    linguistic_std: Float[np.ndarray, "channels"]
    loudness: Float[np.ndarray, "2"]

    def __post_init__(self) -> None:
        """Refuse numbers that would turn motion into NaN."""
        for field in fields(self):
            values = getattr(self, field.name)
            if not np.isfinite(values).all() or (field.name.endswith("_std") and (values < 0).any()):
                raise ValueError(f"statistics {field.name} hold NaN, infinite or negative numbers")

    @property
    def live(self) -> Bool[np.ndarray, "58"]:
        """Columns that are generated; others stay at the reference, and `jawOpenCorrective` is derived."""
        live = self.motion_std >= DEAD_STD
        live[DERIVED] = False
        return live

    def normalise(self, displacement: Float[np.ndarray, "frames 58"]) -> Float[np.ndarray, "frames 58"]:
        """Z-scores; zero in columns that are not generated."""
        scores = (displacement - self.motion_mean) / np.maximum(self.motion_std, DEAD_STD)
        return np.where(self.live, scores, 0).astype(np.float32)

    def denormalise(self, scores: Float[np.ndarray, "frames 58"]) -> Float[np.ndarray, "frames 58"]:
        """Displacement; exactly zero in columns that are not generated."""
        displacement = self.motion_mean + self.motion_std * scores
        return np.where(self.live, displacement, 0).astype(np.float32)

    def reference_scores(self, reference: Float[np.ndarray, "58"]) -> Float[np.ndarray, "53"]:
        """What the network is shown of a reference: expression and jaw in standard deviations.

        Cut at four of them: a portrait may lie further out than anything seen in training.
        """
        scores = np.where(self.live, reference / np.maximum(self.motion_std, DEAD_STD), 0)
        return np.clip(scores[:NUM_REFERENCE], -_FURTHEST_REFERENCE, _FURTHEST_REFERENCE).astype(np.float32)

    def linguistic_scores(
        self, linguistic: Float[np.ndarray, "frames channels"]
    ) -> Float[np.ndarray, "frames channels"]:
        """Speech channels, standardised each on its own: a few of Whisper's are huge."""
        scores = (linguistic.astype(np.float32) - self.linguistic_mean) / np.maximum(self.linguistic_std, 1e-6)
        return np.asarray(scores, np.float32)

    def loudness_scores(self, amplitude: Float[np.ndarray, "frames"]) -> Float[np.ndarray, "frames"]:
        """Standardised logarithm of the amplitude."""
        mean, std = self.loudness
        return ((log_amplitude(amplitude) - mean) / max(float(std), 1e-6)).astype(np.float32)


def log_amplitude(amplitude: Float[np.ndarray, "frames"]) -> Float[np.ndarray, "frames"]:
    """Natural logarithm of the amplitude, with a floor at -80 dB of full scale for digital silence."""
    return np.log(amplitude.astype(np.float32) + np.float32(_AMPLITUDE_FLOOR))


def displace(
    motion: Float[np.ndarray, "frames 58"], reference: Float[np.ndarray, "58"]
) -> Float[np.ndarray, "frames 58"]:
    """Displacement of each frame from the reference; inverse of `apply_displacement` inside the limits.

    3DXTalker subtracts all rotations by component. The jaw moves about nearly one axis, so that is kept for
    it; for the head the displacement is the true rotation in the reference's own frame, so a nod stays a
    nod when the portrait looks aside.
    """
    out = motion - reference
    out[:, HEAD] = compose(-reference[None, HEAD], motion[:, HEAD])
    return out


def apply_displacement(
    displacement: Float[np.ndarray, "frames 58"],
    reference: Float[np.ndarray, "58"],
    *,
    jaw_open_angle_rad: float,
) -> Float[np.ndarray, "frames 58"]:
    """Motion inside the limits from displacement and reference, with the derived column set."""
    low, high = BOUNDS
    head = np.clip(displacement[:, HEAD], low[HEAD], high[HEAD])
    motion = np.clip(reference + displacement, low, high)
    motion[:, HEAD] = compose(reference[None, HEAD], head)
    motion[:, DERIVED] = motion[:, JAW_PITCH] / jaw_open_angle_rad
    return motion
