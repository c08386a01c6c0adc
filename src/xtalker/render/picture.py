"""From a visibility buffer to a picture: one shading for most pixels, one for each sample where it matters.

A pixel whose samples all see the same smooth piece of surface is shaded once; at silhouettes, where materials
meet, and on eyes and teeth every sample is shaded. Averages are taken of display values, so that highlights
keep smooth edges.
"""

from __future__ import annotations

from typing import Final, no_type_check

import numba
import numpy as np

from xtalker.render.detail_shade import bent
from xtalker.render.lighting import display, key_light, lit
from xtalker.render.materials import LASH, along_arch, eye, skin, tongue, tooth
from xtalker.render.scene import EYE_LEFT, EYE_RIGHT, SKIN, TEETH, TONGUE
from xtalker.render.vectors import (
    GLOSS,
    HALF,
    LOCAL,
    NORMAL,
    ONE,
    OPEN_SKY,
    PLACE,
    SHADE,
    TONE,
    ZERO,
    f,
    inlined,
    one_within,
    row,
    unit,
    within,
)

_DEPTH_EDGE: Final = np.float32(0.004)  # relative step of depth between samples that counts as an edge


@inlined
@no_type_check
def _weights(screen, corners, x, y):
    """Perspective-correct barycentric weights at a place of the screen."""
    i, j, k = corners
    x0, y0, x1, y1, x2, y2 = screen[i, 0], screen[i, 1], screen[j, 0], screen[j, 1], screen[k, 0], screen[k, 1]
    a = ((x1 - x) * (y2 - y) - (y1 - y) * (x2 - x)) * screen[i, 2]
    b = ((x2 - x) * (y0 - y) - (y2 - y) * (x0 - x)) * screen[j, 2]
    c = ((x0 - x) * (y1 - y) - (y0 - y) * (x1 - x)) * screen[k, 2]
    scale = ONE / (a + b + c)
    return a * scale, b * scale, c * scale


@inlined
@no_type_check
def _surface(t, corners, weights, material, points, map_corners, hair_map, colours, axes, detail):
    """Material of triangle t at barycentric weights."""
    normal = within(points, NORMAL, corners, weights)
    normal = unit(normal[0], normal[1], normal[2])
    where = within(points, LOCAL, corners, weights)
    kind = material[t]
    if kind in (EYE_LEFT, EYE_RIGHT):
        return eye(where, normal, row(axes, kind - EYE_LEFT), colours)
    if kind == TEETH:
        return tooth(where[0], where[1], normal, along_arch(points, corners, normal), colours)
    if kind == TONGUE:
        return tongue(where[0], normal, colours)
    normal = bent(normal, corners, weights, points, t, detail, where[2])
    gloss = one_within(points, GLOSS, corners, weights)
    a, b, c = weights
    u = a * map_corners[t, 0, 0] + b * map_corners[t, 1, 0] + c * map_corners[t, 2, 0]
    v = a * map_corners[t, 0, 1] + b * map_corners[t, 1, 1] + c * map_corners[t, 2, 1]
    return skin(within(points, TONE, corners, weights), gloss, normal, (u, v), where, hair_map, colours)


@inlined
@no_type_check
def _as_clay(surface, kind, clay):
    """The same surface without colour; a trace of brightness marks iris, pupil and gaps between teeth."""
    colour, gloss, rough, bleed, normal, shine = surface
    mark = min((colour[0] + colour[1] + colour[2]) * f(0.57), ONE)
    grey = clay if kind == SKIN else clay * (f(0.55) + f(0.45) * mark)
    return (grey, grey, grey), gloss, rough, bleed, normal, shine


@inlined
@no_type_check
def _shade(
    x, y, t, screen, triangles, material, points, map_corners, hair_map, colours, style, lamps, ambient, axes,
    camera, key_map, key_view, detail,
):  # fmt: skip
    """Display colour of triangle t at a place of the screen."""
    corners = (np.uint32(triangles[t, 0]), np.uint32(triangles[t, 1]), np.uint32(triangles[t, 2]))
    weights = _weights(screen, corners, x, y)
    surface = _surface(t, corners, weights, material, points, map_corners, hair_map, colours, axes, detail)
    kind = material[t]
    if style[0] > 0:
        surface = _as_clay(surface, kind, style[0])
    place = within(points, PLACE, corners, weights)
    view = unit(camera[0] - place[0], camera[1] - place[1], camera[2] - place[2])
    key = key_light(place, surface[4], key_map, key_view)
    others = ONE
    if kind in (TEETH, TONGUE):
        key = f(0.6) + f(0.4) * key  # the shade of the mouth already darkens these
        others = f(0.3)  # what shines from the side or from behind does not enter the mouth
    elif kind != SKIN:
        key = HALF + HALF * key  # wet eyes keep their highlight under the lid
    open_sky = one_within(points, OPEN_SKY, corners, weights)
    shade = one_within(points, SHADE, corners, weights)
    red, green, blue = lit(surface, view, open_sky, shade, key, others, style, lamps, ambient)
    return display(red), display(green), display(blue)


