"""The emotion part of a direction file: plain entries <-> EmotionKey."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from xtalker.direction import reading
from xtalker.values.direction import EmotionDoor, EmotionKey, EmotionWish
from xtalker.values.tracks import EMOTIONS, MAX_LEVEL

LABELS: Final = (*EMOTIONS, "neutral")
_DOORS: Final[tuple[EmotionDoor, ...]] = ("is", "text", "image", "motion", "speech")
_ACCEPTED_DOORS = "one of is, text, image, motion, speech; or mix"
_MAX_MIX, _MAX_EASE_S = 20, 60.0


def emotion_keys(entries: Sequence[tuple[Any, str]], folder: Path) -> tuple[EmotionKey, ...]:
    """Keys in the order of time.

    Args:
        entries: plain values with their places.
        folder: where relative paths start; they stay as written, and must not be empty.

    Raises:
        InputError: outside the grammar, two keys at one time, a key during the transition of the one before.
    """
    keys = [(emotion_key(entry, place), place) for entry, place in entries]
    keys.sort(key=lambda pair: pair[0].at_s)
    check_overlap(keys)
    return tuple(key for key, _ in keys)


def check_overlap(keys: Sequence[tuple[EmotionKey, str]]) -> None:
    """Each key starts after the transition of the one before has ended.

    Args:
        keys: in the order of time, with their places.

    Raises:
        InputError: naming both.
    """
    for (before, first), (after, second) in pairwise(keys):
        if after.at_s == before.at_s or after.at_s < before.at_s + before.ease_s - 1e-9:
            reading.refuse(
                second,
                f"overlaps with {first}, which turns from {before.at_s:g} to {before.at_s + before.ease_s:g} s",
                received=f"at {after.at_s:g}",
                accepted=f"at {before.at_s + before.ease_s:g} or later",
                next_step="move one of them, or make the first one's ease shorter",
            )


def emotion_key(entry: Any, place: str) -> EmotionKey:
    """One key.

    Raises:
        InputError: outside the grammar.
    """
    given = reading.mapping(entry, place, ("at", "ease", "weight", "level", "mix", *_DOORS))
    if "mix" in given:
        mix = _mix(given["mix"], place)
        if extra := [key for key in ("level", *_DOORS) if key in given]:
            reading.refuse(
                place,
                f"'{extra[0]}' beside 'mix'",
                received=f"mix and {extra[0]}",
                accepted="one of both",
                next_step=f"move '{extra[0]}' into the mix",
            )
    else:
        mix = (_wish(given, place, weight=1.0),)
    return EmotionKey(
        at_s=reading.number(given.get("at", 0.0), f"{place}, at", 0.0, reading.MAX_TIME_S),
        mix=mix,
        weight=reading.number(given.get("weight", EmotionKey.weight), f"{place}, weight", 0.0, 1.0),
        ease_s=reading.number(given.get("ease", EmotionKey.ease_s), f"{place}, ease", 0.0, _MAX_EASE_S),
    )


def emotion_plain(key: EmotionKey) -> dict[str, Any]:
    """The entry that `emotion_key` turns into this key."""
    timing = {"at": key.at_s, "ease": key.ease_s, "weight": key.weight}
    if len(key.mix) == 1 and key.mix[0].weight == 1.0:
        return {**_wish_plain(key.mix[0]), **timing}
    return {"mix": [{**_wish_plain(wish), "weight": wish.weight} for wish in key.mix], **timing}


def _wish_plain(wish: EmotionWish) -> dict[str, Any]:
    return {wish.door: True if wish.door == "speech" else wish.value, "level": wish.level}


def _mix(value: Any, place: str) -> tuple[EmotionWish, ...]:
    if not isinstance(value, list) or not 0 < len(value) <= _MAX_MIX:
        reading.refuse(
            f"{place}, mix",
            "not a list of emotions",
            received=value,
            accepted=f"1 to {_MAX_MIX} entries",
            next_step="write mix: [{is: happy}, {is: surprise, weight: 0.5}]",
        )
    wishes = []
    for count, entry in enumerate(value, start=1):
        where = f"{place}, mix {count}"
        given = reading.mapping(entry, where, ("level", "weight", *_DOORS))
        wishes.append(
            _wish(given, where, weight=reading.number(given.get("weight", 1.0), f"{where}, weight", 0.0, 100.0))
        )
    if not any(wish.weight for wish in wishes):
        reading.refuse(
            f"{place}, mix", "all weights are 0", received="0", accepted="at least one above 0", next_step="raise one"
        )
    return tuple(wishes)


def _wish(given: Any, place: str, *, weight: float) -> EmotionWish:
    doors = [door for door in _DOORS if door in given]
    if len(doors) != 1:
        reading.refuse(
            place,
            "no emotion" if not doors else "several emotions",
            received=", ".join(doors) or "none of them",
            accepted=_ACCEPTED_DOORS,
            next_step="name one, or use mix",
        )
    door, value = doors[0], given[doors[0]]
    level = reading.number(given.get("level", 1.0), f"{place}, level", 0.0, MAX_LEVEL)
    return EmotionWish(door, _value(door, value, f"{place}, {door}"), level, weight)


def _value(door: EmotionDoor, value: Any, place: str) -> str:
    if door == "speech":
        if value is not True:
            reading.refuse(place, "not true", received=value, accepted="true", next_step="write speech: true")
        return ""
    if door == "is":
        return reading.choice(value, place, LABELS)
    return reading.text(value, place)
