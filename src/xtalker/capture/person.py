"""One person from many frames: identity, and what identity cannot explain.

Zero expression must mean this person's closed-mouth neutral, or every clip would start from another face. So the
frames with closed, unpressed lips and open eyes are found first; identity is fitted to them with the face at rest,
and the landmark distances that remain there become constant personal offsets.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from xtalker.capture.fit import FramePoses, LandmarkFitter, Priors
from xtalker.geometry.rotations import matrix_from_axis_angle
from xtalker.head.open_head import OpenHead
from xtalker.values.conventions import LEFT_EYE_OUTER, RIGHT_EYE_OUTER

INNER_UPPER, INNER_LOWER, OUTER_UPPER, OUTER_LOWER = 13, 14, 0, 17
UPPER_LIDS, LOWER_LIDS = (159, 386), (145, 374)
CLOSED_QUANTILE, CLOSED_MARGIN = 0.10, 0.006  # of the lip opening; margin in eye distances
MAX_NEUTRAL_FRAMES = 60
IDENTITY_ROUNDS, IDENTITY_PRIOR_SD = 6, 1.0
RIGID = Priors(steps=5)
AT_REST = Priors(expression_sd=0.02, steps=2)  # lids and gaze may still move a little


@dataclass(frozen=True)
class Person:
    """What stays the same over all frames of one person.

    Attributes:
        shape: identity coefficients, standard deviations.
        offsets: constant landmark displacements in the canonical frame, metres.
    """

    shape: Float[np.ndarray, "100"]
    offsets: Float[np.ndarray, "478 3"]


def lip_opening(pixels: Float[np.ndarray, "frames 478 2"]) -> Float[np.ndarray, "frames"]:
    """Distance of the inner lips in eye distances."""
    return _distance(pixels, INNER_UPPER, INNER_LOWER)


def neutral_frames(pixels: Float[np.ndarray, "frames 478 2"]) -> Int[np.ndarray, "_"]:
    """Frames with lips closed but not pressed and eyes open, at most MAX_NEUTRAL_FRAMES of them, evenly spread."""
    opening = lip_opening(pixels)
    closed = opening <= np.quantile(opening, CLOSED_QUANTILE) + CLOSED_MARGIN
    lip_height = _distance(pixels, OUTER_UPPER, OUTER_LOWER)
    lids = np.mean([_distance(pixels, u, lo) for u, lo in zip(UPPER_LIDS, LOWER_LIDS)], axis=0)
    middle = np.median(lip_height[closed])
    unpressed = np.abs(lip_height - middle) <= np.median(np.abs(lip_height[closed] - middle)) * 1.5 + 1e-6
    chosen = np.flatnonzero(closed & unpressed & (lids > 0.8 * np.median(lids)))
    if len(chosen) == 0:
        chosen = np.array([int(opening.argmin())])
    keep = np.linspace(0, len(chosen) - 1, min(len(chosen), MAX_NEUTRAL_FRAMES)).round().astype(int)
    return np.asarray(chosen[keep])


def fit_person(head: OpenHead, pixels: Float[np.ndarray, "frames 478 2"]) -> Person:
    """Identity and offsets from the neutral frames among many frames of one person."""
    neutral = pixels[neutral_frames(pixels)].astype(np.float64)
    fitter = LandmarkFitter(head)
    poses = fitter.solve(neutral, fitter.start(neutral), RIGID, free="pose")
    for _ in range(IDENTITY_ROUNDS):
        fitter.fit_shape(neutral, poses, IDENTITY_PRIOR_SD)
        poses = fitter.solve(neutral, poses, AT_REST)
    return Person(fitter.shape, _offsets(fitter, neutral, poses))


def _offsets(
    fitter: LandmarkFitter, pixels: Float[np.ndarray, "frames 478 2"], poses: FramePoses
) -> Float[np.ndarray, "478 3"]:
    """Median landmark distance from the model with the face at rest, turned back into the canonical frame."""
    rest = FramePoses(
        np.zeros_like(poses.expression), np.zeros_like(poses.jaw), np.zeros_like(poses.gaze),
        poses.head, poses.scale, poses.shift,
    )  # fmt: skip
    rest = fitter.solve(pixels, rest, RIGID, free="pose")
    seen = (pixels - fitter.project(rest)) * [1, -1] / rest.scale[:, None, None]
    turned_back = np.pad(seen, ((0, 0), (0, 0), (0, 1))) @ matrix_from_axis_angle(rest.head)
    return np.asarray(np.median(turned_back, axis=0))


def _distance(pixels: Float[np.ndarray, "frames 478 2"], a: int, b: int) -> Float[np.ndarray, "frames"]:
    unit = np.linalg.norm(pixels[:, LEFT_EYE_OUTER] - pixels[:, RIGHT_EYE_OUTER], axis=-1)
    return np.asarray(np.linalg.norm(pixels[:, a] - pixels[:, b], axis=-1) / unit)
