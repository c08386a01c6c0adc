"""What sync experts learn from and are measured on: GRID clips as motion, as filmed mouths and as rendered mouths."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Shaped
from tools.prepare_grid import Job, jobs
from tqdm import tqdm

from xtalker.capture.video import read_video
from xtalker.evaluate.sync.crops import mouth_crops
from xtalker.evaluate.sync.expert import ENCODER, lip_rows
from xtalker.evaluate.sync.training import SyncClip
from xtalker.evaluate.truth import one_thread_each
from xtalker.geometry.cameras import Camera
from xtalker.head.open_head import OpenHead
from xtalker.render import HeadRenderer
from xtalker.speech import SpeechEncoder, load_audio, load_encoder
from xtalker.train.clips import read_clip
from xtalker.values import Identity, InputError
from xtalker.values.files import whole_file

KINDS: Final = ("motion", "filmed", "rendered")
RENDER_PIXELS: Final = 160  # the mouth square of a portrait is then about as large as a crop
_EVERY: Final = {("s1", "test"): 5, ("s1", "train"): 18}  # which clips are rendered; of other speakers each second


@dataclass(frozen=True)
class Places:
    """Folders.

    Attributes:
        data: GRID videos, as tools/prepare_grid.py reads them.
        clips: what tools/prepare_grid.py made of them; `<clips>.people.npz` beside it.
        landmarks: its landmark files.
        kept: what is made here is kept here, so that a stopped run goes on.
    """

    data: Path
    clips: Path
    landmarks: Path
    kept: Path


def sync_clips(places: Places, kind: str, wanted: Callable[[Job], bool], *, workers: int = 1) -> list[SyncClip]:
    """The prepared clips that are wanted, as a kind of KINDS.

    Raises:
        InputError: no prepared clips.
    """
    chosen = [job for job in jobs(places.data) if wanted(job) and (places.clips / f"{job.name}.npz").is_file()]
    if kind == "rendered":
        chosen = [job for part in _groups(chosen).values() for job in part]
    if not chosen:
        raise InputError(
            "no prepared clips", received=places.clips, accepted="a folder made by tools/prepare_grid.py",
            next_step="run `python -m tools.prepare_grid DATA CLIPS` first",
        )  # fmt: skip
    if workers == 1:
        return [_sync_clip(places, kind, job) for job in tqdm(chosen, desc=f"{kind} clips", unit="clip")]
    # Fresh processes: one forked after torch has worked waits for its threads for ever.
    with one_thread_each(), ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        work = [pool.submit(_sync_clip, places, kind, job) for job in chosen]
        return [future.result() for future in tqdm(work, desc=f"{kind} clips", unit="clip")]


def _groups(chosen: list[Job]) -> dict[tuple[str, str], list[Job]]:
    """Evenly spread clips of each speaker and split."""
    out: dict[tuple[str, str], list[Job]] = {}
    for job in chosen:
        out.setdefault((job.speaker, job.split), []).append(job)
    return {key: part[:: _EVERY.get(key, 2)] for key, part in out.items()}


def _sync_clip(places: Places, kind: str, job: Job) -> SyncClip:
    makers = {"motion": _motion, "filmed": _filmed, "rendered": _rendered}
    mouth = _kept(places.kept / kind / f"{job.name}.npy", lambda: makers[kind](places, job))
    sound = _kept(places.kept / "sound" / f"{job.name}.npy", lambda: _encoder().encode(load_audio(job.video)))
    frames = min(len(mouth), len(sound))
    return SyncClip(job.name, job.speaker, mouth[:frames], sound[:frames])


def _kept(path: Path, make: Callable[[], Shaped[np.ndarray, "frames ..."]]) -> Shaped[np.ndarray, "frames ..."]:
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        array = make()
        with whole_file(path) as beside, beside.open("wb") as file:
            np.save(file, array)
    return np.asarray(np.load(path, allow_pickle=False))


def _motion(places: Places, job: Job) -> Shaped[np.ndarray, "frames 120"]:
    motion = read_clip(places.clips / f"{job.name}.npz").motion
    return lip_rows(_head().landmarks(Identity(), motion, canonical=True))


def _filmed(places: Places, job: Job) -> Shaped[np.ndarray, "frames 48 48"]:
    with np.load(places.landmarks / f"{job.name}.npz", allow_pickle=False) as file:
        points = file["points"][..., :2]
    return mouth_crops((frame.rgb for frame in read_video(job.video, threads=1)), points)


def _rendered(places: Places, job: Job) -> Shaped[np.ndarray, "frames 48 48"]:
    motion = read_clip(places.clips / f"{job.name}.npz").motion
    identity, renderer, camera = _studio(places.clips.with_suffix(".people.npz"), job.speaker)
    points = _head().landmarks(identity, motion)
    pixels = camera.project(points.reshape(-1, 3))[0].reshape(*points.shape[:2], 2) - 0.5  # middle of a pixel = 0
    pictures = (renderer.render(posed, camera).rgb for posed in _head().vertices(identity, motion))
    return mouth_crops(pictures, pixels)


@cache
def _studio(people: Path, speaker: str) -> tuple[Identity, HeadRenderer, Camera]:
    with np.load(people, allow_pickle=False) as file:
        identity = Identity(file[f"{speaker}_shape"].astype(np.float32))
    renderer = HeadRenderer(
        _head().topology, _head().neutral(identity), width=RENDER_PIXELS, height=RENDER_PIXELS, supersample=1
    )
    return identity, renderer, renderer.portrait_camera()


@cache
def _head() -> OpenHead:
    return OpenHead()


@cache
def _encoder() -> SpeechEncoder:
    return load_encoder(ENCODER)
