"""What is measured on one avatar for `benchmarks/photo.py`: pictures in, plain numbers out."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import numpy as np
from jaxtyping import Bool, Float, UInt8
from scipy.ndimage import binary_dilation, binary_erosion, binary_fill_holes, laplace

from benchmarks.face_identity import Recogniser, recogniser_model
from benchmarks.photo_eyes import eye_figures
from benchmarks.photo_people import POSES, STRETCHED, Picture, Prepared, Sitter, polygon_mask
from xtalker.capture.images import Portrait
from xtalker.capture.landmarks import FaceTracker, portrait_landmarks
from xtalker.geometry import landmark_rings as rings
from xtalker.performance import Shot, parts
from xtalker.values import InputError

_COVERED: Final = 128  # of 255
_WHOLE: Final = 250


def psnr_db(picture: Picture, truth: Picture) -> float:
    """Peak signal to noise ratio of 8-bit pictures."""
    error = np.mean((picture.astype(np.float64) - truth) ** 2)
    return float(10 * np.log10(255**2 / max(error, 1e-9)))


def landmarks_of(picture: Picture) -> Float[np.ndarray, "478 3"]:
    """Of the largest face, pixels.

    Raises:
        InputError: no face.
    """
    return portrait_landmarks(Portrait(picture, "picture"), *parts.face_models()).points.astype(np.float64)


def face_mask(points: Float[np.ndarray, "478 _"], shape: tuple[int, ...]) -> Bool[np.ndarray, "height width"]:
    """Pixels well within the face, 6 % of its height from its outline."""
    high = np.linalg.norm(points[rings.CHIN, :2] - points[rings.FOREHEAD, :2])
    oval = polygon_mask(points[list(rings.FACE_OVAL), :2], shape)
    return np.asarray(binary_erosion(oval, iterations=max(round(0.06 * high), 1)))


def holes(clear: Sitter) -> dict[str, int]:
    """Uncovered pixels of the person in each stretched pose, of three kinds added up.

    - enclosed: a gap with the person all around, farther than 5 % of the face's height from any gap that the photo has
      itself (between arm and body);
    - face: less than whole cover well within the face's outline, as tracked in the pose;
    - border: where the photo's edge cuts the person, the edge has come into the picture.
    """
    rest = clear.cover(POSES["rest"]) >= _COVERED
    box = clear.place(np.array(clear.avatar.face_box).reshape(2, 2))
    face_px = float(box[1, 1] - box[0, 1])
    return {
        name: uncovered(rest, clear.cover(pose), _tracked_face(clear.draw(pose)), face_px)
        for name, pose in STRETCHED.items()
    }


def uncovered(
    rest: Bool[np.ndarray, "height width"],
    cover: UInt8[np.ndarray, "height width"],
    face: Bool[np.ndarray, "height width"] | None,
    face_px: float,
) -> int:
    """Pixels as in `holes`.

    Args:
        rest: where the person is at rest.
        cover: of the person in the pose, 255 = all.
        face: well within the face in the pose; None where it is not found.
        face_px: height of the face.
    """
    now = cover >= _COVERED
    own = binary_dilation(binary_fill_holes(rest) & ~rest, iterations=max(round(0.05 * face_px), 1))
    gaps = binary_fill_holes(now) & ~now & ~own
    if face is not None:
        gaps |= face & (cover < _WHOLE)
    return int(gaps.sum()) + _border_gaps(rest, now, round(0.08 * face_px))


def _tracked_face(picture: Picture) -> Bool[np.ndarray, "height width"] | None:
    frame = FaceTracker(*parts.face_models()).update(picture)
    return None if frame is None else face_mask(frame.points.astype(float), picture.shape)


def _border_gaps(rest: Bool[np.ndarray, "height width"], now: Bool[np.ndarray, "height width"], margin: int) -> int:
    """Pixels along the picture's edges where the photo cuts the person and the pose shows background."""
    gaps = 0
    for side, line in ((rest[0], now[0]), (rest[-1], now[-1]), (rest[:, 0], now[:, 0]), (rest[:, -1], now[:, -1])):
        sure = binary_erosion(side, iterations=max(margin, 1), border_value=True)
        gaps += int((sure & ~line).sum())
    return gaps


