"""Light on one point: lamps with wrapped diffuse and two-lobe highlights, sky, shadow of the key lamp, display."""

from __future__ import annotations

import math
from typing import Final, no_type_check

import numpy as np

from xtalker.render.vectors import HALF, ONE, ZERO, dot, f, inlined, step, unit

_NARROW: Final = np.float32(0.45**2)  # square of the narrow lobe's roughness in parts of the wide one's


@inlined
@no_type_check
def display(light):
    """Filmic curve (Narkowicz 2015) and display encoding, as a square root."""
    bent = light * (f(2.51) * light + f(0.03)) / (light * (f(2.43) * light + f(0.59)) + f(0.14))
    return math.sqrt(min(max(bent, ZERO), ONE))


@inlined
@no_type_check
def _highlight(normal, view, towards, seen, rough):
    """Two GGX lobes (Walter 2007) with Schlick's Fresnel, times the cosine of the light.

    `seen` is the cosine of the view. The lobes stand over one denominator: divisions are what takes time here.
    """
    facing = dot(normal, towards)
    if facing <= ZERO:
        return ZERO
    middle = unit(towards[0] + view[0], towards[1] + view[1], towards[2] + view[2])
    cosine = max(dot(normal, middle), ZERO)
    m = ONE - max(dot(view, middle), ZERO)
    fresnel = f(0.028) + f(0.972) * m * m * m * m * m
    wide, narrow = rough * rough, rough * rough * _NARROW
    p, q = cosine * cosine * (wide - ONE) + ONE, cosine * cosine * (narrow - ONE) + ONE
    p, q = p * p, q * q
    lobes = f(0.75) * wide * q + f(0.25) * narrow * p
    return lobes * fresnel * HALF * facing / (f(math.pi) * p * q * max(seen + facing, f(0.12)))


@inlined
@no_type_check
def lit(surface, view, open_sky, shade, key, others, style, lamps, ambient):
    """Linear light sent to the viewer.

    Args:
        surface: what a material gives.
        view: direction to the camera.
        open_sky: free part of the hemisphere at rest.
        shade: factor on all light in this pose.
        key: part of the first lamp that arrives.
        others: part of the other lamps that arrives.
        style: clay, gloss, bleed of red, green and blue.
        lamps: rows of direction and colour.
        ambient: colours from above and from below.
    """
    colour, gloss, rough, bleed, normal, shine_normal = surface
    sky = normal[1] * HALF + HALF
    # The bake counts directions; what is left of the sky in a hollow comes from the dimmer parts of a room.
    here = open_sky * (f(0.35) + f(0.65) * open_sky) * shade
    glow = f(0.22) * (ONE - open_sky) * here * bleed  # light between close skin comes out redder
    strength = f(1.25)
    r = colour[0] * (ambient[1, 0] + sky * (ambient[0, 0] - ambient[1, 0])) * (here + glow) * strength
    g = colour[1] * (ambient[1, 1] + sky * (ambient[0, 1] - ambient[1, 1])) * here * strength
    b = colour[2] * (ambient[1, 2] + sky * (ambient[0, 2] - ambient[1, 2])) * here * strength
    wrap_r, wrap_g, wrap_b = style[2] * bleed, style[3] * bleed, style[4] * bleed
    direct = shade * (f(0.35) + f(0.65) * open_sky)
    # Only the key lamp has a shadow picture: the others reach a place as far as its sky is open.
    beside = others * shade * open_sky * (f(0.15) + f(0.85) * open_sky)
    seen = max(dot(shine_normal, view), f(0.08))
    full_r, full_g, full_b = ONE / (ONE + wrap_r), ONE / (ONE + wrap_g), ONE / (ONE + wrap_b)
    farthest = max(wrap_r, wrap_g, wrap_b)
    for q in range(lamps.shape[0]):
        towards = (lamps[q, 0], lamps[q, 1], lamps[q, 2])
        facing = dot(normal, towards)
        power = direct * key if q == 0 else beside
        if facing > -farthest:
            wrapped_r = max((facing + wrap_r) * full_r, ZERO)
            wrapped_g = max((facing + wrap_g) * full_g, ZERO)
            wrapped_b = max((facing + wrap_b) * full_b, ZERO)
            # red light also creeps into the edge of a cast shadow
            power_r = direct * (key + wrap_r * HALF * key * (ONE - key)) if q == 0 else power
            r += lamps[q, 3] * colour[0] * wrapped_r * wrapped_r * f(0.42) * power_r
            g += lamps[q, 4] * colour[1] * wrapped_g * wrapped_g * f(0.42) * power
            b += lamps[q, 5] * colour[2] * wrapped_b * wrapped_b * f(0.42) * power
        shine = _highlight(shine_normal, view, towards, seen, rough) * gloss * style[1] * power
        r += lamps[q, 3] * shine
        g += lamps[q, 4] * shine
        b += lamps[q, 5] * shine
    return r, g, b


@inlined
@no_type_check
def key_light(place, normal, key_map, key_view):
    """Part of the key lamp that arrives: its depth picture under a smooth filter of 4 x 4 pixels.

    `key_view` rows: column, row and nearness of a world point, then (0, push along the normal, depth of the
    soft edge, 0) in metres.
    """
    push = key_view[3, 1]
    p = (place[0] + normal[0] * push, place[1] + normal[1] * push, place[2] + normal[2] * push)
    u = key_view[0, 0] * p[0] + key_view[0, 1] * p[1] + key_view[0, 2] * p[2] + key_view[0, 3] - HALF
    v = key_view[1, 0] * p[0] + key_view[1, 1] * p[1] + key_view[1, 2] * p[2] + key_view[1, 3] - HALF
    near = key_view[2, 0] * p[0] + key_view[2, 1] * p[1] + key_view[2, 2] * p[2] + key_view[2, 3]
    rows, columns = key_map.shape
    if not (u >= ONE and v >= ONE and u < f(columns - 2) and v < f(rows - 2)):
        return ONE
    left, top = np.uint32(u), np.uint32(v)
    fu, fv = u - f(left), v - f(top)
    farthest, nearest = key_map[top, left] - near, key_map[top, left] - near
    for b in range(np.uint32(4)):
        for a in range(np.uint32(4)):
            behind = key_map[top + b - np.uint32(1), left + a - np.uint32(1)] - near
            farthest, nearest = max(farthest, behind), min(nearest, behind)
    if farthest <= ZERO:  # most places lie wholly in the light or in the shade
        return ONE
    if nearest >= key_view[3, 2]:
        return ZERO
    total = ZERO
    for b in range(np.uint32(4)):
        weight_v = (ONE - fv) if b == 0 else (fv if b == 3 else ONE)
        for a in range(np.uint32(4)):
            weight_u = (ONE - fu) if a == 0 else (fu if a == 3 else ONE)
            behind = key_map[top + b - np.uint32(1), left + a - np.uint32(1)] - near
            total += weight_u * weight_v * (ONE - step(ZERO, key_view[3, 2], behind))
    return total / f(9)
