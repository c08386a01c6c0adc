"""Speech with exact phone times, from Debian's flite and festival, and sounds that are no speech."""

from __future__ import annotations

import subprocess
import tempfile
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float
from scipy.signal import butter, resample_poly, sosfilt
from tools.teach.phones import PAUSE, PHONES, TimedPhone

from xtalker.values import Audio, InputError
from xtalker.values.conventions import SAMPLE_RATE_HZ

HELD_OUT_VOICE: Final = "rms"
FESTIVAL_VOICE: Final = "hts"
SOUNDS: Final = ("silence", "noise", "hum", "breath", "cough", "music")


@dataclass(frozen=True)
class Person:
    """A voice, possibly another person's by resampling: pitch and formants move together.

    Attributes:
        voice: of flite, or "hts" for festival's.
        size: factor on all frequencies, above 1 a smaller person.
    """

    voice: str
    size: float = 1.0


PEOPLE: Final = tuple(
    Person(voice, size)
    for voice, sizes in {
        "awb": (1.0, 0.9, 1.1, 1.22), "kal16": (1.0, 0.92, 1.12, 1.26), "slt": (1.0, 0.84, 0.92, 1.12),
        FESTIVAL_VOICE: (1.0, 0.82, 0.9, 1.08),
    }.items()
    for size in sizes
)  # fmt: skip


@dataclass(frozen=True)
class Spoken:
    """Synthesised speech.

    Attributes:
        samples: 16 kHz mono.
        phones: without gaps, from 0 to the end.
    """

    samples: Float[np.ndarray, "samples"]
    phones: tuple[TimedPhone, ...]


