"""Own sentences from own words, and word strings that fill the pairs of phones that the sentences leave out."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import numpy as np
from tools.teach.phones import pairs_of

_WORDS: Final = Path(__file__).with_name("words.txt")
_TEMPLATES: Final = (
    "The {adj} {noun} {verb} the {noun} {prep} the {adj} {noun}.",
    "{name} {adv} {verb} a {adj} {noun} and the {noun}.",
    "Why was {name} {prep} the {adj} {noun} of {name}?",
    "{name} and {name} {verb} {prep} the {noun}.",
    "My {noun} {verb} your {adj} {noun}, but {name} {verb} the {noun}.",
    "How {adj} the {noun} {prep} our {noun} was!",
    "We {verb} the {noun} {adv}.",
    "{name}, the {adj} {noun} {verb} {adv}.",
)
_STRING_WORDS: Final = 6
Lexicon = Mapping[str, tuple[str, ...]]


def read_words(split: str) -> dict[str, list[str]]:
    """Part of speech -> words of a split, "train" or "test"."""
    words: dict[str, list[str]] = {}
    for line in _WORDS.read_text().splitlines():
        head, _, listed = line.partition(":")
        if listed and head.split()[0] == split:
            mine = words.setdefault(head.split()[1], [])
            mine += [word for word in listed.split() if word not in mine]
    return words


def look_up(words: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Phones of words, by flite's lexicon and letter rules."""

    def phones(word: str) -> tuple[str, ...]:
        said = subprocess.run(
            ["flite", "-voice", "kal16", "-ps", "-t", word, "none"], check=True, capture_output=True, text=True
        )
        return tuple(phone for phone in said.stdout.split() if phone != "pau")

    with ThreadPoolExecutor(2) as pool:
        return dict(zip(words, pool.map(phones, words)))


def make_sentences(words: Mapping[str, Sequence[str]], count: int, seed: int) -> list[str]:
    """Sentences from templates; every word comes about as often as any other of its kind."""
    random = np.random.default_rng(seed)
    next_word = {kind: _dealer(list(listed), random) for kind, listed in words.items()}
    made = []
    for number in range(count):
        parts = _TEMPLATES[number % len(_TEMPLATES)].split("{")
        said = parts[0] + "".join(next_word[p.partition("}")[0]]() + p.partition("}")[2] for p in parts[1:])
        made.append(said.replace(" a a", " an a").replace(" a e", " an e").replace(" a o", " an o"))
    return made


def _dealer(cards: list[str], random: np.random.Generator) -> Callable[[], str]:
    """A shuffled pack that is shuffled again when it is empty."""
    pack: list[str] = []

    def draw() -> str:
        if not pack:
            pack.extend(cards[i] for i in random.permutation(len(cards)))
        return pack.pop()

    return draw


def fill_strings(lexicon: Lexicon, covered: set[tuple[str, str]]) -> list[str]:
    """Strings of words that cover every pair that these words can make and that is not covered yet, greedily."""
    missing = attainable(lexicon) - covered
    order = [sorted(lexicon)[i] for i in np.random.default_rng(len(lexicon)).permutation(len(lexicon))]
    strings: list[list[str]] = [[]]
    while missing:
        last = lexicon[strings[-1][-1]] if strings[-1] else ()
        best = max(order, key=lambda word: len(pairs_of((*last, *lexicon[word])) & missing))
        if not pairs_of((*last, *lexicon[best])) & missing:  # go where something is missing
            best = next(word for word in order if _last(lexicon[word]) == min(missing)[0])
        strings[-1].append(best)
        missing -= pairs_of((*last, *lexicon[best]))
        if len(strings[-1]) >= _STRING_WORDS and missing:
            strings.append([strings[-1][-1]])  # the border pair is said again, so none is lost
    return [" ".join(words).capitalize() + "." for words in strings if len(words) > 1]


def attainable(lexicon: Lexicon) -> set[tuple[str, str]]:
    """Pairs inside words and over the border of any two words."""
    inside = set().union(*(pairs_of(phones) for phones in lexicon.values()))
    return inside | {(_last(a), _first(b)) for a in lexicon.values() for b in lexicon.values()}


def _first(phones: tuple[str, ...]) -> str:
    return "ah" if phones[0] == "ax" else phones[0]  # as `pairs_of` counts it


def _last(phones: tuple[str, ...]) -> str:
    return "ah" if phones[-1] == "ax" else phones[-1]
