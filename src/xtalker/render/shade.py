"""Colour of what each sample sees: skin, eyes, teeth and tongue, one shading for most pixels.

A pixel whose samples all see the same smooth piece of surface is shaded once; at silhouettes, where materials
meet, and on eyes and teeth every sample is shaded. Averages are taken of display values, so that highlights
keep smooth edges.
"""

from __future__ import annotations

import math
from typing import Final, no_type_check

import numba
import numpy as np

_DEPTH_STEP: Final = 0.004  # relative step of depth between samples that counts as an edge
_MOTTLING: Final = 0.0022  # change of tone for one step of the map
_PI: Final = np.float32(math.pi)
_f = np.float32  # a bare literal would pull a whole expression into float64, at half the speed
_ZERO, _ONE = _f(0), _f(1)


@numba.njit(cache=True, fastmath=True, inline="always")
@no_type_check
def _step(low, high, value):
    t = min(max((value - low) / (high - low), _ZERO), _ONE)
    return t * t * (_f(3) - _f(2) * t)


@numba.njit(cache=True, fastmath=True, inline="always")
@no_type_check
def _facets(cosine, alpha):
    """GGX distribution of facets (Walter 2007)."""
    square = alpha * alpha
    k = cosine * cosine * (square - _ONE) + _ONE
    return square / (_PI * k * k)


@numba.njit(cache=True, fastmath=True, inline="always")
@no_type_check
def _display(light):
    """Filmic curve (Narkowicz 2015) and display encoding, as a square root."""
    bent = light * (_f(2.51) * light + _f(0.03)) / (light * (_f(2.43) * light + _f(0.59)) + _f(0.14))
    return math.sqrt(min(max(bent, _ZERO), _ONE))


@numba.njit(cache=True, fastmath=True)
@no_type_check
def _map_value(hair_map, u, v):
    """Bilinear (mottling, cover) of the map; wraps sideways."""
    height, width = hair_map.shape[0], hair_map.shape[1]
    u, v = u - _f(0.5), min(max(v - _f(0.5), _ZERO), _f(height - 1.001))
    column, row = int(math.floor(u)), int(v)
    fu, fv = u - _f(column), v - _f(row)
    a, b = column % width, (column + 1) % width
    tone = (_ONE - fv) * ((_ONE - fu) * hair_map[row, a, 0] + fu * hair_map[row, b, 0]) + fv * (
        (_ONE - fu) * hair_map[row + 1, a, 0] + fu * hair_map[row + 1, b, 0]
    )
    cover = (_ONE - fv) * ((_ONE - fu) * hair_map[row, a, 1] + fu * hair_map[row, b, 1]) + fv * (
        (_ONE - fu) * hair_map[row + 1, a, 1] + fu * hair_map[row + 1, b, 1]
    )
    return tone - _f(128), cover / _f(255)


@numba.njit(cache=True, fastmath=True)
@no_type_check
def _eye_albedo(x, y, z, colours):
    """Sclera, iris with fibres and a dark ring, pupil; (x, y, z) is the direction in the eyeball, z the gaze."""
    angle = math.atan2(math.sqrt(x * x + y * y), z)
    around = math.atan2(y, x)
    iris_edge, pupil_edge = _f(0.415), _f(0.155)
    t = (angle - pupil_edge) / (iris_edge - pupil_edge)
    fibre = _f(0.5) * math.sin(around * _f(23) + _f(2.3) * math.sin(around * _f(7)))
    fibre += _f(0.3) * math.sin(around * _f(61) + _f(9) * t)
    warm = _step(_f(0.55), _f(0.05), t)  # a browner collar around the pupil
    bright = (_ONE + _f(0.28) * fibre) * (_f(0.75) + _f(0.7) * t * (_ONE - t) * _f(2))
    bright *= _ONE - _f(0.78) * _step(_f(0.72), _f(1.0), t)
    pupil = _step(pupil_edge - _f(0.022), pupil_edge + _f(0.022), angle)
    sclera = _step(iris_edge - _f(0.035), iris_edge + _f(0.035), angle)
    veins = _step(_f(0.5), _f(1.25), angle)
    out0 = colours[0, 0] * (_ONE + _f(0.9) * warm) * bright * pupil
    out1 = colours[0, 1] * (_ONE + _f(0.25) * warm) * bright * pupil
    out2 = colours[0, 2] * (_ONE - _f(0.45) * warm) * bright * pupil
    out0 += sclera * (colours[1, 0] * (_ONE - _f(0.08) * veins) - out0)
    out1 += sclera * (colours[1, 1] * (_ONE - _f(0.30) * veins) - out1)
    out2 += sclera * (colours[1, 2] * (_ONE - _f(0.30) * veins) - out2)
    return out0 + _f(0.004), out1 + _f(0.004), out2 + _f(0.004), _ONE - sclera


