"""`xtalker train personal`: video to checkpoint, with the comparison that shows whether it helped."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.assets import cache_folder, fetch
from xtalker.generator.checkpoint import GeneratorCard
from xtalker.generator.generate import Generator
from xtalker.metrics import amplitude_ratio, lip_opening, lip_opening_r, lve_max, lve_mean
from xtalker.networks.generator_checkpoint import read_generator
from xtalker.performance import parts
from xtalker.train.clips import TrainingClip
from xtalker.train.command import stops_between_steps
from xtalker.train.loop import Job
from xtalker.train.personal import adapt, digest_of, read_recording, write_recording
from xtalker.train.personal_video import record
from xtalker.train.recipes.personal import PersonalRecipe
from xtalker.values import Identity, InputError, Motion, SpeechFeatures
from xtalker.values.conventions import FRAME_RATE_HZ
from xtalker.values.files import check_readable

_DONE: Final = "whole"
_log = logging.getLogger("xtalker")


@dataclass(frozen=True)
class Compared:
    """What a personal run brought.

    Attributes:
        seconds: of the recording.
        held_out_s: of its end, which was not learnt from.
        before: figures of the shipped generator there.
        after: of the adapted one.
    """

    seconds: float
    held_out_s: float
    before: dict[str, float]
    after: dict[str, float]


def train_personal(
    video: Path,
    out: Path,
    *,
    name: str = "me",
    steps: int = 400,
    resume: bool = False,
    anew: bool = False,
    bars: bool = True,
) -> Compared | None:
    """Adapt the shipped generator to the person of a video; None if stopped, with the run kept.

    Tracked clips are kept in the per-user cache by the video's content, so a second run starts at once.

    Raises:
        InputError: a video or a name that cannot be used.
        AssetError, OutputError: as `loop.train`.
    """
    base = read_generator(fetch("generator-open"))
    taken = name in base.network.config.styles
    if taken or not name.isprintable() or not 0 < len(name) <= 64 or not 1 <= steps <= 100_000:
        raise InputError(
            "no such name or number of steps", received=f"name {name!r}, {steps} steps",
            accepted="a name of 1 to 64 letters that no style has yet, 1 to 100000 steps", next_step="choose others",
        )  # fmt: skip
    job = Job(out, resume=resume, anew=anew, save_every=100, bars=bars)  # before anything is tracked
    before = base.generator()
    folder = _clips(video, before, bars=bars)
    recipe = PersonalRecipe(steps=steps)
    card = GeneratorCard(
        base.card.encoder, licence="the user's own", data=f"{base.card.data}; adapted to one person's video",
        command=f"xtalker train personal --video {video.name} --name {name} --steps {steps}",
    )  # fmt: skip
    job = replace(job, card=card)
    with stops_between_steps() as stop:
        saved = adapt(base, folder, name, recipe, job, should_stop=stop)
    if saved is None:
        return None
    after = saved.generator()
    clips = read_recording(folder)
    rest = [clip for clip in clips if clip.split == "validation"]
    return Compared(_seconds(clips), _seconds(rest), figures(before, rest), figures(after, rest))


def _seconds(clips: Sequence[TrainingClip]) -> float:
    return sum(clip.num_frames for clip in clips) / FRAME_RATE_HZ


def _clips(video: Path, generator: Generator, *, bars: bool) -> Path:
    check_readable(video, kind="video", accepted="a video with sound")
    folder = cache_folder("personal") / digest_of(video)
    if not (folder / _DONE).exists() or not _is_readable(folder):
        recording = record(video, generator, progress=bars)
        folder.mkdir(parents=True, exist_ok=True)
        write_recording(recording, folder, "person")
        (folder / _DONE).touch()
    return folder


def _is_readable(folder: Path) -> bool:
    """Whether clips of an earlier run can be used; what is damaged in the cache is made again."""
    try:
        return bool(read_recording(folder))
    except (InputError, OSError) as error:
        _log.warning("the kept clips are damaged and are made again: %s", error)
        shutil.rmtree(folder, ignore_errors=True)
        return False


def figures(generator: Generator, clips: Sequence[TrainingClip]) -> dict[str, float]:
    """Lips against the tracked ones, on the average head, mean over the clips."""
    rows = [_figures(generator, clip) for clip in clips]
    return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}


def _figures(generator: Generator, clip: TrainingClip) -> dict[str, float]:
    heard = SpeechFeatures(clip.linguistic[0].astype(np.float32), clip.amplitude, clip.encoder)
    (got, got_mm), (true, true_mm) = (_lips(motion) for motion in (generator.generate(heard, seed=0), clip.motion))
    return {
        "lip_opening_r": lip_opening_r(got_mm, true_mm),
        "lip_error_mean_mm": lve_mean(got, true),
        "lip_error_max_mm": lve_max(got, true),
        "lip_amplitude_ratio": amplitude_ratio(got_mm, true_mm),
    }


def _lips(motion: Motion) -> tuple[Float[np.ndarray, "frames lips 3"], Float[np.ndarray, "frames"]]:
    head = parts.open_head()
    still = replace(motion, head=np.zeros_like(motion.head))
    vertices = head.vertices(Identity(), still)
    marks = np.einsum("flkc,lk->flc", vertices[:, head.landmark_triangles], head.landmark_weights)
    return vertices[:, head.topology.regions["lips"]], lip_opening(marks)
