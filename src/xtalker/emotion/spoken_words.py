"""How strongly the words themselves speak: a transcript to a track of intensity, 0 to 1.

MEDTalk predicts intensity from sound and text with a language model; here a small lexicon of our own stands in:
words that strengthen or weaken what follows, words that carry emotion themselves, capitals, drawn-out letters and
exclamation marks. Words of other languages are neutral; marks, capitals and drawn-out letters still count.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
from jaxtyping import Bool, Float
from scipy.ndimage import gaussian_filter1d

from xtalker.values import InputError
from xtalker.values.conventions import FRAME_RATE_HZ

MAX_TRANSCRIPT_CHARACTERS: Final = 1_000_000
_SMOOTHING_FRAMES: Final = 3.0

_STRENGTHENING: Final = (
    "very really extremely incredibly absolutely totally completely utterly truly deeply so such too terribly awfully "
    "insanely unbelievably always never ever everything nothing nobody everyone forever must damn bloody finally"
)
_WEAKENING: Final = "slightly somewhat barely hardly bit little rather fairly maybe perhaps possibly kind sort almost"
_EMOTIVE: Final = {
    0.6: "good bad nice sad happy glad sorry hurt afraid worried upset angry tired lonely funny strange wrong help "
    "cry laugh smile lost miss hope wish wow oh no please",
    0.8: "love hate great beautiful ugly fear joy pain scared shocked furious proud shame stupid danger dead death "
    "kill fight scream shout wonderful excited anxious disgusting horrible terrible awful amazing perfect war tears "
    "heart dream evil crazy",
    1.0: "adore despise loathe terrified horrified devastated ecstatic thrilled enraged outraged heartbroken "
    "brilliant fantastic incredible unbelievable catastrophe disaster nightmare murder agony bliss glorious "
    "disgusted hilarious magnificent hell",
}
_OWN: Final = MappingProxyType({word: value for value, words in _EMOTIVE.items() for word in words.split()})
_STRONGER: Final = frozenset(_STRENGTHENING.split())
_WEAKER: Final = frozenset(_WEAKENING.split())
_PLAIN = 0.3
_DRAWN_OUT = re.compile(r"(\w)\1\1")
_EDGES = re.compile(r"^\W+|\W+$")
_ENDINGS = ("", "s", "es", "ed", "d", "ing", "ly")


@dataclass(frozen=True)
class SpokenWord:
    """A word and when it is said, seconds; punctuation belongs to the word before it."""

    text: str
    start_s: float
    end_s: float


def spread_transcript(text: str, speaking: Bool[np.ndarray, "frames"]) -> tuple[SpokenWord, ...]:
    """Guess when each word is said: speaking frames are dealt out by the words' lengths (letters, and one more).

    Args:
        text: what is said, words parted by white space.
        speaking: of the sound, see `Rhythm`; where it is False no word is put.

    Returns:
        The words in order; none when nobody speaks.

    Raises:
        InputError: more than a million characters.
    """
    if len(text) > MAX_TRANSCRIPT_CHARACTERS:
        raise InputError(
            "the transcript is too long", received=f"{len(text)} characters",
            accepted=f"up to {MAX_TRANSCRIPT_CHARACTERS}", next_step="give only the words of this sound",
        )  # fmt: skip
    words, frames = text.split(), np.flatnonzero(speaking)
    if not words or not len(frames):
        return ()
    shares = np.cumsum([0] + [len(_EDGES.sub("", word)) + 1 for word in words])
    marks = shares / shares[-1] * len(frames)
    # A moment between speaking frame k and k + 1: its fraction within frame k.
    first = np.minimum(marks[:-1].astype(int), len(frames) - 1)
    last = np.clip(np.ceil(marks[1:]).astype(int) - 1, 0, len(frames) - 1)
    starts = (frames[first] + marks[:-1] - first) / FRAME_RATE_HZ
    ends = (frames[last] + marks[1:] - last) / FRAME_RATE_HZ
    return tuple(SpokenWord(*word) for word in zip(words, starts.tolist(), ends.tolist()))


def word_intensities(words: Sequence[str]) -> Float[np.ndarray, "words"]:
    """Intensity of each word in its sentence, 0 to 1.

    A plain word has 0.3, an emotive one 0.6 to 1. A strengthening word has 0.6 and adds 0.25 to the next word, a
    weakening one has 0.15 and takes 0.2 from it. Capitals add 0.3 (words of two letters or more, in a text that is
    not all in capitals), drawn-out letters 0.2, and an exclamation mark 0.2 to the words of its sentence.
    """
    own = np.zeros(len(words))
    shouted = bool(words) and sum(_in_capitals(word) for word in words) < 0.6 * max(2, len(words))
    carried = 0.0
    for i, word in enumerate(words):
        stem = _EDGES.sub("", word).lower()
        own[i] = _own(stem) + carried + 0.3 * (shouted and _in_capitals(word)) + 0.2 * bool(_DRAWN_OUT.search(stem))
        carried = 0.25 * (stem in _STRONGER) - 0.2 * (stem in _WEAKER)
    own += 0.2 * np.asarray(_exclaimed(words), float)
    return np.clip(own, 0, 1).astype(np.float32)


def text_intensity(words: Sequence[SpokenWord], num_frames: int) -> Float[np.ndarray, "frames"]:
    """Intensity of what is said in each frame, 0 to 1, smoothed over about 0.3 s; 0 where no word is.

    Args:
        words: with their times, from an aligner or `spread_transcript`; what lies outside the sound is cut.
        num_frames: of the sound.

    Raises:
        InputError: a word ends before it starts, or at no time.
    """
    track = np.zeros(num_frames)
    for word, value in zip(words, word_intensities([word.text for word in words])):
        if not (np.isfinite([word.start_s, word.end_s]).all() and word.start_s <= word.end_s):
            raise InputError(
                "a word has impossible times", received=f"{word.text!r} from {word.start_s} to {word.end_s} s",
                accepted="a start that is not after the end, in seconds", next_step="correct the word times",
            )  # fmt: skip
        first, last = (int(np.clip(s * FRAME_RATE_HZ, 0, num_frames)) for s in (word.start_s, word.end_s))
        span = slice(first, max(last, first + 1))
        track[span] = np.maximum(track[span], value)
    return np.clip(gaussian_filter1d(track, _SMOOTHING_FRAMES, mode="nearest"), 0, 1).astype(np.float32)


def _own(stem: str) -> float:
    if stem in _STRONGER:
        return 0.6
    if stem in _WEAKER:
        return 0.15
    roots = (stem.removesuffix(ending) for ending in _ENDINGS)
    return max((_OWN[root] for root in roots if root in _OWN), default=_PLAIN if stem else 0.0)


def _in_capitals(word: str) -> bool:
    letters = _EDGES.sub("", word)
    return len(letters) > 1 and letters.isupper()


def _exclaimed(words: Sequence[str]) -> list[bool]:
    """Whether each word stands in a sentence that ends with an exclamation mark."""
    out, loud = [], False
    for word in reversed(words):
        if word.rstrip("\"')»”").endswith((".", "!", "?", "！", "？", "。", "…")):
            loud = "!" in word or "！" in word
        out.append(loud)
    return out[::-1]
