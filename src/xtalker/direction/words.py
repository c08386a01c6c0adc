"""The embedded parser: English text -> program of moves, without a model.

Clauses follow each other ("then", a comma) or run together ("and", "while", "with"). Times in the text count from
`start_s`; "after 2 s" from the end of the clause before. Styles last until the end, or share the time when they follow
each other. Slow camera moves take up the time that the others leave.
"""

from __future__ import annotations

import difflib
import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from xtalker.direction.camera_styles import camera_style_moves
from xtalker.direction.clauses import Clause, clauses_of
from xtalker.direction.lexicon import EXAMPLE, STYLE_NAMES
from xtalker.direction.styles import style_moves
from xtalker.direction.vocabulary import INSTANT_S, MAX_AMOUNT, MAX_TIMES, VOCABULARY, Kind
from xtalker.values import InputError
from xtalker.values.direction import Move
from xtalker.values.tracks import Rhythm

_log = logging.getLogger("xtalker")

_LASTING: Final = frozenset({"sway", "bob", "drift", "handheld"})
_SHOTS: Final = frozenset({"close_up", "medium_close_up", "bust", "low_angle", "high_angle", "eye_level"})
_LONGEST_SLOW_S = 12.0
_MOST_EVERY = 200
# What cannot go that way, and the move that can.
_REDIRECT: Final[dict[Kind, dict[tuple[str, str], tuple[str, str]]]] = {
    "head": {
        ("turn", "up"): ("look", "up"),
        ("turn", "down"): ("look", "down"),
        ("tilt", "up"): ("look", "up"),
        ("tilt", "down"): ("look", "down"),
    },
    "camera": {
        ("orbit", "up"): ("high_angle", ""),
        ("orbit", "down"): ("low_angle", ""),
        ("pan", "up"): ("tilt", "up"),
        ("pan", "down"): ("tilt", "down"),
        ("tilt", "left"): ("pan", "left"),
        ("tilt", "right"): ("pan", "right"),
    },
}
_ALONE: Final[dict[Kind, dict[str, str]]] = {
    "head": dict.fromkeys(("left", "right", "up", "down"), "look"),
    "camera": {"left": "pan", "right": "pan", "up": "tilt", "down": "tilt"},
}


@dataclass(frozen=True)
class _Step:
    """The moves of a clause on their own time line, before they are placed."""

    clause: Clause
    moves: tuple[Move, ...]
    lasting: bool

    @property
    def length_s(self) -> float:
        return max((m.at_s + m.for_s for m in self.moves), default=0.0)


def program_from_words(
    text: str, kind: Kind, rhythm: Rhythm, *, start_s: float = 0.0, end_s: float
) -> tuple[Move, ...]:
    """What a text asks for.

    Args:
        text: English.
        kind: of head or camera.
        rhythm: of the clip: styles nod on its emphases and rest in its pauses.
        start_s: where the part of the clip begins that the text is for, seconds.
        end_s: where it ends.

    Returns:
        Moves within that part, in the order of time. Words that mean nothing, and times past the end, are logged
        as warnings.

    Raises:
        InputError: nothing in the text is understood, or a size beyond what a move can reach.
    """
    clauses = clauses_of(text, kind)
    strange = list(dict.fromkeys(word for clause in clauses for word in clause.strange))
    if not any(clause.says_what for clause in clauses):
        raise _not_understood(text, kind, strange)
    if strange:
        _log.warning("%s: not understood in '%s': %s", kind, text[:80], ", ".join(strange[:12]))
    window_s = max(end_s - start_s, INSTANT_S)
    refused = {name for clause in clauses if clause.negated for name, _ in clause.moves}
    active = [clause for clause in clauses if not (clause.negated and clause.moves)]
    steps = _steps([c for c in active if not c.styles or c.moves], kind)
    placed = _placed(_filled(steps, window_s, kind), window_s)
    placed += _styled([c for c in active if c.styles], kind, rhythm, start_s, window_s)
    moves = [replace(m, at_s=m.at_s + start_s) for m in placed if m.name not in refused and not _nods_of(refused, m)]
    if not moves:
        return (Move("hold", start_s, window_s),)
    return tuple(sorted(_inside(moves, text, kind, start_s + window_s, start_s), key=lambda move: move.at_s))


def _nods_of(refused: set[str], move: Move) -> bool:
    return "nods" in refused and move.name == "nod"


