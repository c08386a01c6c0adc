"""Measures of `benchmarks/photo_inputs.py`: what is said of portraits, and of pictures made of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
from jaxtyping import Float
from PIL import Image

from benchmarks.photo_covers import DRAWINGS, MOUTH_COVERS, Picture, sunglasses
from benchmarks.photo_people import name_of
from xtalker.appearance.shut_lids import shut_eye
from xtalker.capture.images import Portrait, load_portrait
from xtalker.capture.landmarks import FaceTracker
from xtalker.capture.mesh import LandmarkFrame
from xtalker.capture.photo_faults import looks_drawn, mouth_covered
from xtalker.capture.portrait import fit_face, fit_portrait
from xtalker.capture.portrait_face import PortraitFace, find_face
from xtalker.performance import parts
from xtalker.performance.filming import renderer_for
from xtalker.performance.person import read_person
from xtalker.performance.photo_notes import judge
from xtalker.performance.shot import Shot
from xtalker.values import Motion, XtalkerError

_LONGEST_PX: Final = 720  # of what covers are drawn on: larger pictures take longer and tell no more
HEADS_TURNED: Final = 4
YAWS_DEG: Final = (0, 10, 20, 25, 30, 35, 40, 50)
_CLOSE: Final = 0.06  # eye distances between landmarks of a turned picture and of the upright one


def measure(paths: list[Path]) -> dict[str, Any]:
    """False notes by portrait, and for each kind of made picture how many were told of how many."""
    said: dict[str, list[str]] = {}
    told: dict[str, list[bool]] = {}
    faces = []
    for number, path in enumerate(paths):
        found = find_face(load_portrait(path), *parts.face_models())
        notes = _notes(found)
        if notes:
            said[name_of(path)] = notes
        small = _smaller(found)
        faces.append(small)
        for kind, right in _made(small, number):
            told.setdefault(kind, []).append(right)
    for left, right in zip(faces[:-1:4], faces[1::4]):
        told.setdefault("two people", []).append(_two_people(left, right))
    return {
        "portraits": len(paths),
        "notes": said,
        "yaw_deg": turned_heads(paths[:: max(len(paths) // HEADS_TURNED, 1)]),
        "told": {kind: [sum(right), len(right)] for kind, right in told.items()},
    }


def turned_heads(paths: list[Path]) -> dict[str, list[float]]:
    """Yaw at which full 3D heads with the skin of portraits are drawn -> yaw that is read from each, degrees."""
    read: dict[str, list[float]] = {str(yaw): [] for yaw in YAWS_DEG}
    head, shot = parts.open_head(), Shot(look="portrait")
    for path in paths:
        person = read_person(path)
        renderer = renderer_for(head, person.identity, shot, person.appearance)
        for yaw in YAWS_DEG:
            pose = Motion.zeros(1)
            pose.head[0, 1] = np.radians(yaw)
            picture = renderer.render(head.drawn(person.identity, pose)[0], renderer.portrait_camera()).rgb
            fit = fit_portrait(Portrait(picture, "drawn"), head, *parts.face_models())
            read[str(yaw)].append(round(float(np.degrees(fit.reference.head[0, 1])), 1))
    return read


def _notes(found: PortraitFace) -> list[str]:
    """All that `Person.avatar` would say, without preparing it."""
    fit = fit_face(found, parts.open_head())
    try:
        notes = list(judge(found, fit).notes)
    except XtalkerError as fault:
        notes = [str(fault)]
    marks = fit.landmarks[:, :2].astype(np.float64)
    for side in ("left", "right"):
        eye = shut_eye(found.portrait.rgb, marks, side)
        notes += [f"dark over the {side} eye"] if eye.covered else [f"{side} eye shut"] if eye.shut else []
    return notes


def _smaller(found: PortraitFace) -> PortraitFace:
    """The same face in a picture of bounded size."""
    rgb = found.portrait.rgb
    factor = min(1.0, _LONGEST_PX / max(rgb.shape))
    if factor == 1:
        return found
    width, height = round(rgb.shape[1] * factor), round(rgb.shape[0] * factor)
    small = np.asarray(Image.fromarray(rgb).resize((width, height), Image.Resampling.LANCZOS))
    frame = LandmarkFrame((found.frame.points * np.float32(factor)).astype(np.float32), found.frame.presence)
    return PortraitFace(Portrait(small, found.portrait.source), frame, found.others * factor)


def _made(face: PortraitFace, number: int) -> Iterator[tuple[str, bool]]:
    """Kind of each picture made of a portrait, and whether it was told."""
    rgb, marks = face.portrait.rgb, face.frame.points.astype(np.float64)
    for kind, make in MOUTH_COVERS.items():
        seen = _found_again(make(rgb, marks, np.random.default_rng([number, len(kind)])), face)
        yield kind, seen is not None and mouth_covered(seen[0], seen[1])
    for kind, make in DRAWINGS.items():
        seen = _found_again(make(rgb, marks, np.random.default_rng([number, len(kind)])), face)
        yield kind, seen is not None and looks_drawn(seen[0], seen[1])
    seen = _found_again(sunglasses(rgb, marks, np.random.default_rng(number)), face)
    if seen is not None:
        dark = [shut_eye(seen[0], seen[1], side) for side in ("left", "right")]
        yield "sunglasses", all(eye.covered or eye.shut for eye in dark)
    for quarters in (1, 2, 3):
        yield f"turned by {90 * quarters} degrees", _turned_back(face, quarters)


def _found_again(rgb: Picture, face: PortraitFace) -> tuple[Picture, Float[np.ndarray, "478 2"]] | None:
    """The picture and landmarks found in it where the face is known to be; None where no face is left."""
    frame = FaceTracker(*parts.face_models()).settle(rgb, face.frame.region())
    return None if frame is None else (rgb, frame.points[:, :2].astype(np.float64))


def _turned_back(face: PortraitFace, quarters: int) -> bool:
    """Whether a picture laid on its side or its head is turned upright, and the same face found."""
    lying = Portrait(np.ascontiguousarray(np.rot90(face.portrait.rgb, -quarters)), "turned")
    try:
        again = find_face(lying, *parts.face_models())
    except XtalkerError:
        return False
    if again.portrait.rgb.shape != face.portrait.rgb.shape:
        return False
    away = np.linalg.norm(again.frame.points[:, :2] - face.frame.points[:, :2], axis=1).mean()
    return bool(away < _CLOSE * face.frame.eye_distance)


def _two_people(left: PortraitFace, right: PortraitFace) -> bool:
    """Whether two portraits side by side are told to be two people, and each is found by number."""
    height = min(left.portrait.rgb.shape[0], right.portrait.rgb.shape[0])
    both = Portrait(np.hstack([left.portrait.rgb[:height], right.portrait.rgb[:height]]), "two")
    border = left.portrait.rgb.shape[1]
    try:
        faces = [find_face(both, *parts.face_models(), number) for number in (1, 2)]
    except XtalkerError:
        return False
    middles = [face.frame.points[:, 0].mean() for face in faces]
    return bool(middles[0] < border < middles[1] and all(len(face.others) == 1 for face in faces))
