"""The GRID corpus as it lies in a folder: videos, people, splits, word times.

DATA holds grid_s1/video/*.mp4 with grid_s1/alignments, and grid_multi/s*/*.mp4 with grid_multi/align. Splits are fixed
here, once, for preparation, training and measuring: speaker 1 by sorted clip number (0-849 train, 850-899 validation,
900-999 test), other speakers by person (3 and 33 test, the rest train), so that no test person or clip is ever seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from xtalker.metrics.intervals import Interval

MAIN_SPEAKER: Final = "s1"
UNSEEN_SPEAKERS: Final = ("s3", "s33")
_TRAIN_BELOW, _VALIDATION_BELOW = 850, 900
_TICKS_PER_S: Final = 25_000
_PAUSE: Final = "sil"
_STARTS_WITH_CLOSURE: Final = frozenset({"bin", "blue", "by", "place", "please", "b", "p"})
_ENDS_WITH_CLOSURE: Final = frozenset({"m"})
_CLOSURE_BEFORE_S, _CLOSURE_AFTER_S = 0.08, 0.12


@dataclass(frozen=True)
class Source:
    """One clip: its file, speaker and split."""

    video: Path
    speaker: str
    split: str

    @property
    def name(self) -> str:
        """Unique name, also of the files that are made from it."""
        return f"{self.speaker}_{self.video.stem}"

    @property
    def alignment(self) -> Path:
        """Where its word times would be."""
        folder = self.video.parents[1]
        main = self.speaker == MAIN_SPEAKER
        return (folder / "alignments" if main else folder / "align" / self.speaker) / f"{self.video.stem}.align"


def grid_sources(data: Path) -> list[Source]:
    """Every clip with its split."""
    first = sorted((data / "grid_s1" / "video").glob("*.mp4"))
    out = [Source(video, MAIN_SPEAKER, _split(number)) for number, video in enumerate(first)]
    for video in sorted((data / "grid_multi").glob("s*/*.mp4")):
        speaker = video.parent.name
        out.append(Source(video, speaker, "test" if speaker in UNSEEN_SPEAKERS else "train"))
    return out


def _split(number: int) -> str:
    return "train" if number < _TRAIN_BELOW else "validation" if number < _VALIDATION_BELOW else "test"


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