@numba.njit(cache=True, fastmath=True)
@no_type_check
def _tooth_albedo(number, height, colours):
    """Enamel with dark gaps at whole tooth numbers, gums towards the root; also the slope of the crown."""
    off = number - _f(math.floor(number)) - _f(0.5)  # -0.5..0.5 within a tooth
    beside_m = (_f(0.5) - abs(off)) * _f(0.0075)
    gap = _f(0.00022) + _f(0.0008) * math.exp(-height / _f(0.0012))
    light = _f(0.36) + _f(0.64) * _step(_ZERO, gap, beside_m)
    neck = _step(_f(0.003), _f(0.009), height)
    edge = _step(_f(0.0022), _ZERO, height)
    out0 = colours[2, 0] * light * (_ONE - _f(0.10) * edge)
    out1 = colours[2, 1] * light * (_ONE - _f(0.06) * neck - _f(0.07) * edge)
    out2 = colours[2, 2] * light * (_ONE - _f(0.18) * neck)
    papilla = abs(_f(2) * off)
    line = _f(0.0098) - _f(0.0026) * papilla * papilla * papilla
    gum = _step(line - _f(0.0004), line + _f(0.0004), height)
    out0 += gum * (colours[3, 0] - out0)
    out1 += gum * (colours[3, 1] - out1)
    out2 += gum * (colours[3, 2] - out2)
    slope = _f(2) * off
    return out0, out1, out2, slope * slope * slope * (_ONE - _f(0.6) * gum)


