"""RAVDESS speech as training clips: which there are, how each pass plays them, and their features, kept in a folder.

A pass is one way to hear every clip of an actor. `alone` gives each clip to the encoder by itself; the others join
the actor's clips in a drawn order, since the encoder's features depend on what lies around a sound and a take is
long; `slow` and `fast` also play them at another speed, which makes other voices of the same people.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float
from scipy.signal import resample_poly
from tqdm import tqdm

from xtalker.speech import SpeechEncoder, extract_features, load_audio
from xtalker.speech.prosody import prosody_features
from xtalker.values import Audio, InputError
from xtalker.values.conventions import SAMPLES_PER_FRAME
from xtalker.values.files import whole_file

TRAIN_ACTORS: Final = tuple(range(1, 19))
VALIDATION_ACTORS: Final = (19, 20)
TEST_ACTORS: Final = (21, 22, 23, 24)
ACTORS: Final = TRAIN_ACTORS + VALIDATION_ACTORS + TEST_ACTORS


@dataclass(frozen=True)
class Clip:
    """One sound file.

    Attributes:
        path: of the sound.
        actor: 1 to 24.
        label: index into `SPEECH_CLASSES`.
        strong: acted with strong intensity.
    """

    path: Path
    actor: int
    label: int
    strong: bool


@dataclass(frozen=True)
class Pass:
    """One way to hear the clips.

    Attributes:
        name: in file names.
        joined: the clips of an actor follow each other, else each is by itself.
        speed: up and down factors of resampling; (11, 10) is 10 % longer and lower.
        actors: who is heard so.
    """

    name: str
    joined: bool
    speed: tuple[int, int] = (1, 1)
    actors: tuple[int, ...] = ACTORS


PASSES: Final = (
    Pass("alone", joined=False),
    Pass("joined", joined=True),
    Pass("slow", joined=True, speed=(11, 10), actors=TRAIN_ACTORS),
    Pass("fast", joined=True, speed=(10, 11), actors=TRAIN_ACTORS),
)


def find_clips(folder: Path) -> list[Clip]:
    """The speech clips of RAVDESS in a folder, sorted by name.

    File names are `modality-channel-emotion-intensity-statement-repetition-actor`, two digits each.

    Raises:
        InputError: none there.
    """
    clips = []
    for path in sorted(folder.glob("03-01-*")):
        fields = [int(part) for part in path.stem.split("-")]
        clips.append(Clip(path, actor=fields[6], label=fields[2] - 1, strong=fields[3] == 2))
    if not clips:
        raise InputError(
            "no RAVDESS speech clips here", received=folder, accepted="a folder of 03-01-*.wav or .opus files",
            next_step="fetch Audio_Speech_Actors_01-24.zip of Zenodo record 1188976",
        )  # fmt: skip
    return clips


def played(clip: Clip, speed: tuple[int, int]) -> Float[np.ndarray, "samples"]:
    """The samples of a clip at another speed, completed with silence to whole frames."""
    wave = load_audio(clip.path).samples
    if speed != (1, 1):
        wave = resample_poly(wave, *speed).astype(np.float32)
    return np.pad(wave, (0, -len(wave) % SAMPLES_PER_FRAME))


def in_order(clips: list[Clip], way: Pass, actor: int) -> list[Clip]:
    """The clips of an actor as a pass plays them."""
    own = [clip for clip in clips if clip.actor == actor]
    if not way.joined:
        return own
    return [own[i] for i in np.random.default_rng([actor, *way.speed]).permutation(len(own))]


def sounds(clips: list[Clip], way: Pass, actor: int) -> tuple[list[Audio], list[int]]:
    """What the encoder hears of an actor in one pass, and the frames of each clip."""
    waves = [played(clip, way.speed) for clip in in_order(clips, way, actor)]
    lengths = [len(wave) // SAMPLES_PER_FRAME for wave in waves]
    return ([Audio(np.concatenate(waves))] if way.joined else [Audio(wave) for wave in waves]), lengths


def prosody_file(folder: Path, way: Pass, actor: int) -> Path:
    """Where the prosody of an actor in a pass is kept, with the frames of each clip."""
    return folder / f"{way.name}-{actor:02d}.prosody.npz"


def linguistic_file(folder: Path, way: Pass, actor: int) -> Path:
    """Where the encoder's features of an actor in a pass are kept."""
    return folder / f"{way.name}-{actor:02d}.linguistic.npy"


def extract_linguistic(clips: list[Clip], encoder: SpeechEncoder, folder: Path) -> None:
    """Write the encoder's features of every pass and actor that are not there yet, (frames, channels) half precision.

    About ten minutes on two cores; stopped and started again, it goes on.
    """
    folder.mkdir(parents=True, exist_ok=True)
    jobs = [(way, actor) for way in PASSES for actor in way.actors]
    for way, actor in tqdm(jobs, desc="hearing RAVDESS"):
        place = linguistic_file(folder, way, actor)
        if place.is_file():
            continue
        heard, _ = sounds(clips, way, actor)
        rows = [extract_features(audio, encoder, cache=False).linguistic for audio in heard]
        with whole_file(place) as beside, beside.open("wb") as handle:
            np.save(handle, np.concatenate(rows).astype(np.float16))


def measure_prosody(clips: list[Clip], folder: Path) -> None:
    """Write the prosody of every pass and actor that is not there yet, (frames, 9)."""
    jobs = [(way, actor) for way in PASSES for actor in way.actors]
    for way, actor in tqdm(jobs, desc="measuring prosody"):
        place = prosody_file(folder, way, actor)
        if place.is_file():
            continue
        heard, lengths = sounds(clips, way, actor)
        prosody = np.concatenate([prosody_features(audio) for audio in heard])
        with whole_file(place) as beside, beside.open("wb") as handle:
            np.savez(handle, prosody=prosody, lengths=lengths)


@dataclass(frozen=True)
class HeardClip:
    """A clip in one pass: its features frame by frame."""

    clip: Clip
    linguistic: Float[np.ndarray, "frames channels"]
    prosody: Float[np.ndarray, "frames tracks"]


def read_pass(clips: list[Clip], folder: Path, way: Pass, actors: tuple[int, ...]) -> list[HeardClip]:
    """All clips of the actors in a pass."""
    found = []
    for actor in actors:
        linguistic = np.load(linguistic_file(folder, way, actor), allow_pickle=False)
        with np.load(prosody_file(folder, way, actor), allow_pickle=False) as kept:
            prosody, lengths = kept["prosody"], kept["lengths"]
        own, ends = in_order(clips, way, actor), np.cumsum(lengths)
        fits = len(own) == len(lengths) and ends[-1] == len(linguistic) == len(prosody)
        assert fits, "kept features of other clips: empty the folder"
        found += [
            HeardClip(clip, linguistic[end - n : end], prosody[end - n : end])
            for clip, n, end in zip(own, lengths, ends)
        ]
    return found