def _not_understood(text: str, kind: Kind, strange: Sequence[str]) -> InputError:
    names = sorted({*STYLE_NAMES[kind], *(name.replace("_", " ") for name in VOCABULARY[kind])})
    near = list(dict.fromkeys(n for word in strange[:20] for n in difflib.get_close_matches(word, names, 2, 0.7)))
    shown = text if len(text) <= 60 else f"{text[:60]}..."
    return InputError(
        f"{kind}: no known style or move in these words",
        received=f"'{shown}'",
        accepted=f"English such as {EXAMPLE[kind]}; styles: {', '.join(STYLE_NAMES[kind])}",
        next_step=f"did you mean {', '.join(near[:4])}?" if near else "use these, or set XTALKER_LLM_URL to a model",
    )


def _steps(clauses: Sequence[Clause], kind: Kind) -> list[_Step]:
    """Moves of each clause; a clause that is only a direction goes on with the move before."""
    steps: list[_Step] = []
    last = ""
    for clause in clauses:
        named = list(clause.moves)
        for towards in clause.towards:
            known = last if last and not named and (last, towards) in _possible(kind) else ""
            named.append((known or _ALONE[kind][towards], towards))
        named = [pair for name, towards in named for pair in _redirected(name, towards, kind)]
        moves = tuple(_move(name, towards, clause, kind) for name, towards in named)
        last = named[-1][0] if named else last
        lasting = (
            any(m.name in _LASTING or m.times == 0 for m in moves) and clause.for_s is None and clause.count is None
        )
        steps.append(_Step(clause, moves, lasting))
    return steps


def _possible(kind: Kind) -> set[tuple[str, str]]:
    return {(name, towards) for name, row in VOCABULARY[kind].items() for towards in row.towards}


def _redirected(name: str, towards: str, kind: Kind) -> list[tuple[str, str]]:
    """Moves that can be done: a direction that a move cannot take becomes another move, or one beside it."""
    if name == "nods":
        return [(name, towards)]
    if towards and (name, towards) not in _possible(kind):
        other = _REDIRECT[kind].get((name, towards))
        return (
            [other]
            if other
            else [(name, ""), (_ALONE[kind][towards], towards)]
            if towards in _ALONE[kind]
            else [(name, "")]
        )
    return [(name, towards)]


def _move(name: str, towards: str, clause: Clause, kind: Kind) -> Move:
    """One move at time zero of its clause. `nods` are nods on the speech's emphasis."""
    on_emphasis = name == "nods" and clause.count is None
    name = "nod" if name == "nods" else name
    row = VOCABULARY[kind][name]
    amount = clause.amount
    if clause.degrees is not None and row.unit == "degrees":
        amount = clause.degrees / row.size
        if amount > MAX_AMOUNT + 1e-9:
            raise InputError(
                f"{kind}: '{name}' cannot go that far",
                received=f"{clause.degrees:g} degrees",
                accepted=f"at most {row.size * MAX_AMOUNT:g} degrees",
                next_step="ask for less",
            )
    times = min(max(1, clause.count or 1), MAX_TIMES) if row.repeats else 1
    length_s = clause.for_s or (INSTANT_S if name == "cut" else row.length_s * times * clause.pace)
    if clause.for_s is None and clause.until_s is not None and clause.at_s is not None:
        length_s = max(clause.until_s - clause.at_s, INSTANT_S)
    towards = towards or (row.towards[0] if row.towards else "")
    emphasised = on_emphasis or (name == "bob" and clause.count is None)
    return Move(name, 0.0, length_s, min(amount, MAX_AMOUNT), towards, 0 if emphasised else times)


def _filled(steps: list[_Step], window_s: float, kind: Kind) -> list[_Step]:
    """Slow camera moves take up what the others leave of the time, where no times are given."""
    slow = [s for s in steps if s.clause.pace > 1 and s.clause.for_s is None and not s.lasting]
    timed = any(s.clause.at_s is not None or s.clause.after_s is not None for s in steps)
    if kind != "camera" or not slow or timed:
        return steps
    left_s = window_s - sum(s.length_s for s in steps if s.clause.join != "and" and not s.lasting)
    more_s = max(0.0, left_s) / len(slow)
    return [
        replace(s, moves=tuple(replace(m, for_s=max(m.for_s, min(m.for_s + more_s, _LONGEST_SLOW_S))) for m in s.moves))
        if s in slow
        else s
        for s in steps
    ]


