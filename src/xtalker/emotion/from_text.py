"""Door: a written description to a point.

With the sentence encoder: frozen embedding -> adapter (kernel ridge regression on our own sentences, built by
`tools/build_emotion_space.py`) + what its words have taught -> softmax -> mean of the anchors. A second output says how
strong; degrees that the lexicon finds (slightly, very) and the strength of known words take part in it. Without the
encoder: the lexicon alone.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from jaxtyping import Float

from xtalker.assets import fetch
from xtalker.emotion.lexicon import (
    Lexicon,
    Reading,
    load_lexicon,
    normalised,
    read_text,
    softmax,
    suggested_by_words,
    taught_by_words,
)
from xtalker.emotion.space import EmotionPoint, EmotionSpace, load_space
from xtalker.values import AssetError, InputError
from xtalker.values.tracks import MAX_LEVEL

if TYPE_CHECKING:
    from xtalker.emotion.sentence import SentenceEncoder

MAX_CHARACTERS: Final = 2_000
ADAPTER: Final = Path(__file__).parent / "data" / "text_adapter.npz"
_LEAST_LEVEL: Final = 0.2
_ENGLISH_SHARE: Final = 0.1
_SHOWN: Final = 40
_log = logging.getLogger("xtalker")


@dataclass(frozen=True)
class TextAdapter:
    """From embeddings to emotions.

    Attributes:
        support: embeddings of the texts that it was built from.
        coefficients: score = exp(width (cosine to each text - 1)) @ coefficients.
        width: of the kernel; at 2 it is nearly quadratic in the embedding, which linear adapters fall short of.
        level_weight, level_bias: to the level.
    """

    support: Float[np.ndarray, "built_from 384"]
    coefficients: Float[np.ndarray, "built_from 8"]
    width: float
    level_weight: Float[np.ndarray, "384"]
    level_bias: float

    @classmethod
    def load(cls, path: Path = ADAPTER) -> TextAdapter:
        """The adapter that ships."""
        with np.load(path, allow_pickle=False) as file:
            support = file["support"].astype(np.float32) * file["support_step"]
            return cls(
                support, file["coefficients"].astype(np.float32), float(file["width"]),
                file["level_weight"], float(file["level_bias"]),
            )  # fmt: skip

    def scores(self, embeddings: Float[np.ndarray, "texts 384"]) -> Float[np.ndarray, "texts 8"]:
        """Of the seven emotions and neutral, before the softmax."""
        return np.asarray(np.exp(self.width * (embeddings @ self.support.T - 1)) @ self.coefficients)


@dataclass(frozen=True)
class TextDoor:
    """Reads descriptions.

    Attributes:
        space: where they land.
        lexicon: known words.
        encoder: sentence encoder, or None for the lexicon alone.
        adapter: from its embeddings to the space; unused without an encoder.
    """

    space: EmotionSpace
    lexicon: Lexicon
    encoder: SentenceEncoder | None
    adapter: TextAdapter | None

    def __call__(self, text: str) -> EmotionPoint:
        """Point of a description; its length is the strength that the words have.

        Raises:
            InputError: empty, longer than 2,000 characters, no words that are known.
        """
        p, level = self.read(text)
        return self.space.point_from_probabilities(p, level)

    def read(self, text: str) -> tuple[Float[np.ndarray, "8"], float]:
        """Probabilities of the seven emotions and neutral, and the level.

        Raises:
            InputError: as above.
        """
        check_text(text)
        reading = read_text(text, self.lexicon)
        if self.encoder is None or self.adapter is None:
            return self._by_words(text, reading)
        if not reading.found and not self._is_english(text):
            raise _unknown(text, "a description in English")
        embedding = self.encoder([text])
        guess = float(embedding[0] @ self.adapter.level_weight) + self.adapter.level_bias
        level = _level(guess, reading)
        return softmax(self.adapter.scores(embedding)[0] + taught_by_words(text, self.lexicon)), level

    def _by_words(self, text: str, reading: Reading) -> tuple[Float[np.ndarray, "8"], float]:
        """Named emotions first; what the other words suggest decides where none is named, and helps where one is."""
        suggested = suggested_by_words(text, self.lexicon)
        if reading.found and suggested is not None:
            return (2 * reading.probabilities + suggested) / 3, reading.level
        if reading.found:
            return reading.probabilities, reading.level
        if suggested is None:
            raise _unknown(text, "words of the lexicon, such as 'joyful' or 'slightly sad'")
        return suggested, 1.0

    def _is_english(self, text: str) -> bool:
        """Enough frequent English words, or nothing but words that the encoder knows whole."""
        words = normalised(text).split()
        if not words or not any(c.isalpha() and c.isascii() for c in text):
            return False
        frequent = sum(word in self.lexicon.english for word in words) / len(words)
        if frequent >= _ENGLISH_SHARE:
            return True
        assert self.encoder is not None, "asked only with an encoder"
        return all(len(self.encoder.words.pieces(word.replace("'", ""))) == 1 for word in words)


def _level(guess: float, reading: Reading) -> float:
    """Known emotion words say their strength themselves; otherwise the adapter's guess, times any degree."""
    if reading.found and reading.level > 0 and reading.probabilities[:-1].any():
        return float(np.clip(reading.level, _LEAST_LEVEL, MAX_LEVEL))
    return float(np.clip(guess * reading.gain, _LEAST_LEVEL, MAX_LEVEL))


def check_text(text: str) -> None:
    """Refuse what is no description.

    Raises:
        InputError: empty or longer than 2,000 characters.
    """
    if len(text) > MAX_CHARACTERS:
        raise InputError(
            "the description is too long", received=f"{len(text)} characters",
            accepted=f"at most {MAX_CHARACTERS}", next_step="say it in a sentence or two",
        )  # fmt: skip
    if not text.strip():
        raise InputError(
            "the description is empty", received=repr(text[:_SHOWN]),
            accepted="a few English words, such as 'tired but hopeful'", next_step="describe the emotion",
        )  # fmt: skip


def _unknown(text: str, accepted: str) -> InputError:
    shown = re.sub(r"\s+", " ", text)[:_SHOWN]
    return InputError(
        "no known word in the description", received=repr(shown), accepted=accepted,
        next_step="use other words, or a label with `is`",
    )  # fmt: skip


@cache
def open_text_door() -> TextDoor:
    """The door with the sentence encoder, which is fetched on first use; without it the lexicon, and a warning."""
    space, lexicon = load_space(), load_lexicon()
    try:
        path = fetch("sentence-encoder")
    except AssetError as error:
        _log.warning("descriptions are read by word list only, since the sentence encoder is not there: %s", error.what)
        return TextDoor(space, lexicon, None, None)
    from xtalker.emotion.sentence import SentenceEncoder

    return TextDoor(space, lexicon, SentenceEncoder.load(path), TextAdapter.load())
