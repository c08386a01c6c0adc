"""A head's surface in pieces: one mesh for each part, with its own points, faces and texture coordinates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from xtalker.geometry.surface import normals_into, triangles_at_vertices
from xtalker.values import MeshTopology
from xtalker.values.rig import Rig


@dataclass(frozen=True)
class Part:
    """One part of the surface.

    Attributes:
        name: skin, eye_left, teeth_upper and so on.
        vertices: the head's vertices that it uses, ascending.
        faces: quads or triangles, indices into `vertices`.
        uv: texture coordinates, v = 0 at the bottom row of the image; None when there are none.
        face_uv: index into `uv` of each corner.
    """

    name: str
    vertices: Int[np.ndarray, "points"]
    faces: Int[np.ndarray, "faces corners"]
    uv: Float[np.ndarray, "texcoords 2"] | None
    face_uv: Int[np.ndarray, "faces corners"] | None


def parts_of(topology: MeshTopology) -> tuple[Part, ...]:
    """All parts that have faces; a head without named parts is one part, the skin."""
    if topology.quads is None or topology.quad_part is None:
        return (_part("skin", topology.triangles, None, None),)
    found = []
    for number, name in enumerate(topology.part_names):
        mine = topology.quad_part == number
        if mine.any():
            corner = None if topology.quad_uv is None else topology.quad_uv[mine]
            found.append(_part(name, topology.quads[mine], topology.uv, corner))
    return tuple(found)


def _part(name: str, faces: np.ndarray, uv: np.ndarray | None, face_uv: np.ndarray | None) -> Part:
    vertices, local = np.unique(faces, return_inverse=True)
    local = local.reshape(faces.shape)
    if uv is None or face_uv is None:
        return Part(name, vertices, local, None, None)
    used, corners = np.unique(face_uv, return_inverse=True)
    return Part(name, vertices, local, uv[used].astype(np.float32), corners.reshape(faces.shape))


@dataclass(frozen=True)
class Normals:
    """Normals of the whole head, smooth across texture seams.

    Attributes:
        neutral: of the resting head, unit length.
        morphs: change by one unit of each morph.
    """

    neutral: Float[np.ndarray, "vertices 3"]
    morphs: Float[np.ndarray, "morphs vertices 3"]


def normals_of(rig: Rig) -> Normals:
    """Normals of the neutral head and of each morph."""
    triangles = rig.topology.triangles.astype(np.int32)
    around = triangles_at_vertices(triangles, len(rig.neutral))
    neutral = np.empty(rig.neutral.shape, np.float32)
    normals_into(rig.neutral.astype(np.float32), triangles, *around, neutral)
    morphs = np.empty(rig.morphs.shape, np.float32)
    for morph, out in zip(rig.morphs, morphs):
        normals_into((rig.neutral + morph).astype(np.float32), triangles, *around, out)
    return Normals(neutral, morphs - neutral)
