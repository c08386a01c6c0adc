"""Where the photo shows each vertex of the fine surface: the fit, moved so that every landmark lies on the photo's."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Bool, Float
from scipy.interpolate import RBFInterpolator
from scipy.spatial import cKDTree

from xtalker.appearance.fitted import EYE_PARTS, EYE_RINGS, INSIDE_PARTS, Fitted
from xtalker.geometry.landmark_rings import FACE_OVAL, LOWER_INNER_LIP, OUTER_LIPS, UPPER_INNER_LIP
from xtalker.render.rasterise import bin_triangles, nearest_into
from xtalker.values import Motion
from xtalker.values.conventions import CHANNEL
from xtalker.values.photo_avatar import CAMERA_DISTANCE_M

_SMOOTHING: Final = 0.02
_REACH_M, _FADE_M = 0.008, 0.03  # the face's residuals end this far beyond the landmarks
_OUTLINE_SLIDES_RAD: Final = 0.12  # beyond this yaw landmarks of the outline are no fixed places on the head
_SLIT: Final = 0.05  # mouth widths: lips that part less are made to meet
_BURIED_M: Final = 0.008  # molars and lining must not pierce a cheek that the photo has moved
_SEEN_M: Final = 0.0015
_FACE_SAMPLES: Final = 400.0  # rows over the face when it is decided what the photo sees


def rest_surface(fitted: Fitted) -> Float[np.ndarray, "fine 3"]:
    """World points of the fine vertices such that their landmarks project onto the photo's, metres."""
    camera = fitted.camera
    pixels = fitted.world[:, :2] * [camera.scale, -camera.scale] + camera.shift + _residuals(fitted)
    depth = fitted.world[:, 2].copy()
    sideways = np.clip((np.abs(fitted.neutral[:, 0]) - 0.02) / 0.01, 0, 1)
    for part in INSIDE_PARTS:
        depth[fitted.scene.parts[part]] -= _BURIED_M * sideways[fitted.scene.parts[part]]
    depth -= _BURIED_M * sideways * (fitted.inside_mouth > 0.6)
    return camera.unproject(pixels, depth)


def meeting_lips(marks: Float[np.ndarray, "478 2"], mouth_px: float) -> Float[np.ndarray, "478 2"]:
    """Landmarks with lips that touch where the photo's hardly part: a slit of two pixels is the line between them."""
    out = marks.copy()
    for up, low in zip(UPPER_INNER_LIP[1:-1], LOWER_INNER_LIP[1:-1]):
        gap = marks[low, 1] - marks[up, 1]
        close = np.clip(1.5 - gap / (_SLIT * mouth_px), 0, 1)
        middle = (marks[low] + marks[up]) / 2
        overlap = np.array([0, 0.006 * mouth_px])
        out[up] = marks[up] * (1 - close) + (middle + overlap) * close
        out[low] = marks[low] * (1 - close) + (middle - overlap) * close
    return out


def _residuals(fitted: Fitted) -> Float[np.ndarray, "fine 2"]:
    """Photo pixels by which each fine vertex moves.

    Interpolated over the surface with the mouth open: in the picture both lips would be one place, and the field
    would tear there.
    """
    head, camera, scene = fitted.head, fitted.camera, fitted.scene
    opened = Motion.zeros(1)
    opened.jaw[0, 0] = head.jaw_open_angle_rad
    opened.expression[0, CHANNEL["jawOpenCorrective"]] = 1
    opened.expression[0, CHANNEL["mouthFunnel"]] = 0.3
    place = head.vertices(fitted.identity, opened, canonical=True)[0].astype(float)
    posed = head.vertices(fitted.identity, fitted.reference)[0].astype(float)
    model = fitted.at_landmarks(posed)[:, :2] * [camera.scale, -camera.scale] + camera.shift
    used = np.arange(468)
    if abs(fitted.yaw_rad) > _OUTLINE_SLIDES_RAD:
        used = np.setdiff1d(used, FACE_OVAL)
    source = fitted.at_landmarks(place)[used]
    wanted = meeting_lips(fitted.marks, fitted.mouth_px)
    field = RBFInterpolator(source * 100, wanted[used] - model[used], kernel="linear", smoothing=_SMOOTHING)
    points = fitted.matrix @ place
    out = field(points * 100)
    beyond = np.maximum(cKDTree(source).query(points)[0] - _REACH_M, 0)
    out *= np.exp(-((beyond / _FADE_M) ** 2))[:, None]
    for part, ring in zip(EYE_PARTS, EYE_RINGS):  # rigid things move as one
        out[scene.parts[part]] = (fitted.marks[list(ring)] - model[list(ring)]).mean(0)
    mouth = (fitted.marks[list(OUTER_LIPS)] - model[list(OUTER_LIPS)]).mean(0)
    for part in INSIDE_PARTS:
        out[scene.parts[part]] = mouth
    return np.asarray(out)


def seen_vertices(
    screen: Float[np.ndarray, "fine 3"], triangles: np.ndarray, face_px: float, size: tuple[int, int]
) -> Bool[np.ndarray, "fine"]:
    """Whether the photo sees each vertex: nothing lies more than a hair in front of it.

    Args:
        screen: photo pixels and nearness.
        triangles: the surface.
        face_px: height of the face in the photo.
        size: width and height of the photo.
    """
    k = _FACE_SAMPLES / face_px
    shape = (int(np.ceil(size[1] * k)), int(np.ceil(size[0] * k)))
    _, near = nearest_triangles(screen * [k, k, 1], triangles, shape, cull=True)
    x, y = (np.clip((screen[:, i] * k).astype(int), 0, shape[1 - i] - 1) for i in (0, 1))
    depth = CAMERA_DISTANCE_M - 1 / np.maximum(near[y, x], 1e-3)
    return np.asarray(CAMERA_DISTANCE_M - 1 / screen[:, 2] > depth - _SEEN_M)


def nearest_triangles(
    screen: Float[np.ndarray, "points 3"], triangles: np.ndarray, shape: tuple[int, int], *, cull: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Index of the nearest triangle of each sample (-1: none) and its nearness (0: none).

    Args:
        screen: sample coordinates and nearness, larger is nearer and positive.
        triangles: the surface.
        shape: rows and columns of samples.
        cull: leave out triangles seen from their back.
    """
    triangle, near = np.empty(shape, np.int32), np.empty(shape, np.float32)
    points = np.ascontiguousarray(screen, np.float32)
    faces = np.ascontiguousarray(triangles, np.int32)
    order, start = bin_triangles(points, faces, *shape, cull)
    nearest_into(points, faces, order, start, triangle, near)
    return triangle, near
