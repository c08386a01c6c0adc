"""Values out of direction files, with the place where they stand: bounded here, trusted afterwards."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NoReturn, TypeGuard

from xtalker.values import InputError

MAX_TEXT: Final = 2_000
MAX_TIME_S: Final = 86_400.0
_SHOWN = 60
_NO_OTHERS: Final[Mapping[str, str]] = MappingProxyType({})


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


def suggestion(word: str, known: Collection[str]) -> str:
    """What to do about a name that is not known: the ones that look like it, where there are any."""
    close = difflib.get_close_matches(word.lower()[:_SHOWN], sorted(known), n=3, cutoff=0.6)
    return f"did you mean {', '.join(close)}?" if close else "choose one of these"


def mapping(
    value: Any,
    place: str,
    known: Collection[str],
    *,
    needed: Collection[str] = (),
    example: str = "emotion: {is: happy, level: 1.2}",
) -> Mapping[str, Any]:
    """A mapping whose keys are all known.

    Raises:
        InputError: something else, an unknown key, a needed one that is missing.
    """
    listed = ", ".join(sorted(known))
    if not isinstance(value, Mapping):
        refuse(place, "not a mapping", received=value, accepted=f"key: value, with the keys {listed}",
               next_step=f"write for example {example}")  # fmt: skip
    for key in value:
        if not isinstance(key, str) or key not in known:
            refuse(place, f"unknown key '{shown(key)}'", received=key, accepted=listed,
                   next_step=_about_key(key, value, known))  # fmt: skip
    for key in needed:
        if key not in value:
            refuse(place, f"'{key}' is missing", received=", ".join(value) or "nothing", accepted=listed,
                   next_step=f"add '{key}'")  # fmt: skip
    return value


def _about_key(key: object, value: Mapping[Any, Any], known: Collection[str]) -> str:
    """A number as a key is the second half of one with a decimal comma."""
    if value.get(key) is None and re.fullmatch(r"\d+", str(key)):
        return "write decimals with a point, such as 0.5: a comma begins the next key"
    return suggestion(str(key), known)


def number(value: Any, place: str, least: float | int, most: float | int) -> float:
    """A finite number in a range, in quotes or not; booleans are none.

    Raises:
        InputError: anything else.
    """
    accepted = f"a number from {least:g} to {most:g}"
    value = _unquoted(value)
    if not _is_number(value):
        comma = isinstance(value, str) and re.fullmatch(r"\s*-?\d+,\d+\s*", value)
        refuse(place, "not a number", received=value, accepted=accepted,
               next_step="write decimals with a point, such as 0.5" if comma else "write a plain number")  # fmt: skip
    if not least <= value <= most:
        refuse(place, "out of range", received=value, accepted=accepted, next_step="choose a value in this range")
    return float(value)


def whole_number(value: Any, place: str, least: int, most: int) -> int:
    """A whole number in a range.

    Raises:
        InputError: anything else.
    """
    number(value, place, least, most)
    value = _unquoted(value)
    if not isinstance(value, int):
        refuse(place, "not a whole number", received=value, accepted=f"a whole number from {least} to {most}",
               next_step="leave the fraction out")  # fmt: skip
    return value


def seconds(value: Any, place: str, least: float | int, most: float | int) -> float:
    """A time as `number`, or in minutes and seconds: 1:30, 0:02.5.

    Raises:
        InputError: anything else.
    """
    minutes = re.fullmatch(r"(\d{1,4}):([0-5]?\d(?:\.\d*)?)", value.strip()) if isinstance(value, str) else None
    if minutes is not None:
        value = 60 * int(minutes[1]) + float(minutes[2])
    return number(value, place, least, most)


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


def choice(value: Any, place: str, known: Sequence[str], *, others: Mapping[str, str] = _NO_OTHERS) -> str:
    """One of some names, in small or capital letters.

    Args:
        value: what stands there.
        place: where.
        known: the names.
        others: further names, each with the one that it means.

    Raises:
        InputError: none of them; what looks like it is offered.
    """
    name = value.strip().lower() if isinstance(value, str) else ""
    name = others.get(name, name)
    if name not in known:
        refuse(place, "unknown name", received=value, accepted=", ".join(known),
               next_step=suggestion(str(value), (*known, *others)))  # fmt: skip
    return name


def _unquoted(value: Any) -> Any:
    """The number that a text is, where it is one and nothing else."""
    if not isinstance(value, str) or len(value) > _SHOWN:
        return value
    if re.fullmatch(r"\s*[+-]?\d+\s*", value):
        return int(value)
    return float(value) if re.fullmatch(r"\s*[+-]?(\d+\.\d*|\.\d+)\s*", value) else value


def _is_number(value: Any) -> TypeGuard[int | float]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return isinstance(value, int) or math.isfinite(value)
