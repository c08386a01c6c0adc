"""Pictures around a resting head for files with a mesh: generic skin, and a normal map of lines and pores.

Both lie as a person's texture does (`geometry.head_map`), so a part needs one set of texture coordinates: programs
do not agree on the tangents of a normal map that lies differently.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8
from scipy.ndimage import distance_transform_edt, gaussian_filter, map_coordinates

from xtalker.geometry.head_map import map_places, skull_middle, unrolled_corners
from xtalker.render.anatomy import Frame, find_eyes, find_frame
from xtalker.render.detail import detail_places, skin_detail
from xtalker.render.looks import LOOKS
from xtalker.render.paint import hair_map, map_corners, skin_tones
from xtalker.render.rasterise import Visibility
from xtalker.render.scene import Scene, build_scene
from xtalker.values import MeshTopology
from xtalker.values.appearance import TEXTURE_SIDE

_NEARER_M: Final = 1.0  # keeps the nearness of every place positive
_SMOOTH_PX: Final = 1.0  # of the detail map, whose pixels are smaller than ours
_MOTTLING: Final = 0.0022  # change of tone for one step of the renderer's map
_INSIDE_MOUTH: Final = 0.6
_EAR_HAIR: Final = 0.5  # share of an ear from which no hair grows


@dataclass(frozen=True)
class Unrolled:
    """What each pixel of a square picture around a resting head shows.

    Attributes:
        scene: fine surface of the head.
        topology: of the head.
        rest: its vertices, metres.
        fine: fine vertices, metres.
        frame: of the face.
        triangle: the outermost fine skin triangle there; -1 where there is none.
        weights: where in the triangle.
        corners: picture coordinates of the triangles' corners, pixels.
    """

    scene: Scene
    topology: MeshTopology
    rest: Float[np.ndarray, "vertices 3"]
    fine: Float[np.ndarray, "fine 3"]
    frame: Frame
    triangle: Int[np.ndarray, "side side"]
    weights: Float[np.ndarray, "side side 3"]
    corners: Float[np.ndarray, "triangles 3 2"]

    def spread(self, values: Float[np.ndarray, "fine channels"]) -> Float[np.ndarray, "side side channels"]:
        """What fine vertices hold, at each pixel; where nothing is seen, whatever lies nearest."""
        return self.spread_corners(values[self.scene.triangles])

    def spread_corners(
        self, values: Float[np.ndarray, "triangles 3 channels"]
    ) -> Float[np.ndarray, "side side channels"]:
        """What corners of triangles hold, as `spread`."""
        found = np.einsum("rck,rckn->rcn", self.weights, values[np.maximum(self.triangle, 0)])
        nearest = distance_transform_edt(self.triangle < 0, return_distances=False, return_indices=True)
        return np.asarray(found[tuple(nearest)])


def unrolled(topology: MeshTopology, rest: Float[np.ndarray, "vertices 3"], side: int = TEXTURE_SIDE) -> Unrolled:
    """The skin of a resting head around the middle of its skull, seen from outside.

    Args:
        topology: of the head, with eyes.
        rest: its vertices, metres.
        side: of the picture.
    """
    scene, rest = build_scene(topology), np.ascontiguousarray(rest, np.float32)
    fine = np.asarray(scene.matrix(topology.num_vertices) @ rest.astype(np.float64)).astype(np.float32)
    frame = find_frame(fine, find_eyes(scene, fine))
    points = fine.astype(np.float64)
    corners = side * unrolled_corners(map_places(points, frame.origin, frame.eye_distance_m)[scene.triangles])
    outwards = np.linalg.norm(points - skull_middle(frame.origin, frame.eye_distance_m), axis=1)[scene.triangles]
    skin = np.flatnonzero((scene.triangles < scene.parts["skin"].stop).all(1) & ~_in_mouth(scene, topology))
    over = skin[(corners[skin, :, 0] > side).any(1)]  # what runs past the right border comes in again at the left
    drawn = np.concatenate([skin, over])
    shift = np.zeros((len(drawn), 1, 2))
    shift[len(skin) :, :, 0] = side
    flat = np.concatenate([corners[drawn] - shift, outwards[drawn][..., None] + _NEARER_M], axis=2)
    seen = Visibility.empty(3 * len(drawn), (side, side), 1)
    seen.draw_parallel(
        flat.reshape(-1, 3).astype(np.float32), np.arange(3 * len(drawn), dtype=np.int32).reshape(-1, 3),
        np.eye(3, 4), cull=False,
    )  # fmt: skip
    weights = _barycentric(flat[..., :2], seen.triangle)
    triangle = np.where(seen.triangle < 0, -1, drawn[np.maximum(seen.triangle, 0)])
    return Unrolled(scene, topology, rest, fine, frame, triangle, weights, corners)


def _in_mouth(scene: Scene, topology: MeshTopology) -> Bool[np.ndarray, "triangles"]:
    """Triangles of the mouth's lining, which would be seen through the neck."""
    mask = topology.masks.get("inside_mouth", np.zeros(topology.num_vertices, np.float32))
    inside = np.asarray(scene.matrix(topology.num_vertices) @ mask) > _INSIDE_MOUTH
    return np.asarray(inside[scene.triangles].all(1))


