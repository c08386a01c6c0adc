"""Rotations against exact cases, algebra and scipy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from xtalker.geometry import rotations

finite = st.floats(-1, 1, allow_subnormal=False)
angles = st.one_of(
    st.floats(0, np.pi),
    st.sampled_from([0.0, 1e-300, 1e-12, 1e-8, 1e-4, 0.0999, 0.1, 0.2, np.pi - 1e-4, np.pi - 1e-9, np.pi]),
)


@st.composite
def vectors(draw: st.DrawFn) -> np.ndarray:
    axis = np.array([draw(finite), draw(finite), draw(finite)])
    length = np.linalg.norm(axis)
    axis = axis / length if length > 1e-3 else np.array([0.0, 0.0, 1.0])
    return axis * draw(angles)


def test_positive_axes_turn_as_the_conventions_say() -> None:
    """y up, face along +z, +x the subject's left: pitch nods down, yaw turns left, roll drops the right."""
    face, up = np.array([0.0, 0, 1]), np.array([0.0, 1, 0])
    nod, turn, tip = rotations.matrix_from_axis_angle(0.3 * np.eye(3))
    assert (nod @ face)[1] < 0
    assert (turn @ face)[0] > 0
    assert (tip @ up)[0] < 0


def test_quarter_turn() -> None:
    matrix = rotations.matrix_from_axis_angle(np.array([0, 0, np.pi / 2]))
    np.testing.assert_allclose(matrix, [[0, -1, 0], [1, 0, 0], [0, 0, 1]], rtol=0, atol=3e-16)


@given(vectors())
def test_matrix_equals_scipy_and_is_a_rotation(vector: np.ndarray) -> None:
    matrix = rotations.matrix_from_axis_angle(vector)
    np.testing.assert_allclose(matrix, Rotation.from_rotvec(vector).as_matrix(), rtol=0, atol=2e-15)
    np.testing.assert_allclose(matrix @ matrix.T, np.eye(3), rtol=0, atol=2e-15)
    assert np.linalg.det(matrix) == pytest.approx(1, abs=1e-14)


@given(vectors())
def test_round_trip(vector: np.ndarray) -> None:
    back = rotations.axis_angle_from_matrix(rotations.matrix_from_axis_angle(vector))
    if np.linalg.norm(vector) > np.pi - 1e-8 and back @ vector < 0:
        back = -back  # half a turn: both signs are the same rotation
    np.testing.assert_allclose(back, vector, rtol=0, atol=1e-8 if np.linalg.norm(vector) > np.pi - 1e-8 else 1e-14)


@given(vectors(), vectors())
def test_composition_is_the_matrix_product(outer: np.ndarray, inner: np.ndarray) -> None:
    to_matrix = rotations.matrix_from_axis_angle
    product = to_matrix(rotations.compose(outer, inner))
    np.testing.assert_allclose(product, to_matrix(outer) @ to_matrix(inner), rtol=0, atol=5e-15)
    reached = rotations.compose(rotations.relative(outer, inner), inner)
    np.testing.assert_allclose(to_matrix(reached), to_matrix(outer), rtol=0, atol=1e-14)


@given(vectors(), vectors())
def test_geodesic_angle_equals_scipy(one: np.ndarray, other: np.ndarray) -> None:
    truth = (Rotation.from_rotvec(one) * Rotation.from_rotvec(other).inv()).magnitude()
    assert float(rotations.geodesic_angle(one, other)) == pytest.approx(truth, abs=2e-7)


def test_interpolation_runs_along_the_shortest_turn_at_constant_speed() -> None:
    start, end = np.array([0.0, 0.2, 0]), np.array([0.0, 1.0, 0])
    np.testing.assert_allclose(rotations.interpolate(start, end, 0.25), [0, 0.4, 0], rtol=0, atol=1e-15)
    across = rotations.interpolate(np.array([0.0, 3.0, 0]), np.array([0.0, -3.0, 0]), 0.5)
    assert abs(across[1]) == pytest.approx(np.pi)


def test_batched_functions_keep_axes_and_precision() -> None:
    rng = np.random.default_rng(0)
    one, other = rng.normal(size=(4, 1, 3)).astype(np.float32), rng.normal(size=(5, 3)).astype(np.float32)
    both = rotations.compose(one, other)
    assert both.shape == (4, 5, 3) and both.dtype == np.float32
    np.testing.assert_array_equal(both[2, 3], rotations.compose(one[2, 0], other[3]))
    matrices = rotations.matrix_from_axis_angle(one)
    assert matrices.shape == (4, 1, 3, 3) and matrices.dtype == np.float32


def test_numpy_users_do_not_load_torch() -> None:
    import subprocess
    import sys

    code = "import sys, xtalker.geometry.rotations, xtalker.geometry.timeline; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
