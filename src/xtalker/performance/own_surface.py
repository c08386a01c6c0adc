"""What files with a mesh show of a person: the head's parts with their skin, its lines and pores, and their hair."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from jaxtyping import Float, UInt8

from xtalker.export.head_surface import head_surface
from xtalker.head.interface import HeadModel
from xtalker.render.anatomy import find_eyes, find_frame
from xtalker.render.detail import skin_detail
from xtalker.render.detail_sheet import SIZE, to_pixels
from xtalker.render.hair import Hair, grown
from xtalker.render.scene import Scene, build_scene
from xtalker.values import Identity
from xtalker.values.appearance import Appearance, HairStyle
from xtalker.values.rig import Rig
from xtalker.values.surface import Surface, SurfaceMaterial, SurfacePart

SURFACE_SUFFIXES: Final = (".glb", ".usdc", ".usdz")

_DETAIL_SIDE_PX: Final = 512
_TEXEL_M: Final = (0.24e-3, 0.31e-3)
"""Size of a pixel of the whole detail map on a mean face, along its columns and rows (medians over its triangles)."""
_HAIR_ROUGHNESS: Final = 0.55


def own_surface(
    head: HeadModel,
    identity: Identity,
    rig: Rig,
    *,
    texture: UInt8[np.ndarray, "height width 3"] | None,
    appearance: Appearance | None,
) -> Surface:
    """The parts that the writers of meshes draw by themselves, with a normal map on the skin, and the hair.

    Args:
        head: the head model.
        identity: whose head.
        rig: of that head, with texture coordinates for `texture`.
        texture: of the skin; None for generic skin.
        appearance: the person's colours and hair.
    """
    parts = head_surface(rig, texture=texture, appearance=appearance).parts
    topology, rest = head.topology, np.ascontiguousarray(rig.neutral, np.float32)
    scene = build_scene(topology)
    fine = np.asarray(scene.matrix(topology.num_vertices) @ rest.astype(np.float64)).astype(np.float32)
    frame = find_frame(fine, find_eyes(scene, fine))
    found = skin_detail(scene, topology, fine, frame, identity.detail, painted=texture is not None)
    if found is not None:
        bumps = normal_map(found.still)
        parts = tuple(_with_bumps(part, head, bumps) if part.name == "skin" else part for part in parts)
    style = None if appearance is None else appearance.style
    hair = None if style is None else hair_part(scene, head, rig, style)
    return Surface(parts if hair is None else (*parts, hair))


def normal_map(heights: Float[np.ndarray, "size size"]) -> UInt8[np.ndarray, "side side 3"]:
    """Tangent-space normals of a height map.

    Args:
        heights: metres on the detail map, whose rows grow with v; the picture's top row is its last.
    """
    step = len(heights) // _DETAIL_SIDE_PX
    small = heights.reshape(_DETAIL_SIDE_PX, step, _DETAIL_SIDE_PX, step).mean((1, 3)).astype(np.float64)
    along_v, along_u = np.gradient(small)
    columns_m, rows_m = (step * size for size in _TEXEL_M)
    normals = np.stack([-along_u / columns_m, -along_v / rows_m, np.ones_like(small)], axis=-1)
    normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
    return np.asarray(np.rint(127.5 + 127.5 * normals[::-1]), np.uint8)


def _with_bumps(skin: SurfacePart, head: HeadModel, bumps: UInt8[np.ndarray, "side side 3"]) -> SurfacePart:
    """The skin with a normal map that lies on the face as the detail map does, wherever its picture lies."""
    topology = head.topology
    assert topology.uv is not None and topology.quad_uv is not None and topology.quad_part is not None
    mine = topology.quad_part == topology.part_names.index("skin")
    used, corners = np.unique(topology.quad_uv[mine], return_inverse=True)
    places = to_pixels(topology.uv[used][:, None].repeat(3, axis=1))[:, 0] / SIZE
    return replace(
        skin, material=replace(skin.material, normal_map=bumps), detail_uv=places.astype(np.float32),
        detail_face_uv=corners.reshape(skin.faces.shape),
    )  # fmt: skip


def hair_part(scene: Scene, head: HeadModel, rig: Rig, style: HairStyle) -> SurfacePart | None:
    """A person's hair as the pictures show it, moved by skull and shoulders; None for hair that the skin carries.

    Args:
        scene: fine surface of the head without hair.
        head: the head model.
        rig: of the person's head.
        style: shape and colours of the hair.
    """
    topology = head.topology
    with_hair, hair = grown(scene, topology, rig.neutral.astype(np.float32), style)
    if hair is None:
        return None
    picture, uv = lock_picture(hair)
    rows = with_hair.matrix(topology.num_vertices)[with_hair.parts["hair"]]
    index, weight = _largest_shares(np.asarray(rows @ _shares(rig)))
    return SurfacePart(
        "hair", hair.points.astype(np.float32), hair.triangles,
        SurfaceMaterial("hair", picture=picture, roughness=_HAIR_ROUGHNESS),
        index, weight, uv=uv,
    )  # fmt: skip


def lock_picture(hair: Hair) -> tuple[UInt8[np.ndarray, "height width 3"], Float[np.ndarray, "points 2"]]:
    """The hair's colours as a picture, one pixel for each point of its outer side, the inner side below it.

    Returns:
        picture, and the texture coordinates of all points.
    """
    outer = int((hair.gloss > 0).sum())
    columns = int(hair.triangles[0, 1] - hair.triangles[0, 0])  # the grid's first triangle goes one row down
    rows = outer // columns
    inner_columns = (len(hair.points) - outer) // rows
    assert rows * columns == outer and rows * inner_columns == len(hair.points) - outer, "two grids, row by row"
    sides = [hair.tones[:outer].reshape(rows, columns, 3), hair.tones[outer:].reshape(rows, inner_columns, 3)]
    stretched = sides[1][:, np.arange(columns) * inner_columns // columns]
    picture = np.concatenate([sides[0], stretched])
    places = []
    for number, side in enumerate(sides):
        u = (np.arange(side.shape[1]) + 0.5) / side.shape[1]
        v = 1 - (np.arange(rows) + number * rows + 0.5) / (2 * rows)
        places.append(np.stack(np.meshgrid(u, v), axis=-1).reshape(-1, 2))
    srgb = np.rint(255 * np.clip(picture, 0, 1) ** (1 / 2.2)).astype(np.uint8)
    return srgb, np.concatenate(places).astype(np.float32)


def _shares(rig: Rig) -> Float[np.ndarray, "vertices joints"]:
    out = np.zeros((len(rig.neutral), len(rig.joints)))
    np.add.at(out, (np.arange(len(out))[:, None], rig.joint_index), rig.joint_weight.astype(np.float64))
    return out


def _largest_shares(shares: Float[np.ndarray, "points joints"]) -> tuple[np.ndarray, np.ndarray]:
    """Joints and shares of each point, never negative, summing to one."""
    index = np.argsort(-shares, axis=1, kind="stable")[:, :4]
    weight = np.maximum(np.take_along_axis(shares, index, axis=1), 0)
    index[weight == 0] = 0
    return index.astype(np.int32), (weight / weight.sum(1, keepdims=True)).astype(np.float32)
