"""GRID clips: truth from their own video, words from their alignment, sound as the main job hears it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, TypeVar

import numpy as np
from jaxtyping import Float

from benchmarks.tracking import Source, one_thread_each, track_sources
from xtalker.speech import SpeechEncoder, extract_features, load_audio, load_encoder
from xtalker.train.clips import read_clip
from xtalker.values import Audio, Identity, InputError, Motion, SpeechFeatures
from xtalker.values.conventions import FRAME_RATE_HZ

MAIN_SPEAKER: Final = "s1"
UNSEEN_SPEAKERS: Final = ("s3", "s33")
MIN_CONFIDENCE: Final = 0.5
TRAIN_STEP: Final = 4  # every fourth training clip teaches the baselines: 213 clips, 10.6 minutes
_TICKS_PER_S: Final = 25_000
_PAUSE: Final = "sil"
_STARTS_WITH_CLOSURE: Final = frozenset({"bin", "blue", "by", "place", "please", "b", "p"})
_ENDS_WITH_CLOSURE: Final = frozenset({"m"})
_CLOSURE_BEFORE_S, _CLOSURE_AFTER_S = 0.08, 0.12

Interval = tuple[float, float]
Item = TypeVar("Item")


@dataclass(frozen=True)
class SpokenClip:
    """A clip with its truth.

    Attributes:
        name: speaker and file stem.
        speaker: who.
        video: file with picture and sound.
        identity: the speaker's.
        motion: tracked in the video, 25 fps.
        leading, trailing: pauses before the first and after the last word, seconds; empty without alignment.
        closures: where lips meet for /p b m/: around the start of a word that begins with one, or the end of "m".
    """

    name: str
    speaker: str
    video: Path
    identity: Identity
    motion: Motion
    leading: tuple[Interval, ...]
    trailing: tuple[Interval, ...]
    closures: tuple[Interval, ...]


@dataclass(frozen=True)
class Heard:
    """What can be known from a clip's sound.

    Attributes:
        features: what the generator is given.
        log_mel: 80 bands, for a baseline.
    """

    features: SpeechFeatures
    log_mel: Float[np.ndarray, "frames 80"]

    @property
    def log_energy(self) -> Float[np.ndarray, "frames 1"]:
        """Logarithm of the envelope, with a floor 80 dB under full scale."""
        return np.log10(np.maximum(self.features.amplitude.astype(np.float64), 1e-4))[:, None]


def hear(clip: SpokenClip) -> Heard:
    """The sound exactly as `xtalker.perform` takes it, file to features."""
    audio = load_audio(clip.video)
    return Heard(extract_features(audio, _encoder("whisper-base")), _log_mel(audio))


def hear_again(clip: SpokenClip, prepared: Path | None) -> Heard:
    """The same for a training clip, with the speech features of its prepared file where there is one."""
    if prepared is None:
        return hear(clip)
    stored = read_clip(prepared / f"{clip.name}.npz")
    features = SpeechFeatures(stored.linguistic[0].astype(np.float32), stored.amplitude, stored.encoder)
    return Heard(features, _log_mel(load_audio(clip.video))[: stored.num_frames])


def evaluation_clips(data: Path, split: str, limit: int | None, prepared: Path | None) -> list[SpokenClip]:
    """Clips of the main speaker's split, then for "test" those of the speakers that nobody trained on."""
    sources = _sources(data)
    main = [s for s in sources if s.speaker == MAIN_SPEAKER and s.split == split]
    unseen = [s for s in sources if s.speaker in UNSEEN_SPEAKERS and split == "test"]
    chosen = spread(main, limit) + spread(unseen, None if limit is None else max(2, limit // 5))
    return _with_truth(chosen, sources, prepared)


def training_clips(data: Path, prepared: Path | None, step: int = TRAIN_STEP) -> list[SpokenClip]:
    """Training clips of the main speaker, evenly spread."""
    sources = _sources(data)
    main = [s for s in sources if s.speaker == MAIN_SPEAKER and s.split == "train"]
    return _with_truth(main[::step], sources, prepared)


def spread(items: list[Item], limit: int | None) -> list[Item]:
    """At most `limit` of the items, evenly spread."""
    if limit is None or len(items) <= limit:
        return items
    return [items[i] for i in np.linspace(0, len(items) - 1, limit).round().astype(int)]


def read_words(path: Path) -> list[tuple[float, float, str]]:
    """(start, end, word) of a GRID alignment, seconds; empty when there is none for the clip."""
    if not path.is_file():
        return []
    rows = [line.split() for line in path.read_text().splitlines() if line.strip()]
    return [(int(start) / _TICKS_PER_S, int(end) / _TICKS_PER_S, word) for start, end, word in rows]


def closures(words: list[tuple[float, float, str]], duration_s: float) -> tuple[Interval, ...]:
    """Where the lips must meet, by the spelling of GRID's 51 words."""
    at = [start for start, _, word in words if word in _STARTS_WITH_CLOSURE]
    at += [end for _, end, word in words if word in _ENDS_WITH_CLOSURE]
    return tuple((max(0.0, t - _CLOSURE_BEFORE_S), min(duration_s, t + _CLOSURE_AFTER_S)) for t in sorted(at))


def pauses(
    words: list[tuple[float, float, str]], duration_s: float
) -> tuple[tuple[Interval, ...], tuple[Interval, ...]]:
    """Leading and trailing pause; the last one ends with the picture."""
    spoken = [row for row in words if row[2] != _PAUSE]
    if not spoken:
        return (), ()
    leading, trailing = (0.0, spoken[0][0]), (spoken[-1][1], duration_s)
    return tuple([leading] if leading[1] > 0 else []), tuple([trailing] if trailing[0] < duration_s else [])


def _sources(data: Path) -> list[Source]:
    # Importing the preparation holds libraries to one thread: right for its workers, wrong for this process.
    with one_thread_each():
        from tools.prepare_grid import jobs
    return [Source(job.video, job.speaker, job.split) for job in jobs(data)]


def _with_truth(chosen: list[Source], sources: list[Source], prepared: Path | None) -> list[SpokenClip]:
    if prepared is not None:
        found = [_prepared_truth(source, prepared) for source in chosen]
    else:
        found = track_sources(chosen, sources)
    kept = [(s, truth) for s, truth in zip(chosen, found) if truth[2] >= MIN_CONFIDENCE]
    return [_clip(source, identity, motion) for source, (identity, motion, _) in kept]


def _prepared_truth(source: Source, folder: Path) -> tuple[Identity, Motion, float]:
    people = folder.with_suffix(".people.npz")
    if not people.is_file():
        raise InputError(
            "the prepared clips have no file of people", received=folder, accepted=f"{people.name} beside the folder",
            next_step="run tools/prepare_grid.py to its end, or leave --clips-folder out",
        )  # fmt: skip
    clip = read_clip(folder / f"{source.name}.npz")
    with np.load(people, allow_pickle=False) as file:
        identity = Identity(file[f"{source.speaker}_shape"].astype(np.float32))
    return identity, clip.motion, float(clip.confidence.mean())


def _clip(source: Source, identity: Identity, motion: Motion) -> SpokenClip:
    folder = source.video.parents[1]
    stem = source.video.stem
    main = source.speaker == MAIN_SPEAKER
    words = read_words((folder / "alignments" if main else folder / "align" / source.speaker) / f"{stem}.align")
    duration_s = motion.num_frames / FRAME_RATE_HZ
    leading, trailing = pauses(words, duration_s)
    return SpokenClip(
        source.name, source.speaker, source.video, identity, motion, leading, trailing, closures(words, duration_s)
    )


@cache
def _encoder(name: str) -> SpeechEncoder:
    return load_encoder(name)


def _log_mel(audio: Audio) -> Float[np.ndarray, "frames 80"]:
    return _encoder("log-mel").encode(audio)
