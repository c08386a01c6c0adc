"""Truth: what our own tracker sees in a clip's video, with the identity fitted to that speaker's training clips.

Landmarks and motion are kept in the per-user cache, keyed by the video, the models and the source of the tracker, so
that a change of any of them makes them anew. The first run takes about a second of one core for each clip.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from functools import cache, partial
from pathlib import Path
from typing import Final, TypeVar

import numpy as np
from jaxtyping import Float
from tqdm import tqdm

import xtalker.capture
from xtalker.assets import cache_folder, fetch
from xtalker.capture.detect import FaceDetector
from xtalker.capture.landmarks import FaceTracker
from xtalker.capture.mesh import FaceMesh
from xtalker.capture.person import Person, fit_person
from xtalker.capture.track import track_landmarks
from xtalker.capture.video import read_video
from xtalker.capture.video_track import read_landmarks
from xtalker.evaluate.grid import Source
from xtalker.head.open_head import DATA as HEAD_FILE
from xtalker.head.open_head import OpenHead
from xtalker.values import Identity, Motion, OutputError
from xtalker.values.files import read_arrays, whole_file
from xtalker.values.motion import TRACKS

PERSON_CLIPS: Final = 107  # as many as the preparation of the training clips takes, and the same ones
_MODELS: Final = ("face-detector", "face-mesh-attention")
_ONE_THREAD: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")
_IMPORTED: Final = re.compile(r"^\s*from xtalker\.capture\.(\w+) import", re.MULTILINE)
_MAX_BYTES: Final = 1 << 30
_FEW: Final = 4  # fewer files than this are not worth starting processes for

Given = TypeVar("Given")
Made = TypeVar("Made")
Truth = tuple[Identity, Motion, float]
"""Identity, motion and mean confidence."""


@contextmanager
def one_thread_each() -> Iterator[None]:
    """Processes started here use one thread each: they fill the cores themselves."""
    before = dict(os.environ)
    os.environ.update(dict.fromkeys(_ONE_THREAD, "1"))
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def track_sources(chosen: Sequence[Source], sources: Sequence[Source]) -> list[Truth]:
    """Truth of the chosen clips; `sources` are all there are, for the identities of their speakers."""
    speakers = sorted({source.speaker for source in chosen})
    of_person = {speaker: _person_sources(speaker, sources) for speaker in speakers}
    wanted = {s.video for s in chosen} | {s.video for mine in of_person.values() for s in mine}
    _over(landmarks_of, sorted(wanted), "landmarks")
    people = {speaker: _person([s.video for s in mine]) for speaker, mine in of_person.items()}
    tracks: list[Truth] = []
    for speaker in speakers:
        mine = [s for s in chosen if s.speaker == speaker]
        tracks += _over(partial(_motion_of, people[speaker]), [s.video for s in mine], f"motion of {speaker}")
    by_speaker = [s for speaker in speakers for s in chosen if s.speaker == speaker]
    found = dict(zip(by_speaker, tracks))
    return [found[source] for source in chosen]


def _person_sources(speaker: str, sources: Sequence[Source]) -> list[Source]:
    """Training clips where there are any; a test speaker's own otherwise."""
    mine = [s for s in sources if s.speaker == speaker]
    train = [s for s in mine if s.split == "train"] or mine
    return train[:: -(-len(train) // PERSON_CLIPS)]


def _person(videos: Sequence[Path]) -> Person:
    points = [landmarks_of(video)[0] for video in videos]
    return fit_person(_head(), np.concatenate([p[np.isfinite(p).all(axis=(1, 2))] for p in points]))


def landmarks_of(video: Path) -> tuple[Float[np.ndarray, "frames 478 2"], Float[np.ndarray, "frames"]]:
    """Landmarks and presence of every frame."""

    def make() -> dict[str, np.ndarray]:
        points, presence = read_landmarks(read_video(video, threads=1), _tracker())
        return {"points": points, "presence": presence}

    found = _cached(("landmarks", _hash(video), tracker_version()), make)
    return found["points"], found["presence"]


def _motion_of(person: Person, video: Path) -> Truth:
    def make() -> dict[str, np.ndarray]:
        track = track_landmarks(_head(), person, *landmarks_of(video))
        return {name: getattr(track.motion, name) for name in TRACKS} | {"confidence": track.confidence}

    who = hashlib.sha256(person.shape.tobytes() + person.offsets.tobytes()).hexdigest()
    found = _cached(("motion", _hash(video), tracker_version(), who), make)
    motion = Motion(*(found[name] for name in TRACKS))
    return Identity(person.shape.astype(np.float32)), motion, float(found["confidence"].mean())


def _over(work: Callable[[Given], Made], items: Sequence[Given], what: str) -> list[Made]:
    """Results in order, by as many processes as there are cores."""
    if len(items) < _FEW:
        return [work(item) for item in items]
    start = multiprocessing.get_context("spawn")  # threads of torch and numba do not survive a fork
    with one_thread_each(), ProcessPoolExecutor(os.cpu_count(), mp_context=start) as pool:
        return list(
            tqdm(
                pool.map(work, items, chunksize=4), desc=what, total=len(items), unit="clip", leave=False, disable=None
            )
        )


def _cached(key: tuple[str, ...], make: Callable[[], dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    place = cache_folder("benchmarks") / f"{hashlib.sha256('|'.join(key).encode()).hexdigest()}.npz"
    with suppress(Exception):  # whatever a cache entry does, it is a miss
        return dict(read_arrays(place, kind="cache entry", max_bytes=_MAX_BYTES))
    made = make()
    with suppress(OSError, OutputError), whole_file(place) as beside, beside.open("wb") as handle:
        np.savez(handle, **made)  # type: ignore[arg-type]  # the stub takes the names for options
    return made


@cache
def tracker_version() -> str:
    """Changes with the head, the models and any line of the tracker."""
    files = [HEAD_FILE, *(fetch(name) for name in _MODELS), *tracker_sources()]
    return hashlib.sha256("".join(map(_hash, files)).encode()).hexdigest()


def tracker_sources() -> list[Path]:
    """The tracker's own modules and those of its folder that they import."""
    folder = Path(xtalker.capture.__file__).parent
    found: set[str] = set()
    left = ["person", "track", "video", "video_track"]
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += _IMPORTED.findall((folder / f"{name}.py").read_text("utf-8"))
    return [folder / f"{name}.py" for name in sorted(found)]


def _hash(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


@cache
def _tracker() -> FaceTracker:
    detector, mesh = (fetch(name).read_bytes() for name in _MODELS)
    return FaceTracker(FaceDetector(detector), FaceMesh(mesh))


@cache
def _head() -> OpenHead:
    return OpenHead()
