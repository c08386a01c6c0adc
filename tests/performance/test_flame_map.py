"""The map to FLAME, on a small FLAME made from the open head's own surface, where the right answer is known."""

from copy import copy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.tiny.flame import tiny_flame_arrays, write_tiny_flame

from xtalker.head.flame import FlameHead
from xtalker.head.open_head import OpenHead
from xtalker.performance.flame_map import closest_on_surface, fit_flame_map, similarity, skin_triangles, vertex_error_m
from xtalker.values import Identity, Motion
from xtalker.values.conventions import CHANNEL

SCALE, SHIFT = 0.9, np.array([0.01, -0.05, 0.02])


@pytest.fixture(scope="module")
def head() -> OpenHead:
    return OpenHead()


@pytest.fixture(scope="module")
def flame(head: OpenHead, tmp_path_factory: pytest.TempPathFactory) -> FlameHead:
    """Every third skin vertex of the open head, smaller and elsewhere; expression mixes the open head's channels."""
    random = np.random.default_rng(0)
    chosen = np.unique(skin_triangles(head.topology))[::3]
    points = head.mean[chosen].astype(np.float64) * SCALE + SHIFT
    arrays = tiny_flame_arrays()
    count = len(chosen)
    mixes = np.eye(50) + random.normal(0, 0.05, (50, 50))
    shapes = np.zeros((count, 3, 400))
    shapes[:, :, 300:350] = np.einsum("mk,kvc->vcm", mixes, head.expression_basis[:, chosen].astype(np.float64)) * SCALE
    # The jaw joint is an average of vertices in FLAME's file: least squares finds shares that sum to one.
    place = head.joints[0] * SCALE + SHIFT
    equations = np.vstack([points.T, np.ones(count)])
    regressor = np.full((5, count), 1 / count)
    regressor[2] += np.linalg.pinv(equations) @ (np.append(place, 1) - equations @ regressor[2])
    weights = np.zeros((count, 5))
    weights[:, 2] = head.jaw_weight[chosen]
    weights[:, 1] = 1 - weights[:, 2]
    arrays |= {
        "v_template": points, "shapedirs": shapes, "posedirs": np.zeros((count, 3, 36)), "J_regressor": regressor,
        "weights": weights, "f": random.permuted(np.tile(np.arange(count), (40, 1)), axis=1)[:, :3].astype(np.uint32),
    }  # fmt: skip
    path = tmp_path_factory.mktemp("flame") / "flame.npz"
    np.savez(path, **arrays)
    return FlameHead(path)


def _motion(frames: int = 20) -> Motion:
    random = np.random.default_rng(3)
    motion = Motion.zeros(frames)
    motion.expression[:] = random.uniform(0, 0.3, (frames, 50))
    motion.jaw[:, 0] = random.uniform(0, 0.2, frames)
    motion.expression[:, CHANNEL["jawOpenCorrective"]] = motion.jaw[:, 0] / 0.3613
    return motion


def test_a_flame_that_can_make_every_channel_makes_them(head: OpenHead, flame: FlameHead) -> None:
    fit = fit_flame_map(head, flame)
    assert fit.to_source.scale == pytest.approx(1 / SCALE, rel=1e-3)
    error_mm = vertex_error_m(fit, head, flame, _motion(), region=head.topology.regions["lips"]) * 1e3
    moved_mm = (
        np.linalg.norm(head.vertices(Identity(), _motion()) - head.mean, axis=-1)[:, head.topology.regions["lips"]]
        * 1e3
    )
    print(f"lips: error mean {error_mm.mean():.3f}, max {error_mm.max():.3f} mm of {moved_mm.mean():.2f} mm moved")
    assert error_mm.mean() < 0.1 * moved_mm.mean()
    assert np.median(fit.residual) < 0.1


def test_head_rotation_stays_and_zero_stays_zero(head: OpenHead, flame: FlameHead) -> None:
    fit = fit_flame_map(head, flame)
    still = fit.map.apply(Motion.zeros(2))
    assert not still.expression.any() and not still.jaw.any() and still.head_model == "flame"


def test_tiny_flame_gives_a_finite_map(head: OpenHead, tmp_path: Path) -> None:
    fit = fit_flame_map(head, FlameHead(write_tiny_flame(tmp_path / "flame.npz")))
    assert fit.map.matrix.shape == (53, 53) and np.isfinite(fit.map.matrix).all()
    assert np.all((fit.weights >= -1e-9) & (fit.weights <= 1 + 1e-9))


