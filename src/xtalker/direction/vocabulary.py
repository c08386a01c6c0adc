"""The named moves of head and camera: one table for each. A program is a tuple of `Move`, each one row of these.

Sizes are what `amount` 1 means; up to 2 may be asked. Directions of the head are the subject's, those of the camera
are seen by the one who films.

Head: every move leaves the neutral pose, reaches its size, and is back at its end; `hold` keeps the poses in force,
`settle` ends them. Camera: what a move reaches stays until another move of the same kind changes it. A `cut` makes the
shot sizes and angles that start with it instant.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["head", "camera"]

MAX_AMOUNT: Final = 2.0
MAX_TIMES: Final = 20


@dataclass(frozen=True)
class Primitive:
    """One named move.

    Attributes:
        what: what it does, for readers and language models.
        size: in `unit`, of amount 1; 0 where the move has no size.
        unit: `degrees`, `times` (change of distance or picture size), or empty.
        length_s: normal length of one repetition, seconds.
        towards: directions that it can take; the first is taken where none is named; empty: it has none.
        repeats: whether `times` means something.
    """

    what: str
    size: float
    unit: str
    length_s: float
    towards: tuple[str, ...] = ()
    repeats: bool = False


_SIDES: Final = ("left", "right")
_FOUR: Final = ("left", "right", "up", "down")

HEAD: Final[Mapping[str, Primitive]] = {
    "nod": Primitive("down and back up, as for yes", 10.0, "degrees", 0.6, ("down", "up"), True),
    "shake": Primitive("left and right, as for no", 12.0, "degrees", 0.8, _SIDES, True),
    "tilt": Primitive("ear towards a shoulder, stay, come back", 15.0, "degrees", 2.0, _SIDES),
    "turn": Primitive("face to a side, stay, come back", 30.0, "degrees", 2.4, _SIDES),
    "look": Primitive("a smaller turn, or up or down, stay, come back", 20.0, "degrees", 2.0, _FOUR),
    "lean": Primitive(
        "attend (in), draw back (out), or side on, stay, come back", 8.0, "degrees", 2.4, ("in", "out", *_SIDES)
    ),
    "sway": Primitive("slowly from side to side", 6.0, "degrees", 3.6, _SIDES, True),
    "bob": Primitive("small nods on the beat", 5.0, "degrees", 0.5, ("down", "up"), True),
    "circle": Primitive("round once", 8.0, "degrees", 2.4, _SIDES, True),
    "drift": Primitive("small slow wandering without a pattern", 4.0, "degrees", 4.0),
    "hold": Primitive("keep the poses in force until its end", 0.0, "", 1.0),
    "settle": Primitive("end the poses in force: back to neutral", 0.0, "", 0.8),
}

CAMERA: Final[Mapping[str, Primitive]] = {
    "orbit": Primitive("walk around the head to a side", 30.0, "degrees", 4.0, _SIDES),
    "push_in": Primitive("come nearer", 1.4, "times", 3.0),
    "pull_out": Primitive("go farther away", 1.4, "times", 3.0),
    "dolly_zoom": Primitive(
        "change distance and lens together: the head keeps its size", 1.6, "times", 3.0, ("in", "out")
    ),
    "pan": Primitive("swing to a side from where it stands", 8.0, "degrees", 2.0, _SIDES),
    "tilt": Primitive("swing up or down from where it stands", 6.0, "degrees", 2.0, ("up", "down")),
    "roll": Primitive("lean the picture to a side", 8.0, "degrees", 2.0, _SIDES),
    "handheld": Primitive("unsteady as in a hand, until its end", 1.0, "degrees", 4.0),
    "low_angle": Primitive("from below", 20.0, "degrees", 1.5),
    "high_angle": Primitive("from above", 20.0, "degrees", 1.5),
    "eye_level": Primitive("from the front at the height of the eyes", 0.0, "", 1.5),
    "close_up": Primitive("the face fills the picture", 0.0, "", 1.5),
    "medium_close_up": Primitive("head and shoulders' beginning", 0.0, "", 1.5),
    "bust": Primitive("head with room around it, the widest", 0.0, "", 1.5),
    "cut": Primitive("what starts with it is there at once", 0.0, "", 0.04),
    "hold": Primitive("do not move", 0.0, "", 2.0),
}

VOCABULARY: Final[Mapping[Kind, Mapping[str, Primitive]]] = {"head": HEAD, "camera": CAMERA}

INSTANT_S: Final = 0.04
"""Length of what happens at once: one frame."""


def described(kind: Kind) -> str:
    """The table as lines of text, for prompts and documents."""
    return "\n".join(f"- {name}: {_one_line(row)}" for name, row in VOCABULARY[kind].items())


def _one_line(row: Primitive) -> str:
    parts = [row.what]
    if row.size:
        parts.append(f"amount 1 = {row.size:g} {row.unit}")
    parts.append(f"normally {row.length_s:g} s" + (" each" if row.repeats else ""))
    if row.towards:
        parts.append("towards " + " | ".join(row.towards))
    if row.repeats:
        parts.append("repeats")
    return "; ".join(parts)
