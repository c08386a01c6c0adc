"""Ways of speaking with the head: recipes, and their moves on the phrases of a speech. They rest in pauses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Final

from xtalker.direction.rhythm_marks import phrases
from xtalker.direction.vocabulary import HEAD
from xtalker.values.direction import Move
from xtalker.values.tracks import Rhythm

_LONGEST_STRETCH_S, _SHORTEST_S = 4.0, 0.6


@dataclass(frozen=True)
class Style:
    """Amounts of the head's primitives; 0 leaves one out.

    Attributes:
        nod, bob, shake: on emphasised moments.
        sway, drift: through each phrase.
        turn, tilt: to the sides in turn, one in each phrase.
        look_down: held throughout; negative looks up.
        lean_in: held throughout; negative draws back.
    """

    nod: float = 0.0
    bob: float = 0.0
    shake: float = 0.0
    sway: float = 0.0
    drift: float = 0.0
    turn: float = 0.0
    tilt: float = 0.0
    look_down: float = 0.0
    lean_in: float = 0.0


HEAD_STYLES: Final[Mapping[str, Style]] = {
    "presenting": Style(nod=0.6, turn=0.55, sway=0.5),
    "energetic": Style(nod=1.1, sway=0.8, turn=0.3, tilt=0.3),
    "excited": Style(nod=0.9, bob=0.6, tilt=0.5, sway=0.7, look_down=-0.15),
    "calm": Style(nod=0.25, sway=0.4, drift=0.4),
    "shy": Style(tilt=0.4, look_down=0.45, drift=0.6, nod=0.2),
    "confident": Style(nod=0.6, turn=0.25, look_down=-0.3),
    "sad": Style(look_down=0.55, sway=0.35, tilt=0.25),
    "thoughtful": Style(tilt=0.55, drift=0.8, look_down=-0.25, turn=0.2),
    "agreeing": Style(nod=1.0, lean_in=0.5),
    "disagreeing": Style(shake=0.8, lean_in=-0.5, tilt=0.2),
    "formal": Style(nod=0.4),
    "sleepy": Style(look_down=0.6, sway=0.6, tilt=0.5),
    "angry": Style(nod=1.0, lean_in=0.9, shake=0.4),
    "robotic": Style(turn=0.3),
    "still": Style(),
    "friendly": Style(nod=0.5, tilt=0.35, sway=0.4),
    "dramatic": Style(nod=0.7, turn=0.4, tilt=0.4, drift=0.5, look_down=0.1),
}
_STILL_GAIN = 0.25


def blended(names: Sequence[str]) -> Style:
    """Several styles at once: the largest of each amount, the sum of what is held; `still` damps the others."""
    chosen = [HEAD_STYLES[name] for name in names]
    amounts = {
        row.name: sum(getattr(s, row.name) for s in chosen)
        if row.name in ("look_down", "lean_in")
        else max(getattr(s, row.name) for s in chosen)
        for row in fields(Style)
    }
    gain = _STILL_GAIN if "still" in names else 1.0
    return Style(**{name: gain * amount for name, amount in amounts.items()})


def style_moves(names: Sequence[str], rhythm: Rhythm, start_s: float, end_s: float, amount: float) -> list[Move]:
    """Moves of one or more styles from `start_s` to `end_s`; none of them reaches into a pause, but held poses do."""
    style = blended(names)
    length_s = end_s - start_s
    moves = [Move(name, start_s, length_s, gain, "down", 0) for name, gain in (("nod", style.nod), ("bob", style.bob))]
    moves.append(Move("shake", start_s, length_s, style.shake, "left", 0))
    if style.look_down:
        moves.append(Move("look", start_s, length_s, abs(style.look_down), "down" if style.look_down > 0 else "up"))
    if style.lean_in:
        moves.append(Move("lean", start_s, length_s, abs(style.lean_in), "in" if style.lean_in > 0 else "out"))
    for number, (from_s, to_s) in enumerate(_stretches(rhythm, start_s, end_s)):
        side, other = ("left", "right") if number % 2 == 0 else ("right", "left")
        spoken_s = to_s - from_s
        swings = max(1, round(spoken_s / HEAD["sway"].length_s))
        moves += [
            Move("sway", from_s, spoken_s, style.sway, side, swings),
            Move("drift", from_s, spoken_s, style.drift),
            Move("turn", from_s, spoken_s, style.turn, other),
            Move("tilt", from_s, spoken_s, style.tilt, side),
        ]
    moving = [replace(m, amount=min(2.0, m.amount * amount)) for m in moves if m.amount * amount > 0]
    return moving or [Move("hold", start_s, length_s)]


def _stretches(rhythm: Rhythm, start_s: float, end_s: float) -> list[tuple[float, float]]:
    """Phrases within a time, cut into pieces of at most 4 s."""
    pieces = []
    for from_s, to_s in phrases(rhythm):
        from_s, to_s = max(from_s, start_s), min(to_s, end_s)
        count = max(1, -int(-(to_s - from_s) // _LONGEST_STRETCH_S))
        step_s = (to_s - from_s) / count
        if step_s >= _SHORTEST_S:
            pieces += [(from_s + i * step_s, from_s + (i + 1) * step_s) for i in range(count)]
    return pieces
