"""Meshes and the skin of a .glb: one mesh for each part, with the morph targets that move it.

A vertex has one texture coordinate in glTF, so points on a texture seam appear once for each side of it:
first come the part's points in their order, then the second sides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from jaxtyping import Float, Int

from xtalker.export.animated_model import normals_of
from xtalker.export.gltf_buffer import ARRAY, ELEMENT, GlbBuilder
from xtalker.export.gltf_look import add_material
from xtalker.geometry.surface import triangulate
from xtalker.values.rig import Joint
from xtalker.values.surface import SurfacePart

_NEGLIGIBLE_M: Final = 1e-6
_NEGLIGIBLE_NORMAL: Final = 0.01  # of a unit vector: half a degree
_SHARES: Final = 65535
_NO_LENGTH: Final = 1e-12


@dataclass(frozen=True)
class Points:
    """A part with one texture coordinate for each point.

    Attributes:
        source: the part's point at each.
        triangles: indices into the points.
        uv: texture coordinates, v = 0 at the bottom row; None when there are none.
    """

    source: Int[np.ndarray, "points"]
    triangles: Int[np.ndarray, "triangles 3"]
    uv: Float[np.ndarray, "points 2"] | None


def split_at_seams(part: SurfacePart) -> Points:
    """Points of a part; see the module for their order."""
    face_uv = part.faces if part.uv is None or part.face_uv is None else part.face_uv
    corners = np.stack([part.faces.ravel(), face_uv.ravel()], axis=1)
    rows, place = np.unique(corners, axis=0, return_inverse=True)
    second = np.concatenate([[False], rows[1:, 0] == rows[:-1, 0]])
    order = np.argsort(second, kind="stable")
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    rows = rows[order]
    faces: np.ndarray = rank[place.ravel()].reshape(part.faces.shape)
    uv = None if part.uv is None else part.uv[rows[:, 1]]
    return Points(rows[:, 0], faces if faces.shape[1] == 3 else triangulate(faces), uv)


def add_mesh(builder: GlbBuilder, part: SurfacePart) -> int:
    """Mesh of a part with its morph targets."""
    points = split_at_seams(part)
    normals = normals_of(part) if part.material.lit else None  # nothing asks for those of a photograph
    at = points.source
    attributes = {
        "POSITION": builder.accessor(part.points[at].astype(np.float32), target=ARRAY, bounds=True),
        "JOINTS_0": builder.accessor(part.joint_index[at].astype(np.uint8), target=ARRAY),
        "WEIGHTS_0": builder.accessor(_whole_shares(part.joint_weight[at]), target=ARRAY, normalized=True),
    }
    if normals is not None:
        attributes["NORMAL"] = builder.accessor(normals.neutral[at], target=ARRAY)
    if part.material.picture is not None or part.material.normal_map is not None:
        assert points.uv is not None, "checked by the part"
        from_top = np.stack([points.uv[:, 0], 1 - points.uv[:, 1]], axis=1).astype(np.float32)
        attributes["TEXCOORD_0"] = builder.accessor(from_top, target=ARRAY)
    if part.material.normal_map is not None and normals is not None:
        tangents = tangents_of(part.points[at], normals.neutral[at], points)
        attributes["TANGENT"] = builder.accessor(tangents, target=ARRAY)
    index = points.triangles.astype(np.uint16 if len(at) < 1 << 16 else np.uint32).ravel()
    primitive: dict[str, Any] = {
        "attributes": attributes,
        "indices": builder.accessor(index, target=ELEMENT),
        "material": add_material(builder, part.material),
    }
    mesh: dict[str, Any] = {"name": part.name, "primitives": [primitive]}
    if part.morph_names:
        primitive["targets"] = [
            {"POSITION": builder.sparse(morph[at], negligible=_NEGLIGIBLE_M, bounds=True)} for morph in part.morphs
        ]
        if normals is not None:
            for target, normal in zip(primitive["targets"], normals.morphs):
                target["NORMAL"] = builder.sparse(normal[at], negligible=_NEGLIGIBLE_NORMAL, bounds=False)
        mesh["extras"] = {"targetNames": list(part.morph_names)}
    return builder.add("meshes", mesh)


def tangents_of(
    places: Float[np.ndarray, "points 3"], normals: Float[np.ndarray, "points 3"], points: Points
) -> Float[np.ndarray, "points 4"]:
    """Directions in which the texture's columns grow along the surface, and the side on which its rows do.

    Written so that a normal map means the same in every program: without them each makes up its own.
    """
    assert points.uv is not None, "a normal map has texture coordinates"
    corners, sheet = (values[points.triangles].astype(np.float64) for values in (places, points.uv))
    edges, steps = corners[:, 1:] - corners[:, :1], sheet[:, 1:] - sheet[:, :1]
    turn = np.sign(np.linalg.det(steps))
    along = turn[:, None] * (steps[:, 1, 1, None] * edges[:, 0] - steps[:, 0, 1, None] * edges[:, 1])
    mirrored = np.zeros(len(places))
    sums = np.zeros(places.shape)
    for k in range(3):
        np.add.at(sums, points.triangles[:, k], along)
        np.add.at(mirrored, points.triangles[:, k], turn * np.linalg.norm(np.cross(*edges.transpose(1, 0, 2)), axis=1))
    flat = sums - normals * np.sum(normals * sums, axis=1, keepdims=True)
    length = np.linalg.norm(flat, axis=1, keepdims=True)
    spare = np.cross(normals, np.eye(3)[np.abs(normals).argmin(axis=1)])  # any direction in the surface
    flat = np.where(length > _NO_LENGTH, flat, spare)
    flat /= np.linalg.norm(flat, axis=1, keepdims=True)
    return np.concatenate([flat, np.where(mirrored < 0, -1.0, 1.0)[:, None]], axis=1).astype(np.float32)


def add_skin(builder: GlbBuilder, joints: tuple[Joint, ...], first_node: int) -> int:
    """Skin over the joint nodes, which must stand one after another from `first_node` on."""
    inverse = np.tile(np.eye(4, dtype=np.float32), (len(joints), 1, 1))
    inverse[:, :3, 3] = [-joint.place for joint in joints]
    nodes = [first_node + i for i in range(len(joints))]
    return builder.add("skins", {"joints": nodes, "inverseBindMatrices": builder.accessor(inverse)})


def _whole_shares(weight: Float[np.ndarray, "points 4"]) -> np.ndarray:
    """Shares in 65535ths that sum to exactly one: the largest takes the rest."""
    shares = np.rint(weight * _SHARES).astype(np.int64)
    largest = weight.argmax(axis=1)
    shares[np.arange(len(shares)), largest] += _SHARES - shares.sum(axis=1)
    return shares.astype(np.uint16)
