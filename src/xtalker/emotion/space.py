"""The emotion space: sixteen dimensions in which labels, texts, pictures, motion and speech land.

A point is a vector. Its direction says what is felt and its length how strongly; the origin is neutral. The anchors
of the seven emotions are unit vectors, so `happy` at level 1.4 is 1.4 x the anchor of happy, and mixing is adding.
The centre of the space is the motion encoder (multimodal diffusion, III-A), trained by `tools/build_emotion_space.py`
to find the anchors of synthetic expressions whatever the mouth is saying; the other doors aim at the anchors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.values.tracks import EMOTIONS, MAX_LEVEL

DIMENSIONS: Final = 16
LABELS: Final = (*EMOTIONS, "neutral")
"""The seven emotions and neutral, the order of every array with eight columns."""
DATA: Final = Path(__file__).parent / "data" / "space.npz"
_TINY: Final = 1e-9


@dataclass(frozen=True)
class EmotionPoint:
    """A place in the emotion space.

    Attributes:
        vector: direction = which emotion, length = level; 0 is neutral.
    """

    vector: Float[np.ndarray, "16"]

    @property
    def strength(self) -> float:
        """Length."""
        return float(np.linalg.norm(self.vector))

    def scaled(self, gain: float) -> EmotionPoint:
        """The same emotion, more or less of it."""
        return EmotionPoint(self.vector * gain)


@dataclass(frozen=True)
class EmotionSpace:
    """Anchors and motion encoder.

    Attributes:
        anchors: unit vectors of the seven emotions and of neutral. Neutral's is a direction for comparing only.
        weights: layers of the motion encoder, each inputs x outputs, biases beside them.
        biases: one for each layer. Its last layer gives 16 coordinates of the direction and one of the level.
    """

    anchors: Float[np.ndarray, "8 16"]
    weights: tuple[Float[np.ndarray, "_ _"], ...]
    biases: tuple[Float[np.ndarray, "_"], ...]

    def encode_motion(self, expression: Float[np.ndarray, "frames 50"]) -> Float[np.ndarray, "frames 16"]:
        """Vector of each frame; mouth movements of speech hardly matter."""
        direction, level = self.encode_parts(expression)
        return direction * level[:, None]

    def encode_parts(
        self, expression: Float[np.ndarray, "frames 50"]
    ) -> tuple[Float[np.ndarray, "frames 16"], Float[np.ndarray, "frames"]]:
        """Unit direction and level 0 to 2 of each frame."""
        x = expression.astype(np.float64)
        last = len(self.weights) - 1
        for number, (weight, bias) in enumerate(zip(self.weights, self.biases)):
            x = x @ weight + bias
            x = x if number == last else np.maximum(x, 0)
        direction, level = x[:, :DIMENSIONS], x[:, DIMENSIONS]
        length = np.linalg.norm(direction, axis=1, keepdims=True)
        return direction / np.maximum(length, _TINY), np.clip(level, 0, MAX_LEVEL)

    def label_point(self, label: str, level: float = 1.0) -> EmotionPoint:
        """One of LABELS at a level; neutral is the origin."""
        if label == "neutral":
            return EmotionPoint(np.zeros(DIMENSIONS))
        return EmotionPoint(level * self.anchors[LABELS.index(label)].astype(np.float64))

    def point_from_probabilities(self, p: Float[np.ndarray, "8"], level: float = 1.0) -> EmotionPoint:
        """Mean of the anchors by probability; neutral's share pulls to the origin.

        Args:
            p: of LABELS, adding up to 1.
            level: of a certain emotion.
        """
        return EmotionPoint(level * p[:-1].astype(np.float64) @ self.anchors[:-1])

    def levels(self, point: EmotionPoint) -> Float[np.ndarray, "7"]:
        """Levels of the seven emotions: the non-negative mix of anchors nearest to the point.

        Exact for every mix of anchors, since they are linearly independent; the sum is at most 2.
        """
        from scipy.optimize import nnls  # slow to load, and few need it

        mix, _ = nnls(self.anchors[:-1].T.astype(np.float64), point.vector.astype(np.float64))
        return np.asarray(mix * min(1.0, MAX_LEVEL / max(mix.sum(), _TINY)), np.float64)

    def nearest_label(self, point: EmotionPoint) -> str:
        """Emotion whose anchor makes the smallest angle with the point; neutral under a tenth of a level."""
        if point.strength < 0.1:
            return "neutral"
        return EMOTIONS[int(np.argmax(self.anchors[:-1] @ point.vector))]

    @staticmethod
    def mix(points: Sequence[EmotionPoint], weights: Sequence[float]) -> EmotionPoint:
        """Weighted mean; two points with 1 - s and s interpolate."""
        shares = np.asarray(weights, np.float64)
        assert shares.sum() > 0 and (shares >= 0).all(), "weights are shares"
        return EmotionPoint(shares / shares.sum() @ np.stack([p.vector for p in points]))


@cache
def load_space() -> EmotionSpace:
    """The space that ships with the package."""
    with np.load(DATA, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    layers = range(sum(name.startswith("weight_") for name in arrays))
    return EmotionSpace(
        arrays["anchors"], tuple(arrays[f"weight_{k}"] for k in layers), tuple(arrays[f"bias_{k}"] for k in layers)
    )
