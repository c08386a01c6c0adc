"""Pictures of docs/photo.md, and contact sheets of many people: `benchmarks/photo.py --sheets`, `--people-sheets`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image, ImageDraw

from benchmarks.photo_lips import SKIPPED_FRAMES, opening, speech_motion
from benchmarks.photo_people import CLOSE, POSES, Picture, Pose, Sitter, portraits, prepare_sitter
from xtalker.assets import fetch
from xtalker.performance import Shot, parts
from xtalker.render import contact_sheet
from xtalker.values import InputError, Motion
from xtalker.values.files import whole_file

SHOWN: Final = (
    "small_014", "small_019", "small_026", "small_031", "small_039", "small_048", "small_061", "small_108", "small_110",
    "small_112", "small_006", "small_017", "small_022", "small_042", "small_049", "small_056", "small_062", "small_066",
    "small_079", "small_081", "small_083", "small_113", "large_00", "large_13",
)  # fmt: skip
"""Portraits of the shared data: ages, skins, sexes, glasses, beards, long hair, grey pictures, heads turned away."""

CELLS: Final = ("m", "aa", "oo", "ee", "blink", "smile", "yaw -20", "yaw +20")
STRIP: Final[dict[str, Pose]] = {
    "rest": POSES["rest"],
    "aa": POSES["aa"],
    "ee": POSES["ee"],
    "oo": POSES["oo"],
    "closed lips": POSES["m"],
    "blink": POSES["blink"],
    "turn": Pose(head_deg=(2.0, 15.0, 3.0)),
}
LARGEST_SHEET: Final = 700_000
LARGEST_FILM: Final = 3_000_000
_ROWS: Final = 6  # people on one sheet
_CELL, _STRIP_CELL, _FILM_SIDE = 176, 256, 360
_QUALITIES: Final = (90, 85, 80, 72, 64, 55)
_FILM_STEP: Final = 2  # frames of the film for one of the small picture: 12.5 a second


def draw_demo(folder: Path, work: Path) -> None:
    """Strip and animated picture of the astronaut.

    Args:
        folder: made if it is not there.
        work: where speech and avatars are kept.

    Raises:
        InputError: a picture that stays too large.
    """
    folder.mkdir(parents=True, exist_ok=True)
    avatar = prepare_sitter(fetch("portrait-astronaut"), work).avatar
    sitter = Sitter(avatar, CLOSE)
    pictures = [("photo", sitter.photo()), *((name, sitter.draw(pose)) for name, pose in STRIP.items())]
    save_jpeg(folder / "strip.jpg", contact_sheet(labelled(pictures, _STRIP_CELL), len(pictures)))
    close = Sitter(avatar, Shot(crop="bust", size=_FILM_SIDE))
    motion = speech_motion(work)
    save_film(folder / "speaking.webp", [p for i, p in enumerate(close.film(motion)) if i % _FILM_STEP == 0])


def draw_people(folder: Path, pictures: Path | None, work: Path) -> list[Path]:
    """Sheets of `SHOWN`, or of the first 24 portraits of another folder: each row is one person.

    Args:
        folder: where the sheets go.
        pictures: folder of portraits; None is the shared data's.
        work: where speech and avatars are kept.
    """
    folder.mkdir(parents=True, exist_ok=True)
    found = portraits(pictures)[1:]
    chosen = [path for path in found if path.stem in SHOWN] or found[: len(SHOWN)]
    motion, made = speech_motion(work), []
    for start in range(0, len(chosen), _ROWS):
        cells = [cell for path in chosen[start : start + _ROWS] for cell in person_cells(path, motion, work)]
        made.append(folder / f"people_{start // _ROWS + 1}.jpg")
        save_jpeg(made[-1], contact_sheet(cells, len(CELLS) + 3))
    return made


def person_cells(portrait: Path, motion: Motion, work: Path) -> list[Picture]:
    """Photo, rest, poses and speech of one person; black where the portrait is refused."""
    try:
        sitter = Sitter(prepare_sitter(portrait, work).avatar, Shot(crop="bust", size=384))
    except InputError as fault:
        return labelled([(str(fault)[:40], np.zeros((8, 8, 3), np.uint8))] * (len(CELLS) + 3), _CELL)
    pictures = [(portrait.stem, sitter.photo()), ("rest", sitter.draw(POSES["rest"]))]
    pictures += [(name, sitter.draw(POSES[name])) for name in CELLS]
    pictures += [("speech", next(sitter.frames_at(motion, [widest_frame(motion)])))]
    return labelled(pictures, _CELL)


def widest_frame(motion: Motion) -> int:
    """The frame of a motion in which the mouth is most open."""
    from xtalker.values import Identity

    points = parts.open_head().landmarks(Identity(), motion, canonical=True) * [1, -1, 1]
    return SKIPPED_FRAMES + int(np.argmax(opening(points)[SKIPPED_FRAMES:]))


def labelled(pictures: Iterable[tuple[str, Picture]], side: int) -> list[Picture]:
    """Pictures of one size with their names."""
    out = []
    for name, picture in pictures:
        image = Image.fromarray(picture).resize((side, side), Image.Resampling.LANCZOS)
        ImageDraw.Draw(image).text((4, 2), name, fill="white", stroke_width=1, stroke_fill="black")
        out.append(np.asarray(image))
    return out


def save_jpeg(path: Path, picture: Picture) -> None:
    """Write a sheet in the best quality that stays under `LARGEST_SHEET`."""
    for quality in _QUALITIES:
        with whole_file(path) as part:
            Image.fromarray(picture).save(part, format="JPEG", quality=quality, optimize=True)
        if path.stat().st_size <= LARGEST_SHEET:
            return
    raise InputError("the sheet is too large", received=path, accepted=f"{LARGEST_SHEET} bytes",
                     next_step="draw fewer or smaller cells")  # fmt: skip


def save_film(path: Path, frames: Sequence[Picture], rate_hz: float = 25.0 / _FILM_STEP) -> None:
    """Write an animated WebP in the best quality that stays under `LARGEST_FILM`."""
    images = [Image.fromarray(frame) for frame in frames]
    for quality in _QUALITIES:
        with whole_file(path) as part:
            images[0].save(
                part, format="WEBP", save_all=True, append_images=images[1:], duration=round(1000 / rate_hz), loop=0,
                quality=quality, method=4,
            )  # fmt: skip
        if path.stat().st_size <= LARGEST_FILM:
            return
    raise InputError("the animated picture is too large", received=path, accepted=f"{LARGEST_FILM} bytes",
                     next_step="show fewer or smaller frames")  # fmt: skip
