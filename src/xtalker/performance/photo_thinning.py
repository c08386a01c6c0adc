"""A regular lattice with larger cells where nothing but whole shares moves it: a quarter of the points."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float, Int

_RING = ((0, 0), (1, 0), (2, 0), (2, 1), (2, 2), (1, 2), (0, 2), (0, 1))
"""Row and column of the points around a block of two by two cells, counter-clockwise as seen; corners are even."""

_BESIDE = ((0, -1), (1, 0), (0, 1), (-1, 0))
"""Row and column of the block beyond each side, from the first one of `_RING` on."""

_OFF_GRID, _MOST_PER_POINT = 0.1, 40


def thinned(
    triangles: Int[np.ndarray, "triangles 3"],
    places: Float[np.ndarray, "points 2"],
    busy: Bool[np.ndarray, "points"],
) -> Int[np.ndarray, "fewer 3"]:
    """The same surface, blocks of two by two whole cells made one where no point of theirs is busy.

    Beside smaller cells a block keeps the point in the middle of that side, so nothing gapes.

    Args:
        triangles: of the cells, two each.
        places: of the lattice's points, pixels; where they lie on no regular grid, nothing is thinned.
        busy: points that stay.
    """
    at = _columns_rows(triangles, places)
    if at is None:
        return triangles
    cell = at[triangles].min(1)
    grid, cells = _cells(at, cell)
    rows, columns = (n // 2 for n in cells.shape)
    whole = cells[: 2 * rows, : 2 * columns].reshape(rows, 2, columns, 2).all((1, 3))
    calm = np.where(grid >= 0, ~busy[grid], False)
    for down in range(3):
        for across in range(3):
            whole &= calm[down : down + 2 * rows : 2, across : across + 2 * columns : 2][:rows, :columns]
    framed = np.pad(whole, 1)
    out = []
    for y, x in zip(*np.nonzero(whole)):
        ring = [grid[2 * y + down, 2 * x + across] for down, across in _RING]
        beside = [framed[y + 1 + down, x + 1 + across] for down, across in _BESIDE]
        outline = [p for k, p in enumerate(ring) if k % 2 == 0 or not beside[k // 2]]
        if len(outline) == 4:
            out += [(outline[0], outline[1], outline[2]), (outline[0], outline[2], outline[3])]
        else:
            middle = grid[2 * y + 1, 2 * x + 1]
            out += [(middle, a, b) for a, b in zip(outline, outline[1:] + outline[:1])]
    merged = np.zeros(cells.shape, bool)
    merged[: 2 * rows, : 2 * columns] = np.kron(whole, np.ones((2, 2), bool))
    kept = triangles[~merged[cell[:, 1], cell[:, 0]]]
    return np.concatenate([kept, np.array(out, kept.dtype).reshape(-1, 3)])


def _columns_rows(
    triangles: Int[np.ndarray, "triangles 3"], places: Float[np.ndarray, "points 2"]
) -> Int[np.ndarray, "points 2"] | None:
    """Column and row of each point; None where they lie on no regular grid."""
    corners = places[triangles]
    step = float(np.median(np.ptp(corners[..., 0], axis=1))) if len(triangles) else 0.0
    if step <= 0:
        return None
    exact = (places - places.min(0)) / step
    at = np.rint(exact)
    if np.abs(exact - at).max() > _OFF_GRID or np.prod(at.max(0) + 1) > _MOST_PER_POINT * len(places):
        return None
    whole: Int[np.ndarray, "points 2"] = at.astype(int)
    return whole


def _cells(
    at: Int[np.ndarray, "points 2"], cell: Int[np.ndarray, "triangles 2"]
) -> tuple[Int[np.ndarray, "point_rows point_columns"], Bool[np.ndarray, "rows columns"]]:
    """Points by row and column (-1: none), and which cells have both of their triangles."""
    size = at.max(0) + 3  # an even number of cells finds its points
    grid = np.full(size[::-1], -1)
    grid[at[:, 1], at[:, 0]] = np.arange(len(at))
    count = np.zeros(size[::-1] - 1, int)
    np.add.at(count, (cell[:, 1], cell[:, 0]), 1)
    return grid, count == 2
