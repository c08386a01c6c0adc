"""Quad surfaces: Catmull-Clark subdivision as sparse matrices, the fit that keeps vertices in place, normals.

Source: Catmull & Clark 1978 for the interior rules; open borders follow the cubic B-spline of their edges.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import no_type_check

import numba
import numpy as np
import scipy.sparse as sparse
from jaxtyping import Float, Int


@dataclass(frozen=True)
class Subdivision:
    """A subdivided surface.

    Attributes:
        matrix: (fine vertices, coarse vertices), rows sum to one; fine positions = matrix @ coarse positions.
        quads: fine vertex indices; quad `k * n + i` lies in corner `k` of coarse quad `i` (n quads before a level).
    """

    matrix: sparse.csr_matrix
    quads: Int[np.ndarray, "quads 4"]


def catmull_clark(quads: Int[np.ndarray, "quads 4"], num_vertices: int) -> Subdivision:
    """One level. Fine vertices are the coarse vertices, then edge points, then face points, none left out."""
    count, n = len(quads), num_vertices
    ends = np.sort(np.stack([quads, np.roll(quads, -1, 1)], -1).reshape(-1, 2), axis=1)
    edges, edge_of = np.unique(ends, axis=0, return_inverse=True)
    edge_of, num_edges = edge_of.reshape(count, 4), len(edges)
    corner_face = np.repeat(np.arange(count), 4)
    inner = np.bincount(edge_of.ravel(), minlength=num_edges) == 2

    to_face = _ones(corner_face, quads.ravel(), (count, n)) / 4
    vertex_edge = _ones(edges.ravel(), np.repeat(np.arange(num_edges), 2), (n, num_edges))
    to_middle = vertex_edge.T / 2
    edge_face = _ones(edge_of.ravel(), corner_face, (num_edges, count))
    vertex_face = _ones(quads.ravel(), corner_face, (n, count))

    new_edges = (
        _diagonal(np.where(inner, 0.5, 1.0)) @ to_middle + _diagonal(np.where(inner, 0.25, 0.0)) @ edge_face @ to_face
    )
    num_faces, num_sides = (np.maximum(np.asarray(m.sum(1)).ravel(), 1) for m in (vertex_face, vertex_edge))
    inside = (
        _diagonal(1 / num_faces**2) @ vertex_face @ to_face
        + _diagonal(2 / (num_faces * num_sides)) @ vertex_edge @ to_middle
        + _diagonal((num_faces - 3) / num_faces)
    )
    border_edges = vertex_edge @ _diagonal((~inner).astype(float))
    num_border = np.asarray(border_edges.sum(1)).ravel()
    border = _diagonal(0.5 / np.maximum(num_border, 1)) @ border_edges @ to_middle + sparse.identity(n) * 0.5

    used = np.bincount(quads.ravel(), minlength=n) > 0
    on_border = (num_border > 0) & used
    new_vertices = (
        _diagonal((used & ~on_border).astype(float)) @ inside
        + _diagonal(on_border.astype(float)) @ border
        + _diagonal((~used).astype(float))
    )
    faces = n + num_edges + np.arange(count)
    fine = [np.stack([quads[:, k], n + edge_of[:, k], faces, n + edge_of[:, k - 1]], 1) for k in range(4)]
    return Subdivision(sparse.vstack([new_vertices, new_edges, to_face]).tocsr(), np.concatenate(fine))


def subdivide(quads: Int[np.ndarray, "quads 4"], num_vertices: int, levels: int) -> Subdivision:
    """Several levels; keeps only the fine vertices that the quads use."""
    matrix, fine = _levels(quads, num_vertices, levels)
    used, back = np.unique(fine, return_inverse=True)
    return Subdivision(matrix[used].tocsr(), back.reshape(fine.shape))


def subdivide_corners(
    values: Float[np.ndarray, "quads 4 channels"], levels: int
) -> Float[np.ndarray, "fine_quads 4 channels"]:
    """Bilinear values (such as texture coordinates) at the corners of the quads of `subdivide`, in its order."""
    for _ in range(levels):
        middle = values.mean(axis=1)
        along = (values + np.roll(values, -1, axis=1)) / 2
        parts = [np.stack([values[:, k], along[:, k], middle, along[:, k - 1]], 1) for k in range(4)]
        values = np.concatenate(parts)
    return values


def limit_fit(
    quads: Int[np.ndarray, "quads 4"], num_vertices: int, levels: int, *, steps: int = 3, damping: float = 0.9
) -> sparse.csr_matrix:
    """Matrix (vertices, vertices) to control points whose surface, subdivided `levels` times, meets the vertices.

    Plain subdivision pulls a mouth open, because convex lips shrink. The fit is the damped fixed-point iteration
    c += damping (v - V c), started at c = v, where V is the vertex part of the subdivision.
    """
    vertex_rows = _levels(quads, num_vertices, levels)[0][:num_vertices]
    identity = sparse.identity(num_vertices, format="csr")
    fit = identity
    for _ in range(steps):
        fit = fit + damping * (identity - vertex_rows @ fit)
    return fit.tocsr()


def triangulate(quads: Int[np.ndarray, "quads 4"]) -> Int[np.ndarray, "triangles 3"]:
    """Two triangles for each quad: first all (0, 1, 2), then all (0, 2, 3)."""
    return np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])


def triangles_at_vertices(
    triangles: Int[np.ndarray, "triangles 3"], num_vertices: int
) -> tuple[Int[np.ndarray, "_"], Int[np.ndarray, "_"]]:
    """Compressed lists: triangles around vertex v are `index[start[v]:start[v + 1]]`, ascending."""
    corners = triangles.ravel()
    order = np.argsort(corners, kind="stable")
    start = np.concatenate([[0], np.cumsum(np.bincount(corners, minlength=num_vertices))])
    return start.astype(np.int32), (order // 3).astype(np.int32)


def vertex_normals(
    vertices: Float[np.ndarray, "vertices 3"], triangles: Int[np.ndarray, "triangles 3"]
) -> Float[np.ndarray, "vertices 3"]:
    """Unit normals, area-weighted mean of the triangles around; zero for vertices without triangles."""
    start, index = triangles_at_vertices(triangles, len(vertices))
    out = np.empty((len(vertices), 3), np.float32)
    normals_into(vertices.astype(np.float32), triangles.astype(np.int32), start, index, out)
    return out


@numba.njit(parallel=True, cache=True)
@no_type_check
def normals_into(vertices, triangles, start, index, out):
    """Kernel of `vertex_normals` with the lists of `triangles_at_vertices`; writes `out` (vertices, 3)."""
    for v in numba.prange(vertices.shape[0]):
        nx = ny = nz = np.float32(0)
        for q in range(start[v], start[v + 1]):
            i, j, k = triangles[index[q], 0], triangles[index[q], 1], triangles[index[q], 2]
            ax, ay = vertices[j, 0] - vertices[i, 0], vertices[j, 1] - vertices[i, 1]
            az = vertices[j, 2] - vertices[i, 2]
            bx, by = vertices[k, 0] - vertices[i, 0], vertices[k, 1] - vertices[i, 1]
            bz = vertices[k, 2] - vertices[i, 2]
            nx += ay * bz - az * by
            ny += az * bx - ax * bz
            nz += ax * by - ay * bx
        length = np.sqrt(nx * nx + ny * ny + nz * nz)
        scale = np.float32(1) / length if length > 0 else np.float32(0)
        out[v, 0], out[v, 1], out[v, 2] = nx * scale, ny * scale, nz * scale


@numba.njit(parallel=True, cache=True)
@no_type_check
def apply_rows(start, index, weight, vertices, out):
    """Sparse matrix (compressed rows) times vertices (n, 3), in float32 into `out`, without BLAS threads."""
    for r in numba.prange(out.shape[0]):
        x = y = z = np.float32(0)
        for q in range(start[r], start[r + 1]):
            v, w = index[q], weight[q]
            x += w * vertices[v, 0]
            y += w * vertices[v, 1]
            z += w * vertices[v, 2]
        out[r, 0], out[r, 1], out[r, 2] = x, y, z


def _levels(quads: np.ndarray, num_vertices: int, levels: int) -> tuple[sparse.csr_matrix, np.ndarray]:
    matrix, fine = sparse.identity(num_vertices, format="csr"), quads
    for _ in range(levels):
        level = catmull_clark(fine, matrix.shape[0])
        matrix, fine = level.matrix @ matrix, level.quads
    return matrix, fine


def _ones(rows: np.ndarray, columns: np.ndarray, shape: tuple[int, int]) -> sparse.csr_matrix:
    return sparse.csr_matrix((np.ones(len(rows)), (rows, columns)), shape)


def _diagonal(values: np.ndarray) -> sparse.dia_matrix:
    return sparse.diags(values)
