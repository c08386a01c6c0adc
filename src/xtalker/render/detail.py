"""Skin detail: D(jaw, expression, detail) as heights over the texture sheet of the face.

height(place, pose) = still(place; detail) + pressed(place; jaw, expression) * wrinkles(place; detail)

Both maps are linear in the code: grain of fourteen regions at three scales and 86 lines (detail_lines names the 128
numbers), so that a code can be found by projecting a photograph on them (capture.detail). A line's number changes
how deep it is at rest and how strongly it comes when its skin is pressed together. `pressed` is how much skin area a
pose takes away there: forehead, between the brows, crow's feet, beside the nose, chin. The fast path turns heights
into slopes that bend normals while shading; the dense surface moves its vertices. The basis is drawn by rule in face
coordinates: no scans and nothing learnt.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Bool, Float, Int8
from scipy.ndimage import gaussian_filter, map_coordinates

from xtalker.render.anatomy import Frame
from xtalker.render.detail_lines import LINES, NUM_ROUGHNESS, REGIONS, SCALES
from xtalker.render.detail_shade import SLOPE_STEP_M, areas_into, spread_into
from xtalker.render.detail_sheet import SIZE, FaceSheet, border, enlarged, grain, to_pixels
from xtalker.render.scene import Scene
from xtalker.values import MeshTopology
from xtalker.values.conventions import NUM_DETAIL

LEVELS: Final = 4
CODE_LIMIT: Final = 3.0
"""Numbers of a code count only up to this: codes come from files."""
ROUGHNESS_STEP, LINE_STEP, WRINKLE_STEP = 0.5, 0.5, 0.35
"""What a unit of the code adds to the strength of grain, of a line at rest, and of a line under compression."""
_DEEPEST_WRINKLE: Final = 1.6
_PAINTED: Final = 0.5  # of what lines at rest show when a person's texture already holds their shade
_LIP_LINE_M: Final = 30e-6
_SLACK, _FULL = 0.03, 0.20  # parts of its area that skin loses before wrinkles start, and when they are full
_MOST: Final = 1.2
_HELD_PX, _SHOWN_PX = 2.5, 3.7  # blur of what the dense surface's vertices take, and of what its facets then show


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


@dataclass(frozen=True)
class DetailPlaces:
    """Where the detail map lies on a fine surface.

    Attributes:
        triangles: whether each triangle has detail.
        corners: map pixel of each triangle's corners; -1 where there is no detail.
        vertices: map pixel of each fine vertex; -1 where there is none.
        sheet: the map.
    """

    triangles: Bool[np.ndarray, "triangles"]
    corners: Float[np.ndarray, "triangles 3 2"]
    vertices: Float[np.ndarray, "fine 2"]
    sheet: FaceSheet


def detail_places(
    scene: Scene, topology: MeshTopology, rest: Float[np.ndarray, "fine 3"], frame: Frame
) -> DetailPlaces | None:
    """Lay the detail map on a resting head; None for heads without the open head's texture sheet."""
    if topology.uv is None or "skin" not in scene.parts or "lips" not in topology.masks:
        return None
    pixels = to_pixels(scene.corner_uv)
    inside = ((pixels > 1) & (pixels < SIZE - 1)).all((1, 2)) & (scene.triangles < scene.parts["skin"].stop).all(1)
    corners = np.where(inside[:, None, None], pixels, -1).astype(np.float32, order="C")
    vertices = np.full((scene.num_vertices, 2), -1, np.float32)
    vertices[scene.triangles[inside].ravel()] = pixels[inside].reshape(-1, 2)
    seen = vertices[:, 0] >= 0
    return DetailPlaces(
        inside, corners, vertices, FaceSheet(vertices[seen], (rest[seen] - frame.origin) / frame.eye_distance_m)
    )