def speak(texts: Sequence[str], person: Person, stretch: Sequence[float]) -> list[Spoken]:
    """Texts by one person; `stretch` above 1 is slower (festival's voice keeps its own rate).

    Raises:
        InputError: the synthesiser is not installed or fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        if person.voice == FESTIVAL_VOICE:
            _festival(texts, place)
        else:
            for number, (text, factor) in enumerate(zip(texts, stretch, strict=True)):
                _flite(text, person, factor, place / str(number))
        return [_resized(_read(place / str(number)), person.size) for number in range(len(texts))]


def _flite(text: str, person: Person, stretch: float, place: Path) -> None:
    factor = f"duration_stretch={stretch * person.size:.4f}"
    out = ["-o", str(place.with_suffix(".wav"))]
    said = _run(["flite", "-voice", person.voice, "--setf", factor, "-psdur", "-t", text, *out])
    rows = [entry.rpartition(":")[::2] for entry in said.split()]
    place.with_suffix(".times").write_text("\n".join(f"{end} {name}" for name, end in rows))


def _festival(texts: Sequence[str], folder: Path) -> None:
    script = ["(voice_cmu_us_slt_arctic_hts)"]
    for number, text in enumerate(texts):
        script.append(f'(set! u (utt.synth (Utterance Text "{text}")))(utt.wave.resample u {SAMPLE_RATE_HZ})')
        script.append(f'(utt.save.wave u "{folder}/{number}.wav" \'riff)(utt.save.segs u "{folder}/{number}.segs")')
    (folder / "all.scm").write_text("\n".join(script))
    _run(["festival", "-b", str(folder / "all.scm")])
    for number in range(len(texts)):
        rows = [line.split() for line in (folder / f"{number}.segs").read_text().splitlines() if line != "#"]
        (folder / f"{number}.times").write_text("\n".join(f"{end} {name}" for end, _, name in rows))


def _run(command: list[str]) -> str:
    try:
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout
    except (OSError, subprocess.CalledProcessError) as fault:
        raise InputError(
            "cannot synthesise speech", received=fault, accepted="flite 2.2, and festival with festvox-us-slt-hts",
            next_step="install these Debian packages",
        ) from fault  # fmt: skip


def _read(place: Path) -> Spoken:
    with wave.open(str(place.with_suffix(".wav"))) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (SAMPLE_RATE_HZ, 1, 2)
        samples = np.frombuffer(file.readframes(file.getnframes()), np.int16).astype(np.float32) / 32768
    phones, before = [], 0.0
    for row in place.with_suffix(".times").read_text().splitlines():
        end, name = row.split()
        name = {"axr": "er", "h#": PAUSE, "brth": PAUSE}.get(name, name)
        assert name in PHONES, name
        stop = min(float(end), len(samples) / SAMPLE_RATE_HZ)  # kal16 leaves out half of the last pause
        if stop > before:
            phones.append(TimedPhone(name, before, stop))
            before = stop
    return Spoken(samples, tuple(phones))


def _resized(spoken: Spoken, size: float) -> Spoken:
    if size == 1:
        return spoken
    ratio = Fraction(size).limit_denominator(100)
    samples = resample_poly(spoken.samples, ratio.denominator, ratio.numerator).astype(np.float32)
    phones = (TimedPhone(p.name, p.start_s / float(ratio), p.end_s / float(ratio)) for p in spoken.phones)
    return Spoken(samples, tuple(phones))


def place_in_silence(spoken: Spoken, before_s: float, after_s: float) -> Spoken:
    """The same with pauses around it, cut to whole frames; phones without gaps still."""
    start = round(before_s * SAMPLE_RATE_HZ)
    stop = start + len(spoken.samples) + round(after_s * SAMPLE_RATE_HZ)
    samples = np.zeros(stop - stop % 640, np.float32)
    samples[start : start + len(spoken.samples)] = spoken.samples[: len(samples) - start]
    shift, end = start / SAMPLE_RATE_HZ, len(samples) / SAMPLE_RATE_HZ
    inner = [TimedPhone(p.name, p.start_s + shift, p.end_s + shift) for p in spoken.phones]
    last = inner[-1].end_s
    around = [TimedPhone(PAUSE, 0.0, shift)] * (shift > 0), [TimedPhone(PAUSE, last, end)] * (end > last)
    return Spoken(samples, (*around[0], *inner, *around[1]))


def with_noise(
    samples: Float[np.ndarray, "samples"], ratio_db: float, random: np.random.Generator
) -> Float[np.ndarray, "samples"]:
    """Speech with coloured noise so many dB below it."""
    noise = make_sound("noise", len(samples) / SAMPLE_RATE_HZ, random).samples[: len(samples)]
    noise = np.pad(noise, (0, len(samples) - len(noise)))
    level = np.sqrt(np.mean(samples**2)) / max(1e-9, float(np.sqrt(np.mean(noise**2))))
    return (samples + noise * np.float32(level * 10 ** (-ratio_db / 20))).astype(np.float32)


def make_sound(kind: str, duration_s: float, random: np.random.Generator) -> Audio:
    """A sound of SOUNDS to which nobody moves the lips; peak 0.05 to 0.5."""
    count = round(duration_s * SAMPLE_RATE_HZ)
    sound = {
        "silence": lambda: np.zeros(count), "noise": lambda: _coloured(count, random),
        "hum": lambda: _hum(count, random), "breath": lambda: _puffs(count, 0.8, (400, 3000), random),
        "cough": lambda: _puffs(count, 0.12, (200, 2500), random), "music": lambda: _music(count, random),
    }[kind]()  # fmt: skip
    peak = float(np.abs(sound).max())
    level = random.uniform(0.05, 0.5) / peak if peak else 0.0
    return Audio((sound * level).astype(np.float32))


def _coloured(count: int, random: np.random.Generator) -> np.ndarray:
    """Noise whose power falls with frequency ** 0 to 2."""
    spectrum = np.fft.rfft(random.standard_normal(count))
    return np.fft.irfft(spectrum / np.maximum(1, np.arange(len(spectrum))) ** random.uniform(0, 1), count)


def _hum(count: int, random: np.random.Generator) -> np.ndarray:
    time = np.arange(count) / SAMPLE_RATE_HZ
    tones = sum(np.sin(2 * np.pi * k * 50 * time + random.uniform(0, 6)) / k**2 for k in range(1, 8))
    return np.asarray(tones) + 0.1 * _coloured(count, random)


def _puffs(count: int, length_s: float, band_hz: tuple[int, int], random: np.random.Generator) -> np.ndarray:
    """Bursts of band-limited noise: quick rise, slow fall."""
    noise = sosfilt(butter(2, band_hz, "bandpass", fs=SAMPLE_RATE_HZ, output="sos"), random.standard_normal(count))
    envelope, time = np.zeros(count), np.arange(count) / SAMPLE_RATE_HZ
    for start in np.arange(random.uniform(0.1, 0.5), count / SAMPLE_RATE_HZ, random.uniform(2, 4) * length_s):
        since = np.maximum(0, time - start) / length_s
        envelope += 7.4 * since**2 / 0.27 * np.exp(-2 * since / 0.27) * random.uniform(0.4, 1)
    return noise * envelope


def _music(count: int, random: np.random.Generator) -> np.ndarray:
    """Chords of plucked tones on a pentatonic scale."""
    out, time = np.zeros(count), np.arange(count) / SAMPLE_RATE_HZ
    beat = random.uniform(0.2, 0.5)
    for start in np.arange(0, count / SAMPLE_RATE_HZ, beat):
        since = np.maximum(0, time - start)
        for step in random.choice([0, 2, 4, 7, 9, 12, 14, 16], 3, replace=False):
            pitch = 110 * 2 ** (step / 12 + random.integers(0, 2))
            tone = sum(np.sin(2 * np.pi * pitch * k * since) / k for k in range(1, 6))
            out += tone * np.exp(-since * 4) * (time >= start)
    return out
