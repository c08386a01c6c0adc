"""GRID clips: truth from their own video, words from their alignment, sound as the main job hears it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Protocol, TypeVar, runtime_checkable

import numpy as np
from jaxtyping import Float

from xtalker.evaluate.grid import MAIN_SPEAKER, UNSEEN_SPEAKERS, Source, closures, grid_sources, pauses, read_words
from xtalker.evaluate.truth import Truth, track_sources
from xtalker.metrics.intervals import Interval
from xtalker.speech import SpeechEncoder, extract_features, load_audio, load_encoder
from xtalker.values import Audio, Identity, InputError, Motion, SpeechFeatures
from xtalker.values.conventions import FRAME_RATE_HZ, NUM_SHAPE
from xtalker.values.files import read_arrays

MIN_CONFIDENCE: Final = 0.5
NUM_BANDS: Final = 80
TRAIN_STEP: Final = 4  # every fourth training clip teaches the baselines: 213 clips, 10.6 minutes

_PEOPLE_BYTES: Final = 1 << 26

Item = TypeVar("Item")


@runtime_checkable
class StoredClip(Protocol):
    """What is read from a prepared clip (the form that training reads)."""

    @property
    def clip(self) -> str:
        """Its name."""
        ...

    @property
    def speaker(self) -> str:
        """Who speaks."""
        ...

    @property
    def split(self) -> str:
        """Train, validation or test."""
        ...

    @property
    def encoder(self) -> str:
        """Fingerprint of the speech encoder."""
        ...

    @property
    def motion(self) -> Motion:
        """Tracked."""
        ...

    @property
    def confidence(self) -> Float[np.ndarray, "frames"]:
        """Of each frame's tracking."""
        ...

    @property
    def linguistic(self) -> tuple[Float[np.ndarray, "frames channels"], ...]:
        """Speech features, the first ones of the clip alone."""
        ...

    @property
    def amplitude(self) -> Float[np.ndarray, "frames"]:
        """Of the sound."""
        ...

    @property
    def num_frames(self) -> int:
        """Length."""
        ...


@dataclass(frozen=True)
class Prepared:
    """A folder of prepared clips, with what reads one: whoever calls brings the reader of the training clips."""

    folder: Path
    read: Callable[[Path], StoredClip]


@dataclass(frozen=True)
class SpokenClip:
    """A clip with its truth.

    Attributes:
        name: speaker and file stem.
        speaker: who.
        video: file with picture and sound; None where only prepared features are there.
        identity: the speaker's.
        motion: tracked in the video, 25 fps.
        leading, trailing: pauses before the first and after the last word, seconds; empty without alignment.
        closures: where lips meet for /p b m/: around the start of a word that begins with one, or the end of "m".
    """

    name: str
    speaker: str
    video: Path | None
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
        log_mel: 80 bands, for a baseline; NaN where the sound itself is not there.
    """

    features: SpeechFeatures
    log_mel: Float[np.ndarray, "frames 80"]

    @property
    def log_energy(self) -> Float[np.ndarray, "frames 1"]:
        """Logarithm of the envelope, with a floor 80 dB under full scale."""
        return np.log10(np.maximum(self.features.amplitude.astype(np.float64), 1e-4))[:, None]


def hear(clip: SpokenClip) -> Heard:
    """The sound exactly as `xtalker.perform` takes it, file to features."""
    return hear_sound(sound_of(clip))


def sound_of(clip: SpokenClip) -> Audio:
    """The sound of a clip's video.

    Raises:
        InputError: the clip has features only.
    """
    if clip.video is None:
        raise InputError(
            "the clip has no sound", received=clip.name, accepted="clips with their video",
            next_step="give the folder with the videos",
        )  # fmt: skip
    return load_audio(clip.video)


def hear_sound(audio: Audio) -> Heard:
    """Samples to features and bands."""
    return Heard(extract_features(audio, _encoder("whisper-base")), _log_mel(audio))


def hear_again(clip: SpokenClip, prepared: Prepared | None) -> Heard:
    """The same for a training clip, with the speech features of its prepared file where there is one."""
    if prepared is None:
        return hear(clip)
    stored = prepared.read(prepared.folder / f"{clip.name}.npz")
    features = SpeechFeatures(stored.linguistic[0].astype(np.float32), stored.amplitude, stored.encoder)
    if clip.video is None:
        return Heard(features, np.full((stored.num_frames, NUM_BANDS), np.nan, np.float32))
    return Heard(features, _log_mel(load_audio(clip.video))[: stored.num_frames])


def evaluation_clips(data: Path, split: str, limit: int | None, prepared: Prepared | None) -> list[SpokenClip]:
    """Clips of the main speaker's split, then for "test" those of the speakers that nobody trained on."""
    sources = grid_sources(data)
    main = [s for s in sources if s.speaker == MAIN_SPEAKER and s.split == split]
    unseen = [s for s in sources if s.speaker in UNSEEN_SPEAKERS and split == "test"]
    chosen = spread(main, limit) + spread(unseen, None if limit is None else max(2, limit // 5))
    return _with_truth(chosen, sources, prepared)


def training_clips(data: Path, prepared: Prepared | None, step: int = TRAIN_STEP) -> list[SpokenClip]:
    """Training clips of the main speaker, evenly spread."""
    sources = grid_sources(data)
    main = [s for s in sources if s.speaker == MAIN_SPEAKER and s.split == "train"]
    return _with_truth(main[::step], sources, prepared)


def spread(items: list[Item], limit: int | None) -> list[Item]:
    """At most `limit` of the items, evenly spread."""
    if limit is None or len(items) <= limit:
        return items
    return [items[i] for i in np.linspace(0, len(items) - 1, limit).round().astype(int)]


def _with_truth(chosen: list[Source], sources: list[Source], prepared: Prepared | None) -> list[SpokenClip]:
    if prepared is not None:
        # Preparing leaves out clips that could not be tracked; a folder without any of them is refused.
        chosen = [source for source in chosen if (prepared.folder / f"{source.name}.npz").is_file()] or chosen
        found = [prepared_truth(source.name, source.speaker, prepared) for source in chosen]
    else:
        found = track_sources(chosen, sources)
    kept = [(s, truth) for s, truth in zip(chosen, found) if truth[2] >= MIN_CONFIDENCE]
    return [_clip(source, identity, motion) for source, (identity, motion, _) in kept]


def prepared_truth(name: str, speaker: str, prepared: Prepared) -> Truth:
    """Truth of a clip as it was stored.

    Raises:
        InputError: no such clip, or nothing known of its speaker.
    """
    people = people_file(prepared)
    if not people.is_file():
        raise InputError(
            "the prepared clips have no file of people", received=prepared.folder,
            accepted=f"{people.name} beside the folder",
            next_step="run tools/prepare_grid.py to its end, or measure on the videos alone",
        )  # fmt: skip
    clip = prepared.read(prepared.folder / f"{name}.npz")
    shape = read_arrays(people, kind="file of people", max_bytes=_PEOPLE_BYTES).get(f"{speaker}_shape")
    if shape is None or shape.shape != (NUM_SHAPE,):
        raise InputError(
            "the file of people does not know a speaker", received=f"{people} without {speaker}",
            accepted="the file that was made with these clips", next_step="prepare the clips again",
        )  # fmt: skip
    return Identity(shape.astype(np.float32)), clip.motion, float(clip.confidence.mean())


def people_file(prepared: Prepared) -> Path:
    """Where the identities of prepared clips are."""
    return prepared.folder.with_suffix(".people.npz")


def _clip(source: Source, identity: Identity, motion: Motion) -> SpokenClip:
    words = read_words(source.alignment)
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
