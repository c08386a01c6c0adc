"""Surfaces: what does not change while a head moves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int


@dataclass(frozen=True)
class MeshTopology:
    """Faces, texture coordinates and named parts of a head mesh.

    Attributes:
        num_vertices: number of vertices.
        triangles: vertex indices, counter-clockwise seen from outside.
        quads: the same surface as quads (open head), or None for triangle-only heads.
        quad_part: part number of each quad; index into `part_names`.
        part_names: for the open head: skin, eye_left, eye_right, teeth_upper, teeth_lower, tongue, lashes.
        uv: texture coordinates, v = 0 at the bottom row of an image.
        quad_uv: index into `uv` for each corner of each quad.
        masks: name -> weight 0..1 of each vertex (lips, eyelids, inside_mouth).
        regions: name -> sorted unique vertex indices (lips, inner_lips, upper_face, eyes, face).
    """

    num_vertices: int
    triangles: Int[np.ndarray, "triangles 3"]
    quads: Int[np.ndarray, "quads 4"] | None
    quad_part: Int[np.ndarray, "quads"] | None
    part_names: tuple[str, ...]
    uv: Float[np.ndarray, "texcoords 2"] | None
    quad_uv: Int[np.ndarray, "quads 4"] | None
    masks: Mapping[str, Float[np.ndarray, "vertices"]]
    regions: Mapping[str, Int[np.ndarray, "_"]]

    def part_vertices(self, part: str) -> Int[np.ndarray, "_"]:
        """Vertices used by the quads of a part."""
        assert self.quads is not None and self.quad_part is not None, "this head has no parts"
        return np.unique(self.quads[self.quad_part == self.part_names.index(part)])
