"""Short forms on the command line -> Direction, and flags over a file.

    --emotion happy | happy:1.4 | "happy:1.2@0.5, sad@3" | "bitter, holding back tears" | speech
    --head "nod twice, then look left"   --camera "slow push in"   --gaze left | left:0.5   --blink 0.3 | natural
    --manner lively

What is no label in this form is a description: the text door.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from xtalker.direction import reading
from xtalker.direction.emotion_keys import emotion_keys, short_form
from xtalker.direction.file import parse_direction
from xtalker.values.direction import Direction, HeadWish

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)"


def direction_from_flags(
    *,
    emotion: str | None = None,
    head: str | None = None,
    head_mode: str | None = None,
    gaze: str | None = None,
    blink: str | None = None,
    camera: str | None = None,
    manner: str | None = None,
    seed: int | None = None,
    over: Direction | None = None,
) -> Direction:
    """The Direction of some flags; those that are None leave their part as it is in `over`.

    Args:
        emotion: keys, or a description.
        head: words.
        gaze: target, and how far it wanders.
        blink: rate, or `natural`.
        camera: words.
        manner: how lively the head is.
        head_mode: `add` or `replace`.
        seed: of everything random.
        over: of a file.

    Raises:
        InputError: naming the flag.
    """
    base = over or Direction()
    plain: dict[str, Any] = {}
    if head is not None:
        plain["head"] = {"style": head}
    if camera is not None:
        plain["camera"] = {"move": camera}
    if gaze is not None:
        plain["gaze"] = _gaze(gaze)
    if blink is not None:
        plain["blink"] = _blink(blink)
    if manner is not None:
        plain["manner"] = manner
    if seed is not None:
        plain["seed"] = seed
    given = parse_direction(plain, base.folder)
    parts: dict[str, Any] = {name: getattr(given, name) for name in plain}
    if emotion is not None:
        parts["emotion"] = emotion_keys(short_form(emotion), base.folder)
    if head_mode is not None:
        replaced = reading.choice(head_mode, "head mode", ("add", "replace")) == "replace"
        wishes: tuple[HeadWish, ...] = parts.get("head", base.head)
        parts["head"] = tuple(replace(wish, mode="replace" if replaced else "add") for wish in wishes)
    return replace(base, **parts)


def _gaze(flag: str) -> dict[str, Any]:
    target, colon, wander = flag.partition(":")
    return {"target": target, **({"wander": _as_number(wander)} if colon else {})}


def _blink(flag: str) -> Any:
    number = _as_number(flag)
    return flag if isinstance(number, str) else {"rate": number}


def _as_number(text: str) -> float | str:
    """A number where the text is one."""
    return float(text) if re.fullmatch(rf"\s*{_NUMBER}\s*", text) else text