@numba.njit(cache=True, fastmath=True)
@no_type_check
def _shade_sample(
    x, y, t, screen, triangles, material, vertices, normals, tones, local, light, map_corners, hair_map,
    colours, style, lamps, ambient, eye_axes, camera, key_map, key_view,
):  # fmt: skip
    """Display colour of triangle t at sample position (x, y)."""
    i, j, k = triangles[t, 0], triangles[t, 1], triangles[t, 2]
    x0, y0, x1, y1, x2, y2 = screen[i, 0], screen[i, 1], screen[j, 0], screen[j, 1], screen[k, 0], screen[k, 1]
    w0 = ((x1 - x) * (y2 - y) - (y1 - y) * (x2 - x)) * screen[i, 2]
    w1 = ((x2 - x) * (y0 - y) - (y2 - y) * (x0 - x)) * screen[j, 2]
    w2 = ((x0 - x) * (y1 - y) - (y0 - y) * (x1 - x)) * screen[k, 2]
    total = _ONE / (w0 + w1 + w2)
    w0, w1, w2 = w0 * total, w1 * total, w2 * total

    px = w0 * vertices[i, 0] + w1 * vertices[j, 0] + w2 * vertices[k, 0]
    py = w0 * vertices[i, 1] + w1 * vertices[j, 1] + w2 * vertices[k, 1]
    pz = w0 * vertices[i, 2] + w1 * vertices[j, 2] + w2 * vertices[k, 2]
    nx = w0 * normals[i, 0] + w1 * normals[j, 0] + w2 * normals[k, 0]
    ny = w0 * normals[i, 1] + w1 * normals[j, 1] + w2 * normals[k, 1]
    nz = w0 * normals[i, 2] + w1 * normals[j, 2] + w2 * normals[k, 2]
    scale = _ONE / math.sqrt(nx * nx + ny * ny + nz * nz + _f(1e-12))
    nx, ny, nz = nx * scale, ny * scale, nz * scale
    vx, vy, vz = camera[0] - px, camera[1] - py, camera[2] - pz
    scale = _ONE / math.sqrt(vx * vx + vy * vy + vz * vz)
    vx, vy, vz = vx * scale, vy * scale, vz * scale
    lx = w0 * local[i, 0] + w1 * local[j, 0] + w2 * local[k, 0]
    ly = w0 * local[i, 1] + w1 * local[j, 1] + w2 * local[k, 1]
    lz = w0 * local[i, 2] + w1 * local[j, 2] + w2 * local[k, 2]
    open_sky = w0 * light[i, 0] + w1 * light[j, 0] + w2 * light[k, 0]
    shade = w0 * light[i, 1] + w1 * light[j, 1] + w2 * light[k, 1]

    gloss, rough = _f(0.3), _f(0.30)
    sx, sy, sz = nx, ny, nz  # normal of the highlight
    bleed = _ONE
    kind = material[t]
    if kind == 0 or kind > 4:  # skin
        c0 = w0 * tones[i, 0] + w1 * tones[j, 0] + w2 * tones[k, 0]
        c1 = w0 * tones[i, 1] + w1 * tones[j, 1] + w2 * tones[k, 1]
        c2 = w0 * tones[i, 2] + w1 * tones[j, 2] + w2 * tones[k, 2]
        gloss = w0 * tones[i, 3] + w1 * tones[j, 3] + w2 * tones[k, 3]
        u = w0 * map_corners[t, 0, 0] + w1 * map_corners[t, 1, 0] + w2 * map_corners[t, 2, 0]
        v = w0 * map_corners[t, 0, 1] + w1 * map_corners[t, 1, 1] + w2 * map_corners[t, 2, 1]
        tone, cover = _map_value(hair_map, u, v)
        cover *= lx
        tone = _ONE + tone * _f(_MOTTLING)
        c0 = c0 * (_ONE + (tone - 1) * _f(0.6)) + cover * (colours[5, 0] - c0)
        c1 = c1 * tone + cover * (colours[5, 1] - c1)
        c2 = c2 * tone + cover * (colours[5, 2] - c2)
        gloss *= _ONE - _f(0.75) * cover
        rough = _f(0.40) - _f(0.28) * gloss + _f(0.12) * cover
        bleed = _ONE - _f(0.6) * cover
    elif kind <= 2:  # eyes: the cornea bulges for the highlight, the iris is a bowl below it
        c0, c1, c2, iris = _eye_albedo(lx, ly, lz, colours)
        ax, ay, az = eye_axes[kind - 1, 0], eye_axes[kind - 1, 1], eye_axes[kind - 1, 2]
        bulge = _f(0.75) * iris
        sx, sy, sz = nx + bulge * (nx - ax), ny + bulge * (ny - ay), nz + bulge * (nz - az)
        scale = _ONE / math.sqrt(sx * sx + sy * sy + sz * sz)
        sx, sy, sz = sx * scale, sy * scale, sz * scale
        bowl = _f(2.0) * iris
        nx, ny, nz = nx - bowl * (nx - ax), ny - bowl * (ny - ay), nz - bowl * (nz - az)
        scale = _ONE / math.sqrt(nx * nx + ny * ny + nz * nz)
        nx, ny, nz = nx * scale, ny * scale, nz * scale
        gloss, rough = _ONE, _f(0.085)
    elif kind == 3:
        c0, c1, c2, slope = _tooth_albedo(lx, ly, colours)
        # direction along the arch: the gradient of the tooth number over the triangle
        e1x, e1y, e1z = vertices[j, 0] - vertices[i, 0], vertices[j, 1] - vertices[i, 1], vertices[j, 2] - vertices[i, 2]
        e2x, e2y, e2z = vertices[k, 0] - vertices[i, 0], vertices[k, 1] - vertices[i, 1], vertices[k, 2] - vertices[i, 2]
        d1, d2 = local[j, 0] - local[i, 0], local[k, 0] - local[i, 0]
        gx = d1 * (e2y * nz - e2z * ny) + d2 * (ny * e1z - nz * e1y)
        gy = d1 * (e2z * nx - e2x * nz) + d2 * (nz * e1x - nx * e1z)
        gz = d1 * (e2x * ny - e2y * nx) + d2 * (nx * e1y - ny * e1x)
        scale = _f(0.75) * slope / math.sqrt(gx * gx + gy * gy + gz * gz + _f(1e-20))
        nx, ny, nz = nx + gx * scale, ny + gy * scale, nz + gz * scale
        scale = _ONE / math.sqrt(nx * nx + ny * ny + nz * nz)
        nx, ny, nz = nx * scale, ny * scale, nz * scale
        sx, sy, sz = nx, ny, nz
        gloss, rough, bleed = _f(0.75), _f(0.20), _f(0.9)
    else:
        groove = _ONE - _f(0.25) * math.exp(-lx * lx / _f(0.0000025))
        c0, c1, c2 = colours[4, 0] * groove, colours[4, 1] * groove, colours[4, 2] * groove
        gloss, rough = _f(0.55), _f(0.24)

    clay = style[0]
    if clay > 0:
        mark = (c0 + c1 + c2) * _f(0.333)
        # a trace of brightness marks iris, pupil and gaps; skin itself stays one grey
        c0 = clay if kind == 0 else clay * (_f(0.55) + _f(0.45) * min(mark * _f(1.7), _ONE))
        c1 = c0
        c2 = c0
    gloss *= style[1]

    # key light: soft edge of the shadow picture
    lit = _key_light(px, py, pz, nx, ny, nz, key_map, key_view)
    if kind == 3 or kind == 4:
        lit = _f(0.6) + _f(0.4) * lit  # the mouth's own shade already darkens these
    sky = ny * _f(0.5) + _f(0.5)
    red_in_shade = _f(0.18) * (_ONE - open_sky) * open_sky * min(clay * 0 + bleed, _ONE)
    a = open_sky * shade
    r0 = c0 * (ambient[1, 0] + sky * (ambient[0, 0] - ambient[1, 0])) * (a + red_in_shade * shade) * _f(1.3)
    r1 = c1 * (ambient[1, 1] + sky * (ambient[0, 1] - ambient[1, 1])) * a * _f(1.3)
    r2 = c2 * (ambient[1, 2] + sky * (ambient[0, 2] - ambient[1, 2])) * a * _f(1.3)
    b0, b1, b2 = style[2] * bleed, style[3] * bleed, style[4] * bleed
    nv = max(sx * vx + sy * vy + sz * vz, _f(0.08))
    direct = shade * (_f(0.35) + _f(0.65) * open_sky)
    for q in range(lamps.shape[0]):
        hx, hy, hz = lamps[q, 0], lamps[q, 1], lamps[q, 2]
        nl = nx * hx + ny * hy + nz * hz
        power = direct * (lit if q == 0 else _ONE)
        # wrapped diffuse: light creeps round into the shade, red furthest
        d0 = min(max((nl + b0) / (_ONE + b0), _ZERO), _ONE)
        d1 = min(max((nl + b1) / (_ONE + b1), _ZERO), _ONE)
        d2 = min(max((nl + b2) / (_ONE + b2), _ZERO), _ONE)
        soft = power if q > 0 else direct * (lit + (_ONE - lit) * _f(0.10) * b0)
        sl = max(sx * hx + sy * hy + sz * hz, _ZERO)
        hx, hy, hz = hx + vx, hy + vy, hz + vz
        scale = _ONE / math.sqrt(hx * hx + hy * hy + hz * hz + _f(1e-9))
        nh = max((sx * hx + sy * hy + sz * hz) * scale, _ZERO)
        m = _ONE - max((vx * hx + vy * hy + vz * hz) * scale, _ZERO)
        fresnel = _f(0.028) + _f(0.972) * m * m * m * m * m
        lobes = _f(0.75) * _facets(nh, rough) + _f(0.25) * _facets(nh, rough * _f(0.45))
        shine = lobes * fresnel * gloss * _f(0.5) * sl / max(nv + sl, _f(0.12)) * power
        r0 += lamps[q, 3] * (c0 * d0 * d0 * _f(0.42) * soft + shine)
        r1 += lamps[q, 4] * (c1 * d1 * d1 * _f(0.42) * power + shine)
        r2 += lamps[q, 5] * (c2 * d2 * d2 * _f(0.42) * power + shine)
    return _display(r0), _display(r1), _display(r2)