def _barycentric(
    corners: Float[np.ndarray, "drawn 3 2"], triangle: Int[np.ndarray, "side side"]
) -> Float[np.ndarray, "side side 3"]:
    """Where in its triangle the middle of each pixel lies."""
    a, b, c = (corners[np.maximum(triangle, 0), k] for k in range(3))
    rows, columns = np.mgrid[: len(triangle), : len(triangle)] + 0.5
    p = np.stack([columns, rows], axis=-1)

    def area(one: np.ndarray, other: np.ndarray) -> np.ndarray:
        return np.asarray(one[..., 0] * other[..., 1] - one[..., 1] * other[..., 0])

    whole = area(b - a, c - a)
    whole = np.where(np.abs(whole) < 1e-12, 1.0, whole)
    second, third = area(p - a, c - a) / whole, area(b - a, p - a) / whole
    out = np.clip(np.stack([1 - second - third, second, third], axis=-1), 0, 1)
    return np.asarray(out / out.sum(-1, keepdims=True))


def generic_texture(head: Unrolled) -> UInt8[np.ndarray, "side side 3"]:
    """The skin, brows and cropped hair of the look "skin", sRGB."""
    look = LOOKS["skin"]
    tones = skin_tones(head.scene, head.topology, head.fine, head.frame, look)[:, :3]
    around = hair_map(head.topology, head.rest, head.frame)
    ears = head.topology.masks.get("ears", np.zeros(head.topology.num_vertices, np.float32))
    bare = np.asarray(head.scene.matrix(head.topology.num_vertices) @ ears) > _EAR_HAIR
    colour = head.spread(np.concatenate([tones, bare[:, None]], axis=1).astype(np.float64))
    at = head.spread_corners(map_corners(head.scene, head.fine, head.frame).astype(np.float64))
    column, row = at[..., 0] % around.shape[1], at[..., 1]
    mottle, cover = (
        map_coordinates(around[..., k].astype(np.float64), (row - 0.5, column - 0.5), order=1, mode="grid-wrap")
        for k in (0, 1)
    )
    spots = 1 + _MOTTLING * (mottle - 128)[..., None] * np.array([0.6, 1.0, 1.0])
    cover = (cover / 255 * (1 - colour[..., 3]))[..., None]
    linear = colour[..., :3] * spots * (1 - cover) + cover * np.array(look.hair)
    return np.asarray(np.rint(255 * np.clip(linear, 0, 1) ** (1 / 2.2)), np.uint8)


def normal_map(head: Unrolled, code: Float[np.ndarray, "128"], *, painted: bool) -> np.ndarray | None:
    """Lines and pores at rest as normals in tangent space, 0..255; None for heads without the detail's sheet.

    Args:
        head: what each pixel shows.
        code: the person's skin detail.
        painted: the texture is a photograph's, which holds the shade of lines already.
    """
    places = detail_places(head.scene, head.topology, head.fine, head.frame)
    detail = skin_detail(head.scene, head.topology, head.fine, head.frame, code, painted=painted)
    if places is None or detail is None:
        return None
    rises = np.gradient(gaussian_filter(detail.still, _SMOOTH_PX))  # metres for a pixel of the detail map, row, column
    at = head.spread_corners(places.corners.astype(np.float64))
    seen = (head.triangle >= 0) & places.triangles[np.maximum(head.triangle, 0)]
    slope = np.stack([map_coordinates(rise, (at[..., 1] - 0.5, at[..., 0] - 0.5), order=1) for rise in rises[::-1]], -1)
    steps, sizes_m = _steps(head, places.corners)
    number = np.maximum(head.triangle, 0)
    rise_m = np.einsum("rcd,rcdp->rcp", slope, steps[number]) / sizes_m[number]
    normals = np.stack(
        [-rise_m[..., 0], rise_m[..., 1], np.ones_like(at[..., 0])], axis=-1
    )  # green is up, rows go down
    normals[~seen] = (0, 0, 1)
    normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
    return np.asarray(np.rint(127.5 + 127.5 * normals), np.uint8)


def _steps(
    head: Unrolled, places: Float[np.ndarray, "triangles 3 2"]
) -> tuple[Float[np.ndarray, "triangles 2 2"], Float[np.ndarray, "triangles 2"]]:
    """For one pixel of the picture along columns and rows, in each triangle: pixels of the detail map, and metres."""
    sides = np.stack([head.corners[:, 1] - head.corners[:, 0], head.corners[:, 2] - head.corners[:, 0]], axis=1)
    flat = np.abs(np.linalg.det(sides)) < 1e-9
    sides[flat] = np.eye(2)
    moved = np.stack([places[:, 1] - places[:, 0], places[:, 2] - places[:, 0]], axis=1).astype(np.float64)
    points = head.fine.astype(np.float64)[head.scene.triangles]
    edges = np.stack([points[:, 1] - points[:, 0], points[:, 2] - points[:, 0]], axis=1)
    steps = np.linalg.solve(sides, moved).transpose(0, 2, 1)
    sizes_m = np.linalg.norm(np.linalg.solve(sides, edges), axis=2)
    steps[flat] = 0
    return steps, np.maximum(sizes_m, 1e-6)
