"""Figures of a generator's lips against phone times; `benchmarks/taught.py` is the command."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from scipy.stats import spearmanr
from tools.teach.align import PhoneProbe, align_words
from tools.teach.contacts import frames_of
from tools.teach.gauge import MouthGauge
from tools.teach.heard import TEST_SENTENCES, sounds_of, unseen_lines
from tools.teach.phones import CLOSED_LIPS, LIP_ON_TEETH, LIP_WIDTH_LEVEL, TimedPhone
from tools.teach.voices import SOUNDS, make_sound
from tqdm import tqdm

from xtalker.evaluate.grid import grid_sources, read_words
from xtalker.head.open_head import OpenHead
from xtalker.metrics.closure_recall import closure_recall
from xtalker.metrics.labiodental_recall import labiodental_recall
from xtalker.speech import SpeechEncoder, extract_features, load_audio, load_encoder
from xtalker.train.clips import read_clip
from xtalker.values import Audio, Motion, SpeechFeatures
from xtalker.values.conventions import FRAME_RATE_HZ

Generate = Callable[[SpeechFeatures], Motion]
PROBE: Final = Path(__file__).parent / "data" / "phone_probe.npz"
BARS: Final = {"closure_share": 0.95, "contact_share": 0.9, "lip_width_order_r": 0.8}
SLACK_S: Final = 0.04
_SOUND_S: Final = 6.0
DEFINITIONS: Final = {
    "closure_share": "share of /p b m/ in which the lip opening falls below 1 mm above the neutral face's, in a frame "
    "that touches the phone widened by 40 ms at both ends (metric closure_recall)",
    "contact_share": "share of /f v/ in which the inner rim of the lower lip comes within 1 mm of the upper front "
    "teeth, in a frame that touches the phone widened by 40 ms (metric labiodental_recall)",
    "contact_gap_median_mm": "median distance of the inner rim of the lower lip from the upper front teeth in "
    "the frames of /f v/",
    "lip_width_order_r": "Spearman correlation of the median distance of the mouth's corners in the middle of /w uw/, "
    "/ow ao/, /aa ah/, /eh ih/, /iy/ with that order, over the nine phones",
    "lip_width_order_token_r": "the same over single phones instead of medians",
    "opening_p95_mm": "95th percentile of the lip opening during sounds that are no speech",
    "surface": "the open head's mean identity, canonical pose",
}


@dataclass(frozen=True)
class Utterance:
    """Speech with phone times, and the tracked motion where there is one."""

    features: SpeechFeatures
    phones: tuple[TimedPhone, ...]
    tracked: Motion | None = None


@dataclass(frozen=True)
class Material:
    """What is spoken to every generator: made once for all of them.

    Attributes:
        synthetic: unseen sentences by an unseen synthetic voice.
        real: recorded speech; empty where there is none.
        sounds: features of sounds that are no speech.
    """

    synthetic: tuple[Utterance, ...]
    real: tuple[Utterance, ...]
    sounds: Mapping[str, SpeechFeatures]


def material(
    *, data: Path | None = None, prepared: Path | None = None, sentences: int = TEST_SENTENCES, clips: int | None = None
) -> Material:
    """Speech with phone times.

    Args:
        data: folder with grid_s1 and grid_multi, for the real speech.
        prepared: what tools/prepare_grid.py made of it, for features and the tracked truth's own figures.
        sentences: how many of the 200.
        clips: at most so many real clips.

    Raises:
        InputError: flite is not installed.
    """
    real = () if data is None else tuple(_real(data, prepared, clips))
    return Material(tuple(_synthetic(sentences)), real, _sounds())


def measure(
    generate: Generate, *, data: Path | None = None, prepared: Path | None = None, sentences: int = TEST_SENTENCES,
    clips: int | None = None,
) -> dict[str, Any]:  # fmt: skip
    """All figures of a generator; arguments and errors as in `material`.

    Args:
        generate: speech features to motion of the open head, from a closed-mouth neutral face.

    Returns:
        `synthetic` and `real` with closure_share, contact_share, lip_width_order_r and counts (None without `data`);
        `real_tracked`, the same of the tracker; `sounds`, lip opening during sounds that are no speech.
    """
    spoken = material(data=data, prepared=prepared, sentences=sentences, clips=clips)
    tracked = [(each.tracked, each.phones) for each in spoken.real if each.tracked is not None]
    gauge = MouthGauge(OpenHead())
    return {
        **measure_on(spoken, generate, gauge),
        "real_tracked": score(gauge, tracked) if tracked else None,
        "bars": BARS,
        "definitions": DEFINITIONS,
    }


def measure_on(spoken: Material, generate: Generate, gauge: MouthGauge) -> dict[str, Any]:
    """`synthetic`, `real` and `sounds` of a generator."""
    openings = {kind: gauge.opening_mm(generate(features)) for kind, features in spoken.sounds.items()}
    return {
        "synthetic": score(gauge, _moved(generate, spoken.synthetic)),
        "real": score(gauge, _moved(generate, spoken.real)) if spoken.real else None,
        "sounds": {f"{kind}_opening_p95_mm": float(np.percentile(mm, 95)) for kind, mm in openings.items()},
    }


def score(gauge: MouthGauge, spoken: Iterable[tuple[Motion, Sequence[TimedPhone]]]) -> dict[str, Any]:
    """Figures of motions against phone times."""
    closures, contacts, gaps, widths = [], [], [], []
    for motion, phones in spoken:
        closures += _shares(closure_recall, gauge.opening_mm(motion), phones, CLOSED_LIPS)
        gap = gauge.teeth_gap_mm(motion)
        contacts += _shares(labiodental_recall, gap, phones, LIP_ON_TEETH)
        gaps += list(gap[frames_of(phones, LIP_ON_TEETH, len(gap))])
        width = gauge.width_mm(motion)
        for phone in phones:
            if phone.name in LIP_WIDTH_LEVEL:
                frame = int((phone.start_s + phone.end_s) / 2 * FRAME_RATE_HZ)
                widths.append((phone.name, float(width[min(frame, len(width) - 1)])))
    names = sorted({name for name, _ in widths})
    medians = {name: float(np.median([w for n, w in widths if n == name])) for name in names}
    return {
        "closure_share": float(np.mean(closures)) if closures else None,
        "contact_share": float(np.mean(contacts)) if contacts else None,
        "contact_gap_median_mm": float(np.median(gaps)) if gaps else None,
        "lip_width_order_r": _rank_r([LIP_WIDTH_LEVEL[n] for n in names], list(medians.values())),
        "lip_width_order_token_r": _rank_r([LIP_WIDTH_LEVEL[n] for n, _ in widths], [w for _, w in widths]),
        "lip_width_median_mm": medians, "closures": len(closures), "contacts": len(contacts), "vowels": len(widths),
    }  # fmt: skip


def _shares(
    recall: Callable[..., float], track: np.ndarray, phones: Sequence[TimedPhone], names: frozenset[str]
) -> list[float]:
    end = len(track) / FRAME_RATE_HZ
    widened = [(max(0.0, p.start_s - SLACK_S), min(end, p.end_s + SLACK_S)) for p in phones if p.name in names]
    return [recall(track, [interval]) for interval in widened]


def _rank_r(levels: Sequence[int], widths: Sequence[float]) -> float | None:
    if len(set(levels)) < 2 or len(set(widths)) < 2:
        return None
    return float(spearmanr(levels, widths).statistic)


def _moved(generate: Generate, spoken: Sequence[Utterance]) -> Iterable[tuple[Motion, Sequence[TimedPhone]]]:
    for each in tqdm(spoken, desc="motion", unit="clip", leave=False, disable=None):
        yield generate(each.features), each.phones


def _synthetic(count: int) -> Iterable[Utterance]:
    said = sounds_of(unseen_lines()[:count])
    for one in tqdm(said, desc="synthetic speech", unit="sentence", leave=False, disable=None):
        yield Utterance(extract_features(Audio(one.samples), _encoder()), one.phones)


def _real(data: Path, prepared: Path | None, limit: int | None) -> Iterable[Utterance]:
    probe = PhoneProbe.read(PROBE)
    sources = [(s, read_words(s.alignment)) for s in grid_sources(data) if s.split == "test"]
    chosen = [(source, words) for source, words in sources if words][:limit]
    for source, words in tqdm(chosen, desc="real speech", unit="clip", leave=False, disable=None):
        stored = None if prepared is None else prepared / f"{source.name}.npz"
        if stored is not None and stored.is_file():
            clip = read_clip(stored)
            features = SpeechFeatures(clip.linguistic[0].astype(np.float32), clip.amplitude, clip.encoder)
            yield Utterance(features, align_words(probe, features.linguistic, words), clip.motion)
        elif prepared is None:
            features = extract_features(load_audio(source.video), _encoder())
            yield Utterance(features, align_words(probe, features.linguistic, words))


def _sounds() -> dict[str, SpeechFeatures]:
    made = {kind: make_sound(kind, _SOUND_S, np.random.default_rng(number)) for number, kind in enumerate(SOUNDS)}
    return {kind: extract_features(audio, _encoder()) for kind, audio in made.items()}


@cache
def _encoder() -> SpeechEncoder:
    return load_encoder("whisper-base")