@numba.njit(cache=True, fastmath=True)
@no_type_check
def _key_light(px, py, pz, nx, ny, nz, key_map, key_view):
    """Part of the key light that arrives: shadow picture, 4 x 4 samples with a smooth filter.

    `key_view` rows: map column, row and nearness, then (0, push along the normal, depth of the soft edge, 0) in
    metres.
    """
    push = key_view[3, 1]
    px, py, pz = px + nx * push, py + ny * push, pz + nz * push
    u = key_view[0, 0] * px + key_view[0, 1] * py + key_view[0, 2] * pz + key_view[0, 3] - _f(0.5)
    v = key_view[1, 0] * px + key_view[1, 1] * py + key_view[1, 2] * pz + key_view[1, 3] - _f(0.5)
    d = key_view[2, 0] * px + key_view[2, 1] * py + key_view[2, 2] * pz + key_view[2, 3]
    rows, columns = key_map.shape
    column, row = int(math.floor(u)) - 1, int(math.floor(v)) - 1
    if column < 0 or row < 0 or column + 4 > columns or row + 4 > rows:
        return _ONE
    fu, fv = u - _f(math.floor(u)), v - _f(math.floor(v))
    total = _ZERO
    for b in range(4):
        wv = (_ONE - fv) if b == 0 else (fv if b == 3 else _ONE)
        for a in range(4):
            wu = (_ONE - fu) if a == 0 else (fu if a == 3 else _ONE)
            behind = key_map[row + b, column + a] - d
            total += wu * wv * (_ONE - _step(_ZERO, key_view[3, 2], behind))
    return total * _f(1 / 9)


