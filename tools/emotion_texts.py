"""What texts teach: kernel ridge regression on sentence embeddings, and tables of single words.

Sources: kernel ridge regression as in Hastie, Tibshirani and Friedman, 5.8; naive Bayes with smoothed counts as in
Manning, Raghavan and Schuetze, 13.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from jaxtyping import Float, Int

from xtalker.emotion.space import LABELS

WIDTH: Final = 2.0
_RIDGE: Final = 0.3
_SMOOTHING: Final = 0.15
_SEEN_HELP: Final = 0.5
_SHARPNESS: Final = (0.5, 0.7, 1.0, 1.4, 2.0, 2.8)

Scores = Float[np.ndarray, "texts 8"]


@dataclass(frozen=True)
class Scales:
    """What raw scores are divided by, so that their sum is a logarithm of probabilities.

    Attributes:
        encoder: of the kernel's scores.
        seen: of the counts of words, beside the encoder.
        suggested: of the encoder's view of single words, where it is used without sentences.
        seen_alone: of the counts beside it.
    """

    encoder: float
    seen: float
    suggested: float
    seen_alone: float


@dataclass(frozen=True)
class Taught:
    """Texts with their emotions.

    Attributes:
        embeddings: of the texts.
        labels: numbers in LABELS.
        bags: words of each text.
        words: those that get scores.
        word_embeddings: of these.
    """

    embeddings: Float[np.ndarray, "texts 384"]
    labels: Int[np.ndarray, "texts"]
    bags: Sequence[Sequence[str]]
    words: Sequence[str]
    word_embeddings: Float[np.ndarray, "words 384"]

    @cached_property
    def occurs(self) -> Float[np.ndarray, "texts words"]:
        """How often each word is in each text."""
        place = {word: k for k, word in enumerate(self.words)}
        out = np.zeros((len(self.bags), len(self.words)), np.float32)
        for row, bag in zip(out, self.bags):
            np.add.at(row, [place[word] for word in bag if word in place], 1)
        return out

    def seen(self, learnt: Int[np.ndarray, "some"]) -> Float[np.ndarray, "words 8"]:
        """Naive Bayes: the logarithm of how much likelier each emotion is after the word; 0 for words not seen."""
        counts = (self.occurs[learnt] > 0).T.astype(np.float32) @ np.eye(len(LABELS), dtype=np.float32)[
            self.labels[learnt]
        ]
        total = counts.sum(1, keepdims=True)
        share = (counts + _SMOOTHING) / (total + _SMOOTHING * len(LABELS))
        return np.where(total > 0, np.log(share * len(LABELS)), 0)

    def suggested(self, learnt: Int[np.ndarray, "some"]) -> Float[np.ndarray, "words 8"]:
        """The kernel's view of each word alone; words in many texts count less."""
        coefficients = kernel_ridge(self.embeddings[learnt], self.labels[learnt])
        rarity = np.log(1 + len(learnt) / (1 + (self.occurs[learnt] > 0).sum(0)))
        weight = np.square(rarity / rarity.max())
        return kernel(self.word_embeddings, self.embeddings[learnt]) @ coefficients * weight[:, None]

    def held_out_scores(
        self, learnt: Int[np.ndarray, "some"], asked: Int[np.ndarray, "texts"]
    ) -> tuple[Scores, Scores, Scores]:
        """Of other texts: by the encoder, by counts of words, by the encoder's view of single words."""
        coefficients = kernel_ridge(self.embeddings[learnt], self.labels[learnt])
        whole = kernel(self.embeddings[asked], self.embeddings[learnt]) @ coefficients
        occurs = self.occurs[asked]
        return whole, occurs @ self.seen(learnt), occurs @ self.suggested(learnt)


def kernel(x: Float[np.ndarray, "a 384"], support: Float[np.ndarray, "b 384"]) -> Float[np.ndarray, "a b"]:
    """exp(WIDTH (cosine - 1))."""
    return np.asarray(np.exp(WIDTH * (x @ support.T - 1)))


def kernel_ridge(x: Float[np.ndarray, "texts 384"], labels: Int[np.ndarray, "texts"]) -> Float[np.ndarray, "texts 8"]:
    """Coefficients that give 7/8 for a text's own label and -1/8 for the others, nearly."""
    goal = np.eye(len(LABELS), dtype=np.float32)[labels] - 1 / len(LABELS)
    return np.asarray(np.linalg.solve(kernel(x, x) + _RIDGE * np.eye(len(x), dtype=np.float32), goal), np.float32)


def calibrate(
    whole: Scores, seen: Scores, suggested: Scores, labels: Int[np.ndarray, "texts"]
) -> tuple[Scales, dict[str, float]]:
    """Scales with the best log loss, and how often the sums are right."""
    first, second, third = whole / whole.std(), seen / seen.std(), suggested / suggested.std()
    both, words = first + _SEEN_HELP * second, third + second
    sharp, sharp_words = (min(_SHARPNESS, key=lambda s: _log_loss(s * x, labels)) for x in (both, words))
    scales = Scales(
        float(whole.std() / sharp), float(seen.std() / sharp / _SEEN_HELP),
        float(suggested.std() / sharp_words), float(seen.std() / sharp_words),
    )  # fmt: skip
    named = {"encoder_alone": first, "encoder_and_words": both, "words_alone": words}
    return scales, {name: float((x.argmax(1) == labels).mean()) for name, x in named.items()}


def _log_loss(scores: Scores, labels: Int[np.ndarray, "texts"]) -> float:
    top = scores.max(1, keepdims=True)
    log_p = scores - top - np.log(np.exp(scores - top).sum(1, keepdims=True))
    return float(-log_p[np.arange(len(labels)), labels].mean())


def ridge(
    x: Float[np.ndarray, "texts 384"], y: Float[np.ndarray, "texts"], penalty: float
) -> tuple[Float[np.ndarray, "384"], float]:
    """Weight and bias of ridge regression."""
    centre, mean = x.mean(0), y.mean()
    z = x - centre
    weight = np.linalg.solve(z.T @ z + penalty * np.eye(z.shape[1]), z.T @ (y - mean)).astype(np.float32)
    return weight, float(mean - centre @ weight)
