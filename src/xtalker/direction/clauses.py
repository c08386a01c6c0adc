"""English text -> clauses: what is to be done, how much, how fast, when."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final, Literal

from xtalker.direction.lexicon import IGNORED, LEXICON, NUMBERS, Entry
from xtalker.direction.vocabulary import Kind

Join = Literal["then", "comma", "and"]

_N = r"(\d+(?:\.\d+)?)"
_S = r"(?:s|sec|secs|seconds?)(?!\w)"
_TIMES: Final = (
    ("span", re.compile(rf"\b(?:from|between) {_N} ?(?:{_S})? ?(?:to|until|and|-) ?{_N} ?{_S}")),
    ("every_s", re.compile(rf"\bevery {_N} ?{_S}")),
    ("at_s", re.compile(rf"\b(?:at|from|starting at|@) ?(?:second )?{_N}(?: ?{_S})?(?! ?(?:degrees?|deg|°|%|times))")),
    ("after_s", re.compile(rf"\b(?:after|in) {_N} ?{_S}|\b{_N} ?{_S} later")),
    ("until_s", re.compile(rf"\b(?:until|till|up to) {_N} ?{_S}")),
    ("for_s", re.compile(rf"\b(?:for|over|during|within|lasting) {_N} ?{_S}")),
    ("degrees", re.compile(rf"{_N} ?(?:degrees?|deg|°)")),
    ("percent", re.compile(rf"{_N} ?(?:%|percent)")),
    ("count", re.compile(rf"{_N} ?(?:times|x)(?!\w)")),
)  # fmt: skip
_THEN = r"(?:and )?(?:then|after that|afterwards|finally|next|followed by|before)(?!\w)"
_BREAK = re.compile(
    rf"(?:[,;!?]|\.(?!\d))\s*(?P<then>{_THEN})?|\b(?P<bare>{_THEN})|\b(?P<and>and|while|with|plus|but|&)(?!\w)|(?=\bwithout\b)"
)
_ALTERNATIVE = re.compile(r"\b(left|right|up|down)(?: and |/| or )(?=(?:left|right|up|down)\b)")
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")


@dataclass
class Clause:
    """One part of a sentence. Numbers that were not given are None.

    Attributes:
        join: how it follows the clause before; `comma` is `then` for moves and `and` for styles.
        moves: (primitive, direction or empty) in the order of the words.
        styles, towards: the names in it; `towards` holds directions that belong to no move of the clause.
        amount, pace: factors on size and length.
        strange: words that mean nothing here.
    """

    join: Join
    moves: list[tuple[str, str]] = field(default_factory=list)
    styles: list[str] = field(default_factory=list)
    towards: list[str] = field(default_factory=list)
    amount: float = 1.0
    pace: float = 1.0
    count: int | None = None
    degrees: float | None = None
    at_s: float | None = None
    after_s: float | None = None
    until_s: float | None = None
    for_s: float | None = None
    every_s: float | None = None
    negated: bool = False
    strange: list[str] = field(default_factory=list)

    @property
    def says_what(self) -> bool:
        """Whether it names something to do."""
        return bool(self.moves or self.styles or self.towards)


def clauses_of(text: str, kind: Kind) -> list[Clause]:
    """Clauses in order. Those that only say how or when are merged into the one before, or else the one after."""
    found: list[Clause] = []
    waiting: Clause | None = None
    for join, part in _split(_plain(text)):
        clause = _clause(part, kind, join)
        if clause.says_what:
            if waiting is not None:
                _merge(clause, waiting)
                waiting = None
            found.append(clause)
        elif found:
            _merge(found[-1], clause)
        elif waiting is None:
            waiting = clause
        else:
            _merge(waiting, clause)
    return found or ([waiting] if waiting else [])


def _plain(text: str) -> str:
    """Lower case, one space between words, no hyphens and apostrophes, numerals for numbers."""
    plain = re.sub(r"[-–—_]+(?!\d)", " ", text.lower()).replace("’", "'")
    plain = re.sub(r"\b(don|doesn)'t\b", r"\1t", plain).replace("'s", "s").replace("'", "")
    plain = _ALTERNATIVE.sub(r"\1 then ", plain)
    plain = re.sub(r"\b(?:at|in|from) the (?:start|beginning)\b", "at 0 s", plain)
    plain = re.sub(rf"\b({'|'.join(NUMBERS)}) (?=times|seconds?|degrees?)", lambda m: f"{NUMBERS[m[1]]} ", plain)
    return " ".join(plain.split())


def _split(plain: str) -> list[tuple[Join, str]]:
    parts: list[tuple[Join, str]] = []
    start = 0
    join: Join = "comma"
    for found in _BREAK.finditer(plain):
        if part := plain[start : found.start()].strip():
            parts.append((join, part))
            join = "comma"
        if found["then"] or found["bare"]:
            join = "then"
        elif found["and"] or not found[0]:
            join = "and" if parts else join
        start = found.end()
    if part := plain[start:].strip():
        parts.append((join, part))
    return parts


def _clause(part: str, kind: Kind, join: Join) -> Clause:
    clause = Clause(join)
    rest = _take_numbers(part, clause)
    taken: list[tuple[int, Entry]] = []
    for entry in LEXICON[kind]:
        for found in entry.pattern.finditer(rest):
            taken.append((found.start(), entry))
            rest = rest[: found.start()] + "\0" * len(found[0]) + rest[found.end() :]
    for _, entry in sorted(taken, key=lambda pair: pair[0]):
        _put(clause, entry)
    clause.strange = [word for word in _WORD.findall(rest) if word not in IGNORED and len(word) > 1]
    return clause


def _take_numbers(part: str, clause: Clause) -> str:
    """Fill in times, degrees and counts; what stood there becomes a mark that no word matches."""
    for name, pattern in _TIMES:
        found = pattern.search(part)
        if found is None:
            continue
        value = float(next(group for group in found.groups() if group))
        if name == "span":
            clause.at_s, clause.until_s = value, float(found[2])
        elif name == "percent":
            clause.amount *= value / 100
        elif name == "count":
            clause.count = round(value)
        else:
            setattr(clause, name, value)
        part = f"{part[: found.start()]} \0 {part[found.end() :]}"
    return part


def _put(clause: Clause, entry: Entry) -> None:
    value = entry.value
    if entry.kind == "not":
        clause.negated = True
    elif entry.kind == "amount":
        clause.amount *= float(value)
    elif entry.kind == "pace":
        clause.pace *= float(value)
    elif entry.kind == "count":
        clause.count = int(value)
    elif entry.kind == "style":
        clause.styles.append(str(value))
    elif entry.kind == "move":
        waiting = clause.towards.pop() if clause.towards and not clause.moves and not entry.towards else ""
        clause.moves.append((str(value), entry.towards or waiting))
    elif clause.moves and not clause.moves[-1][1]:
        clause.moves[-1] = (clause.moves[-1][0], str(value))
    else:
        clause.towards.append(str(value))


def _merge(into: Clause, other: Clause) -> None:
    """Add how and when."""
    into.amount *= other.amount
    into.pace *= other.pace
    into.strange += other.strange
    for name in ("count", "degrees", "at_s", "after_s", "until_s", "for_s", "every_s"):
        if getattr(into, name) is None:
            setattr(into, name, getattr(other, name))
