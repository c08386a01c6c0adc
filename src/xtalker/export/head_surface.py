"""The head's own parts as a surface: skin, eyes, teeth, tongue and lashes, with the looks of `part_looks`."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import UInt8

from xtalker.export.part_looks import eye_uv, head_looks, kind_of
from xtalker.values import MeshTopology
from xtalker.values.appearance import Appearance
from xtalker.values.rig import Rig
from xtalker.values.surface import Surface, SurfaceMaterial, SurfacePart

_NEGLIGIBLE_M: Final = 1e-6


def head_surface(
    rig: Rig,
    *,
    texture: UInt8[np.ndarray, "height width 3"] | None = None,
    appearance: Appearance | None = None,
) -> Surface:
    """Parts of a head. The skin has all morphs, the other parts those that move them.

    Args:
        rig: the head.
        texture: picture of the skin over the rig's texture coordinates; None paints generic skin.
        appearance: the person's colours, for eyes and lashes.
    """
    looks = head_looks(rig.topology, texture, appearance)
    parts = [_part(rig, name, faces, face_uv, looks[kind_of(name)]) for name, faces, face_uv in _pieces(rig.topology)]
    return Surface(tuple(parts))


def _pieces(topology: MeshTopology) -> list[tuple[str, np.ndarray, np.ndarray | None]]:
    """Name, faces and texture coordinates of all parts that have faces; a head without parts is all skin."""
    if topology.quads is None or topology.quad_part is None:
        return [("skin", topology.triangles, None)]
    found = []
    for number, name in enumerate(topology.part_names):
        mine = topology.quad_part == number
        if mine.any():
            found.append((name, topology.quads[mine], None if topology.quad_uv is None else topology.quad_uv[mine]))
    return found


def _part(rig: Rig, name: str, faces: np.ndarray, face_uv: np.ndarray | None, material: SurfaceMaterial) -> SurfacePart:
    """One part, its points in the head's order."""
    vertices, local = np.unique(faces, return_inverse=True)
    points = rig.neutral[vertices].astype(np.float32)
    uv: np.ndarray | None = None
    if kind_of(name) == "eye":
        uv, face_uv = eye_uv(points), None
    elif rig.topology.uv is not None and face_uv is not None:
        used, corners = np.unique(face_uv, return_inverse=True)
        uv, face_uv = rig.topology.uv[used].astype(np.float32), corners.reshape(faces.shape)
    morphs = rig.morphs[:, vertices]
    moving = np.abs(morphs).max(axis=(1, 2)) > _NEGLIGIBLE_M
    if kind_of(name) == "skin":
        moving[:] = True
    return SurfacePart(
        name, points, local.reshape(faces.shape), material, rig.joint_index[vertices], rig.joint_weight[vertices],
        morph_names=tuple(np.array(rig.morph_names)[moving].tolist()), morphs=morphs[moving].astype(np.float32),
        uv=uv, face_uv=face_uv,
    )  # fmt: skip
