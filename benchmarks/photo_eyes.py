"""Lids and gaze of a photo avatar, measured in finished pictures: parts of the eyes are painted and looked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import numpy as np
from jaxtyping import Bool, Float
from scipy.ndimage import binary_dilation, binary_erosion

from benchmarks.photo_people import CLOSE, POSES, Picture, Pose, Sitter, polygon_mask
from xtalker.geometry import landmark_rings as rings
from xtalker.values.photo_avatar import PhotoAvatar, PhotoEye, PhotoPatch

GREEN: Final = np.array([0, 255, 0], np.uint8)
GAZE_DEG: Final = 10.0
SQUINTS: Final = (Pose(weights={"eyeSquint": 0.6}), POSES["smile"], POSES["frown"])
"""Faces that narrow the eyes: nothing of an eye may be seen where there was none."""

_SEEN: Final = 40  # levels by which a painted eye shows through
_DOT: Final = 0.35  # of the iris's radius


def eye_figures(avatar: PhotoAvatar, marks: Float[np.ndarray, "478 _"]) -> dict[str, Any]:
    """Lids and gaze.

    Args:
        avatar: whose.
        marks: landmarks of the avatar's photo, pixels.
    """
    return {"lids": lids(avatar, marks), "gaze_deg": [round(float(angle), 2) for angle in gaze_turns(avatar)]}


def painted_eyes(avatar: PhotoAvatar, marks: Float[np.ndarray, "478 _"]) -> PhotoAvatar:
    """The same person with green eyeballs, and green where the photo shows the opening between the lids."""
    paint = np.zeros(avatar.cover.shape, bool)
    eyes = []
    for eye, ring in zip(avatar.eyes, (rings.LEFT_EYE, rings.RIGHT_EYE)):
        points = marks[list(ring), :2]
        margin = max(round(0.04 * float(np.ptp(points[:, 0]))), 1)  # a border pixel may be lid as well as eye
        paint |= binary_erosion(polygon_mask(points, paint.shape), iterations=margin)
        ball = eye.ball.pixels.copy()
        ball[..., :3], ball[..., 3] = GREEN, 255
        eyes.append(
            replace(eye, ball=PhotoPatch(eye.ball.corner, ball), iris=_empty(eye.iris), glint=_empty(eye.glint))
        )
    photo, person = avatar.photo.copy(), avatar.person.copy()
    photo[paint], person[paint] = GREEN, GREEN
    return replace(avatar, photo=photo, person=person, eyes=(eyes[0], eyes[1]))


def greener_mask(painted: Picture, plain: Picture) -> Bool[np.ndarray, "height width"]:
    """Pixels of a picture that are greener than those of its plain twin."""
    change = painted.astype(int) - plain
    return np.asarray(change[..., 1] - change[..., [0, 2]].max(-1) > _SEEN)


def greener(painted: Picture, plain: Picture) -> int:
    """How many pixels `greener_mask` has."""
    return int(greener_mask(painted, plain).sum())


def _empty(patch: PhotoPatch) -> PhotoPatch:
    return PhotoPatch(patch.corner, np.zeros_like(patch.pixels))


def lids(avatar: PhotoAvatar, marks: Float[np.ndarray, "478 _"]) -> dict[str, Any]:
    """Pixels of a close-up in which an eye is seen: open, shut, and beside its opening in any of `SQUINTS`.

    There the painted twin is greener.
    """
    moving = [eye.moves for eye in avatar.eyes]
    plain, painted = Sitter(avatar, CLOSE), Sitter(painted_eyes(avatar, marks), CLOSE)

    def seen(pose: Pose) -> Bool[np.ndarray, "height width"]:
        return greener_mask(painted.draw(pose), plain.draw(pose))

    at_rest = seen(POSES["rest"])
    openings = np.zeros(at_rest.shape, bool)
    for ring in (rings.LEFT_EYE, rings.RIGHT_EYE):
        points = plain.place(marks[list(ring), :2])
        grow = max(round(0.08 * float(np.ptp(points[:, 0]))), 1)
        openings |= binary_dilation(polygon_mask(points, at_rest.shape), iterations=grow)
    return {
        "moves": moving,
        "open_px": int(at_rest.sum()),
        "shut_px": int(seen(POSES["blink"]).sum()) if all(moving) else None,
        "astray_px": max(int((seen(pose) & ~openings).sum()) for pose in SQUINTS),
    }


def gaze_turns(avatar: PhotoAvatar) -> Iterator[float]:
    """Degrees by which each moving iris turns when the gaze is asked to turn by `GAZE_DEG` to either side.

    A dot in the middle of the iris is followed in the finished picture: what a tracker of landmarks says about irises
    depends on the lids, and is a fifth too small.
    """
    twins = [
        Sitter(replace(avatar, eyes=tuple(replace(e, iris=make(e)) for e in avatar.eyes)), CLOSE)
        for make in (_dotted, lambda eye: _empty(eye.iris))
    ]
    seen = []
    for asked in (-GAZE_DEG, GAZE_DEG):
        dotted, bare = (twin.draw(Pose(gaze_deg=(0.0, asked))).astype(float) for twin in twins)
        seen.append(np.abs(dotted - bare).sum(-1))
    for eye in avatar.eyes:
        if eye.moves:
            first, second = (_angle_deg(twins[0], eye, picture) for picture in seen)
            yield abs(second - first) / 2


def _dotted(eye: PhotoEye) -> PhotoPatch:
    cover = eye.iris.pixels[..., 3].astype(float)
    rows, columns = np.mgrid[: cover.shape[0], : cover.shape[1]] + 0.5
    total = max(cover.sum(), 1.0)
    away = np.hypot(columns - (cover * columns).sum() / total, rows - (cover * rows).sum() / total)
    pixels = np.zeros_like(eye.iris.pixels)
    pixels[away < _DOT * np.sqrt(total / 255 / np.pi)] = (*GREEN.tolist(), 255)
    return PhotoPatch(eye.iris.corner, pixels)


def _angle_deg(sitter: Sitter, eye: PhotoEye, dot: Float[np.ndarray, "height width"]) -> float:
    """Direction of a dot on an eyeball, from what the dot changes in the picture; NaN where it is not seen."""
    centre, radius = sitter.place(np.array(eye.centre)), eye.radius * sitter.per_pixel
    rows, columns = np.mgrid[: dot.shape[0], : dot.shape[1]] + 0.5
    weight = dot * (np.hypot(columns - centre[0], rows - centre[1]) < radius)
    x = (weight * columns).sum() / max(weight.sum(), 1e-9) if weight.any() else np.nan
    return float(np.degrees(np.arcsin(np.clip((x - centre[0]) / radius, -1, 1))))
