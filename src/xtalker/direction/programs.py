"""JSON of a language model -> program of moves, validated and bounded before use.

A program is `{"moves": [{"name": ..., "at": s, "for": s, "amount": x, "towards": ..., "times": n}, ...]}`, or the
list alone, and may stand inside prose or a code fence: the first JSON value of such a form counts. `for`, `amount`,
`towards` and `times` have normal values; keys other than these are ignored, since models like to add remarks.
"""

from __future__ import annotations

import json
from typing import Any, Final

from xtalker.direction import reading
from xtalker.direction.vocabulary import MAX_AMOUNT, MAX_TIMES, VOCABULARY, Kind, Primitive
from xtalker.values import InputError
from xtalker.values.direction import Move

MAX_MOVES: Final = 200
MAX_CHARACTERS: Final = 200_000
_MAX_STARTS = 50
_SLACK_S = 0.05
_FORM = '{"moves": [{"name", "at", "for", "amount", "towards", "times"}, ...]}'
_NEXT = "correct the program"


def parse_program(json_text: str, kind: Kind, duration_s: float) -> tuple[Move, ...]:
    """The program in an answer.

    Args:
        json_text: the answer.
        kind: whose vocabulary.
        duration_s: of the clip; every move lies inside.

    Returns:
        Moves in the order of time.

    Raises:
        InputError: no program in it, more than 200 moves, unknown primitive or direction, numbers out of range.
    """
    found = _moves_in(json_text)
    if not 0 < len(found) <= MAX_MOVES:
        reading.refuse("program", "number of moves", received=len(found), accepted=f"1 to {MAX_MOVES}", next_step=_NEXT)
    moves = [_move(entry, f"program, move {n}", kind, duration_s) for n, entry in enumerate(found, start=1)]
    return tuple(sorted(moves, key=lambda move: move.at_s))


def _moves_in(answer: str) -> list[Any]:
    """The list of moves, unchecked."""
    if len(answer) > MAX_CHARACTERS:
        reading.refuse("program", "too long", received=f"{len(answer):,} characters",
                       accepted=f"at most {MAX_CHARACTERS:,}", next_step=_NEXT)  # fmt: skip
    decoder = json.JSONDecoder(parse_constant=_no_number)
    start = -1
    for _ in range(_MAX_STARTS):
        starts = [at for at in (answer.find("{", start + 1), answer.find("[", start + 1)) if at >= 0]
        if not starts:
            break
        start = min(starts)
        try:
            value, _ = decoder.raw_decode(answer, start)
        except (ValueError, RecursionError):
            continue
        value = value.get("moves") if isinstance(value, dict) else value
        if isinstance(value, list) and all(isinstance(entry, dict) for entry in value):
            return value
    return reading.refuse(
        "program", "no JSON program in the answer", received=answer.strip() or "nothing", accepted=_FORM,
        next_step="answer with JSON only",
    )  # fmt: skip


def _no_number(constant: str) -> None:
    raise ValueError(constant)


def _move(entry: dict[str, Any], place: str, kind: Kind, duration_s: float) -> Move:
    table = VOCABULARY[kind]
    name = reading.choice(entry.get("name"), f"{place}, name", tuple(table))
    row = table[name]
    at_s = reading.number(entry.get("at"), f"{place}, at", 0.0, duration_s)
    times = _times(entry.get("times", 1), place, row)
    length_s = min(row.length_s * max(times, 1), max(duration_s - at_s, 0.0))
    for_s = reading.number(entry.get("for", length_s), f"{place}, for", 0.0, duration_s + _SLACK_S)
    if at_s + for_s > duration_s + _SLACK_S or for_s <= 0:
        reading.refuse(place, "not inside the clip", received=f"from {at_s:g} s for {for_s:g} s",
                       accepted=f"0 to {duration_s:g} s, longer than nothing", next_step=_NEXT)  # fmt: skip
    amount = reading.number(entry.get("amount", 1.0), f"{place}, amount", 0.0, MAX_AMOUNT)
    return Move(name, at_s, for_s, amount, _towards(entry.get("towards"), place, row), times)


def _times(value: Any, place: str, row: Primitive) -> int:
    """Repetitions; what cannot be repeated is done once."""
    times = reading.whole_number(value, f"{place}, times", 0, MAX_TIMES)
    return times if row.repeats else 1


def _towards(value: Any, place: str, row: Primitive) -> str:
    """A direction of the row; a row without directions refuses one."""
    if value in (None, ""):
        return row.towards[0] if row.towards else ""
    if not row.towards:
        reading.refuse(f"{place}, towards", "this move has no direction", received=value, accepted="no 'towards'",
                       next_step=_NEXT)  # fmt: skip
    return reading.choice(value, f"{place}, towards", row.towards)


def told(error: InputError) -> str:
    """The error in words for the one who wrote the program."""
    return f"{error.what}: received {error.received}; accepted: {error.accepted}"
