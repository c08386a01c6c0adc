"""The square map of the face that holds skin detail: where places of the face lie on it, and what is drawn there."""

from __future__ import annotations

from functools import cached_property
from typing import Final

import numpy as np
import scipy.sparse as sparse
from jaxtyping import Float
from PIL import Image
from scipy.ndimage import gaussian_filter
from scipy.spatial import cKDTree

from xtalker.render.detail_lines import LINES, PATHS, REGIONS, SCALES, Line

SIZE: Final = 1024
"""Side of the map, pixels; one is about a quarter of a millimetre."""

HALF: Final = SIZE // 2
"""Side of the map on which lines are drawn."""

_SHEET: Final = ((0.742, 0.972), (0.348, 0.622))  # part of the open head's texture sheet that holds the face
_FRONT: Final = -0.75  # eye distances behind the eyes; ears and neck fold back under the face
_STEPS: Final = 600
_WANDER: Final = 0.010
_RIM_WIDTH, _RIM_HEIGHT = 2.4, 0.45  # of the raised skin beside a groove, against the groove's
_REGION_WIDTH: Final = 0.30  # eye distances
_GRID: Final = 8


def to_pixels(uv: Float[np.ndarray, "triangles 3 2"]) -> Float[np.ndarray, "triangles 3 2"]:
    """Texture coordinates on the map: column grows down the face, row to the subject's left; NaN lies outside."""
    low, high = np.array(_SHEET).T
    return np.asarray(np.nan_to_num((uv - low) / (high - low) * SIZE, nan=-1.0))