@numba.njit(parallel=True, cache=True, fastmath=True)
@no_type_check
def picture_into(
    triangle, inverse_depth, clearness, samples, screen, triangles, material, vertices, normals, tones, local,
    light, map_corners, hair_map, colours, style, lamps, ambient, eye_axes, camera, key_map, key_view,
    backdrop, rgb, depth,
):  # fmt: skip
    """Colour (height, width, 3) uint8 and depth (height, width) of a picture from its visibility buffers."""
    height, width = depth.shape
    middle = samples // 2
    for y in numba.prange(height):
        for x in range(width):
            nearest, farthest, same = _ZERO, _f(1e9), True
            kind = -1
            for b in range(samples):
                for a in range(samples):
                    t = triangle[y * samples + b, x * samples + a]
                    z = inverse_depth[y * samples + b, x * samples + a]
                    nearest, farthest = max(nearest, z), min(farthest, z)
                    this = material[t] if t >= 0 else -2
                    same = same and (kind == -1 or kind == this)
                    kind = this
            depth[y, x] = _ONE / nearest if nearest > 0 else _ZERO
            s0 = s1 = s2 = _ZERO
            smooth = same and (kind == 0 or kind == 4) and nearest - farthest < nearest * _f(_DEPTH_STEP)
            once0 = once1 = once2 = _ZERO
            if smooth:
                row, column = y * samples + middle, x * samples + middle
                once0, once1, once2 = _shade_sample(
                    _f(column + 0.5), _f(row + 0.5), triangle[row, column], screen, triangles,
                    material, vertices, normals, tones, local, light, map_corners, hair_map, colours, style,
                    lamps, ambient, eye_axes, camera, key_map, key_view,
                )  # fmt: skip
            for b in range(samples):
                for a in range(samples):
                    row, column = y * samples + b, x * samples + a
                    t = triangle[row, column]
                    c0, c1, c2 = once0, once1, once2
                    if t < 0:
                        c0, c1, c2 = backdrop[y, 0], backdrop[y, 1], backdrop[y, 2]
                    elif not smooth:
                        c0, c1, c2 = _shade_sample(
                            _f(column + 0.5), _f(row + 0.5), t, screen, triangles, material,
                            vertices, normals, tones, local, light, map_corners, hair_map, colours, style,
                            lamps, ambient, eye_axes, camera, key_map, key_view,
                        )  # fmt: skip
                    clear = clearness[row, column]
                    s0 += c0 * clear + colours[6, 0] * (_ONE - clear)
                    s1 += c1 * clear + colours[6, 1] * (_ONE - clear)
                    s2 += c2 * clear + colours[6, 2] * (_ONE - clear)
            share = _f(255) / _f(samples * samples)
            rgb[y, x, 0] = np.uint8(s0 * share + _f(0.5))
            rgb[y, x, 1] = np.uint8(s1 * share + _f(0.5))
            rgb[y, x, 2] = np.uint8(s2 * share + _f(0.5))
