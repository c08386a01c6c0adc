"""From tracked GRID clips to a teacher, and from the teacher to taught clips."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Bool, Float, Int
from tools.teach.align import PhoneProbe, Word, adapt, align_words, fit_probe, frame_labels
from tools.teach.contacts import add_contacts, as_motion
from tools.teach.gauge import MouthGauge
from tools.teach.heard import HeardLine
from tools.teach.teacher import SIDEWAYS, Lesson, Teacher, fit_teacher, opening_amount, with_open_breaths
from tqdm import tqdm

from xtalker.evaluate.grid import MAIN_SPEAKER, grid_sources, read_words
from xtalker.generator.channels import mouth_columns
from xtalker.train.clips import TrainingClip, read_clip

ADAPT_EVERY: Final = 3  # each how manieth real frame the probe learns from: neighbours say the same
_HELD_OUT_EVERY: Final = 10
_STIFFNESS: Final = 10.0
_ITERATIONS: Final = 40
_ROUNDS: Final = 1


def training_words(data: Path, clips: Path) -> list[tuple[TrainingClip, list[Word]]]:
    """GRID's training clips that have word times; no clip of the test or validation split."""
    found = []
    for source in tqdm(grid_sources(data), desc="reading clips", unit="clip", disable=None):
        path, words = clips / f"{source.name}.npz", read_words(source.alignment)
        if source.split == "train" and words and path.is_file():
            found.append((read_clip(path), words))
    return found


def learn_probe(heard: Sequence[HeardLine], real: Sequence[tuple[TrainingClip, Sequence[Word]]]) -> PhoneProbe:
    """Phones from synthesised speech first, then from real speech as well."""
    lines = [line for line in heard if line.line.split == "train"]
    labels = np.concatenate([frame_labels(line.phones, len(line.amplitude)) for line in lines])
    features = np.concatenate([line.linguistic[i % len(line.linguistic)] for i, line in enumerate(lines)])
    first = fit_probe(features.astype(np.float32), labels, _ITERATIONS)
    clips = [(clip.linguistic[0], words) for clip, words in real]
    return adapt(first, clips, partial(_with_synthesised, features, labels), _ROUNDS)


def _with_synthesised(
    synthesised: Float[np.ndarray, "synthesised channels"], labels: Int[np.ndarray, "synthesised"],
    real: Float[np.ndarray, "real channels"], real_labels: Int[np.ndarray, "real"],
) -> PhoneProbe:  # fmt: skip
    features = np.concatenate([synthesised, real[::ADAPT_EVERY]]).astype(np.float32)
    return fit_probe(features, np.concatenate([labels, real_labels[::ADAPT_EVERY]]), _ITERATIONS)


def learn_teacher(gauge: MouthGauge, probe: PhoneProbe, real: Sequence[tuple[TrainingClip, Sequence[Word]]]) -> Teacher:
    """Align the clips and learn from them; each tenth of the main speaker's is kept for gain and residuals."""
    motions: dict[str, list[np.ndarray]] = {}
    for clip, _ in real:
        motions.setdefault(clip.speaker, []).append(clip.motion.to_matrix())
    amounts = {speaker: opening_amount(np.concatenate(mine)) for speaker, mine in motions.items()}
    lessons: list[Lesson] = []
    kept: list[Lesson] = []
    for number, (clip, words) in enumerate(real):
        phones = with_open_breaths(align_words(probe, clip.linguistic[0], words))
        lesson = Lesson(phones, clip.amplitude, clip.motion.to_matrix(), clip.confidence, amounts[clip.speaker])
        (kept if clip.speaker == MAIN_SPEAKER and number % _HELD_OUT_EVERY == 0 else lessons).append(lesson)
    return fit_teacher(gauge, lessons, kept, _STIFFNESS)


def taught_clip(heard: HeardLine, teacher: Teacher, gauge: MouthGauge, encoder: str) -> TrainingClip:
    """The mouth of an utterance; whatever is no mouth was not observed."""
    random = np.random.default_rng([*heard.line.name.encode(), 1])
    mouth = teacher.mouth(heard.phones, heard.amplitude, random)
    if heard.line.is_speech:
        mouth = add_contacts(gauge, mouth, heard.phones, teacher.ceiling_mm)
    return TrainingClip(
        clip=heard.line.name, speaker=f"taught-{heard.line.person.voice}", split=heard.line.split, encoder=encoder,
        motion=as_motion(mouth), confidence=np.ones(len(mouth), np.float32), linguistic=heard.linguistic,
        amplitude=heard.amplitude, observed=observed_columns(),
    )  # fmt: skip


def observed_columns() -> Bool[np.ndarray, "58"]:
    """What the teacher teaches: the mouth, but nothing sideways."""
    columns = mouth_columns()
    columns[list(SIDEWAYS)] = False
    return columns
