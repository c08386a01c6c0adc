"""Skin, eyes, teeth and tongue at one point, for the shading kernel.

Each function gives (colour, gloss, roughness, bleed, normal, normal of the highlight), all float32; bleed
scales how far light wraps around into the shade.
"""

from __future__ import annotations

import math
from typing import Final, no_type_check

import numpy as np

from xtalker.render.vectors import HALF, LOCAL, ONE, TWO, ZERO, blend, cross, f, inlined, row, step, unit

IRIS, SCLERA, TOOTH, GUM, TONGUE_COLOUR, HAIR, LASH = range(7)
"""Rows of the table of colours."""

_MOTTLING: Final = np.float32(0.0022)  # change of tone for one step of the map
_IRIS_EDGE, _PUPIL_EDGE = np.float32(0.415), np.float32(0.150)  # angle from the gaze, radians
_TOOTH_WIDTH_M: Final = np.float32(0.0075)


@inlined
@no_type_check
def skin(tone, gloss, normal, place, where, head_map, colours):
    """Skin and hair.

    `tone` is the broad colour of the skin, `place` a pixel of the map around the head. A map of two channels holds
    mottling and hair, which may grow where `where[0]` is one. A map of four channels is a person's own: it takes the
    place of the tone as far as `where[1]` says.
    """
    if head_map.shape[2] == 4:
        own, cover = _own_value(head_map, place[0], place[1])
        gloss *= ONE - f(0.7) * cover
        colour = blend(tone, own, where[1])
        return colour, gloss, f(0.42) - f(0.26) * gloss + f(0.10) * cover, ONE - f(0.6) * cover, normal, normal
    mottle, cover = _map_value(head_map, place[0], place[1])
    cover *= where[0]
    mottle *= _MOTTLING
    spotted = (tone[0] * (ONE + f(0.6) * mottle), tone[1] * (ONE + mottle), tone[2] * (ONE + mottle))
    colour = blend(spotted, row(colours, HAIR), cover)
    gloss *= ONE - f(0.7) * cover
    rough = f(0.42) - f(0.26) * gloss + f(0.10) * cover
    return colour, gloss, rough, ONE - f(0.6) * cover, normal, normal


@inlined
@no_type_check
def _map_value(hair_map, u, v):
    """Bilinear (mottling around 0, cover 0..1) of the map; wraps sideways."""
    height, width = hair_map.shape[0], hair_map.shape[1]
    u, v = u - HALF, min(max(v - HALF, ZERO), f(height) - f(1.001))
    column, line = math.floor(u), int(v)
    fu, fv = u - f(column), v - f(line)
    a, b = column % width, (column + 1) % width
    w00, w01, w10, w11 = (ONE - fu) * (ONE - fv), fu * (ONE - fv), (ONE - fu) * fv, fu * fv
    tone = w00 * f(hair_map[line, a, 0]) + w01 * f(hair_map[line, b, 0])
    tone += w10 * f(hair_map[line + 1, a, 0]) + w11 * f(hair_map[line + 1, b, 0])
    cover = w00 * f(hair_map[line, a, 1]) + w01 * f(hair_map[line, b, 1])
    cover += w10 * f(hair_map[line + 1, a, 1]) + w11 * f(hair_map[line + 1, b, 1])
    return tone - f(128), cover / f(255)


@inlined
@no_type_check
def _own_value(head_map, u, v):
    """Bilinear (linear colour, hair 0..1) of a map that holds square roots of colours; wraps sideways."""
    height, width = head_map.shape[0], head_map.shape[1]
    u, v = u - HALF, min(max(v - HALF, ZERO), f(height) - f(1.001))
    column, line = math.floor(u), int(v)
    fu, fv = u - f(column), v - f(line)
    a, b = column % width, (column + 1) % width
    w00, w01, w10, w11 = (ONE - fu) * (ONE - fv), fu * (ONE - fv), (ONE - fu) * fv, fu * fv
    r = w00 * f(head_map[line, a, 0]) + w01 * f(head_map[line, b, 0])
    r += w10 * f(head_map[line + 1, a, 0]) + w11 * f(head_map[line + 1, b, 0])
    g = w00 * f(head_map[line, a, 1]) + w01 * f(head_map[line, b, 1])
    g += w10 * f(head_map[line + 1, a, 1]) + w11 * f(head_map[line + 1, b, 1])
    c = w00 * f(head_map[line, a, 2]) + w01 * f(head_map[line, b, 2])
    c += w10 * f(head_map[line + 1, a, 2]) + w11 * f(head_map[line + 1, b, 2])
    hair = w00 * f(head_map[line, a, 3]) + w01 * f(head_map[line, b, 3])
    hair += w10 * f(head_map[line + 1, a, 3]) + w11 * f(head_map[line + 1, b, 3])
    scale = ONE / f(255 * 255)
    return (r * r * scale, g * g * scale, c * c * scale), hair / f(255)


