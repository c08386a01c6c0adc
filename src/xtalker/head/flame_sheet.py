"""FLAME's texture sheet: where its surface lies on EMOCA's displacement maps, and the surface that they raise.

FLAME's model file does not hold it: FLAME's `head_template.obj` does. The maps come from `networks.emoca_detail`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import scipy.sparse as sparse
from jaxtyping import Float, Int
from scipy.sparse.csgraph import connected_components

from xtalker.geometry.surface import vertex_normals
from xtalker.values import InputError, MeshTopology
from xtalker.values.files import check_readable

MAP_SIDE: Final = 256
_MAX_SHEET_BYTES: Final = 16 << 20


@dataclass(frozen=True)
class FlameSheet:
    """Where FLAME's surface lies on its texture sheet.

    Attributes:
        corners: vertices of the FLAME triangle at each texel that holds skin.
        weights: their barycentric weights.
        texels: numbers of these texels, row by row, of a map of 256 x 256.
        triangles: between neighbouring texels of the same piece of the sheet: the dense surface.
    """

    corners: Int[np.ndarray, "texels 3"]
    weights: Float[np.ndarray, "texels 3"]
    texels: Int[np.ndarray, "texels"]
    triangles: Int[np.ndarray, "dense 3"]

    def raised(
        self, vertices: Float[np.ndarray, "vertices 3"], triangles: Int[np.ndarray, "triangles 3"],
        displacement: Float[np.ndarray, "256 256"],
    ) -> Float[np.ndarray, "texels 3"]:  # fmt: skip
        """The paper's third mesh level: a vertex for each texel, moved along the normal; metres.

        Args:
            vertices: a posed FLAME head.
            triangles: FLAME's.
            displacement: of that pose.
        """
        normals = vertex_normals(vertices.astype(np.float64), triangles)
        place, normal = (np.einsum("tkc,tk->tc", v[self.corners], self.weights) for v in (vertices, normals))
        normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
        return np.asarray(place + displacement.ravel()[self.texels][:, None] * normal)


def read_flame_sheet(path: Path | None, topology: MeshTopology) -> FlameSheet:
    """FLAME's texture sheet from its `head_template.obj`.

    Raises:
        InputError: no file, damaged, or of another mesh.
    """
    if path is None:
        raise InputError(
            "EMOCA's displacement lies on FLAME's texture sheet, which FLAME's model file does not hold",
            received="no file that says where FLAME's surface lies on it", accepted="FLAME's head_template.obj",
            next_step="name the file in XTALKER_ASSET_FLAME_UV; FLAME's authors publish it beside the model",
        )  # fmt: skip
    check_readable(path, kind="FLAME texture sheet", accepted="FLAME's head_template.obj")
    if path.stat().st_size > _MAX_SHEET_BYTES:
        raise _no_sheet(path, f"{path.stat().st_size} bytes")
    try:
        uv, faces, faces_uv = _obj(path.read_text("ascii"))
    except (ValueError, IndexError) as fault:
        raise _no_sheet(path, str(fault)) from fault
    ours, theirs = (np.unique(np.sort(f, axis=1), axis=0) for f in (topology.triangles, faces))
    same = np.array_equal(ours, theirs)
    if not same or not np.isfinite(uv).all() or faces_uv.min() < 0 or faces_uv.max() >= len(uv):
        raise _no_sheet(path, "another mesh than FLAME's, or texture coordinates that are not there")
    return _sheet(uv[faces_uv], faces, _pieces(faces_uv, len(uv)))


def _pieces(faces_uv: Int[np.ndarray, "faces 3"], count: int) -> Int[np.ndarray, "faces"]:
    """Number of the piece of the sheet to which each triangle belongs."""
    first, second = faces_uv[:, [0, 1]].ravel(), faces_uv[:, [1, 2]].ravel()
    links = sparse.coo_matrix((np.ones(len(first)), (first, second)), (count, count))
    return np.asarray(connected_components(links, directed=False)[1][faces_uv[:, 0]])


def _sheet(
    corners_uv: Float[np.ndarray, "faces 3 2"], faces: Int[np.ndarray, "faces 3"], pieces: Int[np.ndarray, "faces"]
) -> FlameSheet:
    """Texels whose centre lies in a triangle of the sheet; where triangles overlap, the later one has it."""
    pixels = corners_uv * [MAP_SIDE, -MAP_SIDE] + [0, MAP_SIDE]
    owner = np.full((MAP_SIDE, MAP_SIDE), -1)
    weight = np.zeros((MAP_SIDE, MAP_SIDE, 3))
    low = np.clip(np.floor(pixels.min(1) - 0.5).astype(int), 0, MAP_SIDE)
    high = np.clip(np.ceil(pixels.max(1) + 0.5).astype(int), 0, MAP_SIDE)
    for number, (a, b, c) in enumerate(pixels):
        rows, columns = slice(low[number, 1], high[number, 1]), slice(low[number, 0], high[number, 0])
        area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
        if area == 0:
            continue
        y, x = np.mgrid[rows, columns] + 0.5
        second = ((x - a[0]) * (c[1] - a[1]) - (y - a[1]) * (c[0] - a[0])) / area
        third = ((b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0])) / area
        all_three = np.stack([1 - second - third, second, third], axis=-1)
        inside = (all_three >= -1e-9).all(-1)
        owner[rows, columns][inside] = number
        weight[rows, columns][inside] = all_three[inside]
    texels = np.flatnonzero(owner.ravel() >= 0)
    grid = np.full((MAP_SIDE, MAP_SIDE), -1)
    grid.ravel()[texels] = np.arange(len(texels))
    quads = np.stack([grid[:-1, :-1], grid[1:, :-1], grid[1:, 1:], grid[:-1, 1:]], axis=-1).reshape(-1, 4)
    quads = quads[(quads >= 0).all(1)]
    piece = pieces[owner.ravel()[texels]]
    quads = quads[(piece[quads] == piece[quads[:, :1]]).all(1)]
    triangles = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    return FlameSheet(faces[owner.ravel()[texels]], weight.reshape(-1, 3)[texels], texels, triangles)


def _obj(text: str) -> tuple[Float[np.ndarray, "uv 2"], Int[np.ndarray, "faces 3"], Int[np.ndarray, "faces 3"]]:
    """Texture coordinates, and vertex and coordinate numbers of the triangles of a Wavefront file."""
    uv, faces = [], []
    for line in text.splitlines():
        kind, *values = line.split() or [""]
        if kind == "vt":
            uv.append([float(v) for v in values[:2]])
        elif kind == "f":
            faces.append([[int(part) for part in corner.split("/")[:2]] for corner in values])
    corners = np.array(faces)
    if corners.ndim != 3 or corners.shape[1:] != (3, 2) or not uv:
        raise ValueError("no triangles with texture coordinates")
    return np.array(uv), corners[..., 0] - 1, corners[..., 1] - 1


def _no_sheet(path: Path, fault: str) -> InputError:
    return InputError(
        "not FLAME's texture sheet", received=f"{path} ({fault})", accepted="FLAME's head_template.obj, triangles only",
        next_step="use the file as FLAME's authors publish it",
    )  # fmt: skip
