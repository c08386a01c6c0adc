"""The emotion part of a direction file: plain entries <-> EmotionKey."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from xtalker.direction import reading
from xtalker.values.direction import EmotionDoor, EmotionKey, EmotionWish
from xtalker.values.tracks import EMOTION_WORDS, EMOTIONS, MAX_LEVEL

LABELS: Final = (*EMOTIONS, "neutral")
_DOORS: Final[tuple[EmotionDoor, ...]] = ("is", "text", "image", "motion", "speech")
_ACCEPTED_DOORS = "one of is, text, image, motion, speech; or mix"
_MAX_MIX, _MAX_EASE_S = 20, 60.0
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)"
_KEY: Final = re.compile(
    rf"\s*(?P<name>[a-zA-Z]+)\s*(?::\s*(?P<level>{_NUMBER}))?\s*(?:@\s*(?P<at>{_NUMBER})\s*s?)?\s*"
)
_SPEECH = "speech"


def emotion_keys(entries: Sequence[tuple[Any, str]], folder: Path) -> tuple[EmotionKey, ...]:
    """Keys in the order of time.

    Args:
        entries: plain values with their places; a text is the flag's short form.
        folder: where relative paths start; they stay as written, and must not be empty.

    Raises:
        InputError: outside the grammar, two keys at one time, a key during the transition of the one before.
    """
    plain = [pair for entry, place in entries for pair in _written_out(entry, place)]
    keys = [(emotion_key(entry, place), place) for entry, place in plain]
    keys.sort(key=lambda pair: pair[0].at_s)
    check_overlap(keys)
    return tuple(key for key, _ in keys)


def short_form(flag: str, place: str = "emotion") -> list[tuple[dict[str, Any], str]]:
    """Entries of `happy`, `happy:1.4`, `happy:1.2@0.5, sad@3`, `speech`; what is no label is a description.

    Raises:
        InputError: no text.
    """
    text = reading.text(flag, place)
    found = [_KEY.fullmatch(part) for part in text.split(",")]
    labels = [match for match in found if match is not None and _is_label(match)]
    if len(labels) < len(found):
        return [({"text": text}, place)]
    entries = []
    for number, match in enumerate(labels, start=1):
        name = match["name"].lower()
        entry: dict[str, Any] = {"speech": True} if name == _SPEECH else {"is": name}
        if match["level"] is not None:
            entry["level"] = float(match["level"])
        if match["at"] is not None:
            entry["at"] = float(match["at"])
        entries.append((entry, f"{place}, entry {number}" if len(labels) > 1 else place))
    return entries


def _is_label(match: re.Match[str]) -> bool:
    """A known label; or a word with a level or a time, which means to be one and is refused with the nearest name."""
    known = match["name"].lower() in (*LABELS, *EMOTION_WORDS, _SPEECH)
    return known or match["level"] is not None or match["at"] is not None


def _written_out(entry: Any, place: str) -> list[tuple[Any, str]]:
    return list(short_form(entry, place)) if isinstance(entry, str) else [(entry, place)]


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
        at_s=reading.seconds(given.get("at", 0.0), f"{place}, at", 0.0, reading.MAX_TIME_S),
        mix=mix,
        weight=reading.number(given.get("weight", EmotionKey.weight), f"{place}, weight", 0.0, 1.0),
        ease_s=reading.seconds(given.get("ease", EmotionKey.ease_s), f"{place}, ease", 0.0, _MAX_EASE_S),
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
        return reading.choice(value, place, LABELS, others=EMOTION_WORDS)
    return reading.text(value, place)
