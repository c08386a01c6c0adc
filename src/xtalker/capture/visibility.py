"""Which part of the skin a picture shows, and where: from texels of the head map to pixels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import scipy.sparse as sparse
from jaxtyping import Bool, Float, Int

from xtalker.geometry.head_map import map_places, skull_middle, unrolled_corners
from xtalker.geometry.surface import vertex_normals
from xtalker.head.open_head import OpenHead
from xtalker.render.anatomy import Frame, find_eyes, find_frame
from xtalker.render.rasterise import Visibility
from xtalker.render.scene import SKIN, Scene, build_scene
from xtalker.values import Identity, Motion
from xtalker.values.appearance import TEXTURE_SIDE

_HIDDEN_BEHIND_M: Final = 0.003
_MOUTH_LINING: Final = 0.6
_AS_IT_IS: Final = np.eye(3, 4)


@dataclass(frozen=True)
class SkinMap:
    """Skin of one resting head, unrolled to a square map.

    Attributes:
        head: the head model.
        identity: whose head.
        scene: its fine surface.
        rest: fine vertices, metres.
        frame: where the face is.
        texels: numbers of the map's texels that hold skin, row by row.
        corners: fine vertices around each of these texels.
        weights: their barycentric weights.
    """

    head: OpenHead
    identity: Identity
    scene: Scene
    rest: Float[np.ndarray, "fine 3"]
    frame: Frame
    texels: Int[np.ndarray, "texels"]
    corners: Int[np.ndarray, "texels 3"]
    weights: Float[np.ndarray, "texels 3"]

    @classmethod
    def of(cls, head: OpenHead, identity: Identity) -> SkinMap:
        """Unroll a person's head."""
        scene = build_scene(head.topology)
        rest = np.asarray(scene.matrix(head.topology.num_vertices) @ head.neutral(identity).astype(np.float64))
        frame = find_frame(rest, find_eyes(scene, rest))
        triangles = scene.triangles[scene.material == SKIN]
        inside = head.topology.masks.get("inside_mouth", np.zeros(head.topology.num_vertices))
        outside = np.asarray(scene.matrix(head.topology.num_vertices) @ inside) < _MOUTH_LINING
        triangles = triangles[outside[triangles].any(1)]
        places = map_places(rest, frame.origin, frame.eye_distance_m)
        radius = np.linalg.norm(rest - skull_middle(frame.origin, frame.eye_distance_m), axis=1)
        texels, corners, weights = _unroll(triangles, places, radius)
        return cls(head, identity, scene, rest, frame, texels, corners, weights)

    def lift(self, values: Float[np.ndarray, "fine columns"]) -> Float[np.ndarray, "texels columns"]:
        """Values of fine vertices at the texels."""
        return np.einsum("tkc,tk->tc", values[self.corners], self.weights)

    def mask(self, name: str) -> Float[np.ndarray, "texels"]:
        """A mask of the topology at the texels; zero where the head has none of this name."""
        coarse = self.head.topology.masks.get(name)
        if coarse is None:
            return np.zeros(len(self.texels))
        return self.lift(np.asarray(self._matrix @ coarse.astype(np.float64))[:, None])[:, 0]

    @cached_property
    def places(self) -> Float[np.ndarray, "texels 3"]:
        """Resting skin in eye distances from the middle between the eyes."""
        return self.lift((self.rest - self.frame.origin) / self.frame.eye_distance_m)

    def posed(self, motion: Motion) -> tuple[Float[np.ndarray, "fine 3"], Float[np.ndarray, "fine 3"]]:
        """Fine vertices (metres) and normals in the first frame of a motion."""
        fine = np.asarray(self._matrix @ self.head.vertices(self.identity, motion[:1])[0].astype(np.float64))
        return fine, vertex_normals(fine, self.scene.triangles)

    def to_map(self, values: Float[np.ndarray, "texels columns"]) -> Float[np.ndarray, "side side columns"]:
        """Values of the texels on the map, zero elsewhere."""
        out = np.zeros((TEXTURE_SIDE * TEXTURE_SIDE, values.shape[1]), np.float32)
        out[self.texels] = values
        return out.reshape(TEXTURE_SIDE, TEXTURE_SIDE, -1)

    def from_map(self, values: Float[np.ndarray, "side side columns"]) -> Float[np.ndarray, "texels columns"]:
        """Values at the texels of a map."""
        return np.asarray(values.reshape(-1, values.shape[2])[self.texels], np.float64)

    @cached_property
    def _matrix(self) -> sparse.csr_matrix:
        return self.scene.matrix(self.head.topology.num_vertices)


