"""Which part of a person mask belongs to one of several people."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float, Float32, UInt8
from scipy.ndimage import binary_dilation, label
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from xtalker.appearance.pixels import blurred, luma, polygon_mask, resized

_SIDE: Final = 100
"""Longer side of the lattice on which ways are measured."""
_EDGE_COST: Final = 0.25
"""A step over one grey level of difference costs this many plain steps."""
_OUTSIDE_COST: Final = 30.0
"""So does a step outside the mask."""


def own_region(
    rgb: UInt8[np.ndarray, "height width 3"],
    mask: Float32[np.ndarray, "height width"],
    face_polygon: Float[np.ndarray, "36 2"],
    other_faces: Float[np.ndarray, "people 2 2"],
) -> Float32[np.ndarray, "height width"]:
    """1 where the mask may be the meant person, 0 where it is somebody else or hangs on nobody.

    Each pixel goes to the person from whose face and upper body the cheapest way leads to it, where steps across
    edges and outside the mask are dear.

    Args:
        rgb: a small picture.
        mask: probability of a person.
        face_polygon: the meant person's face, pixels.
        other_faces: boxes of the others' faces.
    """
    height, width = mask.shape
    attached = _attached(mask, polygon_mask(face_polygon, width, height))
    if not len(other_faces):
        return attached.astype(np.float32)
    factor = min(1.0, _SIDE / max(width, height))
    columns, rows = max(round(width * factor), 2), max(round(height * factor), 2)
    scale = np.array([columns / width, rows / height])
    own = np.stack([face_polygon.min(0), face_polygon.max(0)])
    people = [_trunk(box * scale, columns, rows) for box in (own, *other_faces)]
    grey = luma(resized(blurred(rgb.astype(np.float32), 1.0), columns, rows))
    nearest = _nearest_person(grey, resized(mask, columns, rows), people)
    mine = resized((nearest == 0).astype(np.float32), width, height, "linear")
    return (np.clip((mine - 0.3) / 0.4, 0, 1) * attached).astype(np.float32)


def _attached(mask: np.ndarray, face: np.ndarray) -> np.ndarray:
    """The part of a mask that hangs together with the face, and a rim around it."""
    parts, _ = label((mask > 0.3) | face)
    own = np.unique(parts[face & (parts > 0)])
    rim = max(mask.shape) // 40
    return binary_dilation(np.isin(parts, own[own > 0]), iterations=max(rim, 1)) if len(own) else np.ones_like(face)


def _trunk(box: Float[np.ndarray, "2 2"], width: int, height: int) -> np.ndarray:
    """Where a person certainly is: the middle of the face, and from there down one and a half face heights."""
    (left, top), (right, bottom) = box
    middle, half, tall = (left + right) / 2, 0.25 * (right - left), bottom - top
    x, y = np.arange(width) + 0.5, np.arange(height)[:, None] + 0.5
    out = (np.abs(x - middle) <= max(half, 0.6)) & (y >= top + 0.2 * tall) & (y <= bottom + 1.5 * tall)
    return np.broadcast_to(out, (height, width))


def _nearest_person(grey: np.ndarray, mask: np.ndarray, people: list[np.ndarray]) -> np.ndarray:
    """Index of the person to whom the cheapest way leads; ties to the first."""
    height, width = grey.shape
    index = np.arange(height * width).reshape(height, width)
    steps = [(index[:, :-1], index[:, 1:]), (index[:-1], index[1:])]
    start = np.concatenate([a.ravel() for a, _ in steps])
    end = np.concatenate([b.ravel() for _, b in steps])
    level, inside = grey.ravel(), mask.ravel()
    cost = 1 + _EDGE_COST * np.abs(level[start] - level[end])
    cost += _OUTSIDE_COST * (1 - np.minimum(inside[start], inside[end]))
    graph = csr_matrix((cost, (start, end)), shape=(height * width,) * 2)
    ways = [dijkstra(graph, directed=False, indices=np.flatnonzero(p), min_only=True) for p in people]
    return np.argmin(ways, axis=0).reshape(height, width)
