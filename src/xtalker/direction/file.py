"""Direction files: YAML or JSON <-> Direction. No path that a file names is opened here.

The grammar, all of it optional:

    emotion: a list of keys, or one, or the flag's short form: happy, "happy:1.4", "happy:1.2@0.5, sad@3"
      - at, ease (seconds), weight (0 to 1: share against what was before)
        one door: is: LABEL | text: WORDS | image: FILE | motion: FILE | speech: true, with level (0 to 2)
        or mix: a list of {a door, level, weight (share in the mix)}
    head:   {style: WORDS, amount: 0 to 2, mode: add | replace, at}, a list of them, or WORDS
    gaze:   {target: camera | left | right | up | down | natural, wander: 0 to 1}
    blink:  {rate: 0 to 2 a second} or natural
    camera: {move: WORDS, at, for}, a list of them, or WORDS
    manner: still | calm | conversational | lively | stage
    accents, breath: 0 to 2;  breathe_with_voice, emotion_strength: 0 to 1;  seed: whole number
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import MISSING, fields
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from xtalker.direction import reading
from xtalker.direction.emotion_keys import emotion_keys, emotion_plain
from xtalker.direction.manner import MANNERS
from xtalker.direction.yaml_text import plain_from_text
from xtalker.values import InputError
from xtalker.values.direction import BlinkWish, CameraWish, Direction, GazeWish, HeadWish
from xtalker.values.files import check_readable, whole_file

MAX_BYTES: Final = 256_000
MAX_KEYS: Final = 1_000
MAX_SEED: Final = 2**64 - 1
MAX_BLINK_RATE: Final = 2.0
GAZE_TARGETS: Final = ("camera", "left", "right", "up", "down", "natural")
MODES: Final = ("add", "replace")

_GAINS: Final[Mapping[str, float]] = {"accents": 2.0, "breath": 2.0, "breathe_with_voice": 1.0, "emotion_strength": 1.0}
_KEYS: Final = ("emotion", "head", "gaze", "blink", "camera", *_GAINS, "manner", "seed")


def read_direction(path: Path) -> Direction:
    """A direction file, `.json` or YAML. Relative paths in it start at its folder.

    Raises:
        InputError: missing, above 256 kB, not UTF-8, not YAML or JSON, tags, anchors, duplicate keys, or anything
            that the grammar above does not know; the place is named.
    """
    check_readable(path, kind="direction file", accepted="a YAML or JSON file")
    with path.open("rb") as stream:
        data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise InputError(
            "direction file too large",
            received=f"{path}: over {MAX_BYTES:,} bytes",
            accepted=f"at most {MAX_BYTES:,} bytes",
            next_step="split the take",
        )
    try:
        content = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            "direction file is not text",
            received=f"{path} ({error.reason} at byte {error.start})",
            accepted="YAML or JSON in UTF-8",
            next_step="save the file as UTF-8",
        ) from error
    return parse_direction(plain_from_text(content, name=str(path), is_json=path.suffix == ".json"), path.parent)


def parse_direction(mapping: Any, folder: Path) -> Direction:
    """A Direction out of plain data, as a direction file holds it.

    Args:
        mapping: of text, numbers, lists and mappings.
        folder: where relative paths start.

    Raises:
        InputError: anything outside the grammar; the place is named.
    """
    given = reading.mapping({} if mapping is None else mapping, "direction", _KEYS)
    parts: dict[str, Any] = {
        name: reading.number(given[name], name, 0.0, most) for name, most in _GAINS.items() if name in given
    }
    if "emotion" in given:
        parts["emotion"] = emotion_keys(entries(given["emotion"], "emotion"), folder)
    if "head" in given:
        parts["head"] = _in_order(tuple(_head(e, p) for e, p in entries(given["head"], "head")), "head")
        check_one_mode(parts["head"])
    if "camera" in given:
        parts["camera"] = _in_order(tuple(_camera(e, p) for e, p in entries(given["camera"], "camera")), "camera")
    if "gaze" in given:
        parts["gaze"] = _gaze(given["gaze"])
    if "blink" in given:
        parts["blink"] = _blink(given["blink"])
    if "manner" in given:
        parts["manner"] = reading.choice(given["manner"], "manner", tuple(MANNERS))
    if "seed" in given:
        parts["seed"] = reading.whole_number(given["seed"], "seed", 0, MAX_SEED)
    return Direction(**parts, folder=folder)


def write_direction(path: Path, direction: Direction) -> None:
    """Write a direction file that `read_direction` reads back as the same Direction.

    Raises:
        OutputError: a place that cannot be written.
    """
    import yaml

    plain = plain_from_direction(direction)
    if path.suffix == ".json":
        content = json.dumps(plain, indent=2, ensure_ascii=False)
    else:
        content = yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=120, default_flow_style=None)
    with whole_file(path) as part:
        part.write_text(content, encoding="utf-8")


def plain_from_direction(direction: Direction) -> dict[str, Any]:
    """The mapping that `parse_direction` turns into this Direction. What has its default value is left out."""
    plain: dict[str, Any] = {}
    if direction.emotion:
        plain["emotion"] = [emotion_plain(key) for key in direction.emotion]
    if direction.head:
        plain["head"] = [
            {"at": w.at_s, **({"style": w.style} if w.style else {}), "amount": w.amount, "mode": w.mode}
            for w in direction.head
        ]
    plain["gaze"] = {"target": direction.gaze.target, "wander": direction.gaze.wander}
    plain["blink"] = "natural" if direction.blink.rate is None else {"rate": direction.blink.rate}
    if direction.camera:
        plain["camera"] = [
            {"move": w.move, "at": w.at_s, **({} if w.for_s is None else {"for": w.for_s})} for w in direction.camera
        ]
    for row in fields(Direction):
        if row.name in (*_GAINS, "manner", "seed"):
            plain[row.name] = getattr(direction, row.name)
        elif row.name not in _KEYS:
            assert row.name == "folder" and row.default_factory is not MISSING, f"no place for {row.name} in files"
    return plain


def entries(value: Any, part: str) -> list[tuple[Any, str]]:
    """The entries of a part with their places; a single one may stand without a list.

    Raises:
        InputError: an empty list, or too many.
    """
    if not isinstance(value, list):
        return [(value, part)]
    if not 0 < len(value) <= MAX_KEYS:
        reading.refuse(
            part,
            "empty list" if not value else "too many entries",
            received=f"{len(value):,} entries",
            accepted=f"1 to {MAX_KEYS:,}",
            next_step="remove some" if value else "remove the key",
        )
    return [(entry, f"{part}, entry {number}") for number, entry in enumerate(value, start=1)]


def check_one_mode(wishes: tuple[HeadWish, ...]) -> None:
    """One take either adds to the natural motion or replaces it.

    Raises:
        InputError: both.
    """
    modes = {w.mode for w in wishes if w.style}
    if len(modes) > 1:
        reading.refuse(
            "head",
            "two modes in one take",
            received="add and replace",
            accepted="one of both",
            next_step="give all entries the same mode",
        )


def _in_order(wishes: tuple[Any, ...], part: str) -> tuple[Any, ...]:
    """By time; two at the same time are refused."""
    ordered = tuple(sorted(wishes, key=lambda w: w.at_s))
    for before, after in pairwise(ordered):
        if before.at_s == after.at_s:
            reading.refuse(
                part,
                "two entries at the same time",
                received=f"at {after.at_s:g}",
                accepted="one entry at a time",
                next_step="join them with 'and' or move one",
            )
    return ordered


def _head(entry: Any, place: str) -> HeadWish:
    if isinstance(entry, str):
        entry = {"style": entry}
    given = reading.mapping(entry, place, ("style", "amount", "mode", "at"), example="head: {style: nod twice}")
    mode = reading.choice(given.get("mode", "add"), f"{place}, mode", MODES)
    return HeadWish(
        at_s=_time(given.get("at", 0.0), f"{place}, at"),
        style=reading.text(given["style"], f"{place}, style") if "style" in given else "",
        amount=reading.number(given.get("amount", 1.0), f"{place}, amount", 0.0, 2.0),
        mode="replace" if mode == "replace" else "add",
    )


def _camera(entry: Any, place: str) -> CameraWish:
    if isinstance(entry, str):
        entry = {"move": entry}
    given = reading.mapping(
        entry, place, ("move", "at", "for"), needed=("move",), example="camera: {move: slow push in}"
    )
    for_s = reading.seconds(given["for"], f"{place}, for", 0.04, reading.MAX_TIME_S) if "for" in given else None
    return CameraWish(reading.text(given["move"], f"{place}, move"), _time(given.get("at", 0.0), f"{place}, at"), for_s)


def _gaze(value: Any) -> GazeWish:
    given = reading.mapping(
        {"target": value} if isinstance(value, str) else value,
        "gaze",
        ("target", "wander"),
        example="gaze: {target: camera}",
    )
    return GazeWish(
        target=reading.choice(given.get("target", GazeWish.target), "gaze, target", GAZE_TARGETS),
        wander=reading.number(given.get("wander", GazeWish.wander), "gaze, wander", 0.0, 1.0),
    )


def _blink(value: Any) -> BlinkWish:
    if isinstance(value, str):
        reading.choice(value, "blink", ("natural",))
        return BlinkWish(None)
    given = reading.mapping(value, "blink", ("rate",), needed=("rate",), example="blink: {rate: 0.3}")
    return BlinkWish(reading.number(given["rate"], "blink, rate", 0.0, MAX_BLINK_RATE))


def _time(value: Any, place: str) -> float:
    return reading.seconds(value, place, 0.0, reading.MAX_TIME_S)
