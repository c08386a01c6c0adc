"""Words that name an emotion or show on a face, with their strength: `data/lexicon.json`, written by us.

Reading a text: the longest known phrases are found from left to right; a negation up to three words before one
turns it off (`not happy` counts a little as its opposite where there is one); intensifiers and diminishers directly
before it, or up to two words away, scale its level.

Many descriptions name no emotion ("he finds her letter in the drawer"). For them `data/word_scores.npz` holds what
thousands of ordinary words suggest, built by `tools/build_emotion_space.py`; the suggestions of a text's words add up.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.values.tracks import EMOTIONS, MAX_LEVEL

DATA: Final = Path(__file__).parent / "data" / "lexicon.json"
SCORES: Final = DATA.with_name("word_scores.npz")
_NUM_LABELS: Final = len(EMOTIONS) + 1
_NEUTRAL: Final = len(EMOTIONS)
_LOOK_BACK: Final = 3
_LONGEST_PHRASE: Final = 5
_NEGATED_SHARE: Final = 0.5
_OPPOSITE: Final = {"happy": "sad", "sad": "neutral", "angry": "neutral", "fear": "neutral"}


@dataclass(frozen=True)
class Entry:
    """What a phrase means.

    Attributes:
        emotion: one of the seven or neutral.
        level: its strength, 1 for the plain word.
    """

    emotion: str
    level: float


@dataclass(frozen=True)
class Lexicon:
    """All words.

    Attributes:
        entries: phrase in lower case -> meaning.
        degrees: adverb -> gain on the level.
        negations: words that turn what follows off.
        english: frequent English words, by which a text in another language is told apart.
        places: ordinary word -> its row in `scores`.
        scores: what each suggests to a reader without the sentence encoder; of the seven emotions and neutral.
        taught: what each adds to the scores of the encoder's adapter.
    """

    entries: Mapping[str, Entry]
    degrees: Mapping[str, float]
    negations: frozenset[str]
    english: frozenset[str]
    places: Mapping[str, int]
    scores: Float[np.ndarray, "words 8"]
    taught: Float[np.ndarray, "words 8"]


@dataclass(frozen=True)
class Reading:
    """What the lexicon finds in a text.

    Attributes:
        probabilities: of the seven emotions and neutral; all zero when no phrase is known.
        level: strength of what is found.
        gain: product of the degrees found, 1 without any.
    """

    probabilities: Float[np.ndarray, "8"]
    level: float
    gain: float

    @property
    def found(self) -> bool:
        """Whether any phrase is known."""
        return bool(self.probabilities.any())


@cache
def load_lexicon() -> Lexicon:
    """The lexicon that ships with the package."""
    raw = json.loads(DATA.read_text(encoding="utf-8"))
    entries = {
        phrase: Entry(emotion, float(level))
        for emotion, words in raw["words"].items() for phrase, level in words.items()
    }  # fmt: skip
    with np.load(SCORES, allow_pickle=False) as file:
        places = {word: row for row, word in enumerate(str(file["words"]).split())}
        scores, taught = (file[name].astype(np.float32) * file["step"] for name in ("scores", "taught"))
    negations, english = frozenset(raw["negations"]), frozenset(raw["english"])
    return Lexicon(entries, raw["degrees"], negations, english, places, scores, taught)


def normalised(text: str) -> str:
    """Lower case, no accents, letters and single spaces only."""
    plain = unicodedata.normalize("NFKD", text.lower().replace("’", "'"))
    return " ".join(re.findall(r"[a-z']+", "".join(c for c in plain if not unicodedata.combining(c))))


def read_text(text: str, lexicon: Lexicon) -> Reading:
    """Emotions named in a text, their shares and their strength."""
    words = normalised(text).split()
    mass, levels, gains = np.zeros(_NUM_LABELS), [], [1.0]
    at = 0
    while at < len(words):
        length, entry = _longest(words, at, lexicon)
        if entry is None:
            at += 1
            continue
        before = words[max(0, at - _LOOK_BACK) : at]
        gain = float(np.prod([lexicon.degrees.get(w, 1.0) for w in before[-2:]]))
        if any(w in lexicon.negations or w.endswith("n't") for w in before):
            mass[_index(_OPPOSITE.get(entry.emotion, "neutral"))] += _NEGATED_SHARE
            levels.append(_NEGATED_SHARE)
        else:
            mass[_index(entry.emotion)] += entry.level * gain
            levels.append(entry.level * gain)
            gains.append(gain)
        at += length
    if not levels:
        return Reading(mass, 0.0, 1.0)
    gain = max(gains, key=lambda g: abs(np.log(g)))
    return Reading(mass / mass.sum(), float(np.clip(max(levels), 0, MAX_LEVEL)), gain)


def suggested_by_words(text: str, lexicon: Lexicon) -> Float[np.ndarray, "8"] | None:
    """Probabilities of the seven emotions and neutral by the sum of what the words suggest.

    None for a text that does not look English (no frequent word, and unknown words in it) or has no word that is known.
    """
    words = normalised(text).split()
    rows = [lexicon.places[word] for word in words if word in lexicon.places]
    foreign = not any(word in lexicon.english for word in words) and len(rows) < len(words)
    if foreign or not rows:
        return None
    return softmax(lexicon.scores[rows].sum(axis=0))


def taught_by_words(text: str, lexicon: Lexicon) -> Float[np.ndarray, "8"]:
    """What the words of a text add to the adapter's scores; 0 for words that no sentence taught."""
    rows = [lexicon.places[word] for word in normalised(text).split() if word in lexicon.places]
    return np.asarray(lexicon.taught[rows].sum(axis=0))


def softmax(scores: Float[np.ndarray, "8"]) -> Float[np.ndarray, "8"]:
    """Probabilities whose logarithms are the scores, up to a constant."""
    p = np.exp(scores.astype(np.float64) - scores.max())
    return np.asarray(p / p.sum())


def _longest(words: list[str], at: int, lexicon: Lexicon) -> tuple[int, Entry | None]:
    for length in range(min(_LONGEST_PHRASE, len(words) - at), 0, -1):
        *start, last = words[at : at + length]
        for form in _forms(last):
            entry = lexicon.entries.get(" ".join([*start, form]))
            if entry is not None:
                return length, entry
    return 1, None


def _forms(word: str) -> Iterator[str]:
    """The word, then what it may be an ending of: smiles, smiled, smiling, sadly."""
    yield word
    for ending in ("s", "es", "d", "ed", "ing", "ly"):
        stem = word.removesuffix(ending)
        if stem != word and len(stem) > 2:
            yield stem
            if ending == "ing":
                yield f"{stem}e"
            if len(stem) > 3 and stem[-1] == stem[-2] and ending in ("ed", "ing"):
                yield stem[:-1]  # sobbed, grinning
            if ending in ("ed", "ly") and stem.endswith("i"):
                yield f"{stem[:-1]}y"  # cried, happily


def _index(emotion: str) -> int:
    return _NEUTRAL if emotion == "neutral" else EMOTIONS.index(emotion)
