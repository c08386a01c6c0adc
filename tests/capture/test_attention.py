"""The three custom operators against exact cases and scipy."""

from __future__ import annotations

import numpy as np
from flatbuffers import flexbuffers
from scipy.ndimage import map_coordinates

from xtalker.capture.attention import (
    RegionRule,
    assemble,
    region_matrix,
    sample_features,
    transform_landmarks,
)


def rule(*, scale: float = 1.5, target: float = 0.0, size: int = 16) -> RegionRule:
    return RegionRule(np.arange(4), 0, 1, target, scale, scale, size)


def corners(angle: float = 0.0, shift: tuple[float, float] = (0.0, 0.0)) -> np.ndarray:
    """A 20 x 10 box around its own centre, as landmarks; 0 -> 1 is its upper edge."""
    box = np.array([[-10.0, -5], [10, -5], [10, 5], [-10, 5]])
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.column_stack([box @ turn.T + shift, np.zeros(4)])


def test_upright_box_becomes_the_enlarged_grid() -> None:
    matrix = region_matrix(corners(shift=(24, 30)), rule())
    ends = transform_landmarks(np.array([[0.0, 0], [16, 16], [8, 8]]), matrix)
    np.testing.assert_allclose(ends, [[24 - 15, 30 - 7.5], [24 + 15, 30 + 7.5], [24, 30]])


def test_turned_landmarks_turn_the_grid() -> None:
    grid = np.array([[0.0, 0], [16, 0], [3, 7]])
    angle, turn = 0.7, np.array([[np.cos(0.7), -np.sin(0.7)], [np.sin(0.7), np.cos(0.7)]])
    upright = transform_landmarks(grid, region_matrix(corners(), rule()))
    turned = transform_landmarks(grid, region_matrix(corners(angle, (5, -2)), rule()))
    np.testing.assert_allclose(turned, upright @ turn.T + [5, -2], atol=1e-12)


def test_target_angle_is_that_of_the_axis_in_the_grid() -> None:
    matrix = region_matrix(corners(), rule(target=np.pi / 2))
    # The landmark axis points along image x; in the grid it has to point along +v.
    step = np.linalg.inv(matrix[:2, :2]) @ [1.0, 0.0]
    assert abs(step[0]) < 1e-12
    assert step[1] > 0


def test_sampling_reads_pixel_centres() -> None:
    features = np.random.default_rng(1).normal(size=(16, 16, 3))
    np.testing.assert_allclose(sample_features(features, np.eye(4), 16), features)


def test_sampling_equals_scipy_and_is_zero_outside() -> None:
    features = np.random.default_rng(2).normal(size=(12, 14, 2))
    matrix = region_matrix(corners(0.3, (11, 3)), rule(size=10))
    ours = sample_features(features, matrix, 10)
    v, u = np.mgrid[:10, :10] + 0.5
    x, y = (matrix[k, 0] * u + matrix[k, 1] * v + matrix[k, 3] - 0.5 for k in (0, 1))
    outside = (x < 0) | (y < 0) | (x > 13) | (y > 11)
    assert 0 < outside.sum() < outside.size
    for channel in range(2):
        expected = map_coordinates(features[..., channel], [y, x], order=1, mode="constant")
        np.testing.assert_allclose(ours[..., channel], np.where(outside, 0, expected), atol=1e-12)


def test_options_are_read_from_a_flexbuffer() -> None:
    options = {
        "subset_idxs": [3, 1, 2], "left_rotation_idx": 33, "right_rotation_idx": 133, "output_width": 16,
        "output_height": 16, "target_rotation_radians": 0.25, "scale_x": 1.5, "scale_y": 2.0,
    }  # fmt: skip
    got = RegionRule.from_options(bytes(flexbuffers.Dumps(options)))
    assert got.indices.tolist() == [3, 1, 2]
    assert (got.left_index, got.right_index, got.size) == (33, 133, 16)
    assert (got.target_angle_rad, got.scale_x, got.scale_y) == (0.25, 1.5, 2.0)


def test_refined_points_replace_the_mesh_and_irises_lie_as_deep_as_their_lids() -> None:
    rng = np.random.default_rng(3)
    mesh = rng.normal(size=(468, 3)).astype(np.float32)
    parts = np.split(rng.permutation(468)[:222], [80, 151])
    rules = [RegionRule(part, 0, 1, 0.0, 1.5, 1.5, 16) for part in parts]
    lips, first, second, one, two = (rng.normal(size=(n, 2)) for n in (80, 71, 71, 5, 5))
    points = assemble(mesh, [lips, first, one, second, two], rules)
    assert points.shape == (478, 3)
    for part, refined in zip([*parts, range(468, 473), range(473, 478)], (lips, first, second, one, two)):
        np.testing.assert_allclose(points[part, :2], refined, rtol=1e-6)
    np.testing.assert_array_equal(points[:468, 2], mesh[:, 2])
    np.testing.assert_allclose(points[468:473, 2], mesh[parts[1][:16], 2].mean(), rtol=1e-6)
    np.testing.assert_allclose(points[473:, 2], mesh[parts[2][:16], 2].mean(), rtol=1e-6)
    coarse = np.setdiff1d(np.arange(468), np.concatenate(parts))
    np.testing.assert_array_equal(points[coarse], mesh[coarse])
