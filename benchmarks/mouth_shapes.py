"""Does the fitted mouth round as the one in the picture does? The hole between the lips over vowels of nine speakers.

    python benchmarks/mouth_shapes.py DATA LANDMARKS [--json]

DATA holds the GRID corpus, LANDMARKS the files of `tools.prepare_grid` (landmarks and holes of its clips). Frames are
taken at the vowel of each word, by the word times. Width is that which holds the middle 90 % of the hole's area, in mm
at 90 mm between the outer eye corners; of the fit it is measured on the head that the track poses. Reader and goal are
the same for the picture, so the figure says whether the fit follows the picture, not whether the reader is right.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.capture.mouth_hole import COLUMN_PLACES, correct_inner_lips, hole_width
from xtalker.capture.person import fit_person
from xtalker.capture.track import Track, track_landmarks
from xtalker.evaluate.grid import Source, grid_sources, read_words
from xtalker.head.open_head import OpenHead
from xtalker.values.conventions import FRAME_RATE_HZ, LEFT_EYE_OUTER, RIGHT_EYE_OUTER

CLIPS_OF_A_SPEAKER: Final = 14
VOWEL_AT: Final = {
    "two": 0.65, "blue": 0.65, "u": 0.75, "q": 0.75, "soon": 0.55, "o": 0.5, "zero": 0.8, "four": 0.5, "white": 0.2,
    "one": 0.15, "a": 0.5, "eight": 0.35, "place": 0.5, "again": 0.6, "e": 0.5, "green": 0.6, "three": 0.75,
    "please": 0.6, "nine": 0.4, "five": 0.45, "i": 0.4, "red": 0.5, "now": 0.45, "at": 0.4,
}  # fmt: skip
"""Where in a word its vowel is, as a part of the word."""
GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "oo": ("two", "blue", "u", "q", "soon"), "oh": ("o", "zero"), "aw": ("four",), "w": ("white", "one"),
    "ee": ("e", "three", "green", "please"), "ay": ("a", "eight", "place"), "ai": ("i", "nine", "five"),
}  # fmt: skip
LEAST_OPEN_MM: Final = 2.0
_EYES_MM: Final = 90.0
_STEPS: Final = np.linspace(0, 1, 121)


@dataclass(frozen=True)
class Frame:
    """One vowel: width of the hole in picture and fit, mm, and what the fit says of it."""

    word: str
    picture_mm: float
    fit_mm: float
    funnel: float
    pucker: float


def hole_of_head_mm(head: OpenHead, track: Track, frame: int) -> tuple[float, float]:
    """Width (90 %) and height of the hole that the posed head shows from the front, mm at its own size."""
    motion = track.motion[frame : frame + 1]
    vertices = head.vertices(track.identity, motion, canonical=True)[0]
    upper, lower = (1e3 * vertices[ids] for ids in (head.contact.upper, head.contact.lower))
    x = upper[0, 0] + _STEPS * (upper[-1, 0] - upper[0, 0])
    gap = np.interp(x, upper[:, 0], upper[:, 1]) - np.interp(x, lower[:, 0], lower[:, 1])
    gap = np.where(gap > 0.7, gap, 0)
    if gap.sum() <= 0:
        return 0.0, 0.0
    total = np.cumsum(gap)
    left, right = np.interp((0.05 * total[-1], 0.95 * total[-1]), total, x)
    return float(right - left), float(gap[50:71].mean())


def hole_of_picture_mm(points: Float[np.ndarray, "478 2"], hole: Float[np.ndarray, "49"]) -> tuple[float, float]:
    """Width (90 %) and height of the hole that the picture shows, mm."""
    mm = _EYES_MM / np.linalg.norm(points[LEFT_EYE_OUTER] - points[RIGHT_EYE_OUTER])
    corners = np.linalg.norm(points[291] - points[61]) * mm
    height = np.where(hole * mm > 1.2, hole * mm, 0)
    return float(hole_width(height) * corners), float(height[len(COLUMN_PLACES) // 2 - 4 :][:9].mean())


def frames_of(clips: Sequence[Source], landmarks: Path, head: OpenHead, *, corrected: bool) -> list[Frame]:
    """Vowel frames of one speaker's clips, the person fitted over all of them."""
    read = [dict(np.load(landmarks / f"{clip.name}.npz")) for clip in clips]
    points = [correct_inner_lips(r["points"], r["holes"]) if corrected else r["points"] for r in read]
    person = fit_person(head, np.concatenate([p[np.isfinite(p).all(axis=(1, 2))] for p in points]))
    out = []
    for clip, own, used in zip(clips, read, points):
        track = track_landmarks(head, person, used, own["presence"])
        for start, end, word in read_words(clip.alignment):
            at = int((start + (end - start) * VOWEL_AT.get(word, 0)) * FRAME_RATE_HZ)
            if word not in VOWEL_AT or at >= len(used):
                continue
            seen, height = hole_of_picture_mm(own["points"][at], own["holes"][at])
            made, opening = hole_of_head_mm(head, track, at)
            if height > 1.2 and opening > LEAST_OPEN_MM:
                channels = (float(track.motion.expression[at, k]) for k in (19, 25))
                out.append(Frame(word, seen, made, *channels))
    return out


def table(frames: Sequence[Frame]) -> dict[str, float]:
    """Correlation and slope of the fit's width on the picture's, and both widths for each group of vowels."""
    pairs = np.array([(f.picture_mm, f.fit_mm) for f in frames])
    out = {
        "frames": float(len(frames)),
        "hole_width_r": float(np.corrcoef(pairs.T)[0, 1]),
        "hole_width_slope": float(np.polyfit(*pairs.T, 1)[0]),
    }
    for name, words in GROUPS.items():
        mine = [f for f in frames if f.word in words]
        if mine:
            out[f"{name}_frames"] = float(len(mine))
            for key in ("picture_mm", "fit_mm", "funnel", "pucker"):
                out[f"{name}_{key}"] = float(np.mean([getattr(f, key) for f in mine]))
    return out


def measure(data: Path, landmarks: Path, *, corrected: bool = True) -> dict[str, float]:
    """The table over all speakers whose landmarks are there."""
    head, found = OpenHead(), []
    by_speaker: dict[str, list[Source]] = {}
    for clip in grid_sources(data):
        if clip.split != "validation" and clip.alignment.is_file() and (landmarks / f"{clip.name}.npz").is_file():
            by_speaker.setdefault(clip.speaker, []).append(clip)
    for clips in by_speaker.values():
        found += frames_of(clips[:CLIPS_OF_A_SPEAKER], landmarks, head, corrected=corrected)
    return table(found)


def main() -> None:
    """Print the table with and without the hole reader."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("landmarks", type=Path)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    found = {
        name: measure(args.data, args.landmarks, corrected=corrected)
        for name, corrected in (("network's landmarks", False), ("corrected by the hole", True))
    }
    if args.json:
        print(json.dumps(found, indent=2))
        return
    for name, row in found.items():
        print(name, *(f"  {key:18} {value:.2f}" for key, value in row.items()), sep="\n")


if __name__ == "__main__":
    main()
