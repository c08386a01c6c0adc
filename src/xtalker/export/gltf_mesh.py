"""Meshes and the skin of a .glb: one mesh for each part of the head, with the morph targets that move it.

A vertex has one texture coordinate in glTF, so vertices on a texture seam appear once for each side of it: first
come the part's vertices in the head's order, then the second sides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from jaxtyping import Float, Int

from xtalker.export.gltf_buffer import ARRAY, ELEMENT, GlbBuilder
from xtalker.export.gltf_look import add_material
from xtalker.export.part_looks import eye_uv, kind_of, skin_colours
from xtalker.export.surface_parts import Normals, Part
from xtalker.values.rig import Rig

_NEGLIGIBLE_M: Final = 1e-6
_NEGLIGIBLE_NORMAL: Final = 0.01  # of a unit vector: half a degree
_SHARES: Final = 65535


@dataclass(frozen=True)
class Points:
    """A part with one texture coordinate for each point.

    Attributes:
        vertices: the head's vertex at each point.
        triangles: indices into the points.
        uv: texture coordinates, v = 0 at the bottom row; None when there are none.
    """

    vertices: Int[np.ndarray, "points"]
    triangles: Int[np.ndarray, "triangles 3"]
    uv: Float[np.ndarray, "points 2"] | None


def split_at_seams(part: Part) -> Points:
    """Points of a part; see the module for their order."""
    if part.uv is None or part.face_uv is None:
        return Points(part.vertices, _triangles(part.faces), None)
    corners = np.stack([part.faces.ravel(), part.face_uv.ravel()], axis=1)
    pairs, place = np.unique(corners, axis=0, return_inverse=True)
    second = np.concatenate([[False], pairs[1:, 0] == pairs[:-1, 0]])
    order = np.argsort(second, kind="stable")
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    pairs = pairs[order]
    faces = rank[place.ravel()].reshape(part.faces.shape)
    return Points(part.vertices[pairs[:, 0]], _triangles(faces), part.uv[pairs[:, 1]])


def moving_morphs(rig: Rig, part: Part) -> list[int]:
    """Morphs that a part carries: all of them for the skin, those that move it for the others."""
    if kind_of(part.name) == "skin":
        return list(range(len(rig.morphs)))
    reach = np.abs(rig.morphs[:, part.vertices]).max(axis=(1, 2))
    return [int(k) for k in np.flatnonzero(reach > _NEGLIGIBLE_M)]


def add_mesh(
    builder: GlbBuilder, rig: Rig, part: Part, *, morphs: list[int], normals: Normals, skin_texture: int | None
) -> int:
    """Mesh of a part with the given morph targets."""
    points = split_at_seams(part)
    at = points.vertices
    attributes = {
        "POSITION": builder.accessor(rig.neutral[at].astype(np.float32), target=ARRAY, bounds=True),
        "NORMAL": builder.accessor(normals.neutral[at], target=ARRAY),
        "JOINTS_0": builder.accessor(rig.joint_index[at].astype(np.uint8), target=ARRAY),
        "WEIGHTS_0": builder.accessor(_whole_shares(rig.joint_weight[at]), target=ARRAY, normalized=True),
    } | _texture_coordinates(builder, rig, part, points)  # fmt: skip
    if kind_of(part.name) == "skin" and skin_texture is None:
        attributes["COLOR_0"] = builder.accessor(skin_colours(rig, at), target=ARRAY, normalized=True)
    index = points.triangles.astype(np.uint16 if len(at) < 1 << 16 else np.uint32).ravel()
    primitive: dict[str, Any] = {
        "attributes": attributes, "indices": builder.accessor(index, target=ELEMENT),
        "material": add_material(builder, part.name, skin_texture if points.uv is not None else None),
    }  # fmt: skip
    mesh: dict[str, Any] = {"name": part.name, "primitives": [primitive]}
    if morphs:
        primitive["targets"] = [
            {
                "POSITION": builder.sparse(rig.morphs[k][at], negligible=_NEGLIGIBLE_M, bounds=True),
                "NORMAL": builder.sparse(normals.morphs[k][at], negligible=_NEGLIGIBLE_NORMAL, bounds=False),
            }
            for k in morphs
        ]
        mesh["extras"] = {"targetNames": [rig.morph_names[k] for k in morphs]}
    return builder.add("meshes", mesh)


def add_skin(builder: GlbBuilder, rig: Rig, first_node: int) -> int:
    """Skin over the joint nodes, which must stand one after another from `first_node` on."""
    inverse = np.tile(np.eye(4, dtype=np.float32), (len(rig.joints), 1, 1))
    inverse[:, :3, 3] = [-joint.place for joint in rig.joints]
    nodes = [first_node + i for i in range(len(rig.joints))]
    return builder.add("skins", {"joints": nodes, "inverseBindMatrices": builder.accessor(inverse)})


def _texture_coordinates(builder: GlbBuilder, rig: Rig, part: Part, points: Points) -> dict[str, int]:
    uv = (
        eye_uv(rig, part)[np.searchsorted(part.vertices, points.vertices)] if kind_of(part.name) == "eye" else points.uv
    )
    if uv is None:
        return {}
    from_top = np.stack([uv[:, 0], 1 - uv[:, 1]], axis=1).astype(np.float32)
    return {"TEXCOORD_0": builder.accessor(from_top, target=ARRAY)}


def _triangles(faces: np.ndarray) -> Int[np.ndarray, "triangles 3"]:
    if faces.shape[1] == 3:
        return faces
    return np.concatenate([faces[:, [0, 1, 2]], faces[:, [0, 2, 3]]])


def _whole_shares(weight: Float[np.ndarray, "points 4"]) -> np.ndarray:
    """Shares in 65535ths that sum to exactly one: the largest, which comes first, takes the rest."""
    shares = np.rint(weight * _SHARES).astype(np.int64)
    largest = weight.argmax(axis=1)
    shares[np.arange(len(shares)), largest] += _SHARES - shares.sum(axis=1)
    return shares.astype(np.uint16)
