"""Landmarks of a clip to Motion: identity fixed, head pose steadied, closures kept."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float
from scipy.ndimage import gaussian_filter1d

from xtalker.capture.fit import ALL_POINTS, MOTION_POINTS, FramePoses, LandmarkFitter, Priors
from xtalker.capture.person import RIGID, Person
from xtalker.geometry.rotations import compose
from xtalker.head.open_head import OpenHead
from xtalker.values import Identity, InputError, Motion

POSE_SMOOTHING_FRAMES = 1.0  # of head turn, scale and shift only; the face itself is held by weak priors
ROUGH, FINE = Priors(steps=4), Priors(fast_sd=0.35, slow_sd=0.05, steps=4)
CHUNK_FRAMES = 256
MIN_FACE_SHARE = 0.2
RESIDUAL_SCALE_PERCENT = 4.0


@dataclass(frozen=True)
class Track:
    """Motion of one person over a clip.

    Attributes:
        identity: shape of the head.
        motion: 25 fps; zero expression is the person's closed-mouth neutral.
        confidence: 0..1 for each frame: presence of a face times how well the model explains it.
        residual_percent: mean landmark distance of each frame, percent of the eye distance.
        scale: pixels per metre of each frame.
        shift: pixel of the head joint in each frame.
        notes: what the video is not, in a few words each.
    """

    identity: Identity
    motion: Motion
    confidence: Float[np.ndarray, "frames"]
    residual_percent: Float[np.ndarray, "frames"]
    scale: Float[np.ndarray, "frames"]
    shift: Float[np.ndarray, "frames 2"]
    notes: tuple[str, ...] = ()


def track_landmarks(
    head: OpenHead, person: Person, pixels: Float[np.ndarray, "frames 478 2"], presence: Float[np.ndarray, "frames"]
) -> Track:
    """Motion that explains the landmarks of every frame; rows of NaN are frames without a face."""
    seen = require_face(pixels)
    filled = _filled(pixels.astype(np.float64), seen)
    fitter, judge = (LandmarkFitter(head, person.offsets, points) for points in (MOTION_POINTS, ALL_POINTS))
    for each in (fitter, judge):
        each.set_identity(person.shape)
    used = filled[:, fitter.points]
    poses = _joined([_solve_chunk(fitter, used, start) for start in range(0, len(used), CHUNK_FRAMES)])
    residual = judge.residual_percent(filled, poses)
    confidence = seen * presence * np.exp(-((residual / RESIDUAL_SCALE_PERCENT) ** 2))
    identity = Identity(person.shape.astype(np.float32))
    return Track(identity, poses.motion(), confidence.astype(np.float32), residual, poses.scale, poses.shift)


def require_face(pixels: Float[np.ndarray, "frames 478 2"]) -> Bool[np.ndarray, "frames"]:
    """Which frames show a face.

    Raises:
        InputError: too few do.
    """
    seen = np.isfinite(pixels).all(axis=(1, 2))
    if seen.mean() < MIN_FACE_SHARE:
        raise InputError(
            "too few frames show a face", received=f"{int(seen.sum())} of {len(seen)} frames",
            accepted=f"a face in at least {MIN_FACE_SHARE:.0%} of the frames",
            next_step="use a video of one person facing the camera",
        )  # fmt: skip
    return np.asarray(seen)


def _solve_chunk(fitter: LandmarkFitter, pixels: Float[np.ndarray, "frames points 2"], start: int) -> FramePoses:
    """One bounded piece, solved with a few frames on each side so that smoothing has no seams."""
    margin = 8
    first, last = max(0, start - margin), min(len(pixels), start + CHUNK_FRAMES + margin)
    piece = pixels[first:last]
    poses = fitter.solve(piece, fitter.start(piece), RIGID, free="pose")
    poses = _steadied(fitter.solve(piece, poses, ROUGH))
    poses = fitter.solve(piece, poses, FINE, free="face")
    return poses[slice(start - first, min(start + CHUNK_FRAMES, len(pixels)) - first)]


def _steadied(poses: FramePoses) -> FramePoses:
    """Head turn, scale and shift with the tracker's jitter removed."""
    middle = np.median(poses.head, axis=0)
    head = compose(_smoothed(compose(poses.head, -middle)), middle)
    return replace(poses, head=head, scale=_smoothed(poses.scale), shift=_smoothed(poses.shift))


def _smoothed(track: Float[np.ndarray, "frames *axes"]) -> Float[np.ndarray, "frames *axes"]:
    return np.asarray(gaussian_filter1d(track, POSE_SMOOTHING_FRAMES, axis=0, mode="nearest"))


def _joined(parts: list[FramePoses]) -> FramePoses:
    names = ("expression", "jaw", "gaze", "head", "scale", "shift")
    return FramePoses(*(np.concatenate([getattr(p, n) for p in parts]) for n in names))


def _filled(
    pixels: Float[np.ndarray, "frames 478 2"], seen: Bool[np.ndarray, "frames"]
) -> Float[np.ndarray, "frames 478 2"]:
    """Frames without a face take the straight line between their neighbours."""
    if seen.all():
        return pixels
    at, known = np.arange(len(pixels)), np.flatnonzero(seen)
    after = np.clip(np.searchsorted(known, at), 0, len(known) - 1)
    before = np.clip(np.searchsorted(known, at, side="right") - 1, 0, len(known) - 1)
    left, right = known[before], known[after]
    share = ((at - left) / np.maximum(right - left, 1)).clip(0, 1)[:, None, None]
    return np.asarray((1 - share) * pixels[left] + share * pixels[right])