def _unroll(
    triangles: Int[np.ndarray, "triangles 3"], places: Float[np.ndarray, "fine 2"], radius: Float[np.ndarray, "fine"]
) -> tuple[Int[np.ndarray, "texels"], Int[np.ndarray, "texels 3"], Float[np.ndarray, "texels 3"]]:
    """Outermost triangle at each texel: texel numbers, its fine vertices and barycentric weights."""
    flat = unrolled_corners(places[triangles])
    across = np.flatnonzero(flat[..., 0].max(1) > 1)
    owner = np.concatenate([np.arange(len(triangles)), across])
    flat = np.concatenate([flat, flat[across] - [1, 0]]) * TEXTURE_SIDE
    points = np.concatenate([flat, radius[triangles[owner]][..., None]], axis=2).reshape(-1, 3).astype(np.float32)
    seen = Visibility.empty(len(points), (TEXTURE_SIDE, TEXTURE_SIDE), 1)
    seen.draw_parallel(points, np.arange(len(points), dtype=np.int32).reshape(-1, 3), _AS_IT_IS, cull=True)
    texels = np.flatnonzero(seen.triangle.ravel() >= 0)
    shown = seen.triangle.ravel()[texels]
    centre = np.stack([texels % TEXTURE_SIDE, texels // TEXTURE_SIDE], axis=1) + 0.5
    return texels, triangles[owner[shown]], barycentric(flat[shown], centre)


def barycentric(
    corners: Float[np.ndarray, "points 3 2"], places: Float[np.ndarray, "points 2"]
) -> Float[np.ndarray, "points 3"]:
    """Weights of the corners of one triangle for each place."""
    a, b = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    p = places - corners[:, 0]
    area = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    second = (p[:, 0] * b[:, 1] - p[:, 1] * b[:, 0]) / area
    third = (a[:, 0] * p[:, 1] - a[:, 1] * p[:, 0]) / area
    return np.stack([1 - second - third, second, third], axis=1)


def unhidden(
    pixels: Float[np.ndarray, "texels 2"], depth_m: Float[np.ndarray, "texels"],
    *, surface: Float[np.ndarray, "fine 3"], triangles: Int[np.ndarray, "triangles 3"], size: tuple[int, int],
) -> Bool[np.ndarray, "texels"]:  # fmt: skip
    """Whether nothing lies in front of each texel, and it is inside the picture.

    Args:
        pixels: of the texels.
        depth_m: their nearness, larger is nearer, positive.
        surface: pixel column, row and nearness of the opaque fine vertices.
        triangles: the opaque surface.
        size: width and height of the picture.
    """
    seen = Visibility.empty(len(surface), size, 1)
    seen.draw_parallel(surface.astype(np.float32), triangles, _AS_IT_IS, cull=False)
    column, row = (np.floor(pixels[:, k]).astype(int) for k in (0, 1))
    inside = (column >= 0) & (row >= 0) & (column < size[0]) & (row < size[1])
    nearest = seen.inverse_depth[np.clip(row, 0, size[1] - 1), np.clip(column, 0, size[0] - 1)]
    return inside & (depth_m > nearest - _HIDDEN_BEHIND_M)