class Flicker:
    """Variance over time of every pixel, in constant memory (Welford 1962)."""

    def __init__(self) -> None:
        self._count, self._mean, self._squares = 0, np.zeros(()), np.zeros(())

    def add(self, picture: Picture) -> None:
        """Take in the next frame."""
        value = picture.astype(np.float64)
        self._count += 1
        away = value - self._mean
        self._mean = self._mean + away / self._count
        self._squares = self._squares + away * (value - self._mean)

    @property
    def variance(self) -> Float[np.ndarray, "height width"]:
        """Of the mean over red, green and blue, grey levels squared."""
        return np.asarray((self._squares / max(self._count, 1)).mean(-1))


def still_parts(sitter: Sitter) -> Mapping[str, Bool[np.ndarray, "height width"]]:
    """Pixels of the background and of the torso: the person from 0.35 face heights under the chin on."""
    cover = sitter.rest_cover()
    box = sitter.place(np.array(sitter.avatar.face_box).reshape(2, 2))
    rows = np.arange(cover.shape[0])[:, None]
    under = rows > box[1, 1] + 0.35 * (box[1, 1] - box[0, 1])
    return {"background": binary_erosion(cover == 0, iterations=2), "torso": (cover > 250) & under}


def frozen_change(sitter: Sitter) -> int:
    """Greatest change, grey levels, of a pose drawn again after others."""
    first = sitter.draw(POSES["aa"])
    for name in ("yaw +20", "blink"):
        sitter.draw(POSES[name])
    return int(np.abs(sitter.draw(POSES["aa"]).astype(int) - first).max())


def sharpness(picture: Picture, points: Float[np.ndarray, "478 _"]) -> float:
    """Strength of the finest detail of a face: RMS of the Laplacian over forehead, cheeks, nose and brows.

    Eyes, mouth and their surroundings are left out, for they change with what is said.
    """
    grey = picture.astype(np.float64).mean(-1)
    mask = face_mask(points, grey.shape)
    for ring in (rings.LEFT_EYE, rings.RIGHT_EYE, rings.OUTER_LIPS):
        ring_points = points[list(ring), :2]
        grow = max(round(0.25 * float(np.ptp(ring_points[:, 0]))), 1)
        mask &= ~binary_dilation(polygon_mask(ring_points, grey.shape), iterations=grow)
    return float(np.sqrt(np.mean(laplace(grey)[mask] ** 2))) if mask.any() else float("nan")


def still_figures(sitter: Sitter, prepared: Prepared) -> dict[str, Any]:
    """Everything about an avatar that needs no film."""
    avatar, photo = sitter.avatar, sitter.photo()
    marks = landmarks_of(avatar.photo)
    face = marks[rings.CHIN, :2] - marks[rings.FOREHEAD, :2]
    return {
        "yaw_deg": prepared.yaw_deg,
        "pitch_deg": prepared.pitch_deg,
        "face_px": float(np.linalg.norm(face)),
        "notes": list(avatar.notes),
        "prepare_cpu_s": prepared.cpu_s,
        "avatar_mb": prepared.file.stat().st_size / 1e6,
        "file_same": prepared.same,
        "rest_psnr_db": psnr_db(sitter.draw(POSES["rest"]), photo),
        **eye_figures(avatar, marks),
        "holes": holes(Sitter(avatar, Shot(background="transparent"))),
        "frozen_change": frozen_change(sitter),
        "embeddings": embeddings(sitter, photo),
    }


def embeddings(sitter: Sitter, photo: Picture) -> dict[str, list[float] | None]:
    """Unit vectors of the recogniser for the photo and every pose; None where it finds no face."""
    recogniser = _recogniser()
    out: dict[str, list[float] | None] = {}
    for name, picture in [("photo", photo), *((name, sitter.draw(pose)) for name, pose in POSES.items())]:
        try:
            out[name] = [round(float(v), 5) for v in recogniser(picture)]
        except InputError:
            out[name] = None
    return out


@cache
def _recogniser() -> Recogniser:
    return Recogniser(recogniser_model())
