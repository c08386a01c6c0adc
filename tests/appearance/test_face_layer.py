"""The part of the head that wears the photo."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import cKDTree
from tests.tiny.portrait import drawn_portrait

from xtalker.appearance.face_layer import lip_sides, texture_places
from xtalker.appearance.fitted import EYE_PARTS, EYE_RINGS, INSIDE_PARTS, Fitted
from xtalker.appearance.pixels import inside_distance
from xtalker.appearance.surface import rest_surface, seen_vertices
from xtalker.geometry.landmark_rings import LOWER_INNER_LIP, UPPER_INNER_LIP
from xtalker.render.scene import LASHES
from xtalker.values import Motion
from xtalker.values.conventions import CHANNEL
from xtalker.values.photo_avatar import (
    BEHIND_LIPS,
    EYE_LEFT,
    EYE_RIGHT,
    LOWER_TEETH,
    SKIN,
    UPPER_TEETH,
    PhotoAvatar,
)


def test_every_triangle_is_one_of_the_surface_and_points_inside(fitted: Fitted, avatar: PhotoAvatar) -> None:
    scene, face = fitted.scene, avatar.face
    n = scene.num_vertices
    for name in ("rest", "uv", "solid", "own", "lip", "lid", "head_share"):
        array = getattr(face, name)
        assert len(array) == n and array.dtype == np.float32 and np.isfinite(array).all(), name
    assert face.blink.shape == (2, n, 3)
    assert face.triangles.min() >= 0 and face.triangles.max() < n and len(face.kind) == len(face.triangles)
    drawn = {tuple(t) for t in face.triangles.tolist()}
    assert len(drawn) == len(face.triangles)
    assert drawn <= {tuple(t) for t in scene.triangles[scene.material != LASHES].tolist()}


def test_kinds_of_triangles(fitted: Fitted, avatar: PhotoAvatar) -> None:
    parts, face = fitted.scene.parts, avatar.face
    for part, kind in zip(EYE_PARTS, (EYE_LEFT, EYE_RIGHT)):
        inside = np.arange(parts[part].start, parts[part].stop)
        of_part = np.isin(face.triangles, inside).all(1)
        assert of_part.sum() > 100
        np.testing.assert_array_equal(face.kind == kind, of_part)
    for part, kind in zip(INSIDE_PARTS, (UPPER_TEETH, LOWER_TEETH, BEHIND_LIPS)):
        of_part = np.isin(face.triangles, np.arange(parts[part].start, parts[part].stop)).all(1)
        assert of_part.sum() > 100 and (face.kind[of_part] == kind).all()
    skin = face.triangles[face.kind == SKIN]
    assert fitted.is_skin[skin].all() and (fitted.mean[skin, 2] > 0.0).all()


def _nearest_skin(fitted: Fitted, landmarks: tuple[int, ...]) -> np.ndarray:
    """With the mouth open: closed lips lie in one place."""
    opened = Motion.zeros(1)
    opened.jaw[0, 0] = fitted.head.jaw_open_angle_rad
    opened.expression[0, CHANNEL["jawOpenCorrective"]] = 1
    place = fitted.head.vertices(fitted.identity, opened)[0].astype(float)
    fine, skin = fitted.matrix @ place, np.flatnonzero(fitted.is_skin & (fitted.inside_mouth < 0.3))
    return skin[cKDTree(fine[skin]).query(fitted.at_landmarks(place, list(landmarks)))[1]]


def test_upper_and_lower_lip_part_at_the_line_between_them(fitted: Fitted, avatar: PhotoAvatar) -> None:
    lip = avatar.face.lip
    assert set(np.unique(lip[:, 0])) == {-1.0, 1.0} and lip[:, 1].min() >= 0 and lip[:, 1].max() <= 1
    upper, lower = (_nearest_skin(fitted, ring[2:-2]) for ring in (UPPER_INNER_LIP, LOWER_INNER_LIP))
    assert (lip[upper, 0] == -1).all() and (lip[lower, 0] == 1).all()
    assert lip[upper, 1].min() > 0.5 and lip[lower, 1].min() > 0.5
    pixels = fitted.camera.project(avatar.face.rest.astype(float))[:, :2]
    middle = fitted.marks[[13, 14]].mean(0)
    beyond = np.linalg.norm(pixels - middle, axis=1) > fitted.mouth_px
    assert lip[beyond & fitted.is_skin, 1].max() < 1e-3


@pytest.mark.parametrize("opening_rad", [0.0, 0.22])
def test_no_lip_wears_the_other_and_no_lid_the_eyeball(opening_rad: float) -> None:
    fitted = drawn_portrait(opening_rad=opening_rad).fitted
    screen = fitted.camera.project(rest_surface(fitted))
    pixels, opaque = screen[:, :2], fitted.scene.triangles[: fitted.scene.num_opaque]
    seen = seen_vertices(screen, opaque, fitted.face_px, fitted.rgb.shape[1::-1])
    lip = lip_sides(fitted, pixels)
    uv = texture_places(fitted, pixels, lip, seen)
    mouth = fitted.is_skin & (fitted.lips > 0.02)
    for side, ring in ((-1, UPPER_INNER_LIP), (1, LOWER_INNER_LIP)):
        line = fitted.marks[list(ring)]
        here = mouth & (lip[:, 0] == side) & (pixels[:, 0] > line[0, 0]) & (pixels[:, 0] < line[-1, 0])
        assert here.sum() > 100
        y = np.interp(uv[here, 0], *line[np.argsort(line[:, 0])].T)
        assert (side * (uv[here, 1] - y) > -1e-6).all()
    for ring in EYE_RINGS:
        hidden = fitted.is_skin & ~seen
        assert inside_distance(fitted.marks[list(ring)], uv[hidden]).max() < 0.6
    plain = seen & ~mouth & (fitted.inside_mouth <= 0.02)
    np.testing.assert_array_equal(uv[plain], pixels[plain])  # what the photo sees wears what lies there


def test_the_border_is_soft_and_eyes_and_mouth_are_not(fitted: Fitted, avatar: PhotoAvatar) -> None:
    face = avatar.face
    assert face.solid.min() == 0 and face.solid.max() == 1
    opaque = fitted.scene.triangles[: fitted.scene.num_opaque]
    skin = opaque[fitted.is_skin[opaque].all(1)]
    drawn = np.isin(skin @ [10**10, 10**5, 1], face.triangles.astype(np.int64) @ [10**10, 10**5, 1])
    border = np.intersect1d(skin[drawn], skin[~drawn])
    pixels = face.rest.astype(float)
    pixels = fitted.camera.project(pixels)[:, :2]
    eyes = np.zeros(len(pixels), bool)
    for ring in EYE_RINGS:
        polygon = fitted.marks[list(ring)]
        eyes |= (np.abs(pixels - polygon.mean(0)) < np.ptp(polygon[:, 0])).all(1)
    outer = border[(fitted.inside_mouth[border] <= 0.02) & ~eyes[border]]
    assert len(outer) > 100 and (face.solid[outer] == 0).mean() > 0.95
    assert (face.solid[fitted.lips > 0.5] == 1).all() and (face.solid[~fitted.is_skin] == 1).all()
    forehead = _nearest_skin(fitted, (151, 9, 50, 280, 4))
    assert (face.solid[forehead] == 1).all()
