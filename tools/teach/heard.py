"""The spoken part of the taught clips: what is said by whom, how fast, how loud, amid which noise; and its features.

One npz for each utterance; all of it follows from the seed, and what is there is not made again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float
from tools.prepare_grid import hear_group
from tools.teach.phones import PAUSE, TimedPhone, pairs_of
from tools.teach.sentences import attainable, fill_strings, look_up, make_sentences, read_words
from tools.teach.voices import (
    HELD_OUT_VOICE,
    PEOPLE,
    SOUNDS,
    Person,
    Spoken,
    make_sound,
    place_in_silence,
    speak,
    with_noise,
)
from tqdm import tqdm

from xtalker.speech import SpeechEncoder, amplitude_envelope
from xtalker.values import Audio
from xtalker.values.conventions import SAMPLES_PER_FRAME
from xtalker.values.files import whole_file

TRAIN_SENTENCES: Final = 300
TEST_SENTENCES: Final = 200
_SOUND_CLIPS: Final = 48
_GROUP: Final = 12
_GLUE: Final = ["the", "a", "and", "my", "your", "our", "of", "was", "why", "how", "but", "we"]


@dataclass(frozen=True)
class Line:
    """An utterance before it is spoken.

    Attributes:
        name: of its clip.
        text: what is said; for a sound that is no speech, its name in SOUNDS.
        person: who says it.
        split: train or test, the same for all lines of a person.
    """

    name: str
    text: str
    person: Person
    split: str

    @property
    def is_speech(self) -> bool:
        """Whether anything is said."""
        return self.text not in SOUNDS


@dataclass(frozen=True)
class HeardLine:
    """An utterance with its features.

    Attributes:
        line: what and who.
        phones: without gaps.
        linguistic: features of each pass.
        amplitude: of the sound, linear.
    """

    line: Line
    phones: tuple[TimedPhone, ...]
    linguistic: tuple[Float[np.ndarray, "frames channels"], ...]
    amplitude: Float[np.ndarray, "frames"]


def train_lines() -> tuple[list[Line], dict[str, object]]:
    """Lines of the training voices, person by person; and how many pairs of phones they cover by the lexicon."""
    words = read_words("train")
    lexicon = look_up(sorted({word for listed in words.values() for word in listed} | set(_GLUE)))
    sentences = make_sentences(words, TRAIN_SENTENCES, seed=1)
    covered = covered_pairs(sentences, lexicon)
    strings = fill_strings(lexicon, covered)
    texts = [*sentences, *strings]
    texts = [texts[i] for i in np.random.default_rng(2).permutation(len(texts))]
    sounds = [SOUNDS[i % len(SOUNDS)] for i in range(_SOUND_CLIPS)]
    lines = []
    for who, person in enumerate(PEOPLE):
        mine = texts[who :: len(PEOPLE)] + sounds[who :: len(PEOPLE)]
        stem = f"taught_{person.voice}_{round(100 * person.size):03}"
        lines += [Line(f"{stem}_{i:03}", text, person, "train") for i, text in enumerate(mine)]
    everything = attainable(lexicon)
    coverage = {
        "sentences": len(sentences), "strings": len(strings), "words": len(lexicon),
        "pairs_possible_with_these_words": len(everything), "pairs_in_sentences": len(covered),
        "pairs_in_all": len(covered_pairs(texts, lexicon) & everything),
    }  # fmt: skip
    return lines, coverage


def unseen_lines() -> list[Line]:
    """Sentences of unseen words by the unseen voice."""
    texts = make_sentences(read_words("test"), TEST_SENTENCES, seed=3)
    return [Line(f"taught_{HELD_OUT_VOICE}_{i:03}", t, Person(HELD_OUT_VOICE), "test") for i, t in enumerate(texts)]


def covered_pairs(texts: Sequence[str], lexicon: dict[str, tuple[str, ...]]) -> set[tuple[str, str]]:
    """Pairs of phones in texts, over the borders of words too unless a comma parts them."""
    known = {word.lower(): phones for word, phones in lexicon.items()}
    out: set[tuple[str, str]] = set()
    for text in texts:
        for clause in text.lower().split(","):
            said = [known.get(word, (PAUSE,)) for word in re.findall(r"[a-z']+", clause)]
            for one, other in zip(said, [*said[1:], ()]):
                out |= pairs_of((*one, *other[:1])) if PAUSE not in (*one, *other) else pairs_of(one)
    return out


def sound_of(line: Line) -> Spoken:
    """An utterance with its pauses, loudness and noise, all drawn by its name; test lines are clean."""
    return sounds_of([line])[0]


def sounds_of(lines: Sequence[Line]) -> list[Spoken]:
    """Utterances of one person."""
    draws = [np.random.default_rng(list(line.name.encode())) for line in lines]
    spoken = [i for i, line in enumerate(lines) if line.is_speech]
    stretch = [_stretch(lines[i], draws[i]) for i in spoken]
    said = dict(zip(spoken, speak([lines[i].text for i in spoken], lines[0].person, stretch) if spoken else []))
    return [_set_in(line, said.get(i), draws[i]) for i, line in enumerate(lines)]


def _stretch(line: Line, random: np.random.Generator) -> float:
    """Slower above 1: mostly ordinary, one in ten very fast or very slow."""
    if line.split == "test":
        return 1.0
    return float(random.choice([0.65, 1.6]) if random.random() < 0.1 else np.exp(random.normal(0.02, 0.15)))


def _set_in(line: Line, said: Spoken | None, random: np.random.Generator) -> Spoken:
    if said is None:
        audio = make_sound(line.text, random.integers(75, 150) / 25, random)
        return Spoken(audio.samples, (TimedPhone(PAUSE, 0.0, len(audio.samples) / 16_000),))
    if line.split == "test":
        return place_in_silence(said, 0.3, 0.4)
    placed = place_in_silence(said, random.uniform(0.1, 0.8), random.uniform(0.2, 1.0))
    samples = placed.samples * np.float32(10 ** (random.uniform(-22, 3) / 20))
    if random.random() < 0.15:  # a sound that is no speech, in the pause before or after
        other = make_sound(str(random.choice(SOUNDS[1:])), random.uniform(0.8, 1.6), random).samples
        other = other[: len(other) - len(other) % SAMPLES_PER_FRAME]
        shift = len(other) / 16_000
        samples = np.concatenate([other, samples])
        later = [TimedPhone(p.name, p.start_s + shift, p.end_s + shift) for p in placed.phones]
        placed = replace(placed, phones=(TimedPhone(PAUSE, 0.0, shift), *later))
    if random.random() < 0.5:
        samples = with_noise(samples, random.uniform(8, 45), random)
    return Spoken(np.clip(samples, -1, 1).astype(np.float32), placed.phones)


def hear_lines(lines: Sequence[Line], encoder: SpeechEncoder, folder: Path) -> list[Path]:
    """Speak and encode what is not there yet, some lines of one person at a time; the files, in order."""
    folder.mkdir(parents=True, exist_ok=True)
    groups = list(_groups(lines))
    for group in tqdm(groups, desc="speech and features", unit="group", disable=None):
        if all((folder / f"{line.name}.npz").exists() for line in group):
            continue
        said = sounds_of(group)
        sounds = [Audio(one.samples) for one in said]
        alone = group[0].split == "test"  # as a user's short file is heard
        heard = [(encoder.encode(s).astype(np.float16),) for s in sounds] if alone else hear_group(encoder, sounds)
        for line, one, sound, phases in zip(group, said, sounds, heard):
            _write(folder / f"{line.name}.npz", HeardLine(line, one.phones, phases, amplitude_envelope(sound)))
    return [folder / f"{line.name}.npz" for line in lines]


def _groups(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """Training before test, and a group of every person before the second of any: half a run has all voices too."""
    found = []
    for person in dict.fromkeys(line.person for line in lines):
        mine = [line for line in lines if line.person == person]
        found += [(mine[0].split == "test", i, mine[i : i + _GROUP]) for i in range(0, len(mine), _GROUP)]
    yield from (group for _, _, group in sorted(found, key=lambda entry: entry[:2]))


def _write(path: Path, heard: HeardLine) -> None:
    phases = {f"linguistic_{i}": phase for i, phase in enumerate(heard.linguistic)}
    note = json.dumps({"line": asdict(heard.line), "phones": [(p.name, p.start_s, p.end_s) for p in heard.phones]})
    with whole_file(path) as beside, beside.open("wb") as file:
        np.savez(file, amplitude=heard.amplitude, note=np.array(note), **phases)  # type: ignore[arg-type]


def read_heard(path: Path) -> HeardLine:
    """Inverse of what `hear_lines` wrote."""
    with np.load(path, allow_pickle=False) as file:
        note = json.loads(str(file["note"]))
        phases = tuple(file[name] for name in sorted(file.files) if name.startswith("linguistic_"))
        amplitude = file["amplitude"]
    line = Line(**(note["line"] | {"person": Person(**note["line"]["person"])}))
    return HeardLine(line, tuple(TimedPhone(*row) for row in note["phones"]), phases, amplitude)
