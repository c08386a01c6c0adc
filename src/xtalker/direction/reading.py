"""Values out of direction files, with the place where they stand: bounded here, trusted afterwards."""

from __future__ import annotations

import difflib
import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, NoReturn, TypeGuard

from xtalker.values import InputError

MAX_TEXT: Final = 2_000
MAX_TIME_S: Final = 86_400.0
_SHOWN = 60


def refuse(place: str, what: str, *, received: object, accepted: str, next_step: str) -> NoReturn:
    """Refuse a value.

    Raises:
        InputError: always; it starts with the place.
    """
    raise InputError(f"{place}: {what}", received=shown(received), accepted=accepted, next_step=next_step)


def shown(value: object) -> str:
    """A value as the user would recognise it, shortened."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**_SHOWN:
        return "a number of more than 60 digits"
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}... ({len(text):,} characters)"


def nearest(word: str, known: Collection[str]) -> str:
    """The known names that look most like a word, best first, or all of them where none does."""
    close = difflib.get_close_matches(word.lower()[:_SHOWN], sorted(known), n=3, cutoff=0.5)
    return ", ".join(close or sorted(known))


def mapping(value: Any, place: str, known: Collection[str], *, needed: Collection[str] = ()) -> Mapping[str, Any]:
    """A mapping whose keys are all known.

    Raises:
        InputError: something else, an unknown key, a needed one that is missing.
    """
    listed = ", ".join(sorted(known))
    if not isinstance(value, Mapping):
        refuse(place, "not a mapping", received=value, accepted=f"key: value, with the keys {listed}",
               next_step="see 'xtalker direction --help' for an example")  # fmt: skip
    for key in value:
        if not isinstance(key, str) or key not in known:
            refuse(place, f"unknown key '{shown(key)}'", received=key, accepted=listed,
                   next_step=f"did you mean {nearest(str(key), known)}?")  # fmt: skip
    for key in needed:
        if key not in value:
            refuse(place, f"'{key}' is missing", received=", ".join(value) or "nothing", accepted=listed,
                   next_step=f"add '{key}'")  # fmt: skip
    return value


def number(value: Any, place: str, least: float | int, most: float | int) -> float:
    """A finite number in a range; booleans and texts are none.

    Raises:
        InputError: anything else.
    """
    accepted = f"a number from {least:g} to {most:g}"
    if not _is_number(value):
        refuse(place, "not a number", received=value, accepted=accepted, next_step="write a plain number")
    if not least <= value <= most:
        refuse(place, "out of range", received=value, accepted=accepted, next_step="choose a value in this range")
    return float(value)


def whole_number(value: Any, place: str, least: int, most: int) -> int:
    """A whole number in a range.

    Raises:
        InputError: anything else.
    """
    number(value, place, least, most)
    if not isinstance(value, int):
        refuse(place, "not a whole number", received=value, accepted=f"a whole number from {least} to {most}",
               next_step="leave the fraction out")  # fmt: skip
    return value


def text(value: Any, place: str) -> str:
    """Text that says something and is not a book, without the white space around it.

    Raises:
        InputError: not text, empty, above 2,000 characters, control characters.
    """
    accepted = f"1 to {MAX_TEXT:,} characters of text"
    if not isinstance(value, str):
        refuse(place, "not text", received=value, accepted=accepted, next_step="put it into quotes")
    if not value.strip():
        refuse(place, "empty text", received="nothing", accepted=accepted, next_step="say what you wish, or remove it")
    if len(value) > MAX_TEXT:
        refuse(place, "text too long", received=f"{len(value):,} characters", accepted=accepted,
               next_step="say it shorter, or spread it over several entries")  # fmt: skip
    if any(ord(c) < 32 and c not in "\t\n\r" for c in value):
        refuse(place, "text with control characters", received=ascii(value), accepted=accepted,
               next_step="type the text again")  # fmt: skip
    return value.strip()


def choice(value: Any, place: str, known: Sequence[str]) -> str:
    """One of some names, in small or capital letters.

    Raises:
        InputError: none of them; the nearest is offered.
    """
    if not isinstance(value, str) or value.strip().lower() not in known:
        offered = nearest(value if isinstance(value, str) else str(value), known)
        refuse(place, "unknown name", received=value, accepted=", ".join(known), next_step=f"did you mean {offered}?")
    return value.strip().lower()


def _is_number(value: Any) -> TypeGuard[int | float]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return isinstance(value, int) or math.isfinite(value)
