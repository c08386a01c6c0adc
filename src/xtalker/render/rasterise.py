"""Which triangle each sample sees: a visibility buffer in numba, without OpenGL or a display.

Coverage is decided in float64 without fused or reordered arithmetic, where the edge functions of two
neighbouring triangles are exact negatives: closed surfaces have no cracks and the result does not depend on
the number of threads. There is no clipping: a triangle with a corner behind the camera is left out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, no_type_check

import numba
import numpy as np
from jaxtyping import Float, Int

from xtalker.geometry.cameras import Camera

BANDS: Final = 32  # horizontal strips that are drawn in parallel
_UNSURE: Final = 1e-5  # samples; far more than the rounding of a crossing
_LEVEL: Final = 1e-3  # samples; the crossing of an edge that rises less is not worth knowing
_FAR: Final = 1e9  # samples


@dataclass(frozen=True)
class Visibility:
    """What each sample of a picture sees; `samples` samples along each side of a pixel.

    Attributes:
        triangle: nearest triangle, -1 where there is none; of equally near ones the first.
        inverse_depth: 1 / metres along the viewing axis, 0 where there is nothing.
        screen: (vertices, 3) sample coordinates x, y and inverse depth of each vertex.
    """

    triangle: Int[np.ndarray, "rows columns"]
    inverse_depth: Float[np.ndarray, "rows columns"]
    screen: Float[np.ndarray, "vertices 3"]

    @classmethod
    def empty(cls, num_vertices: int, camera_size: tuple[int, int], samples: int) -> Visibility:
        """Buffers for a picture of (width, height) pixels, to be filled by `draw`."""
        shape = (camera_size[1] * samples, camera_size[0] * samples)
        return cls(np.empty(shape, np.int32), np.empty(shape, np.float32), np.empty((num_vertices, 3), np.float32))

    def draw(
        self, vertices: Float[np.ndarray, "vertices 3"], triangles: Int[np.ndarray, "triangles 3"],
        camera: Camera, *, cull: bool,
    ) -> None:  # fmt: skip
        """Fill the buffers.

        Args:
            vertices: float32, metres, world axes.
            triangles: int32, counter-clockwise seen from outside.
            camera: its picture size times the samples is the size of the buffers.
            cull: leave out triangles seen from their back.
        """
        rows, columns = self.triangle.shape
        samples = rows // camera.height
        view = camera.camera_from_world[:3].astype(np.float32)
        focal = np.float32(camera.focal_px * samples)
        project_into(vertices, view, focal, np.float32(columns / 2), np.float32(rows / 2), self.screen)
        self._fill(triangles, cull=cull)

    def draw_parallel(
        self, vertices: Float[np.ndarray, "vertices 3"], triangles: Int[np.ndarray, "triangles 3"],
        view: Float[np.ndarray, "3 4"], *, cull: bool,
    ) -> None:  # fmt: skip
        """Fill the buffers from infinitely far away.

        Args:
            vertices: as in `draw`.
            triangles: as in `draw`.
            cull: as in `draw`.
            view: rows that map world points to column, row and nearness (metres, positive, larger is nearer);
                nearness takes the place of the inverse depth.
        """
        project_parallel_into(vertices, view.astype(np.float32), self.screen)
        self._fill(triangles, cull=cull)

    def _fill(self, triangles: Int[np.ndarray, "triangles 3"], *, cull: bool) -> None:
        order, start = bin_triangles(self.screen, triangles, *self.triangle.shape, cull)
        nearest_into(self.screen, triangles, order, start, self.triangle, self.inverse_depth)


def parallel_view(
    towards: Float[np.ndarray, "3"], middle: Float[np.ndarray, "3"], radius_m: float, size: int
) -> Float[np.ndarray, "3 4"]:
    """View for `draw_parallel` that sees a ball from direction `towards` in a square picture of `size`."""
    back = towards / np.linalg.norm(towards)
    up = np.array([0.0, 1.0, 0.0]) if abs(back[1]) < 0.9 else np.array([1.0, 0.0, 0.0])
    right = np.cross(up, back)
    right /= np.linalg.norm(right)
    turn = np.stack([right * size / 2 / radius_m, -np.cross(back, right) * size / 2 / radius_m, back])
    shift = np.array([size / 2, size / 2, 4 * radius_m]) - turn @ middle
    return np.concatenate([turn, shift[:, None]], axis=1)


@numba.njit(cache=True)
@no_type_check
def project_into(vertices, view, focal, centre_x, centre_y, screen):
    """World points to sample coordinates and inverse depth."""
    for v in range(vertices.shape[0]):
        x, y, z = vertices[v, 0], vertices[v, 1], vertices[v, 2]
        depth = -(view[2, 0] * x + view[2, 1] * y + view[2, 2] * z + view[2, 3])
        inverse = np.float32(1) / depth if depth != 0 else np.float32(-1)
        screen[v, 0] = centre_x + (view[0, 0] * x + view[0, 1] * y + view[0, 2] * z + view[0, 3]) * inverse * focal
        screen[v, 1] = centre_y - (view[1, 0] * x + view[1, 1] * y + view[1, 2] * z + view[1, 3]) * inverse * focal
        screen[v, 2] = inverse


@numba.njit(cache=True)
@no_type_check
def project_parallel_into(vertices, view, screen):
    """World points to column, row and nearness."""
    for v in range(vertices.shape[0]):
        x, y, z = vertices[v, 0], vertices[v, 1], vertices[v, 2]
        for r in range(3):
            screen[v, r] = view[r, 0] * x + view[r, 1] * y + view[r, 2] * z + view[r, 3]


@numba.njit(parallel=True, cache=True)
@no_type_check
def bin_triangles(screen, triangles, rows, columns, cull):
    """Triangles that touch each band, ascending: those of band b are `order[start[b]:start[b + 1]]`."""
    num = triangles.shape[0]
    first, last = np.zeros(num, np.int32), np.full(num, -1, np.int32)
    start = np.zeros(BANDS + 1, np.int64)
    height = rows / BANDS
    for t in numba.prange(num):
        i, j, k = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        if screen[i, 2] <= 0 or screen[j, 2] <= 0 or screen[k, 2] <= 0:
            continue
        x0, y0, x1, y1, x2, y2 = screen[i, 0], screen[i, 1], screen[j, 0], screen[j, 1], screen[k, 0], screen[k, 1]
        area = (x1 - x0) * (y2 - y0) - (y1 - y0) * (x2 - x0)  # negative when seen from the front: y points down
        if area == 0 or (cull and area > 0):
            continue
        low, high = min(y0, y1, y2), max(y0, y1, y2)
        if high < 0 or low > rows or max(x0, x1, x2) < 0 or min(x0, x1, x2) > columns:
            continue
        first[t] = max(0, int(max(low - 1, 0) / height))
        last[t] = min(BANDS - 1, int(min(high + 1, rows) / height))
    for t in range(num):
        for b in range(first[t], last[t] + 1):
            start[b + 1] += 1
    for b in range(BANDS):
        start[b + 1] += start[b]
    order = np.empty(start[BANDS], np.int32)
    place = start[:-1].copy()
    for t in range(num):
        for b in range(first[t], last[t] + 1):
            order[place[b]] = t
            place[b] += 1
    return order, start


@numba.njit(cache=True, inline="always")
@no_type_check
def edge(ax, ay, bx, by, px, py):
    """Twice the signed area of (a, b, p); exactly minus itself when a and b change places."""
    return (ax - px) * (by - py) - (ay - py) * (bx - px)


@numba.njit(cache=True, inline="always")
@no_type_check
def _inside(x0, y0, x1, y1, x2, y2, sign, px, py):
    """Whether a sample is covered: exact, because corners are float32 and samples half integers."""
    return (
        edge(x1, y1, x2, y2, px, py) * sign >= 0
        and edge(x2, y2, x0, y0, px, py) * sign >= 0
        and edge(x0, y0, x1, y1, px, py) * sign >= 0
    )


@numba.njit(cache=True, inline="always")
@no_type_check
def _border(ax, ay, bx, by, sign):
    """Line x = at + y lean on which an edge lies, as (at, lean, lowest, highest): the sides that it closes.

    An edge bounds columns from below or from above; the other bound, and both of an edge near level, is out of reach.
    """
    rise = (by - ay) * sign
    if abs(rise) < _LEVEL:
        return 0.0, 0.0, -_FAR, _FAR
    lean = (bx - ax) / (by - ay)
    at = ax - ay * lean
    return (at, lean, -_UNSURE, _FAR) if rise < 0 else (at, lean, -_FAR, _UNSURE)


@numba.njit(parallel=True, cache=True)
@no_type_check
def nearest_into(screen, triangles, order, start, triangle, inverse_depth):
    """Nearest triangle of each sample; each band belongs to one thread.

    A triangle is convex, so a row of it is known by its first and last covered sample. Both are guessed from the
    edges, a little too wide, and found by the exact test from there.
    """
    rows, columns = triangle.shape
    for b in numba.prange(BANDS):
        top, bottom = b * rows // BANDS, (b + 1) * rows // BANDS
        triangle[top:bottom] = -1
        inverse_depth[top:bottom] = 0
        for q in range(start[b], start[b + 1]):
            t = order[q]
            i, j, k = triangles[t, 0], triangles[t, 1], triangles[t, 2]
            x0, y0, z0 = np.float64(screen[i, 0]), np.float64(screen[i, 1]), np.float64(screen[i, 2])
            x1, y1, z1 = np.float64(screen[j, 0]), np.float64(screen[j, 1]), np.float64(screen[j, 2])
            x2, y2, z2 = np.float64(screen[k, 0]), np.float64(screen[k, 1]), np.float64(screen[k, 2])
            area = edge(x0, y0, x1, y1, x2, y2)
            sign = 1.0 if area > 0 else -1.0
            # nearness is flat over the screen: z0 + (x - x0) along + (y - y0) down
            along = ((z1 - z0) * (y2 - y0) - (z2 - z0) * (y1 - y0)) / area
            down = ((z2 - z0) * (x1 - x0) - (z1 - z0) * (x2 - x0)) / area
            at0, lean0, low0, high0 = _border(x0, y0, x1, y1, sign)
            at1, lean1, low1, high1 = _border(x1, y1, x2, y2, sign)
            at2, lean2, low2, high2 = _border(x2, y2, x0, y0, sign)
            left, right = max(min(x0, x1, x2), 0.0), min(max(x0, x1, x2), columns - 0.5)
            high = max(math.ceil(max(min(y0, y1, y2), 0.0) - 0.5), top)
            low = min(math.floor(min(max(y0, y1, y2), rows) - 0.5), bottom - 1)
            for y in range(high, low + 1):
                py = y + 0.5
                c0, c1, c2 = at0 + py * lean0, at1 + py * lean1, at2 + py * lean2
                first = math.ceil(max(left, c0 + low0, c1 + low1, c2 + low2) - 0.5)
                last = math.floor(min(right, c0 + high0, c1 + high1, c2 + high2) - 0.5)
                while first <= last and not _inside(x0, y0, x1, y1, x2, y2, sign, first + 0.5, py):
                    first += 1
                while last > first and not _inside(x0, y0, x1, y1, x2, y2, sign, last + 0.5, py):
                    last -= 1
                begin = z0 + (0.5 - x0) * along + (py - y0) * down
                for x in range(first, last + 1):
                    z = np.float32(begin + x * along)
                    if z > inverse_depth[y, x]:
                        inverse_depth[y, x] = z
                        triangle[y, x] = t


@numba.njit(cache=True)
@no_type_check
def veil_into(screen, triangles, strands, inverse_depth, clearness):
    """Multiply `clearness` of each sample by (1 - opacity) of every card in front of the surface.

    The cards have one colour, so their order does not matter; they are seen from both sides. `strands` has for
    each vertex of the scene its opacity and the running number of the hair there; hairs taper between numbers.
    """
    rows, columns = inverse_depth.shape
    clearness[:] = 1
    for t in range(triangles.shape[0]):
        i, j, k = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        if screen[i, 2] <= 0 or screen[j, 2] <= 0 or screen[k, 2] <= 0:
            continue
        x0, y0, x1, y1, x2, y2 = screen[i, 0], screen[i, 1], screen[j, 0], screen[j, 1], screen[k, 0], screen[k, 1]
        area = edge(x0, y0, x1, y1, x2, y2)
        if area == 0:
            continue
        for y in range(max(int(min(y0, y1, y2)), 0), min(int(max(y0, y1, y2)) + 1, rows)):
            for x in range(max(int(min(x0, x1, x2)), 0), min(int(max(x0, x1, x2)) + 1, columns)):
                px, py = np.float32(x + 0.5), np.float32(y + 0.5)
                w0 = edge(x1, y1, x2, y2, px, py) / area
                w1 = edge(x2, y2, x0, y0, px, py) / area
                w2 = np.float32(1) - w0 - w1
                if w0 > 0 and w1 > 0 and w2 > 0:  # strict: an edge that two cards share is not veiled twice
                    z = w0 * screen[i, 2] + w1 * screen[j, 2] + w2 * screen[k, 2]
                    if z > inverse_depth[y, x]:
                        number = w0 * strands[i, 1] + w1 * strands[j, 1] + w2 * strands[k, 1]
                        hair = np.float32(0.5) + np.float32(0.5) * math.cos(np.float32(2 * math.pi) * number)
                        opacity = w0 * strands[i, 0] + w1 * strands[j, 0] + w2 * strands[k, 0]
                        thin = hair * hair * hair
                        cover = opacity * (np.float32(0.08) + np.float32(3.0) * thin * thin)
                        clearness[y, x] *= 1 - min(cover, np.float32(0.95))
