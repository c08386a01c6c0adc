"""A listening test without a server: a folder with videos under hidden names and one page that runs from disk.

    FOLDER/index.html          what raters open; their answers are saved as a JSON file
    FOLDER/videos/*.mp4        copies under random names
    FOLDER.key.json            whose they are: stays with whoever runs the test

Two systems are compared side by side, more are ranked, by the three questions of 3DXTalker's study (B.3). Clips come
in another order, and videos in other places, for every rater.
"""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

import numpy as np

from xtalker.values import InputError, OutputError

KEY_SCHEMA: Final = "xtalker-study-key-1"
SUFFIXES: Final = (".mp4", ".webm")
QUESTIONS: Final = {
    "identity": "Identity: which face stays most like one and the same person?",
    "lips": "Lip synchronisation: whose lips fit the sound best?",
    "emotion": "Emotional expression: whose face expresses what is said best?",
}
"""Key -> what raters read (3DXTalker, B.3: identity consistency, lip synchronization, emotional expression)."""
MOST_SYSTEMS: Final = 12
_PAGE: Final = Path(__file__).parent / "data" / "study.html"
_PLAN: Final = "/*PLAN*/null"


@dataclass(frozen=True)
class Study:
    """What was made.

    Attributes:
        page: for raters, with the folder around it.
        key: for the analysis.
        systems: names of the folders.
        clips: names that every system has.
    """

    page: Path
    key: Path
    systems: tuple[str, ...]
    clips: tuple[str, ...]


def make_study(folder: Path, videos: Sequence[Path], *, seed: int = 0) -> Study:
    """Make the folder and its key.

    Args:
        folder: a place where nothing is yet.
        videos: one folder for each system; files of one name (without ending) show one clip.
        seed: of the hidden names.

    Raises:
        InputError: fewer than two folders, folders of one name, no common clip.
        OutputError: the folder or its key exist, or cannot be made.
    """
    systems = _systems(videos)
    clips = _common_clips(systems)
    key = folder.with_name(f"{folder.name}.key.json")
    _require_free(folder, key)
    random = np.random.default_rng(seed)
    part = folder.with_name(f".{folder.name}-{secrets.token_hex(4)}.part")
    try:
        (part / "videos").mkdir(parents=True)
        hidden = _copy(systems, clips, part / "videos", random)
        # No name of a clip goes into the page: names tell who speaks, and whose they are.
        trials = [{"clip": f"clip{n + 1:03}", "videos": list(hidden[clip].values())} for n, clip in enumerate(clips)]
        study = sha256(json.dumps(trials).encode()).hexdigest()[:16]
        (part / "index.html").write_text(page({"study": study, "questions": QUESTIONS, "trials": trials}), "utf-8")
        plan = {trial["clip"]: {"name": clip, "videos": hidden[clip]} for trial, clip in zip(trials, clips)}
        text = json.dumps({"schema": KEY_SCHEMA, "study": study, "systems": list(systems), "clips": plan}, indent=1)
        key.write_text(text + "\n", "utf-8")
        part.rename(folder)
    except OSError as fault:
        key.unlink(missing_ok=True)
        raise OutputError(
            "the study cannot be made", received=f"{folder} ({fault.strerror})", accepted="a folder that can be made",
            next_step="choose another place",
        ) from fault  # fmt: skip
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return Study(folder / "index.html", key, tuple(systems), clips)


def page(plan: object) -> str:
    """The page with its plan; the plan can end no script."""
    text = json.dumps(plan).replace("<", "\\u003c")
    return _PAGE.read_text("utf-8").replace(_PLAN, text)


def _systems(videos: Sequence[Path]) -> dict[str, dict[str, Path]]:
    """System -> clip -> file."""
    names = [path.resolve().name for path in videos]
    if not 2 <= len(set(names)) == len(names) <= MOST_SYSTEMS:
        raise InputError(
            "the systems of a study cannot be told apart", received=f"{len(names)} folders: {', '.join(names)}",
            accepted=f"2 to {MOST_SYSTEMS} folders of different names", next_step="give one folder for each system",
        )  # fmt: skip
    missing = [path for path in videos if not path.is_dir()]
    if missing:
        raise InputError(
            "no such folder of videos", received=missing[0], accepted="one folder for each system",
            next_step="check the path",
        )  # fmt: skip
    return {
        name: {file.stem: file for file in sorted(path.iterdir()) if file.suffix.lower() in SUFFIXES}
        for name, path in zip(names, videos)
    }


def _common_clips(systems: dict[str, dict[str, Path]]) -> tuple[str, ...]:
    every = [set(files) for files in systems.values()]
    common = tuple(sorted(set.intersection(*every)))
    if not common:
        counts = ", ".join(f"{name} {len(files)}" for name, files in systems.items())
        raise InputError(
            "no clip is there of every system", received=f"files: {counts}",
            accepted=f"equal file names ({', '.join(SUFFIXES)}) in all folders", next_step="name the videos by clip",
        )  # fmt: skip
    return common


def _require_free(folder: Path, key: Path) -> None:
    for place in (folder, key):
        if place.exists():
            raise OutputError(
                "something is there already", received=place, accepted="a folder that does not exist yet",
                next_step="choose another name: answers belong to one study",
            )  # fmt: skip


def _copy(
    systems: dict[str, dict[str, Path]], clips: Sequence[str], place: Path, random: np.random.Generator
) -> dict[str, dict[str, str]]:
    """Clip -> system -> hidden file name, in an order that tells nothing."""
    out: dict[str, dict[str, str]] = {}
    for clip in clips:
        names = list(systems)
        random.shuffle(names)
        hidden = {name: f"{random.bytes(6).hex()}{systems[name][clip].suffix.lower()}" for name in names}
        for name, file in hidden.items():
            shutil.copyfile(systems[name][clip], place / file)
        out[clip] = hidden
    return out