def skin_detail(
    scene: Scene, topology: MeshTopology, rest: Float[np.ndarray, "fine 3"], frame: Frame,
    code: Float[np.ndarray, "128"] | None = None, *, dense: bool = False, painted: bool = False,
) -> SkinDetail | None:  # fmt: skip
    """Detail of a person, or None for heads without the open head's texture sheet.

    Args:
        scene: fine surface.
        topology: of the head.
        rest: fine vertices of the resting head.
        frame: of its face.
        code: the paper's delta, as `detail_lines.NAMES`; zero is generic adult skin.
        dense: vertices lie close enough to show wrinkles; shading then shows only what is finer.
        painted: the skin is a photograph's, which holds the shade of lines at rest.
    """
    found = detail_places(scene, topology, rest, frame)
    if found is None:
        return None
    code = np.zeros(NUM_DETAIL, np.float32) if code is None else np.asarray(code, np.float32)
    code = np.clip(np.nan_to_num(code), -CODE_LIMIT, CODE_LIMIT)
    seen, edge = found.vertices[:, 0] >= 0, border()
    lips = (scene.matrix(topology.num_vertices) @ topology.masks["lips"])[seen].astype(np.float32)
    at_rest, pressed = line_strengths(code)
    lines, wrinkles = (enlarged(found.sheet.grooves(w)) for w in ((_PAINTED if painted else 1) * at_rest, pressed))
    still, wrinkles = (lines + _grain(found.sheet, lips, code)) * edge, wrinkles * edge
    bumps = [gaussian_filter(m, _HELD_PX) if dense else np.zeros_like(m) for m in (still, wrinkles)]
    at = np.maximum(found.vertices[:, ::-1].T - 0.5, 0)
    vertex_still, vertex_wrinkles = (
        seen.astype(np.float32) * map_coordinates(m, at, order=1, mode="nearest") for m in bumps
    )
    fine = [m - gaussian_filter(m, _SHOWN_PX) if dense else m for m in (still, wrinkles)]
    return SkinDetail(still, wrinkles, _slopes(*fine), found.corners, vertex_still, vertex_wrinkles)


def line_strengths(code: Float[np.ndarray, "128"]) -> tuple[Float[np.ndarray, "lines"], Float[np.ndarray, "lines"]]:
    """Shares of their full depth that the lines have at rest, and that full compression adds; never negative."""
    lines = code[NUM_ROUGHNESS:]
    rest, pressed = (np.array([getattr(line, name) for line in LINES], np.float32) for name in ("rest", "pressed"))
    return (
        np.maximum(rest + LINE_STEP * lines, 0).astype(np.float32),
        np.clip(pressed + WRINKLE_STEP * lines, 0, _DEEPEST_WRINKLE).astype(np.float32),
    )


def _grain(sheet: FaceSheet, lips: Float[np.ndarray, "points"], code: Float[np.ndarray, "128"]) -> np.ndarray:
    """Pores, coarser roughness, and the lines of the lips; metres."""
    strength = np.maximum(1 + ROUGHNESS_STEP * code[:NUM_ROUGHNESS], 0).reshape(len(SCALES), len(REGIONS))
    red = enlarged(sheet.spread(lips[:, None])[..., 0])
    out = np.zeros((SIZE, SIZE), np.float32)
    for number, scale in enumerate(SCALES):
        out += scale.height_m * enlarged(np.tensordot(strength[number], sheet.regions, 1)) * grain(number)
    stripes = gaussian_filter(np.random.default_rng(4).normal(0, 1, (SIZE, SIZE)), (1.1, 12)) * 8
    return (out * (1 - red) + _LIP_LINE_M * red * np.clip(stripes, -1.5, 1)).astype(np.float32)


def _slopes(still: np.ndarray, wrinkles: np.ndarray) -> tuple[Int8[np.ndarray, "_ _ 4"], ...]:
    """Height per texel along columns and rows, of both maps, at each level."""
    levels = []
    for level in range(LEVELS):
        step = 2**level
        small = [m if level == 0 else m.reshape(SIZE // step, step, -1, step).mean((1, 3)) for m in (still, wrinkles)]
        rises = [np.gradient(m, axis=axis) / SLOPE_STEP_M for m in small for axis in (1, 0)]
        levels.append(np.clip(np.rint(np.stack(rises, -1)), -127, 127).astype(np.int8))
    return tuple(levels)
