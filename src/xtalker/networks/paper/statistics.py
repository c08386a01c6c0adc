"""Z-scores of the latent, and of what is heard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
from jaxtyping import Bool, Float, Shaped

from xtalker.generator.checkpoint import statistics_arrays, statistics_from
from xtalker.generator.normalise import DEAD_STD, Statistics
from xtalker.networks.paper.config import PaperConfig
from xtalker.networks.paper.layout import LAYOUTS

_LATENT = "latent."


@dataclass(frozen=True)
class PaperStatistics:
    """Means and standard deviations over all frames of the training clips.

    Attributes:
        latent_mean: of the displacement from the reference (or of the absolute latent), by column.
        latent_std: likewise; the smallest at which a column is generated is `DEAD_STD`.
        emotion_mean: of the emotion features.
        emotion_std: likewise.
        sound: of the speech features and the loudness.
        derives_corrective: `jawOpenCorrective` follows the jaw instead of being generated: on the open head.
    """

    latent_mean: Float[np.ndarray, "columns"]
    latent_std: Float[np.ndarray, "columns"]
    emotion_mean: Float[np.ndarray, "feelings"]
    emotion_std: Float[np.ndarray, "feelings"]
    sound: Statistics
    derives_corrective: bool = True

    def __post_init__(self) -> None:
        """Refuse numbers that would turn motion into NaN."""
        for name, values in self._arrays().items():
            if not np.isfinite(values).all() or (name.endswith("_std") and (values < 0).any()):
                raise ValueError(f"statistics {name} hold NaN, infinite or negative numbers")

    def _arrays(self) -> dict[str, Float[np.ndarray, "size"]]:
        names = (field.name for field in fields(self))
        return {name: getattr(self, name) for name in names if name.endswith(("_mean", "_std"))}

    def live(self, config: PaperConfig) -> Bool[np.ndarray, "columns"]:
        """Columns that are generated; others stay at the reference."""
        live = self.latent_std >= DEAD_STD
        if self.derives_corrective:
            live[LAYOUTS[config.layout].derived] = False
        return live

    def scores(
        self, latent: Float[np.ndarray, "frames columns"], live: Bool[np.ndarray, "columns"]
    ) -> Float[np.ndarray, "frames columns"]:
        """Z-scores; zero in columns that are not generated."""
        scores = (latent - self.latent_mean) / np.maximum(self.latent_std, DEAD_STD)
        return np.where(live, scores, 0).astype(np.float32)

    def latent(
        self, scores: Float[np.ndarray, "frames columns"], live: Bool[np.ndarray, "columns"]
    ) -> Float[np.ndarray, "frames columns"]:
        """Inverse of `scores`."""
        return np.where(live, self.latent_mean + self.latent_std * scores, 0).astype(np.float32)

    def linguistic(
        self, rows: Float[np.ndarray, "frames channels"], config: PaperConfig
    ) -> Float[np.ndarray, "frames channels"]:
        """Speech as the network is given it."""
        return self.sound.linguistic_scores(rows) if config.standard_speech else rows.astype(np.float32)

    def loudness(self, amplitude: Float[np.ndarray, "frames"], config: PaperConfig) -> Float[np.ndarray, "frames"]:
        """Amplitude as the network is given it."""
        return self.sound.loudness_scores(amplitude) if config.loudness == "log" else amplitude.astype(np.float32)

    def emotion(
        self, rows: Float[np.ndarray, "frames feelings"], config: PaperConfig
    ) -> Float[np.ndarray, "frames feelings"]:
        """Emotion features as the network is given them; scored when speech is."""
        if not config.standard_speech:
            return rows.astype(np.float32)
        return ((rows - self.emotion_mean) / np.maximum(self.emotion_std, 1e-6)).astype(np.float32)

    def arrays(self) -> dict[str, Shaped[np.ndarray, "..."]]:
        """Entries of a checkpoint."""
        own = {_LATENT + name: values for name, values in self._arrays().items() if values.size}
        derives = np.array([int(self.derives_corrective)], np.int64)
        return {**own, _LATENT + "derives_corrective": derives, **statistics_arrays(self.sound)}

    @classmethod
    def from_arrays(cls, stored: Mapping[str, Shaped[np.ndarray, "..."]], config: PaperConfig) -> PaperStatistics:
        """From the entries of a checkpoint.

        Raises:
            KeyError, ValueError: missing or of another shape.
        """
        columns, feelings = LAYOUTS[config.layout].columns, config.emotion_channels
        lengths = {"latent_mean": columns, "latent_std": columns, "emotion_mean": feelings, "emotion_std": feelings}
        empty = np.zeros(0, np.float32)  # without emotion features there is no entry for them
        found = {name: stored[_LATENT + name] if length else empty for name, length in lengths.items()}
        arrays = {name: array.astype(np.float32) for name, array in found.items()}
        for name, length in lengths.items():
            if arrays[name].shape != (length,):
                raise ValueError(f"statistics {name} of shape {arrays[name].shape}")
        sound = statistics_from(stored, config.speech_channels)
        derives = bool(stored[_LATENT + "derives_corrective"].item())
        return cls(**arrays, sound=sound, derives_corrective=derives)
