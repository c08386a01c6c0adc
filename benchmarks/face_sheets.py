"""The contact sheets of `benchmarks/face.py --sheets`: mouth shapes, expressions, turns in every look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import UInt8

from benchmarks.face_identity import admiral
from xtalker.assets import fetch
from xtalker.emotion.templates import load_templates
from xtalker.performance import Shot, parts
from xtalker.performance.filming import frames
from xtalker.performance.person import Person, read_person
from xtalker.render import contact_sheet, write_png
from xtalker.values import Motion
from xtalker.values.conventions import CHANNEL

_CELL: Final = 224
YAWS_DEG: Final = (-30.0, -15.0, 0.0, 15.0, 30.0)
LOOKS: Final = ("portrait", "skin", "clay")
Weights = Mapping[str, float]
Picture = UInt8[np.ndarray, "height width 3"]


def _both(name: str, value: float) -> dict[str, float]:
    return {f"{name}Left": value, f"{name}Right": value}


VISEMES: Final[dict[str, Weights]] = {
    "rest": {},
    "m b p": {"jaw": 0.15, "mouthClose": 0.15, **_both("mouthPress", 0.3)},
    "f v": {"jaw": 0.12, "mouthRollLower": 0.55, **_both("mouthUpperUp", 0.25), **_both("mouthLowerDown", 0.0)},
    "th": {"jaw": 0.22, "tongueOut": 0.5, **_both("mouthLowerDown", 0.3)},
    "l t d n": {"jaw": 0.18, "tongueOut": 0.3, **_both("mouthLowerDown", 0.4), **_both("mouthUpperUp", 0.2)},
    "k g": {"jaw": 0.25, **_both("mouthLowerDown", 0.2)},
    "ch sh": {"jaw": 0.12, "mouthFunnel": 0.6, **_both("mouthLowerDown", 0.2)},
    "s z": {"jaw": 0.06, **_both("mouthStretch", 0.3), **_both("mouthLowerDown", 0.3), **_both("mouthUpperUp", 0.15)},
    "aa": {"jaw": 0.75, **_both("mouthLowerDown", 0.2)},
    "ee": {"jaw": 0.18, **_both("mouthSmile", 0.4), **_both("mouthStretch", 0.3), **_both("mouthLowerDown", 0.25)},
    "oh": {"jaw": 0.35, "mouthFunnel": 0.6, "mouthPucker": 0.4},
    "oo w": {"jaw": 0.12, "mouthPucker": 0.9, "mouthFunnel": 0.25},
}
"""Mouth shapes made of named channels; `jaw` is a part of the full opening."""


def draw_sheets(folder: Path, portraits: Sequence[Path]) -> None:
    """Draw all sheets.

    Args:
        folder: made if it is not there.
        portraits: people beside the demo portrait and matplotlib's sample picture.
    """
    folder.mkdir(parents=True, exist_ok=True)
    public = [path for path in (fetch("portrait-astronaut"), admiral()) if path is not None]
    first, *others = [_person(path) for path in (*public, *portraits)]
    write_png(folder / "visemes.png", contact_sheet(_mouths(_pictures(first, _visemes(), size=2 * _CELL)), 6))
    write_png(folder / "expressions.png", contact_sheet(_pictures(first, _expressions()), 4))
    turned = [
        picture for person in (first, *others) for look in LOOKS for picture in _pictures(person, _turns(), look=look)
    ]
    write_png(folder / "looks.png", contact_sheet(turned, len(YAWS_DEG)))


def _person(path: Path) -> Person:
    person = read_person(path)
    assert person.fit is not None and person.appearance is not None, "a portrait, not an avatar"
    return replace(person.fit, identity=person.identity), person.appearance


def _visemes() -> Motion:
    return posed(list(VISEMES.values()))


def _expressions() -> Motion:
    """Seven templates at level 1.6, and a blink."""
    templates = load_templates()
    rows = posed([{}] * 7 + [_both("eyeBlink", 1.0)])
    rows.expression[:7] += 1.6 * templates.expression
    return rows


def _turns() -> Motion:
    motion = Motion.zeros(len(YAWS_DEG))
    motion.head[:, 1] = np.radians(YAWS_DEG)
    return motion


def posed(wanted: Sequence[Weights]) -> Motion:
    """One frame for each set of channels."""
    motion = Motion.zeros(len(wanted))
    for frame, weights in enumerate(wanted):
        for name, value in weights.items():
            motion.expression[frame, CHANNEL["jawOpenCorrective" if name == "jaw" else name]] = value
        motion.jaw[frame, 0] = weights.get("jaw", 0.0) * parts.open_head().jaw_open_angle_rad
    return motion


def _pictures(person: Person, motion: Motion, look: str = "portrait", *, size: int = _CELL) -> list[Picture]:
    shot = Shot(size=size, look=look)
    made = frames(parts.open_head(), person.identity, motion, shot, appearance=person.appearance)
    return [frame.rgb for frame in made]


def _mouths(pictures: Sequence[Picture]) -> list[Picture]:
    """The quarter of each picture around the mouth."""
    half = len(pictures[0]) // 2
    top, left = round(0.88 * half), half // 2
    return [picture[top : top + half, left : left + half] for picture in pictures]
