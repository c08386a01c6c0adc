"""Texels of the unrolled head, and what hides them."""

from __future__ import annotations

import numpy as np
import pytest

from xtalker.capture.visibility import SkinMap, barycentric, unhidden
from xtalker.geometry.head_map import map_places
from xtalker.head.open_head import OpenHead
from xtalker.values import Identity, Motion
from xtalker.values.appearance import TEXTURE_SIDE


@pytest.fixture(scope="module")
def skin() -> SkinMap:
    return SkinMap.of(OpenHead(), Identity())


def test_barycentric_weights_rebuild_the_place() -> None:
    random = np.random.default_rng(0)
    corners, weights = random.normal(size=(20, 3, 2)), random.dirichlet(np.ones(3), 20)
    places = np.einsum("pk,pkc->pc", weights, corners)
    np.testing.assert_allclose(barycentric(corners, places), weights, atol=1e-9)


def test_texels_hold_the_skin_in_their_direction(skin: SkinMap) -> None:
    points = skin.lift(skin.rest)
    column, row = (map_places(points, skin.frame.origin, skin.frame.eye_distance_m) * TEXTURE_SIDE).T
    off = np.hypot(
        (column - skin.texels % TEXTURE_SIDE - 0.5 + TEXTURE_SIDE / 2) % TEXTURE_SIDE - TEXTURE_SIDE / 2,
        row - skin.texels // TEXTURE_SIDE - 0.5,
    )
    assert np.median(off) < 0.25 and np.quantile(off[row > 0.15 * TEXTURE_SIDE], 0.95) < 2
    assert len(skin.texels) > 0.7 * TEXTURE_SIDE**2
    assert skin.weights.min() > -1e-3


def test_map_of_the_mean_head_is_nearly_symmetric(skin: SkinMap) -> None:
    radius = skin.to_map(np.linalg.norm(skin.lift(skin.rest), axis=1)[:, None])[..., 0]
    both = (radius > 0) & (radius[:, ::-1] > 0)
    assert np.quantile(np.abs(radius - radius[:, ::-1])[both], 0.9) < 0.004


def test_to_map_and_back(skin: SkinMap) -> None:
    values = np.random.default_rng(1).normal(size=(len(skin.texels), 2)).astype(np.float32)
    np.testing.assert_allclose(skin.from_map(skin.to_map(values)), values)


def test_pose_turns_the_normals(skin: SkinMap) -> None:
    motion = Motion.zeros(1)
    motion.head[0, 1] = 0.5
    (_, straight), (_, turned) = skin.posed(Motion.zeros(1)), skin.posed(motion)
    nose = int(skin.rest[skin.scene.parts["skin"], 2].argmax())
    assert turned[nose, 0] - straight[nose, 0] > 0.3  # a positive yaw turns to the subject's left, +x


def test_what_lies_behind_is_hidden() -> None:
    wall = np.array([[10.0, 10, 2], [50, 10, 2], [10, 50, 2], [0, 0, 1], [64, 0, 1], [0, 64, 1]])
    triangles = np.array([[0, 1, 2], [3, 4, 5]], np.int32)
    pixels = np.array([[15.5, 15.5], [15.5, 15.5], [4.5, 4.5], [-3.0, 5.0]])
    seen = unhidden(pixels, np.array([2.0, 1.0, 1.0, 1.0]), surface=wall, triangles=triangles, size=(64, 64))
    assert seen.tolist() == [True, False, True, False]
