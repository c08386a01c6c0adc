"""Does the film show the motion? The lips' opening tracked in finished frames against the opening asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from jaxtyping import Float

from benchmarks.photo_eyes import GREEN, greener
from benchmarks.photo_measures import Flicker, landmarks_of, sharpness, still_parts
from benchmarks.photo_people import CLOSE, Sitter
from xtalker.assets import fetch
from xtalker.capture.landmarks import FaceTracker
from xtalker.export.motion_npz import read_motion
from xtalker.geometry.rotations import matrix_from_axis_angle
from xtalker.metrics.lip_opening import LOWER, UPPER
from xtalker.performance import parts, perform
from xtalker.performance.photo_motion import photo_motion
from xtalker.values import Motion
from xtalker.values.conventions import CHANNEL
from xtalker.values.photo_avatar import BEHIND_LIPS, SKIN, PhotoAvatar, PhotoPatch

SHUT: Final = 0.003  # eye distances by which lips asked to be shut may still be apart in the model
SHUT_SEEN: Final = 0.006  # and in the film
SKIPPED_FRAMES: Final = 10  # until the photo's own mouth is released
_EYES: Final = (33, 263)
_BRIGHT_GREEN: Final = np.array([0, 2550, 0], np.float32)


def speech_motion(folder: Path) -> Motion:
    """What `xtalker talk` makes of the demo speech; kept beside the results while the generator is the same."""
    mark = hashlib.sha256(fetch("generator-open").read_bytes()).hexdigest()[:12]
    file = folder / f"speech-{mark}.npz"
    if not file.is_file():
        perform(fetch("demo-speech")).save(file)
    return read_motion(file)[0]


def opening(points: Float[np.ndarray, "*frames 478 _"]) -> Float[np.ndarray, "*frames"]:
    """Gap of the inner lips (mean of three pairs) in distances of the outer eye corners, as seen in a picture.

    Args:
        points: x and y, y down, any unit.
    """
    gap = (points[..., LOWER, 1] - points[..., UPPER, 1]).mean(-1)
    return np.asarray(gap / np.linalg.norm(points[..., _EYES[0], :2] - points[..., _EYES[1], :2], axis=-1))


def asked_opening(sitter: Sitter, motion: Motion) -> tuple[Float[np.ndarray, "frames"], float]:
    """What the model's lips do with this motion laid on the photo, and its opening at rest.

    Seen from the photo's camera (from afar), with the head turned as the film turns it.
    """
    head, avatar = sitter.head, sitter.avatar
    laid = photo_motion(avatar, motion, jaw_open_angle_rad=head.jaw_open_angle_rad)
    points = head.landmarks(avatar.identity, laid.motion, canonical=True).astype(float)
    own = matrix_from_axis_angle(avatar.reference.head[0].astype(float))
    turns = np.stack([own @ matrix_from_axis_angle(np.asarray(pose.turn, float)) for pose in laid.poses])
    seen = np.einsum("fij,fkj->fki", turns, points) * [1, -1, 1]
    neutral = head.landmarks(avatar.identity, Motion.zeros(1), canonical=True).astype(float) * [1, -1, 1]
    return opening(seen), float(opening(neutral)[0])


@dataclass(frozen=True)
class Agreement:
    """How the tracked opening follows the asked one.

    Attributes:
        r: correlation.
        slope: of the tracked opening over the asked one.
        shut_share: frames asked to be shut in which the tracked opening is at most `SHUT_SEEN`; None without any.
        shut_opening: median of the tracked opening in these frames.
        frames_shut: how many these are.
    """

    r: float
    slope: float
    shut_share: float | None
    shut_opening: float | None
    frames_shut: int


def agreement(asked: Float[np.ndarray, "frames"], tracked: Float[np.ndarray, "frames"], at_rest: float) -> Agreement:
    """Compare openings in eye distances; frames without a face (NaN) are left out.

    Args:
        asked: of the model.
        tracked: in the film.
        at_rest: the model's with its lips just shut.
    """
    seen = np.isfinite(tracked)
    asked, tracked = asked[seen], tracked[seen]
    shut = asked - at_rest <= SHUT
    slope = float(np.polyfit(asked, tracked, 1)[0])
    r = float(np.corrcoef(asked, tracked)[0, 1])
    if not shut.any():
        return Agreement(r, slope, None, None, 0)
    return Agreement(
        r, slope, float((tracked[shut] <= SHUT_SEEN).mean()), float(np.median(tracked[shut])), int(shut.sum())
    )


def film_figures(sitter: Sitter, motion: Motion) -> dict[str, Any]:
    """Lips, in a close-up, and sharpness of the film of a spoken motion."""
    close, tracker = Sitter(sitter.avatar, CLOSE), FaceTracker(*parts.face_models())
    found = [tracker.update(picture) for picture in close.film(motion)]
    tracked = np.array([np.nan if face is None else float(opening(face.points.astype(float))) for face in found])
    asked, at_rest = asked_opening(close, motion)
    part = slice(SKIPPED_FRAMES, None)
    fit = agreement(asked[part], tracked[part], at_rest)
    shut = SKIPPED_FRAMES + np.flatnonzero(asked[part] - at_rest <= SHUT)
    return {
        "between_shut_lips_px": pixels_between_lips(close, motion, shut.tolist()),
        "frames": len(tracked),
        "faces_found": int(np.isfinite(tracked).sum()),
        **asdict(fit),
        "sharpness": kept_sharpness(sitter, motion),
    }


def painted_mouth(avatar: PhotoAvatar) -> PhotoAvatar:
    """The same person with everything behind the lips green, however little light falls there."""
    face, mouth = avatar.face, avatar.mouth
    own = face.own.copy()
    inside = np.setdiff1d(face.triangles[face.kind == BEHIND_LIPS], face.triangles[face.kind == SKIN])
    own[inside, :3] = _BRIGHT_GREEN
    pixels = mouth.inside.pixels.copy()
    pixels[..., :3] = GREEN
    green = replace(
        mouth, inside=PhotoPatch(mouth.inside.corner, pixels), tones=np.tile(_BRIGHT_GREEN, (len(mouth.tones), 1))
    )
    return replace(avatar, face=replace(face, own=own), mouth=green)


def pixels_between_lips(close: Sitter, motion: Motion, frames: Iterable[int]) -> list[int]:
    """Pixels of some frames in which anything behind the lips is seen: there the painted twin is greener."""
    at, twin = list(frames), Sitter(painted_mouth(close.avatar), close.shot)
    return [greener(painted, plain) for painted, plain in zip(twin.frames_at(motion, at), close.frames_at(motion, at))]


def kept_sharpness(sitter: Sitter, motion: Motion) -> float | None:
    """Sharpness of the face in frames of the film, as a share of the photo's; median."""
    still, tracker = sitter.photo(), FaceTracker(*parts.face_models())
    of_photo = sharpness(still, landmarks_of(still))
    shares = []
    for picture in sitter.frames_at(motion, np.linspace(SKIPPED_FRAMES, motion.num_frames - 1, 12).astype(int)):
        face = tracker.update(picture)
        shares += [] if face is None else [sharpness(picture, face.points.astype(float)) / of_photo]
    return float(np.median(shares)) if shares else None


def mouth_only(motion: Motion) -> Motion:
    """The same speech without head, eyes, brows and breath."""
    expression = np.zeros_like(motion.expression)
    mouth = [i for name, i in CHANNEL.items() if name.startswith(("mouth", "jaw", "tongue"))]
    expression[:, mouth] = motion.expression[:, mouth]
    return Motion(expression, motion.jaw, np.zeros_like(motion.head), np.zeros_like(motion.gaze))


def swim(sitter: Sitter, motion: Motion) -> dict[str, float | None]:
    """99th percentile over pixels of the variance over time in background and torso while only the mouth moves."""
    flicker = Flicker()
    for picture in sitter.film(mouth_only(motion)):
        flicker.add(picture)
    variance = flicker.variance
    return {
        name: float(np.percentile(variance[mask], 99)) if mask.any() else None
        for name, mask in still_parts(sitter).items()
    }
