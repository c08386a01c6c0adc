"""One portrait to Identity, expression, head pose and camera, jointly."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from xtalker.capture.detect import FaceDetector
from xtalker.capture.fit import LandmarkFitter, Priors
from xtalker.capture.images import Portrait
from xtalker.capture.mesh import FaceMesh
from xtalker.capture.mouth_hole import correct_inner_lips, read_hole
from xtalker.capture.portrait_face import PortraitFace, find_face
from xtalker.head.open_head import OpenHead
from xtalker.values import Identity, Motion

# One picture cannot tell a smile from a wide mouth: expression is held tighter than identity.
EXPRESSION_PRIOR = Priors(expression_sd=0.15, steps=2)
IDENTITY_PRIOR_SD = 1.0
START = Priors(steps=6)
ROUNDS = 8
_log = logging.getLogger("xtalker")


@dataclass(frozen=True)
class PortraitFit:
    """What one picture tells. Depth and skull are the prior's: a single view does not show them.

    Attributes:
        identity: shape of the head.
        reference: one frame: expression, jaw, gaze and head turn in the picture.
        residual_percent: mean distance of the 478 landmarks from the model, percent of the eye distance.
        scale: pixels per metre.
        shift: pixel of the head joint.
        landmarks: what was read from the picture, pixels.
    """

    identity: Identity
    reference: Motion
    residual_percent: float
    scale: float
    shift: Float[np.ndarray, "2"]
    landmarks: Float[np.ndarray, "478 3"]


def fit_portrait(portrait: Portrait, head: OpenHead, detector: FaceDetector, mesh: FaceMesh) -> PortraitFit:
    """Fit the largest face of a picture; all pixels are those of the upright picture.

    Raises:
        InputError: no face in it.
    """
    return fit_face(find_face(portrait, detector, mesh), head)


def fit_face(face: PortraitFace, head: OpenHead) -> PortraitFit:
    """Fit a face that was found."""
    points = face.frame.points.copy()
    flat = points[None, :, :2]
    points[:, :2] = correct_inner_lips(flat, read_hole(face.portrait.rgb, flat[0])[None])[0]
    return fit_landmarks(points, head)


def fit_landmarks(landmarks: Float[np.ndarray, "478 3"], head: OpenHead) -> PortraitFit:
    """Identity and pose that explain the landmarks of one picture."""
    fitter = LandmarkFitter(head)
    pixels = landmarks[None, :, :2].astype(np.float64)
    poses = fitter.solve(pixels, fitter.start(pixels), START, free="pose")
    for _ in range(ROUNDS):
        fitter.fit_shape(pixels, poses, IDENTITY_PRIOR_SD)
        poses = fitter.solve(pixels, poses, EXPRESSION_PRIOR)
    reference = poses.motion()
    return PortraitFit(
        Identity(fitter.shape.astype(np.float32)), reference, float(fitter.residual_percent(pixels, poses)[0]),
        float(poses.scale[0]), poses.shift[0], landmarks,
    )  # fmt: skip
