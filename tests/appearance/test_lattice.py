"""Hair, neck and torso follow the head as EmoTalk3D's rule says, without combs and tears."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sparse
from scipy.spatial import cKDTree
from tests.tiny.portrait import HEIGHT, WIDTH

from xtalker.appearance.fitted import Fitted
from xtalker.appearance.pixels import sampled
from xtalker.geometry.landmark_rings import CHIN, FACE_OVAL
from xtalker.values import Motion
from xtalker.values.conventions import CHANNEL
from xtalker.values.photo_avatar import PhotoAvatar


def _binding(avatar: PhotoAvatar) -> sparse.csr_matrix:
    lattice = avatar.lattice
    shape = (len(lattice.rest), len(avatar.face.rest))
    return sparse.csr_matrix((lattice.row_weight, lattice.row_index, lattice.row_start), shape)


def test_weights_share_out_at_most_the_whole(avatar: PhotoAvatar) -> None:
    rows = _binding(avatar)
    total = np.asarray(rows.sum(1)).ravel()
    assert rows.data.min() > -1e-3 and total.max() < 1 + 1e-3 and total.min() >= 0
    assert (total > 0.99).sum() > 500 and (total < 0.2).sum() > 500  # on the head, and far from it


def test_points_on_the_model_follow_it_exactly(fitted: Fitted, avatar: PhotoAvatar) -> None:
    """Weights of three corners reproduce every function that is linear over a triangle, such as the place itself."""
    rows = _binding(avatar)
    places = fitted.camera.project(avatar.face.rest.astype(float))[:, :2]
    three = np.diff(rows.indptr) <= 3
    own = three & (np.abs(np.asarray(rows.sum(1)).ravel() - 1) < 4e-3)
    assert own.sum() > 500
    np.testing.assert_allclose((rows @ places)[own], avatar.lattice.uv[own], atol=1.0)
    assert np.median(np.abs((rows @ places)[own] - avatar.lattice.uv[own])) < 0.05


def test_points_beyond_follow_less_with_distance(fitted: Fitted, avatar: PhotoAvatar) -> None:
    total = np.asarray(_binding(avatar).sum(1)).ravel()
    middle = fitted.marks[list(FACE_OVAL)].mean(0)
    above = avatar.lattice.uv[:, 1] < middle[1]
    aside = np.abs(avatar.lattice.uv[:, 0] - middle[0])
    means = [total[above & (aside >= low) & (aside < low + 20)].mean() for low in (60, 100, 125)]
    assert means[0] > means[1] > means[2]


def test_neighbours_stay_neighbours_when_the_jaw_falls(fitted: Fitted, avatar: PhotoAvatar) -> None:
    head, motion = fitted.head, Motion.zeros(2)
    motion.jaw[1, 0] = head.jaw_open_angle_rad
    motion.expression[1, CHANNEL["jawOpenCorrective"]] = 1
    closed, opened = head.vertices(fitted.identity, motion).astype(float)
    moved = _binding(avatar) @ (fitted.matrix @ (opened - closed)) * fitted.camera.scale
    lattice = avatar.lattice
    edges = np.concatenate([lattice.triangles[:, [0, 1]], lattice.triangles[:, [1, 2]]])
    cell = np.median(np.linalg.norm(np.diff(lattice.uv[edges].astype(float), axis=1)[:, 0], axis=1))
    step = np.linalg.norm(np.diff(moved[edges, :2], axis=1)[:, 0], axis=1)
    chin = np.linalg.norm(moved[np.argmin(np.linalg.norm(lattice.uv - fitted.marks[CHIN], axis=1)), :2])
    assert chin > 3 * cell  # it falls by cells
    assert step.max() < 2 * cell, step.max() / cell  # in folds under the chin; a tear would be the chin's whole way
    assert np.quantile(step, 0.98) < 1.5 * cell


def test_shares_end_where_nothing_may_come_in(fitted: Fitted, avatar: PhotoAvatar) -> None:
    lattice = avatar.lattice
    for share in (lattice.head_share, lattice.body_share):
        assert share.min() >= -1e-3 and share.max() <= 1 + 1e-3
        edge = (lattice.uv[:, 0] <= 0) | (lattice.uv[:, 0] >= WIDTH) | (lattice.uv[:, 1] >= HEIGHT)
        assert edge.sum() > 10 and np.abs(share[edge]).max() < 1e-3
    middle = np.argmin(np.linalg.norm(lattice.uv - (fitted.marks[10] - [0, 30]), axis=1))
    assert lattice.head_share[middle] > 0.9 and lattice.body_share[middle] == 0  # hair over the forehead
    chest = np.argmin(np.linalg.norm(lattice.uv - [WIDTH / 2, HEIGHT - 60], axis=1))
    assert lattice.body_share[chest] > 0.2 > lattice.head_share[chest]


def test_all_of_the_person_lies_in_the_lattice_or_the_face(fitted: Fitted, avatar: PhotoAvatar) -> None:
    lattice = avatar.lattice
    assert lattice.triangles.min() >= 0 and lattice.triangles.max() < len(lattice.uv)
    np.testing.assert_allclose(fitted.camera.project(lattice.rest.astype(float))[:, :2], lattice.uv, atol=2e-2)
    middles = lattice.uv[lattice.triangles].mean(1)
    x, y = np.meshgrid(np.arange(0, WIDTH, 3) + 0.5, np.arange(0, HEIGHT, 3) + 0.5)
    covered = sampled(avatar.cover.astype(np.float32), x, y) > 20
    pixels = fitted.camera.project(avatar.face.rest.astype(float))[:, :2]
    near = np.concatenate([middles, pixels[avatar.face.triangles[avatar.face.kind == 0]].mean(1)])
    points = np.stack([x[covered], y[covered]], 1)
    cell = np.abs(np.diff(np.unique(lattice.uv[:, 0]))[0])
    assert cKDTree(near).query(points)[0].max() < cell
