import numpy as np
import pytest
import scipy.sparse as sparse

from xtalker.geometry.surface import (
    apply_rows,
    catmull_clark,
    limit_fit,
    subdivide,
    subdivide_corners,
    triangles_at_vertices,
    triangulate,
    vertex_normals,
)

CUBE = np.array([[x, y, z] for x in (-1.0, 1) for y in (-1, 1) for z in (-1, 1)])
CUBE_QUADS = np.array([[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]])


def grid(columns: int, rows: int) -> tuple[np.ndarray, np.ndarray]:
    x, y = np.meshgrid(np.arange(columns + 1.0), np.arange(rows + 1.0))
    index = np.arange((columns + 1) * (rows + 1)).reshape(rows + 1, columns + 1)
    quads = np.stack([index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]], -1).reshape(-1, 4)
    return np.stack([x.ravel(), y.ravel(), np.zeros(x.size)], 1), quads


def test_cube_becomes_the_known_surface() -> None:
    level = catmull_clark(CUBE_QUADS, 8)
    fine = level.matrix @ CUBE
    assert fine.shape == (8 + 12 + 6, 3) and level.quads.shape == (24, 4)
    np.testing.assert_allclose(fine[:8], CUBE * 5 / 9, atol=1e-12)  # (F + 2 E) / 3 by hand
    np.testing.assert_allclose(np.sort(np.abs(fine[8:20]), axis=1), np.tile([0, 0.75, 0.75], (12, 1)), atol=1e-12)
    np.testing.assert_allclose(np.sort(np.abs(fine[20:]), axis=1), np.tile([0, 0, 1.0], (6, 1)), atol=1e-12)


def test_orientation_is_kept() -> None:
    fine = subdivide(CUBE_QUADS, 8, 2)
    points = fine.matrix @ CUBE
    normals = vertex_normals(points, triangulate(fine.quads))
    assert (np.sum(normals * points, axis=1) > 0).all()


@pytest.mark.parametrize("levels", [1, 2, 3])
def test_weights_sum_to_one(levels: int) -> None:
    _, quads = grid(4, 3)
    for faces, n in ((CUBE_QUADS, 8), (quads, 20)):
        for matrix in (subdivide(faces, n, levels).matrix, limit_fit(faces, n, levels)):
            np.testing.assert_allclose(np.asarray(matrix.sum(1)).ravel(), 1, atol=1e-12)


def test_plane_stays_plane_and_regular_inside() -> None:
    points, quads = grid(6, 5)
    tilt = np.array([[1.0, 0.2, 0.3], [-0.1, 1.1, 0.5], [0, 0, 0]])
    fine = catmull_clark(quads, len(points)).matrix
    places, tilted = fine @ points, fine @ (points @ tilt)
    np.testing.assert_allclose(tilted, places @ tilt, atol=1e-12)
    inside = (np.minimum(points[:, 0], points[:, 1]) > 0) & (points[:, 0] < 6) & (points[:, 1] < 5)
    np.testing.assert_allclose(places[: len(points)][inside], points[inside], atol=1e-12)


def test_open_border_is_the_b_spline_of_its_edge() -> None:
    points, quads = grid(4, 2)
    row = catmull_clark(quads, len(points)).matrix[2].toarray().ravel()
    np.testing.assert_allclose(row[[1, 2, 3]], [1 / 8, 6 / 8, 1 / 8])
    assert np.count_nonzero(row) == 3


def test_unused_vertices_are_left_out() -> None:
    fine = subdivide(CUBE_QUADS + 5, 13, 1)
    assert fine.matrix.shape == (26, 13) and not fine.matrix[:, :5].nnz


@pytest.mark.parametrize("levels", [1, 2])
def test_fit_meets_the_vertices(levels: int) -> None:
    random = np.random.default_rng(0)
    points, quads = grid(5, 5)
    points = points + random.normal(size=points.shape) * 0.2
    for faces, places in ((CUBE_QUADS, CUBE), (quads, points)):
        matrix, n = sparse.identity(len(places), format="csr"), len(places)
        fine = faces
        for _ in range(levels):
            level = catmull_clark(fine, matrix.shape[0])
            matrix, fine = level.matrix @ matrix, level.quads
        error = lambda steps: np.abs(matrix[:n] @ limit_fit(faces, n, levels, steps=steps) @ places - places).max()  # noqa: E731, B023
        assert error(3) < 0.5 * error(0)
        assert error(150) < 1e-9


def test_corner_values_follow_the_quads() -> None:
    points, quads = grid(6, 6)
    uv = lambda p: p[..., :2] * [0.1, 0.2] + 0.05  # noqa: E731
    for levels in (1, 2):
        fine = subdivide(quads, len(points), levels)
        places = (fine.matrix @ points)[fine.quads]
        corners = subdivide_corners(uv(points)[quads], levels)
        inside = (np.abs(places[..., :2] - 3) < 1.6).all((1, 2))
        assert inside.sum() >= 9 * 4 ** (levels - 1)
        np.testing.assert_allclose(corners[inside], uv(places)[inside], atol=1e-12)


def test_normals_against_plain_numpy() -> None:
    random = np.random.default_rng(1)
    points = random.normal(size=(30, 3))
    triangles = np.stack([random.permutation(29)[:3] for _ in range(40)])
    expected = np.zeros((30, 3))
    for t in triangles:
        a, b, c = points[t]
        expected[t] += np.cross(b - a, c - a)
    length = np.linalg.norm(expected, axis=1, keepdims=True)
    expected /= np.where(length > 0, length, 1)
    got = vertex_normals(points, triangles)
    np.testing.assert_allclose(got, expected, atol=2e-5)
    assert not got[29].any()  # belongs to no triangle


def test_triangles_at_vertices_lists_each_corner_once() -> None:
    triangles = triangulate(CUBE_QUADS)
    start, index = triangles_at_vertices(triangles, 9)
    for v in range(9):
        np.testing.assert_array_equal(index[start[v] : start[v + 1]], np.flatnonzero((triangles == v).any(1)))


def test_apply_rows_is_the_matrix_product() -> None:
    matrix = sparse.random(50, 20, density=0.2, format="csr", random_state=2)
    points = np.random.default_rng(3).normal(size=(20, 3)).astype(np.float32)
    out = np.empty((50, 3), np.float32)
    apply_rows(matrix.indptr, matrix.indices, matrix.data.astype(np.float32), points, out)
    np.testing.assert_allclose(out, matrix @ points, atol=1e-5)
