"""Phones: the set of the synthesisers, GRID's words in it, and what stands in for phones that GRID lacks."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Final

PAUSE: Final = "pau"
PHONES: Final = (
    "aa", "ae", "ah", "ao", "aw", "ax", "ay", "b", "ch", "d", "dh", "eh", "er", "ey", "f", "g", "hh", "ih", "iy", "jh",
    "k", "l", "m", "n", "ng", "ow", "oy", "p", "r", "s", "sh", "t", "th", "uh", "uw", "v", "w", "y", "z", "zh", PAUSE,
)  # fmt: skip
CLOSED_LIPS: Final = frozenset("pbm")
LIP_ON_TEETH: Final = frozenset("fv")
VOWELS: Final = frozenset(p for p in PHONES if p[0] in "aeiou")

LIP_WIDTH_LEVEL: Final = {
    "w": 0, "uw": 0, "ow": 1, "ao": 1, "aa": 2, "ah": 2, "eh": 3, "ih": 3, "iy": 4,
}  # fmt: skip
"""Order of the lips' width, rounded to spread, as articulatory phonetics has it (for example Ladefoged and Johnson,
A Course in Phonetics): close rounded, mid rounded, open, front mid, close front."""

STAND_INS: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    "ay": (("aa",), ("ih",)),
    "aw": (("aa",), ("uw",)),
    "ow": (("ow",), ("ow", "uw")),
    "oy": (("ao",), ("ih",)),
    "ey": (("eh",), ("iy",)),
    "uh": (("uw", "ih"),),
    "er": (("r", "ax"),),
    "ng": (("n", "k"),),
    "sh": (("s",),),
    "zh": (("z",),),
    "ch": (("t",), ("s",)),
    "jh": (("d",), ("z",)),
    "hh": (("ax",),),
}
"""Phone -> equal parts of its time -> equal shares of the units that the teacher learns. Diphthongs are glides between
two vowels; sh, zh, ng, oy, uh, er and hh are not in GRID,
ch and jh too seldom. Phones that are not named here are their own unit."""

UNITS: Final = tuple(sorted({unit for phone in PHONES for part in STAND_INS.get(phone, ((phone,),)) for unit in part}))

_GRID_WORDS: Final = """
bin b ih n|lay l ey|place p l ey s|set s eh t|blue b l uw|green g r iy n|red r eh d|white w ay t|at ae t|by b ay
in ih n|with w ih dh|again ax g eh n|now n aw|please p l iy z|soon s uw n|zero z ih r ow|one w ah n|two t uw
three th r iy|four f ao|five f ay v|six s ih k s|seven s eh v ax n|eight ey t|nine n ay n|a ey|b b iy|c s iy|d d iy
e iy|f eh f|g jh iy|h ey ch|i ay|j jh ey|k k ey|l eh l|m eh m|n eh n|o ow|p p iy|q k y uw|r aa|s eh s|t t iy|u y uw
v v iy|x eh k s|y w ay|z z eh d
"""
GRID_WORDS: Final[dict[str, tuple[str, ...]]] = {
    word: tuple(phones)
    for word, *phones in (entry.split() for entry in _GRID_WORDS.replace("\n", "|").split("|") if entry)
}
"""Pronunciations of GRID's 51 words as its British speakers say them."""


@dataclass(frozen=True)
class TimedPhone:
    """A phone and when it sounds.

    Attributes:
        name: one of PHONES.
        start_s, end_s: seconds from the beginning of the sound.
    """

    name: str
    start_s: float
    end_s: float


def pairs_of(phones: tuple[str, ...]) -> set[tuple[str, str]]:
    """Neighbours in a sequence; reduced vowels count as full ones, pauses not at all."""
    full = [{"ax": "ah"}.get(p, p) for p in phones if p != PAUSE]
    return set(itertools.pairwise(full))