def test_similarity_is_found_exactly() -> None:
    random = np.random.default_rng(0)
    points = random.normal(size=(20, 3))
    rotation = np.linalg.qr(random.normal(size=(3, 3)))[0]
    rotation *= np.linalg.det(rotation)
    found = similarity(points, 1.7 * points @ rotation.T + SHIFT)
    assert found.scale == pytest.approx(1.7)
    np.testing.assert_allclose(found.rotation, rotation, atol=1e-9)
    np.testing.assert_allclose(found.shift, SHIFT, atol=1e-9)


def test_closest_point_equals_a_dense_search() -> None:
    random = np.random.default_rng(0)
    vertices, triangles = random.normal(size=(6, 3)), np.array([[0, 1, 2], [3, 4, 5], [0, 2, 4]])
    points = random.normal(size=(30, 3)) * 2
    corners, weights, distance = closest_on_surface(points, vertices, triangles)
    np.testing.assert_allclose(weights.sum(1), 1, atol=1e-12)
    grid = np.array([(i, j, 60 - i - j) for i in range(61) for j in range(61 - i)]) / 60
    dense = np.einsum("gc,tcx->tgx", grid, vertices[triangles]).reshape(-1, 3)
    brute = np.linalg.norm(points[:, None] - dense[None], axis=-1).min(axis=1)
    assert np.all(distance <= brute + 1e-9) and np.all(brute - distance < 0.03)
    at = np.einsum("pc,pcx->px", weights, vertices[corners])
    np.testing.assert_allclose(np.linalg.norm(at - points, axis=1), distance, atol=1e-12)


def test_the_way_back_makes_the_same_lips(head: OpenHead, flame: FlameHead) -> None:
    """Motion of this FLAME, whose components mix the open head's channels, on the open head."""
    fit, random = fit_flame_map(head, flame), np.random.default_rng(5)
    theirs = Motion.zeros(20, head_model="flame")
    theirs.expression[:] = random.uniform(0, 0.3, (20, 50))
    theirs.expression[:, CHANNEL["jawOpenCorrective"]] = 0
    theirs.head[:, 1] = 0.2
    ours = fit.carry_back(theirs)
    assert ours.head_model == "open"
    np.testing.assert_array_equal(ours.head, theirs.head)
    np.testing.assert_allclose(ours.expression[:, CHANNEL["jawOpenCorrective"]], ours.jaw[:, 0] / 0.3613, atol=1e-3)
    lips = head.topology.regions["lips"]
    error = vertex_error_m(fit, head, flame, ours, region=lips, flame_motion=theirs)
    moved = vertex_error_m(fit, head, flame, Motion.zeros(20), region=lips, flame_motion=theirs)
    print(f"lips: error mean {error.mean() * 1e3:.3f} mm of {moved.mean() * 1e3:.2f} mm moved")
    assert error.mean() < 0.15 * moved.mean()


def test_eyes_teeth_and_tongue_take_no_part_on_either_side(head: OpenHead, flame: FlameHead, tmp_path: Path) -> None:
    """A tooth behind a lip is near it, and moves otherwise: a head on itself must carry its lips over."""
    fit = fit_flame_map(head, head)
    assert set(fit.used.tolist()) == set(np.unique(skin_triangles(head.topology)).tolist())
    moved = head.vertices(Identity(), _motion(), canonical=True) - head.mean
    carried = np.einsum("fpcx,pc->fpx", moved[:, fit.corners], fit.weights)
    assert np.abs(carried - moved[:, fit.used]).max() < 2e-5
    loose = FlameHead(write_tiny_flame(tmp_path / "flame.npz"))
    triangles = np.array([[0, 1, 2], [1, 2, 3], [4, 5, 6]])  # a skin, an eyeball, and vertices without faces
    used = fit_flame_map(head, _with_triangles(loose, triangles)).used
    assert {0, 1, 2, 3}.issuperset(set(used.tolist()) & set(range(7)))


def _with_triangles(flame: FlameHead, triangles: np.ndarray) -> FlameHead:
    other = copy(flame)
    other.topology = replace(flame.topology, triangles=triangles.astype(np.int32))
    return other
