"""Everything of the person but the face: a lattice over the photo, its depth, its share in the head, and its binding.

EmoTalk3D's rule for points beyond the head model: they follow the nearest points of it, less with distance. The paper's
alpha = 0.1 has no unit; here the fall-off is `REACH_M`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import scipy.sparse as sparse
from jaxtyping import Bool, Float
from scipy.ndimage import binary_closing, binary_erosion, binary_fill_holes, distance_transform_edt, maximum_filter
from scipy.spatial import cKDTree

from xtalker.appearance.fitted import Fitted
from xtalker.appearance.pixels import blurred, sampled
from xtalker.appearance.surface import nearest_triangles
from xtalker.appearance.trusted_fill import solved_membrane
from xtalker.geometry.landmark_rings import CHIN, NOSE_TIP
from xtalker.geometry.smoothstep import smoothstep
from xtalker.values.conventions import LEFT_EYE_OUTER, RIGHT_EYE_OUTER
from xtalker.values.photo_avatar import CAMERA_DISTANCE_M, Lattice

REACH_M: Final = 0.02
_CELLS_PER_FACE: Final = 50.0
_PAD_CELLS: Final = 20
_MOST_CELLS: Final = 260  # along a side of the photo
_HAIR_M, _BODY_M = -0.01, -0.02  # z of hair beyond the skull, and of the torso's sides
_FOLLOW_CELLS: Final = 9.0
_RIM_CELLS: Final = 5  # of the lattice under the face's border: what a turn opens between the layers
_BORDER: Final = 0.28  # face heights over which the head's share ends towards the photo's border
_SOME: Final = 0.004


@dataclass(frozen=True)
class _Places:
    """Lattice points over the photo: their pixels, and what the head model shows there.

    Attributes:
        x, y: photo pixels, (rows, columns).
        cell: distance of points in pixels.
        on: whether the model's skin lies there.
        corners, weights: of the triangle there, for the points of `on`.
        depth: z of the model, 0 elsewhere.
        cover: how much of the surroundings belongs to the person.
        person: points with some cover, and their neighbours: the corners of all cells that show the person.
        face: points that the face layer covers, without holes.
    """

    x: Float[np.ndarray, "rows columns"]
    y: Float[np.ndarray, "rows columns"]
    cell: float
    on: Bool[np.ndarray, "rows columns"]
    corners: np.ndarray
    weights: np.ndarray
    depth: Float[np.ndarray, "rows columns"]
    cover: Float[np.ndarray, "rows columns"]
    person: Bool[np.ndarray, "rows columns"]
    face: Bool[np.ndarray, "rows columns"]


def build_lattice(
    fitted: Fitted,
    screen: Float[np.ndarray, "fine 3"],
    alpha: Float[np.ndarray, "height width"],
    face: Bool[np.ndarray, "fine"],
) -> Lattice:
    """Lattice of a photo.

    Args:
        fitted: model and photo.
        screen: photo pixels and nearness of the fine vertices.
        alpha: cover of the person.
        face: fine vertices of the face layer's skin.
    """
    at = _places(fitted, screen, alpha, face)
    depth = _depth(at, fitted)
    points = fitted.camera.unproject(np.column_stack([at.x.ravel(), at.y.ravel()]), depth.ravel())
    binding = _binding(at, fitted, points)
    used, triangles = _cells(at)
    rows = binding[used]
    return Lattice(
        rest=points[used].astype(np.float32),
        uv=np.column_stack([at.x.ravel(), at.y.ravel()])[used].astype(np.float32),
        triangles=triangles,
        head_share=_head_share(at, fitted).ravel()[used].astype(np.float32),
        body_share=_body_share(at, fitted).ravel()[used].astype(np.float32),
        row_start=rows.indptr.astype(np.int32),
        row_index=rows.indices.astype(np.int32),
        row_weight=rows.data.astype(np.float32),
    )


def _places(fitted: Fitted, screen: np.ndarray, alpha: np.ndarray, face: np.ndarray) -> _Places:
    height, width = alpha.shape
    cell = max(fitted.face_px / _CELLS_PER_FACE, max(height, width) / _MOST_CELLS)
    columns, rows = (int(np.ceil(n / cell)) + 2 * _PAD_CELLS + 1 for n in (width, height))
    x, y = np.meshgrid((np.arange(columns) - _PAD_CELLS) * cell, (np.arange(rows) - _PAD_CELLS) * cell)
    triangles = fitted.scene.triangles[np.all(fitted.is_skin[fitted.scene.triangles], axis=1)]
    samples = screen.copy()
    samples[:, :2] = samples[:, :2] / cell + _PAD_CELLS + 0.5  # a sample for each lattice point
    triangle, near = nearest_triangles(samples, triangles, (rows, columns), cull=True)
    on = triangle >= 0
    corners = triangles[triangle[on]]
    weights = _barycentric(samples[corners, :2].astype(float), np.stack(np.nonzero(on)[::-1], 1) + 0.5)
    depth = np.where(on, CAMERA_DISTANCE_M - 1 / np.maximum(near, 1e-3), 0)
    cover = sampled(blurred(alpha, 0.6 * cell), x, y)
    inside = np.zeros((rows, columns), bool)
    inside[on] = face[corners].all(1)
    inside = binary_fill_holes(binary_closing(inside, np.ones((5, 5))))
    person = maximum_filter(cover > _SOME, 3)
    return _Places(x, y, cell, on, corners, weights, depth, cover, person, inside)


def _barycentric(corners: Float[np.ndarray, "n 3 2"], points: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "n 3"]:
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    area = _cross(b - a, c - a)
    second, third = _cross(points - a, c - a) / area, _cross(b - a, points - a) / area
    return np.column_stack([1 - second - third, second, third])


def _cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]


def _eye_px(fitted: Fitted) -> float:
    return float(np.linalg.norm(fitted.marks[LEFT_EYE_OUTER] - fitted.marks[RIGHT_EYE_OUTER]))


def _depth(at: _Places, fitted: Fitted) -> np.ndarray:
    """Smooth z: the face's where the model shows it, the head's weakly elsewhere, hair and torso behind."""
    trust = np.where(at.on, 0.008, 0.0)
    trust[at.face & at.on] = 10
    depth = np.where(at.on, at.depth, 0)
    beyond = ~at.on & (at.cover > 0.02)
    above = at.y < fitted.marks[CHIN, 1]
    depth[beyond & above], trust[beyond & above] = _HAIR_M, 0.002
    depth[beyond & ~above], trust[beyond & ~above] = _BODY_M, 0.004
    trust[at.cover <= 0.02] *= 0.1
    smooth = membrane(np.clip(depth, -0.025, None), trust)
    return np.asarray(smooth - 0.0012 * maximum_filter(at.face.astype(float), 3))  # the face layer wins where both lie


def _head_share(at: _Places, fitted: Fitted) -> np.ndarray:
    own = np.zeros(at.on.shape)
    own[at.on] = (fitted.head_weight[at.corners] * at.weights).sum(1)
    eye = _eye_px(fitted)
    free = 1 - smoothstep(at.y, fitted.marks[CHIN, 1] + 0.1 * eye, fitted.marks[CHIN, 1] + 1.1 * eye)
    share = membrane(np.where(at.on, np.minimum(own, 1), free), np.where(at.on, 1.0, 0.05))
    return share * _off_border(at, fitted)


def _body_share(at: _Places, fitted: Fitted) -> np.ndarray:
    chin, face = fitted.marks[CHIN, 1], fitted.face_px
    return smoothstep(at.y, chin + 0.15 * face, chin + 0.75 * face) * _off_border(at, fitted)


def _off_border(at: _Places, fitted: Fitted) -> np.ndarray:
    """0 along the left, right and lower border of the photo, over which nothing may come in."""
    height, width = fitted.rgb.shape[:2]
    edge = np.minimum.reduce([at.x, width - at.x, height - at.y]) / (_BORDER * fitted.face_px)
    return smoothstep(edge, 0, 1)


def _binding(at: _Places, fitted: Fitted, points: np.ndarray) -> sparse.csr_matrix:
    """Lattice points from fine vertices: on the model its own motion, beyond it that of the nearest points."""
    n, num_fine = at.on.size, fitted.scene.num_vertices
    rows = np.flatnonzero(at.on)
    bind = sparse.csr_matrix((at.weights.ravel(), (np.repeat(rows, 3), at.corners.ravel())), (n, num_fine))
    beyond = np.flatnonzero(~at.on & at.person)
    if len(beyond) and len(rows):
        distance, near = cKDTree(points[rows]).query(points[beyond], k=6)
        share = 1 / (distance + 1e-4)
        share *= np.exp(-distance[:, :1] / REACH_M) / share.sum(1, keepdims=True)
        share[share < 1e-3] = 0
        spread = sparse.csr_matrix((share.ravel(), (np.repeat(beyond, 6), rows[near.ravel()])), (n, n))
        bind = bind + spread @ bind
    out = _with_border_of_face(at, fitted, bind)
    out.data[np.abs(out.data) < 1e-3] = 0
    out.eliminate_zeros()
    return out


def _with_border_of_face(at: _Places, fitted: Fitted, bind: sparse.csr_matrix) -> sparse.csr_matrix:
    """What lies just outside the face goes with its border, fading over some cells.

    Else jaw and neck part cell by cell, as a comb.
    """
    solid = at.face & at.on
    if not solid.any():
        return bind.tocsr()
    gap = distance_transform_edt(~solid)
    take = np.flatnonzero(~solid & (gap < _FOLLOW_CELLS) & at.person)
    grid = np.stack([at.x.ravel(), at.y.ravel()], 1) / at.cell
    faces = np.flatnonzero(solid)
    distance, which = cKDTree(grid[faces]).query(grid[take], k=4)
    pull = 1 / distance**2
    pull /= pull.sum(1, keepdims=True)
    low = np.clip((at.y.ravel()[take] - fitted.marks[NOSE_TIP, 1]) / _eye_px(fitted) + 0.3, 0, 1)
    follow = (1 - smoothstep(gap.ravel()[take], 1.5, _FOLLOW_CELLS)) * low
    keep = np.ones(at.on.size)
    keep[take] = 1 - follow
    entries = (pull * follow[:, None]).ravel(), (np.repeat(take, 4), faces[which.ravel()])
    spread = sparse.csr_matrix(entries, (at.on.size, at.on.size))
    return (sparse.diags(keep) @ bind + spread @ bind).tocsr()


def _cells(at: _Places) -> tuple[np.ndarray, np.ndarray]:
    """Used points, and triangles over them: cells with some person that the face layer does not cover."""
    ids = np.arange(at.on.size).reshape(at.on.shape)
    quads = np.stack([ids[:-1, :-1], ids[1:, :-1], ids[1:, 1:], ids[:-1, 1:]], -1).reshape(-1, 4)
    hole = binary_erosion(at.face, np.ones((3, 3)), iterations=_RIM_CELLS).ravel()
    some = (at.cover > _SOME).ravel()
    quads = quads[some[quads].any(1) & ~hole[quads].all(1)]
    triangles = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    used, places = np.unique(triangles, return_inverse=True)
    return used, places.reshape(-1, 3).astype(np.int32)


def membrane(value: Float[np.ndarray, "rows columns"], trust: Float[np.ndarray, "rows columns"]) -> np.ndarray:
    """Smoothest field that follows values as far as they are trusted (Laplace's equation where they are not)."""
    return solved_membrane(value.ravel(), trust, 1e-6, 0.0).reshape(value.shape)