@inlined
@no_type_check
def _look_at_pixel(triangle, inverse_depth, clearness, material, x, y, samples):
    """Nearest inverse depth of a pixel's samples, sum of their clearness, and whether one shading will do."""
    nearest, farthest, clear, same = ZERO, f(1e9), ZERO, True
    left, top = np.uint32(x * samples), np.uint32(y * samples)
    first = triangle[top, left]
    first = material[np.uint32(first)] if first >= 0 else -2
    for b in range(np.uint32(samples)):
        for a in range(np.uint32(samples)):
            t = triangle[top + b, left + a]
            z = inverse_depth[top + b, left + a]
            nearest, farthest = max(nearest, z), min(farthest, z)
            clear += clearness[top + b, left + a]
            kind = material[np.uint32(t)] if t >= 0 else -2
            same = same and kind == first
    smooth = same and first in (SKIN, TONGUE) and nearest - farthest < nearest * _DEPTH_EDGE
    return nearest, clear, smooth


@numba.njit(parallel=True, cache=True, fastmath=True, error_model="numpy")
@no_type_check
def picture_into(
    triangle, inverse_depth, clearness, samples, screen, triangles, material, points, map_corners, hair_map,
    colours, style, lamps, ambient, axes, camera, key_map, key_view, detail, backdrop, straight, rgb, alpha,
    depth,
):  # fmt: skip
    """Colour (height, width, 3), cover (height, width), both uint8, and depth (height, width) of a picture.

    `points` holds all that is known about a fine vertex in one row (PLACE ... SHADE), so that a sample reads
    three short stretches of memory. `backdrop` has one column for the whole width, or one for each pixel; with
    `straight`, which wants a black one, colours are those of the head alone, undimmed by its cover.
    """
    height, width = depth.shape
    # the central sample comes first and stands for all when one shading will do
    order = np.empty((samples * samples, 2), np.int64)
    for n in range(samples * samples):
        m = (n + samples * samples // 2 + samples // 2) % (samples * samples)
        order[n, 0], order[n, 1] = m // samples, m % samples
    stride = 1 if backdrop.shape[1] > 1 else 0
    full = f(samples * samples)
    lash = row(colours, LASH)
    for y in numba.prange(height):
        for x in range(width):
            nearest, clear, smooth = _look_at_pixel(triangle, inverse_depth, clearness, material, x, y, samples)
            depth[y, x] = ONE / nearest if nearest > ZERO else ZERO
            back = row(backdrop[y], x * stride)
            s0, s1, s2, empty = ZERO, ZERO, ZERO, ZERO
            if nearest == ZERO:
                s0, s1, s2, empty = back[0] * clear, back[1] * clear, back[2] * clear, clear
            for n in range(0 if nearest == ZERO else 1 if smooth else samples * samples):
                line, column = y * samples + order[n, 0], x * samples + order[n, 1]
                t = triangle[line, column]
                here = clear if smooth else clearness[line, column]
                if t < 0:
                    c0, c1, c2 = back
                    empty += here
                else:
                    c0, c1, c2 = _shade(
                        f(column) + HALF, f(line) + HALF, t, screen, triangles, material, points, map_corners,
                        hair_map, colours, style, lamps, ambient, axes, camera, key_map, key_view, detail,
                    )  # fmt: skip
                s0 += c0 * here
                s1 += c1 * here
                s2 += c2 * here
            veil = full - clear
            covered = full - empty
            alpha[y, x] = np.uint8(f(255) * covered / full + HALF)
            share = f(255) / (max(covered, f(1e-6)) if straight else full)
            rgb[y, x, 0] = np.uint8(min((s0 + lash[0] * veil) * share, f(255)) + HALF)
            rgb[y, x, 1] = np.uint8(min((s1 + lash[1] * veil) * share, f(255)) + HALF)
            rgb[y, x, 2] = np.uint8(min((s2 + lash[2] * veil) * share, f(255)) + HALF)
