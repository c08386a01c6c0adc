"""What a video is not: several faces, cuts to somebody else, frames without a face, a covered mouth; in one report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from jaxtyping import Bool, Float, UInt8

from xtalker.capture.landmarks import FaceTracker
from xtalker.capture.mesh import LandmarkFrame
from xtalker.capture.person import Person, fit_person
from xtalker.capture.photo_faults import mouth_covered
from xtalker.head.open_head import OpenHead
from xtalker.values import Identity, Motion
from xtalker.values.conventions import FRAME_RATE_HZ, LEFT_EYE_OUTER, RIGHT_EYE_OUTER

_LOOK_EVERY: Final = 25
_FLAT: Final = 2.0
_THUMB: Final = 24
_OTHER_SCENE, _MAYBE, _UNUSUAL = 0.3, 0.03, 8.0  # of 1 - correlation of two small pictures; times the usual one
_OTHER_PERSON: Final = (
    0.023  # eye distances; the same person again: up to 0.0227 in 9 pairs, others: 0.030 in the middle
)
_FEWEST_FRAMES, _MOST_PARTS = 8, 8
_SHOWN_OFTEN: Final = 0.3  # share of the looks
_SEEN_ENOUGH: Final = 0.95
_COVERED_TRUST: Final = 0.3


@dataclass(frozen=True)
class Surveyed:
    """What a survey found.

    Attributes:
        person: frames that show the person who is tracked, as far as can be told.
        trust: 0..1 of each frame, by which its confidence is multiplied.
        notes: what the video is not, in a few words each.
    """

    person: Bool[np.ndarray, "frames"]
    trust: Float[np.ndarray, "frames"]
    notes: tuple[str, ...]


class Survey:
    """Looks at a video beside the tracker: at each frame for cuts, once a second for more faces and a covered mouth.

    Args:
        tracker: what follows the face; its detector counts them.
    """

    def __init__(self, tracker: FaceTracker) -> None:
        self._tracker = tracker
        self._thumb: Float[np.ndarray, "24 24"] | None = None
        self._changes: list[float] = []
        self._faces: list[int] = []
        self._covered: dict[int, bool] = {}
        self._num_frames = 0

    def add(self, rgb: UInt8[np.ndarray, "height width 3"], found: LandmarkFrame | None) -> None:
        """The next frame, with what the tracker saw in it."""
        thumb = _thumb(rgb)
        before, self._thumb = self._thumb, thumb
        both = before is not None and bool(before.any() and thumb.any())
        self._changes.append(1 - float((thumb * before).mean()) if both else 0.0)
        if self._num_frames % _LOOK_EVERY == 0:
            self._faces.append(self._tracker.count(rgb))
            if found is not None:
                self._covered[self._num_frames] = mouth_covered(rgb, found.points)
        self._num_frames += 1

    def judge(self, head: OpenHead, points: Float[np.ndarray, "frames 478 2"]) -> Surveyed:
        """All of it, once the last frame was added.

        Args:
            head: the open head.
            points: landmarks of every frame, NaN where there is no face.
        """
        seen = np.isfinite(points).all(axis=(1, 2))
        notes, person = [], np.ones(len(points), bool)
        several = [count for count in self._faces if count > 1]
        if len(several) > _SHOWN_OFTEN * max(1, len(self._faces)):
            notes.append(f"shows {int(np.median(several))} faces: the one that is largest at first is followed")
        certain, possible = self._cuts()
        if len(possible):
            person, others = _one_person(head, points, seen, possible)
            notes += _said(certain, others)
        if (share := float(seen.mean())) < _SEEN_ENOUGH:
            without = len(seen) - int(seen.sum())
            notes.append(f"no face in {without} of {len(seen)} frames ({1 - share:.0%}): the motion is bridged there")
        trust = np.ones(len(points))
        for number, covered in self._covered.items():
            if covered:
                trust[number : number + _LOOK_EVERY] = _COVERED_TRUST
        if (count := sum(self._covered.values())) > _SHOWN_OFTEN * max(1, len(self._covered)):
            notes.append(f"the mouth is covered in {count} of {len(self._covered)} looks: its motion is a guess")
        return Surveyed(person, trust, tuple(notes))

    def _cuts(self) -> tuple[list[int], list[int]]:
        """Frames with which another scene certainly begins, and these together with those where one may."""
        changes = np.array(self._changes)
        usual = float(np.median(changes[1:])) if len(changes) > 1 else 0.0
        possible = np.flatnonzero((changes > _MAYBE) & (changes > _UNUSUAL * usual))
        return [int(n) for n in possible if changes[n] > _OTHER_SCENE], [int(n) for n in possible]


def _thumb(rgb: UInt8[np.ndarray, "height width 3"]) -> Float[np.ndarray, "24 24"]:
    """A tiny grey picture of mean 0 and variance 1: a flash or a fade keeps its pattern. A flat one has none: zeros."""
    rows, columns = (np.linspace(0, n - 1, _THUMB).astype(int) for n in rgb.shape[:2])
    grey = rgb[np.ix_(rows, columns)].mean(axis=2)
    spread = float(grey.std())
    return np.asarray((grey - grey.mean()) / spread if spread > _FLAT else np.zeros_like(grey))


def _one_person(
    head: OpenHead,
    points: Float[np.ndarray, "frames 478 2"],
    seen: Bool[np.ndarray, "frames"],
    cuts: Sequence[int],
) -> tuple[Bool[np.ndarray, "frames"], list[int]]:
    """Frames of whoever is seen longest, and where somebody else begins."""
    parts = [np.arange(a, b)[seen[a:b]] for a, b in pairwise([0, *cuts, len(points)])]
    usable = sorted((p for p in parts if len(p) >= _FEWEST_FRAMES), key=len, reverse=True)[:_MOST_PARTS]
    kept, others = np.ones(len(points), bool), []
    if len(usable) > 1:
        first = _face_at_rest(head, fit_person(head, points[usable[0]]))
        for part in usable[1:]:
            away = np.linalg.norm(_face_at_rest(head, fit_person(head, points[part])) - first, axis=1).mean()
            if away > _OTHER_PERSON:
                kept[part] = False
                others.append(int(part[0]))
    return kept, sorted(others)


def _said(cuts: Sequence[int], others: Sequence[int]) -> list[str]:
    if others:
        return [f"somebody else is seen from {_times(others)} s on: left out, whoever is seen longest is followed"]
    return [f"is cut at {_times(cuts)} s: taken as the same person throughout"] if cuts else []


def _times(frames: Sequence[int]) -> str:
    return ", ".join(f"{frame / FRAME_RATE_HZ:.2f}" for frame in frames[:5]) + (", ..." if len(frames) > 5 else "")


def _face_at_rest(head: OpenHead, person: Person) -> Float[np.ndarray, "478 3"]:
    """Landmarks of a person's resting face in eye distances around their mean."""
    rest = head.landmarks(Identity(person.shape.astype(np.float32)), Motion.zeros(1))[0] + person.offsets
    return np.asarray((rest - rest.mean(0)) / np.linalg.norm(rest[RIGHT_EYE_OUTER] - rest[LEFT_EYE_OUTER]))