class FaceSheet:
    """The map for one head shape.

    Args:
        pixels: map pixels of fine vertices.
        places: the same vertices in face coordinates (see detail_lines).
    """

    def __init__(self, pixels: Float[np.ndarray, "points 2"], places: Float[np.ndarray, "points 3"]) -> None:
        front = places[:, 2] > _FRONT
        self._all, self._pixels, self._places = pixels, pixels[front], places
        self._tree = cKDTree(places[front, :2])

    def grooves(self, weights: Float[np.ndarray, "lines"]) -> Float[np.ndarray, "half half"]:
        """Heights of all lines, metres: grooves with raised rims, each as deep as its weight times its depth."""
        out = np.zeros((HALF, HALF), np.float32)
        for width_px in sorted({line.width_px for line in LINES}):
            chosen = np.array([line.width_px == width_px for line in LINES]) & (weights != 0)
            if chosen.any():
                canvas = np.asarray(weights[chosen] @ self.strokes[chosen]).reshape(HALF, HALF)
                out += groove(canvas.astype(np.float32), width_px)
        return out

    @cached_property
    def strokes(self) -> sparse.csr_matrix:
        """Every line at full depth as a row: metres of depth for each pixel of its length, on the half map."""
        cells, values, start = [], [], [0]
        paths = {(line.path, line.mirror): self._path(line.path, line.mirror) for line in LINES}
        for line in LINES:
            cell, value = _drawn(line, paths[line.path, line.mirror])
            cells.append(cell)
            values.append(value)
            start.append(start[-1] + len(cell))
        shape = (len(LINES), HALF * HALF)
        rows = sparse.csr_matrix((np.concatenate(values), np.concatenate(cells), np.array(start)), shape)
        rows.sum_duplicates()
        return rows

    @cached_property
    def regions(self) -> Float[np.ndarray, "regions grid grid"]:
        """Share of each region at every eighth pixel of the map; they sum to one."""
        places = self.spread(self._places[:, :2].astype(np.float32))
        off = places[None] - np.array([region.middle for region in REGIONS], np.float32)[:, None, None]
        near = -(off**2).sum(-1) / (2 * _REGION_WIDTH**2)
        share = np.exp(near - near.max(0))
        return np.asarray(share / share.sum(0))

    def spread(self, values: Float[np.ndarray, "points channels"]) -> Float[np.ndarray, "grid grid channels"]:
        """What the vertices hold, continued over the map, at every eighth pixel."""
        grid = np.stack(np.meshgrid(*[np.arange(0, SIZE, _GRID) + _GRID / 2] * 2), -1).reshape(-1, 2)
        nearest = cKDTree(self._all).query(grid)[1]
        return gaussian_filter(values[nearest].reshape(SIZE // _GRID, SIZE // _GRID, -1), (0.7, 0.7, 0))

    def _path(self, number: int, mirror: int) -> Float[np.ndarray, "steps 2"]:
        """Pixels of the half map along a path; no line of a face is straight."""
        ends = np.array(PATHS[number]) * [mirror, 1]
        steps = np.linspace(0, 1, _STEPS)
        path = np.stack([np.interp(steps, np.linspace(0, 1, len(ends)), ends[:, c]) for c in (0, 1)], 1)
        wander = gaussian_filter(np.random.default_rng([11, number, mirror + 1]).normal(0, 1, _STEPS), 60)
        path[:, 1] += _WANDER * wander / max(wander.std(), 1e-6)
        distance, near = self._tree.query(path, k=6)
        weight = 1 / (distance + 1e-3)
        at = np.einsum("sk,skc->sc", weight / weight.sum(1, keepdims=True), self._pixels[near])
        return gaussian_filter(at, (12, 0), mode="nearest") * HALF / SIZE


def _drawn(line: Line, at: Float[np.ndarray, "steps 2"]) -> tuple[np.ndarray, np.ndarray]:
    """Cells of the half map along a line, and what it leaves there."""
    steps = np.linspace(0, 1, len(at))
    middle, half = line.stretch
    window = np.cos(np.pi / 2 * np.clip((steps - middle) / half, -1, 1)) ** 2
    fade = np.sin(np.pi * np.clip(steps, 0.02, 0.98)) ** 0.6 * window
    deep = line.depth_m * fade * np.linalg.norm(np.gradient(at, axis=0), axis=1)
    used = deep > 1e-3 * deep.max()
    at, deep = np.clip(at[used] - 0.5, 0, HALF - 2), deep[used]
    corner = at.astype(int)
    part = at - corner
    cells, values = [], []
    for dx in (0, 1):
        for dy in (0, 1):
            share = np.abs(1 - dx - part[:, 0]) * np.abs(1 - dy - part[:, 1])
            cells.append((corner[:, 1] + dy) * HALF + corner[:, 0] + dx)
            values.append(share * deep)
    return np.concatenate(cells), np.concatenate(values).astype(np.float32)


def groove(canvas: Float[np.ndarray, "rows columns"], width_px: float) -> Float[np.ndarray, "rows columns"]:
    """Strokes on the half map as heights: a groove with raised rims."""
    narrow, wide = width_px * HALF / SIZE, _RIM_WIDTH * width_px * HALF / SIZE
    deep = gaussian_filter(canvas, narrow, truncate=3.0) * (narrow * np.sqrt(2 * np.pi))
    rims = gaussian_filter(canvas, wide, truncate=3.0) * (wide * np.sqrt(2 * np.pi))
    return np.asarray(_RIM_HEIGHT * rims - deep)


def grain(scale: int) -> Float[np.ndarray, "size size"]:
    """Roughness of one scale everywhere, standard deviation one; the same for everybody."""
    kind, random = SCALES[scale], np.random.default_rng([3, scale])
    step = 1 if kind.finest_px < 2 else 2
    noise = random.normal(0, 1, (SIZE // step, SIZE // step)).astype(np.float32)
    fine = gaussian_filter(noise, kind.finest_px / step) - gaussian_filter(noise, kind.coarsest_px / step)
    fine /= fine.std()
    if scale == 0:
        fine = np.minimum(fine, 0.4) - 0.15 * np.maximum(-fine - 1, 0) ** 2  # pores are pits between flat skin
    return fine if step == 1 else enlarged(fine)


def enlarged(small: Float[np.ndarray, "small small"]) -> Float[np.ndarray, "size size"]:
    """A smaller map at the size of the whole one."""
    picture = Image.fromarray(small.astype(np.float32))
    return np.asarray(picture.resize((SIZE, SIZE), Image.Resampling.BICUBIC))


def border() -> Float[np.ndarray, "size size"]:
    """Fades detail out towards the edge of the map."""
    away = np.minimum(np.arange(SIZE), np.arange(SIZE)[::-1]) / (0.06 * SIZE)
    soft = np.clip(away, 0, 1)
    return np.minimum.outer(soft, soft).astype(np.float32)