def _placed(steps: Sequence[_Step], window_s: float) -> list[Move]:
    """One after another, together, or where a time says."""
    placed: list[Move] = []
    cursor_s = before_s = 0.0
    for number, step in enumerate(steps):
        clause = step.clause
        holds = any(m.name in ("hold", "settle") for m in step.moves)
        start_s = before_s if clause.join == "and" and not holds else cursor_s
        start_s = start_s if clause.after_s is None else cursor_s + clause.after_s
        start_s = start_s if clause.at_s is None else clause.at_s
        followed = any(s.clause.join != "and" and s.clause.at_s is None for s in steps[number + 1 :])
        moves = [replace(m, at_s=start_s) for m in step.moves]
        if step.lasting and clause.until_s is None and not followed:
            moves = [_lasting(m, max(window_s - start_s, INSTANT_S)) for m in moves]
        if number == 0 and start_s == 0 and clause.pace == 1 and any(m.name in _SHOTS for m in moves):
            moves.insert(0, Move("cut", 0.0, INSTANT_S))
        if clause.every_s:
            repeats = min(_MOST_EVERY, math.ceil((window_s - start_s) / max(clause.every_s, 0.2) - 1e-9))
            moves = [replace(m, at_s=start_s + i * max(clause.every_s, 0.2)) for m in moves for i in range(repeats)]
        placed += moves
        before_s = start_s
        ends = [m.at_s + m.for_s for m in moves if not (m.name == "handheld" and step.lasting)]
        cursor_s = max([cursor_s if clause.join == "and" else start_s, *ends])
    free = all(s.clause.at_s is None and s.clause.after_s is None and s.clause.every_s is None for s in steps)
    if free and cursor_s > window_s:
        scale = window_s / cursor_s
        placed = [replace(m, at_s=m.at_s * scale, for_s=m.for_s * scale) for m in placed]
    return placed


def _lasting(move: Move, length_s: float) -> Move:
    if move.name == "sway":
        return replace(move, for_s=length_s, times=min(MAX_TIMES, max(1, round(length_s / move.for_s))))
    return replace(move, for_s=length_s) if move.name in _LASTING or move.times == 0 else move


def _styled(clauses: Sequence[Clause], kind: Kind, rhythm: Rhythm, start_s: float, window_s: float) -> list[Move]:
    """Moves of the styles, on the window's time line. Styles blend unless `then` or a time parts them."""
    groups: list[list[Clause]] = []
    for clause in clauses:
        if groups and clause.at_s is None and clause.join != "then":
            groups[-1].append(clause)
        else:
            groups.append([clause])
    moves: list[Move] = []
    for number, group in enumerate(groups):
        first = group[0]
        from_s = number * window_s / len(groups) if first.at_s is None else first.at_s
        later = [g[0].at_s for g in groups[number + 1 : number + 2] if g[0].at_s is not None]
        to_s = min([window_s, *later]) if first.at_s is not None or later else (number + 1) * window_s / len(groups)
        to_s = min(to_s, from_s + first.for_s) if first.for_s else to_s
        to_s = to_s if first.until_s is None else min(to_s, first.until_s)
        if to_s <= from_s:
            continue
        names = list(dict.fromkeys(name for clause in group for name in clause.styles))
        amount = 1.0
        for clause in group:
            amount *= clause.amount
        if kind == "head":
            made = style_moves(names, rhythm, start_s + from_s, start_s + to_s, min(amount, MAX_AMOUNT))
        else:
            made = camera_style_moves(names, start_s + from_s, start_s + to_s, min(amount, MAX_AMOUNT))
        moves += [replace(m, at_s=m.at_s - start_s) for m in made]
    return moves


def _inside(moves: Sequence[Move], text: str, kind: Kind, end_s: float, start_s: float) -> list[Move]:
    """Moves within the window; what starts later is left out and said, what ends later ends earlier."""
    inside = [m for m in moves if m.at_s < end_s - 1e-9]
    if len(inside) < len(moves):
        _log.warning(
            "%s: '%s' asks for something after the end (%.1f s); it is left out", kind, text[:80], end_s - start_s
        )
    return [replace(m, for_s=max(INSTANT_S, min(m.for_s, end_s - m.at_s))) for m in inside] or [
        Move("hold", start_s, max(end_s - start_s, INSTANT_S))
    ]
