"""What is drawn: the fine surface of a head, one sparse matrix away from its vertices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import scipy.sparse as sparse
from jaxtyping import Float, Int

from xtalker.geometry.surface import (
    limit_fit,
    subdivide,
    subdivide_corners,
    triangles_at_vertices,
    triangulate,
)
from xtalker.values import MeshTopology

SKIN, EYE_LEFT, EYE_RIGHT, TEETH, TONGUE, LASHES = range(6)
MATERIALS: Final[dict[str, int]] = {
    "skin": SKIN, "eye_left": EYE_LEFT, "eye_right": EYE_RIGHT, "teeth_upper": TEETH, "teeth_lower": TEETH,
    "tongue": TONGUE, "lashes": LASHES,
}  # fmt: skip
"""Part name -> material number of the shading kernel; other parts are drawn as skin."""

_LEVELS: Final[dict[str, int]] = {"teeth_upper": 2, "teeth_lower": 2}
_NEGLIGIBLE_WEIGHT = 2e-5


@dataclass(frozen=True)
class Scene:
    """Fine surface of all parts, the see-through ones last.

    Attributes:
        row_start, row_index, row_weight: compressed rows of the matrix from head vertices to fine vertices.
        triangles: fine vertex indices, int32.
        num_opaque: the first so many triangles are opaque, the others are lash cards.
        material: material number of each triangle.
        parts: part name -> its fine vertices.
        around_start, around_index: triangles around each fine vertex, for normals.
        corner_uv: texture coordinates of the corners of each triangle, NaN where the topology has none.
    """

    row_start: Int[np.ndarray, "_"]
    row_index: Int[np.ndarray, "nonzeros"]
    row_weight: Float[np.ndarray, "nonzeros"]
    triangles: Int[np.ndarray, "triangles 3"]
    num_opaque: int
    material: Int[np.ndarray, "triangles"]
    parts: Mapping[str, slice]
    around_start: Int[np.ndarray, "_"]
    around_index: Int[np.ndarray, "_"]
    corner_uv: Float[np.ndarray, "triangles 3 2"]

    @property
    def num_vertices(self) -> int:
        """Number of fine vertices."""
        return len(self.row_start) - 1

    def matrix(self, num_coarse: int) -> sparse.csr_matrix:
        """Fine from coarse, for what is computed once."""
        shape = (self.num_vertices, num_coarse)
        return sparse.csr_matrix((self.row_weight, self.row_index, self.row_start), shape)

    def of_material(self, material: int) -> Int[np.ndarray, "_"]:
        """Fine vertices of a material, ascending."""
        return np.unique(self.triangles[self.material == material])


def build_scene(topology: MeshTopology, *, dense: bool = False) -> Scene:
    """Fine surface of a head: quads are subdivided, triangle-only heads are drawn as they are.

    `dense` subdivides the skin once more, to about 70,000 vertices.
    """
    if topology.quads is None or topology.quad_part is None:
        triangles = topology.triangles
        uv = np.full((len(triangles), 3, 2), np.nan, np.float32)
        return _assemble([("skin", sparse.identity(topology.num_vertices, format="csr"), triangles, uv)])
    names = sorted(topology.part_names, key=lambda name: MATERIALS.get(name, SKIN) == LASHES)
    return _assemble([_fine_part(topology, name, dense) for name in names if _quads_of(topology, name).any()])


def _quads_of(topology: MeshTopology, name: str) -> np.ndarray:
    assert topology.quad_part is not None
    return topology.quad_part == topology.part_names.index(name)


def _fine_part(topology: MeshTopology, name: str, dense: bool) -> tuple[str, sparse.csr_matrix, np.ndarray, np.ndarray]:
    """Part name, matrix from all head vertices, triangles and their texture coordinates."""
    assert topology.quads is not None
    mine = _quads_of(topology, name)
    levels = 2 if dense and name == "skin" else _LEVELS.get(name, 1)
    quads = topology.quads[mine]
    fine = subdivide(quads, topology.num_vertices, levels)
    matrix = fine.matrix
    if MATERIALS.get(name, SKIN) not in (TEETH, LASHES):  # a fitted tooth edge would ring
        matrix = matrix @ limit_fit(quads, topology.num_vertices, levels)
    if topology.uv is None or topology.quad_uv is None:
        corners = np.full((len(fine.quads), 4, 2), np.nan)
    else:
        corners = subdivide_corners(topology.uv[topology.quad_uv[mine]].astype(float), levels)
    uv = np.concatenate([corners[:, [0, 1, 2]], corners[:, [0, 2, 3]]])
    return name, matrix.tocsr(), triangulate(fine.quads), uv


def _assemble(parts: list[tuple[str, sparse.csr_matrix, np.ndarray, np.ndarray]]) -> Scene:
    ends = np.cumsum([0, *(matrix.shape[0] for _, matrix, _, _ in parts)])
    matrix = _without_small(sparse.vstack([matrix for _, matrix, _, _ in parts]).tocsr())
    triangles = np.concatenate([t + first for (_, _, t, _), first in zip(parts, ends)]).astype(np.int32, order="C")
    material = np.concatenate([np.full(len(t), MATERIALS.get(name, SKIN)) for name, _, t, _ in parts])
    around_start, around_index = triangles_at_vertices(triangles, int(ends[-1]))
    return Scene(
        row_start=matrix.indptr.astype(np.int32),
        row_index=matrix.indices.astype(np.int32),
        row_weight=matrix.data.astype(np.float32),
        triangles=triangles,
        num_opaque=int((material != LASHES).sum()),
        material=material.astype(np.int32),
        parts={name: slice(int(a), int(b)) for (name, *_), a, b in zip(parts, ends, ends[1:])},
        around_start=around_start,
        around_index=around_index,
        corner_uv=np.concatenate([uv for *_, uv in parts]).astype(np.float32),
    )


def _without_small(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    """Drop weights that move nothing and make the rows sum to one again; halves the work of a frame."""
    matrix.data[np.abs(matrix.data) < _NEGLIGIBLE_WEIGHT] = 0
    matrix.eliminate_zeros()
    return (sparse.diags(1 / np.asarray(matrix.sum(1)).ravel()) @ matrix).tocsr()