@inlined
@no_type_check
def eye(direction, normal, axis, colours):
    """Eyeball; `direction` is the place on it with z along the gaze, `axis` the gaze in the world.

    The cornea bulges, which only its highlight shows; the iris is a bowl below it, lit from the far side.
    """
    x, y, z = direction
    angle = math.atan2(math.sqrt(x * x + y * y), z)
    around = math.atan2(y, x)
    t = (angle - _PUPIL_EDGE) / (_IRIS_EDGE - _PUPIL_EDGE)
    fibre = HALF * math.sin(around * f(23) + f(2.3) * math.sin(around * f(7)))
    fibre += f(0.3) * math.sin(around * f(61) + f(9) * t)
    bright = (ONE + f(0.30) * fibre) * (f(0.75) + f(1.3) * t * (ONE - t))
    bright *= ONE - f(0.80) * step(f(0.70), ONE, t)  # the dark ring at the rim
    bright *= step(_PUPIL_EDGE - f(0.022), _PUPIL_EDGE + f(0.022), angle)
    warm = step(f(0.60), f(0.05), t)  # a browner collar around the pupil
    iris = row(colours, IRIS)
    iris = (
        iris[0] * bright * (ONE + f(0.8) * warm),
        iris[1] * bright * (ONE + f(0.2) * warm),
        iris[2] * bright * (ONE - f(0.4) * warm),
    )
    white = step(_IRIS_EDGE - f(0.035), _IRIS_EDGE + f(0.035), angle)
    veins = step(f(0.5), f(1.25), angle)
    sclera = row(colours, SCLERA)
    sclera = (
        sclera[0] * (ONE - f(0.08) * veins), sclera[1] * (ONE - f(0.28) * veins), sclera[2] * (ONE - f(0.28) * veins)
    )  # fmt: skip
    off = (normal[0] - axis[0], normal[1] - axis[1], normal[2] - axis[2])
    bulge, bowl = f(0.75) * (ONE - white), f(-2.0) * (ONE - white)
    shine = unit(normal[0] + bulge * off[0], normal[1] + bulge * off[1], normal[2] + bulge * off[2])
    inner = unit(normal[0] + bowl * off[0], normal[1] + bowl * off[1], normal[2] + bowl * off[2])
    return blend(iris, sclera, white), f(4.5), f(0.085), f(0.7), inner, shine


@inlined
@no_type_check
def tooth(number, height, normal, along, colours):
    """Enamel with dark gaps at whole tooth numbers and gums towards the root; `along` points along the arch."""
    off = number - f(math.floor(number)) - HALF  # -0.5..0.5 within a tooth
    beside_m = (HALF - abs(off)) * _TOOTH_WIDTH_M
    gap_m = f(0.00022) + f(0.0008) * math.exp(-height / f(0.0012))  # gaps open towards the biting edge
    light = f(0.36) + f(0.64) * step(ZERO, gap_m, beside_m)
    neck, edge = step(f(0.003), f(0.009), height), step(f(0.0022), ZERO, height)
    enamel = row(colours, TOOTH)
    enamel = (
        enamel[0] * light * (ONE - f(0.10) * edge),
        enamel[1] * light * (ONE - f(0.06) * neck - f(0.07) * edge),
        enamel[2] * light * (ONE - f(0.18) * neck),
    )
    slope = TWO * off
    line_m = f(0.0098) - f(0.0026) * abs(slope * slope * slope)  # gums reach further down between teeth
    gum = step(line_m - f(0.0004), line_m + f(0.0004), height)
    turn = f(0.75) * slope * slope * slope * (ONE - f(0.6) * gum)  # crowns are round
    bent = unit(normal[0] + turn * along[0], normal[1] + turn * along[1], normal[2] + turn * along[2])
    return blend(enamel, row(colours, GUM), gum), f(0.75), f(0.20), f(0.9), bent, bent


@inlined
@no_type_check
def along_arch(points, corners, normal):
    """Unit direction in which the tooth number grows over a triangle."""
    i, j, k = corners
    a = (points[j, 0] - points[i, 0], points[j, 1] - points[i, 1], points[j, 2] - points[i, 2])
    b = (points[k, 0] - points[i, 0], points[k, 1] - points[i, 1], points[k, 2] - points[i, 2])
    grow_a, grow_b = points[j, LOCAL] - points[i, LOCAL], points[k, LOCAL] - points[i, LOCAL]
    p, q = cross(b, normal), cross(normal, a)
    return unit(grow_a * p[0] + grow_b * q[0], grow_a * p[1] + grow_b * q[1], grow_a * p[2] + grow_b * q[2])


@inlined
@no_type_check
def tongue(beside_m, normal, colours):
    """Tongue with a soft groove along its middle."""
    groove = ONE - f(0.14) * math.exp(-beside_m * beside_m / f(7e-6))
    colour = row(colours, TONGUE_COLOUR)
    return (colour[0] * groove, colour[1] * groove, colour[2] * groove), f(0.55), f(0.24), ONE, normal, normal
