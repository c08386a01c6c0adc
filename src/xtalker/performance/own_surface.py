"""What files with a mesh show of a person: the head's parts with their skin, its lines and pores, and their hair."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from jaxtyping import Float, UInt8

from xtalker.export.head_surface import head_surface
from xtalker.head.interface import HeadModel
from xtalker.performance.own_skin import textured
from xtalker.performance.unrolled import generic_texture, normal_map, unrolled
from xtalker.render.hair import Hair, grown
from xtalker.render.scene import Scene
from xtalker.values import Identity
from xtalker.values.appearance import Appearance, HairStyle
from xtalker.values.rig import Rig
from xtalker.values.surface import Surface, SurfaceMaterial, SurfacePart

_HAIR_ROUGHNESS: Final = 0.55


def own_surface(head: HeadModel, identity: Identity, rig: Rig, appearance: Appearance | None) -> Surface:
    """The parts that the writers of meshes draw by themselves, with brows, lines and pores on the skin, and the hair.

    Args:
        head: the head model.
        identity: whose head.
        rig: of that head.
        appearance: the person's colours and hair; None is the generic look.
    """
    around = unrolled(head.topology, rig.neutral)
    picture = generic_texture(around) if appearance is None else appearance.texture
    rig, texture = textured(rig, picture)
    parts = head_surface(rig, texture=texture, appearance=appearance).parts
    bumps = normal_map(around, identity.detail, painted=appearance is not None)
    if bumps is not None:
        parts = tuple(_with_bumps(part, bumps) if part.name == "skin" else part for part in parts)
    style = None if appearance is None else appearance.style
    hair = None if style is None else hair_part(around.scene, head, rig, style)
    return Surface(parts if hair is None else (*parts, hair))


def _with_bumps(skin: SurfacePart, bumps: UInt8[np.ndarray, "side side 3"]) -> SurfacePart:
    return replace(skin, material=replace(skin.material, normal_map=bumps))


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
