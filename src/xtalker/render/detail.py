"""Skin detail: D(jaw, expression, detail) as heights over the texture sheet of the face.

height(place, pose) = still(place; detail code) + pressed(place; jaw, expression) * wrinkles(place)

`still` holds pores, lip lines, age lines and a smooth personal relief; `pressed` is how much skin area a pose takes
away there, so wrinkles come where the surface is pushed together: forehead, between the brows, crow's feet, beside
the nose, chin. The fast path turns heights into slopes that bend normals while shading; the dense surface moves its
vertices. The maps are drawn by rule in face coordinates (see detail_lines): no scan and no learnt decoder.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float, Int8
from PIL import Image
from scipy.ndimage import gaussian_filter, map_coordinates
from scipy.spatial import cKDTree

from xtalker.render.anatomy import Frame
from xtalker.render.detail_lines import AGE_LINES, WRINKLES, Line
from xtalker.render.detail_shade import SLOPE_STEP_M, areas_into, spread_into
from xtalker.render.scene import Scene
from xtalker.values import MeshTopology
from xtalker.values.conventions import NUM_DETAIL

SIZE: Final = 1024
LEVELS: Final = 4
_SHEET: Final = ((0.742, 0.972), (0.348, 0.622))  # part of the open head's texture sheet that holds the face
_PORES, _AGE, _WRINKLES, _FIRST_RELIEF = 0, 1, 2, 3
_RELIEF_SIZE: Final = 48
_RELIEF_M, _PORE_M, _LIP_LINE_M = 18e-6, 14e-6, 30e-6
_SLACK, _FULL = 0.03, 0.20  # parts of its area that skin loses before wrinkles start, and when they are full
_MOST: Final = 1.2
_VERTEX_PX: Final = 5.0  # map pixels between the vertices of the dense surface, about


@dataclass(frozen=True)
class SkinDetail:
    """Heights of one person's skin, metres, on a square map of the face.

    Attributes:
        still: at rest.
        wrinkles: what full compression adds.
        slopes: what shading shows of both, as slopes (see detail_shade.bent), each level half the size of the last.
        places: map pixel of each triangle's corners at the finest level; -1 where there is no detail.
        vertex_still, vertex_wrinkles: what the vertices of a dense surface show of both; zero on a coarse one.
    """

    still: Float[np.ndarray, "size size"]
    wrinkles: Float[np.ndarray, "size size"]
    slopes: tuple[Int8[np.ndarray, "_ _ 4"], ...]
    places: Float[np.ndarray, "triangles 3 2"]
    vertex_still: Float[np.ndarray, "fine"]
    vertex_wrinkles: Float[np.ndarray, "fine"]

    def heights(self, pressed: Float[np.ndarray, "fine"]) -> Float[np.ndarray, "fine"]:
        """Displacement of each fine vertex along its normal, metres."""
        return self.vertex_still + pressed * self.vertex_wrinkles

    def level(self, pixel_m: float) -> int:
        """Level of the slopes whose texels are about as large as a pixel on the face, so that pores do not glitter."""
        texel_m = 0.25 / SIZE
        return int(np.clip(np.round(np.log2(max(1.3 * pixel_m / texel_m, 1))), 0, LEVELS - 1))


class Compression:
    """How strongly the skin of a pose is pressed together, at fine vertices."""

    def __init__(self, scene: Scene, topology: MeshTopology, rest: Float[np.ndarray, "vertices 3"]) -> None:
        skin = topology.triangles
        if topology.quads is not None and "skin" in topology.part_names:
            mine = topology.quads[topology.quad_part == topology.part_names.index("skin")]
            skin = np.concatenate([mine[:, [0, 1, 2]], mine[:, [0, 2, 3]]])
        self._triangles = np.ascontiguousarray(skin, np.int32)
        self._scene = scene
        self._area = np.empty(len(rest), np.float32)
        self._pressed = np.empty(scene.num_vertices, np.float32)
        areas_into(rest, self._triangles, self._area)
        self._rest_area = self._area.copy()

    def __call__(self, vertices: Float[np.ndarray, "vertices 3"]) -> Float[np.ndarray, "fine"]:
        """0 for skin at rest or stretched, 1 for full wrinkles; the array is written again by the next call."""
        areas_into(vertices, self._triangles, self._area)
        lost = (self._rest_area - self._area) / np.maximum(self._rest_area, 1e-12)
        at_vertices = np.clip((lost - _SLACK) / (_FULL - _SLACK), 0, _MOST).astype(np.float32)
        scene = self._scene
        spread_into(scene.row_start, scene.row_index, scene.row_weight, at_vertices, self._pressed)
        return np.maximum(self._pressed, 0, out=self._pressed)


def skin_detail(
    scene: Scene, topology: MeshTopology, rest: Float[np.ndarray, "fine 3"], frame: Frame,
    code: Float[np.ndarray, "128"] | None = None, *, dense: bool = False,
) -> SkinDetail | None:  # fmt: skip
    """Detail of a person, or None for heads without the open head's texture sheet.

    Args:
        scene: fine surface.
        topology: of the head.
        rest: fine vertices of the resting head.
        frame: of its face.
        code: the paper's delta; entry 0 scales pores, 1 age lines, 2 the depth of wrinkles, the others a smooth
            relief. Zero is generic adult skin.
        dense: vertices lie close enough to show wrinkles; shading then shows only what is finer.
    """
    if topology.uv is None or "skin" not in scene.parts or "lips" not in topology.masks:
        return None
    code = np.zeros(NUM_DETAIL, np.float32) if code is None else np.asarray(code, np.float32)
    pixels = _to_pixels(scene.corner_uv)
    inside = ((pixels > 1) & (pixels < SIZE - 1)).all((1, 2)) & (scene.triangles < scene.parts["skin"].stop).all(1)
    places = np.where(inside[:, None, None], pixels, -1).astype(np.float32)
    vertex_places = np.full((scene.num_vertices, 2), -1, np.float32)
    vertex_places[scene.triangles[inside].ravel()] = pixels[inside].reshape(-1, 2)
    seen = np.flatnonzero(vertex_places[:, 0] >= 0)
    lips = (scene.matrix(topology.num_vertices) @ topology.masks["lips"])[seen]
    sheet = _Sheet(vertex_places[seen], (rest[seen] - frame.origin) / frame.eye_distance_m)
    still = _still(sheet, lips, code)
    wrinkles = sheet.grooves(WRINKLES) * np.exp(0.4 * code[_WRINKLES])
    edge = _border()
    still, wrinkles = still * edge, wrinkles * edge
    moved = gaussian_filter(still, _VERTEX_PX) if dense else np.zeros_like(still)
    at = np.maximum(vertex_places[:, ::-1].T - 0.5, 0)
    held = (vertex_places[:, 0] >= 0).astype(np.float32)
    vertex_still, vertex_wrinkles = (
        held * map_coordinates(m, at, order=1, mode="nearest") for m in (moved, wrinkles if dense else moved)
    )
    slopes = _slopes(still - moved, np.zeros_like(wrinkles) if dense else wrinkles)
    return SkinDetail(still, wrinkles, slopes, places, vertex_still, vertex_wrinkles)


class _Sheet:
    """The square map, and where places of the face lie on it.

    Args:
        pixels: map pixels of fine vertices (n, 2).
        places: the same vertices in face coordinates (n, 3): x to the left, y up, in eye distances.
    """

    def __init__(self, pixels: Float[np.ndarray, "points 2"], places: Float[np.ndarray, "points 3"]) -> None:
        front = places[:, 2] > -0.75
        self._all, self._pixels, self._tree = pixels, pixels[front], cKDTree(places[front, :2])
        self._random = np.random.default_rng(11)

    def grooves(self, lines: tuple[Line, ...]) -> Float[np.ndarray, "size size"]:
        """Heights of lines: a groove with raised rims, metres."""
        out = np.zeros((SIZE, SIZE), np.float32)
        for width_px in sorted({line.width_px for line in lines}):
            canvas = np.zeros((SIZE, SIZE), np.float32)
            for line in lines:
                if line.width_px == width_px:
                    self._draw(line, canvas)
            groove = gaussian_filter(canvas, width_px) * (width_px * np.sqrt(2 * np.pi))
            rims = gaussian_filter(canvas, 2.4 * width_px) * (2.4 * width_px * np.sqrt(2 * np.pi))
            out += 0.45 * rims - groove
        return out

    def spread(self, values: Float[np.ndarray, "points"]) -> Float[np.ndarray, "size size"]:
        """A smooth map of what the vertices hold."""
        step = 8
        grid = np.stack(np.meshgrid(*[np.arange(0, SIZE, step) + step / 2] * 2), -1).reshape(-1, 2)
        nearest = cKDTree(self._all).query(grid)[1]
        coarse = gaussian_filter(values[nearest].reshape(SIZE // step, -1).astype(np.float32), 0.7)
        return np.asarray(Image.fromarray(coarse).resize((SIZE, SIZE), Image.Resampling.BICUBIC))

    def _draw(self, line: Line, canvas: np.ndarray) -> None:
        """Add a line to the canvas, a unit of depth for each pixel of length."""
        for mirror in (1, -1) if line.both_sides else (1,):
            ends = np.array(line.points) * [mirror, 1]
            part = np.linspace(0, 1, len(ends))
            steps = np.linspace(0, 1, 600)
            path = np.stack([np.interp(steps, part, ends[:, c]) for c in (0, 1)], 1)
            wander = gaussian_filter(self._random.normal(0, 1, 600), 60)
            path[:, 1] += 0.010 * wander / max(wander.std(), 1e-6)
            distance, near = self._tree.query(path, k=6)
            weight = 1 / (distance + 1e-3)
            at = np.einsum("sk,skc->sc", weight / weight.sum(1, keepdims=True), self._pixels[near])
            at = gaussian_filter(at, (12, 0), mode="nearest")
            length = np.linalg.norm(np.gradient(at, axis=0), axis=1)
            fade = np.sin(np.pi * np.clip(steps, 0.02, 0.98)) ** 0.6
            column, row = np.clip(at.astype(int), 0, SIZE - 1).T
            np.add.at(canvas, (row, column), (line.depth_m * fade * length).astype(np.float32))


def _still(sheet: _Sheet, lips: Float[np.ndarray, "points"], code: Float[np.ndarray, "128"]) -> np.ndarray:
    """Heights at rest, metres."""
    random = np.random.default_rng(3)
    grain = random.normal(0, 1, (SIZE, SIZE)).astype(np.float32)
    fine = gaussian_filter(grain, 1.1) - gaussian_filter(grain, 2.6)
    fine /= fine.std()
    pits = np.minimum(fine, 0.4) - 0.15 * np.maximum(-fine - 1, 0) ** 2  # pores are pits between flat skin
    red = sheet.spread(lips)
    coarse = random.normal(0, 1, (NUM_DETAIL - _FIRST_RELIEF, _RELIEF_SIZE, _RELIEF_SIZE)).astype(np.float32)
    relief = gaussian_filter(np.tensordot(code[_FIRST_RELIEF:], coarse, 1), 1.2)
    relief = np.asarray(Image.fromarray(relief).resize((SIZE, SIZE), Image.Resampling.BICUBIC))
    out = _PORE_M * np.exp(0.5 * code[_PORES]) * pits * (1 - red) + _RELIEF_M * relief
    stripes = gaussian_filter(random.normal(0, 1, (SIZE, SIZE)), (1.1, 12)) * 8
    out += _LIP_LINE_M * red * np.clip(stripes, -1.5, 1)
    age = float(np.clip(0.25 + 0.35 * code[_AGE], 0, 2))
    return (out + age * sheet.grooves(AGE_LINES)).astype(np.float32)


def _to_pixels(uv: Float[np.ndarray, "triangles 3 2"]) -> Float[np.ndarray, "triangles 3 2"]:
    """Column grows down the face, row to the subject's left; NaN (no sheet) becomes a place outside."""
    low, high = np.array(_SHEET).T
    return np.nan_to_num((uv - low) / (high - low) * SIZE, nan=-1.0)


def _border() -> Float[np.ndarray, "size size"]:
    """Fades detail out towards the edge of the map."""
    away = np.minimum(np.arange(SIZE), np.arange(SIZE)[::-1]) / (0.06 * SIZE)
    soft = np.clip(away, 0, 1)
    return np.minimum.outer(soft, soft).astype(np.float32)


def _slopes(still: np.ndarray, wrinkles: np.ndarray) -> tuple[Int8[np.ndarray, "_ _ 4"], ...]:
    """Height per texel along columns and rows, of both maps, at each level."""
    levels = []
    for level in range(LEVELS):
        step = 2**level
        small = [m if level == 0 else m.reshape(SIZE // step, step, -1, step).mean((1, 3)) for m in (still, wrinkles)]
        rises = [np.gradient(m, axis=axis) / SLOPE_STEP_M for m in small for axis in (1, 0)]
        levels.append(np.clip(np.rint(np.stack(rises, -1)), -127, 127).astype(np.int8))
    return tuple(levels)
