"""Whose face of a portrait is meant, in a picture that is turned upright for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.capture.detect import Detection, FaceDetector, choose_face, from_left
from xtalker.capture.images import Portrait
from xtalker.capture.landmarks import faces_with_landmarks
from xtalker.capture.mesh import FaceMesh, LandmarkFrame

_SURER: Final = 0.04
"""Score by which another turn must look more like a face; `benchmarks/photo_inputs.py` measures it."""
_TURNS: Final = {1: "a quarter to the left", 2: "the right way up", 3: "a quarter to the right"}


@dataclass(frozen=True)
class PortraitFace:
    """One face of a portrait.

    Attributes:
        portrait: upright.
        frame: landmarks in its pixels.
        others: boxes (upper left, lower right corner) of other people's faces.
        notes: what was seen and what was done about it, a line each.
    """

    portrait: Portrait
    frame: LandmarkFrame
    others: Float[np.ndarray, "people 2 2"]
    notes: tuple[str, ...] = ()


def find_face(portrait: Portrait, detector: FaceDetector, mesh: FaceMesh, number: int | None = None) -> PortraitFace:
    """The largest face of a portrait, or one by its number; a picture on its side or on its head is turned.

    Args:
        portrait: any picture.
        detector: finds faces.
        mesh: places landmarks.
        number: of the face, counted from the left of the upright picture, from 1; None takes the largest.

    Raises:
        InputError: no face, or none of this number.
    """
    quarters, seen = _upright(portrait, detector, mesh)
    notes = list(portrait.notes)
    if quarters:
        portrait = portrait.turned(quarters)
        fallen = "is on its head" if quarters == 2 else "lies on its side"
        notes.append(f"the picture {fallen}: turned {_TURNS[quarters]}")
    people = [face for face, _ in seen]
    chosen = choose_face(people, portrait.source, number)
    frame = next(frame for face, frame in seen if face is chosen)
    if len(people) > 1:
        at = [face is chosen for face in from_left(people)].index(True) + 1
        why = "the largest one" if number is None else "as asked"
        notes.append(f"{len(people)} faces: number {at} from the left speaks ({why}), the others stay still")
    others = [face.box for face in people if face is not chosen]
    return PortraitFace(portrait, frame, np.array(others, np.float64).reshape(-1, 2, 2), tuple(notes))


Seen = list[tuple[Detection, LandmarkFrame]]


def _upright(portrait: Portrait, detector: FaceDetector, mesh: FaceMesh) -> tuple[int, Seen]:
    """By how many quarters, anticlockwise, a picture must be turned, and the faces in it then.

    Only where there is no face, or where one seems to be turned, all four ways are looked at.
    """
    seen = faces_with_landmarks(portrait.rgb, detector, mesh)
    if seen and _stands(portrait, seen, detector):
        return 0, seen
    best, best_score, best_seen = 0, 0.0, seen
    for quarters in range(4):
        turned = portrait.turned(quarters)
        faces = seen if quarters == 0 else faces_with_landmarks(turned.rgb, detector, mesh)
        standing = [(face, frame) for face, frame in faces if abs(frame.region().angle_rad) < np.pi / 4]
        score = max((detector.turned_scores(turned.rgb, frame.region())[0] for _, frame in standing[:1]), default=0.0)
        if score > best_score + (_SURER if best_score else 0):
            best, best_score, best_seen = quarters, float(score), faces
    return best, best_seen


def _stands(portrait: Portrait, seen: Seen, detector: FaceDetector) -> bool:
    """Whether the largest face is upright within 45 degrees, however its landmarks were laid."""
    region = max(seen, key=lambda one: one[0].area)[1].region()
    scores = detector.turned_scores(portrait.rgb, region)
    surest = int(scores.argmax()) if scores.max() > scores[0] + _SURER else 0
    angle = region.angle_rad + surest * np.pi / 2
    return bool(np.cos(angle) > np.cos(np.pi / 4))
