"""Colours of a moving photograph: kernels over the two visibility buffers of the face layer and the lattice.

Textures hold 8-bit display colours; texture coordinates count their pixels, centres at .5. Where a whole pixel of the
picture lies inside one layer, one texel of a texture of half the size takes the place of four samples.
"""

from __future__ import annotations

import math
from typing import NamedTuple, no_type_check

import numba
import numpy as np

from xtalker.values.photo_avatar import BEHIND_LIPS, EYE_LEFT, SKIN, UPPER_TEETH

_SOLID = np.float32(0.97)  # of the matte: more is all
_FULL = np.float32(0.999)
_ONE = np.uint32(1)


class Textures(NamedTuple):
    """The photo's layers in the size of the samples, and half of it."""

    person: np.ndarray  # RGBA, straight
    back: np.ndarray  # RGB
    half_person: np.ndarray  # RGBA, premultiplied
    half_back: np.ndarray  # RGB


class EyeTextures(NamedTuple):
    """Both eyes; patches of one size, with their corners in the texture."""

    ball: np.ndarray  # (2, rows, columns, 4): the white, and the lids' shade
    iris: np.ndarray  # (2, rows, columns, 4), premultiplied
    glint: np.ndarray  # (2, rows, columns, 3), to be added
    ball_corner: np.ndarray  # (2, 2)
    shut: np.ndarray  # (2, rows, columns, 4): the shut eye, and what lies in front of lids
    shut_corner: np.ndarray  # (2, 2)
    place: np.ndarray  # (2, 3): centre and radius of the eyeball


class MouthTextures(NamedTuple):
    """What the photo shows between the lips."""

    inside: np.ndarray  # RGBA
    corner: np.ndarray  # (2,)
    box: np.ndarray  # (4,) left, right, top, bottom
    tones: np.ndarray  # (3, 3): enamel, gums, throat


class FaceSurface(NamedTuple):
    """The face layer in one pose."""

    screen: np.ndarray
    triangles: np.ndarray
    kind: np.ndarray
    plain: np.ndarray  # triangles that wear the photo and nothing else
    uv: np.ndarray
    own: np.ndarray
    light: np.ndarray  # on what lies behind the lips and on eyeballs
    gain: np.ndarray  # on the photo's own light
    solid: np.ndarray
    lid: np.ndarray
    triangle: np.ndarray
    near: np.ndarray


class LatticeSurface(NamedTuple):
    """The lattice in one pose."""

    screen: np.ndarray
    triangles: np.ndarray
    uv: np.ndarray
    triangle: np.ndarray
    near: np.ndarray


class View(NamedTuple):
    """What changes with the head's turn and the camera."""

    step: np.float32  # texture pixels for each sample
    left: np.float32  # texture coordinate of the left border of the picture
    top: np.float32
    mouth: np.ndarray  # (2, 3): samples to the texture, for a plane behind the lips
    fronts: np.ndarray  # (2, 2, 3): likewise before each eye
    gaze: np.ndarray  # (2, 2, 3, 3): of each eye and its glint: direction on an eyeball to that in the photo


@numba.njit(cache=True, inline="always")
@no_type_check
def _weights(screen, triangles, t, px, py):
    """Barycentric weights of the second and third corner at a sample."""
    i, j, k = triangles[t, 0], triangles[t, 1], triangles[t, 2]
    x0, y0 = screen[i, 0], screen[i, 1]
    ax, ay, bx, by = screen[j, 0] - x0, screen[j, 1] - y0, screen[k, 0] - x0, screen[k, 1] - y0
    inverse = np.float32(1) / (ax * by - ay * bx)
    dx, dy = px - x0, py - y0
    return (dx * by - dy * bx) * inverse, (ax * dy - ay * dx) * inverse


@numba.njit(cache=True, inline="always")
@no_type_check
def _mix(table, column, i, j, k, b1, b2):
    first = table[i, column]
    return first + b1 * (table[j, column] - first) + b2 * (table[k, column] - first)


@numba.njit(cache=True, inline="always")
@no_type_check
def _mix1(table, i, j, k, b1, b2):
    first = table[i]
    return first + b1 * (table[j] - first) + b2 * (table[k] - first)


@numba.njit(cache=True, inline="always")
@no_type_check
def _cell(picture, u, v):
    """Texel and fractions for bilinear look-up; the border is continued."""
    rows, columns = picture.shape[0], picture.shape[1]
    x = min(max(u - np.float32(0.5), np.float32(0)), np.float32(columns - 1.001))
    y = min(max(v - np.float32(0.5), np.float32(0)), np.float32(rows - 1.001))
    i, j = np.uint32(x), np.uint32(y)  # unsigned: indices that cannot wrap are looked up faster
    return i, j, np.float32(x - i), np.float32(y - j)


@numba.njit(cache=True, inline="always")
@no_type_check
def _channel(picture, i, j, a, b, c):
    right, down, channel = np.uint32(i + _ONE), np.uint32(j + _ONE), np.uint32(c)
    first, second = np.float32(picture[j, i, channel]), np.float32(picture[j, right, channel])
    third, fourth = np.float32(picture[down, i, channel]), np.float32(picture[down, right, channel])
    top, low = first + a * (second - first), third + a * (fourth - third)
    return top + b * (low - top)


@numba.njit(cache=True, inline="always")
@no_type_check
def _rgb(picture, u, v):
    i, j, a, b = _cell(picture, u, v)
    return _channel(picture, i, j, a, b, 0), _channel(picture, i, j, a, b, 1), _channel(picture, i, j, a, b, 2)


@numba.njit(cache=True, inline="always")
@no_type_check
def _rgba(picture, u, v):
    """Colour 0..255 and cover 0..1."""
    i, j, a, b = _cell(picture, u, v)
    red, green = _channel(picture, i, j, a, b, 0), _channel(picture, i, j, a, b, 1)
    blue, cover = _channel(picture, i, j, a, b, 2), _channel(picture, i, j, a, b, 3)
    return red, green, blue, cover * np.float32(1 / 255)


@numba.njit(cache=True, inline="always")
@no_type_check
def _patch(picture, corner, u, v):
    """Premultiplied colour and cover of a patch, nothing beyond it."""
    x, y = u - corner[0], v - corner[1]
    if x < 0 or y < 0 or x > picture.shape[1] or y > picture.shape[0]:
        return np.float32(0), np.float32(0), np.float32(0), np.float32(0)
    return _rgba(picture, x, y)


@numba.njit(cache=True, inline="always")
@no_type_check
def _turned_back(eyes, e, u, v, turn):
    """Where on the photo a place of an eyeball was, and whether it was on the side that the photo sees."""
    radius = eyes.place[e, 2]
    dx, dy = (u - eyes.place[e, 0]) / radius, (v - eyes.place[e, 1]) / radius
    dz = np.float32(math.sqrt(max(np.float32(1) - dx * dx - dy * dy, np.float32(0))))
    x = eyes.place[e, 0] + radius * (turn[0, 0] * dx + turn[0, 1] * dy + turn[0, 2] * dz)
    y = eyes.place[e, 1] + radius * (turn[1, 0] * dx + turn[1, 1] * dy + turn[1, 2] * dz)
    return x, y, turn[2, 0] * dx + turn[2, 1] * dy + turn[2, 2] * dz > 0


@numba.njit(cache=True, inline="always")
@no_type_check
def _eyeball(eyes, e, u, v, gaze):
    """Colour of an eyeball: white, the iris where the gaze has turned it, under the lids' shade; the glint upon it."""
    corner = eyes.ball_corner[e]
    red, green, blue, shade = _rgba(eyes.ball[e], u - corner[0], v - corner[1])
    x, y, seen = _turned_back(eyes, e, u, v, gaze[e, 0])
    iris = np.float32(0)
    if seen:
        r, g, b, iris = _patch(eyes.iris[e], corner, x, y)
        red, green, blue = red * (1 - iris) + r, green * (1 - iris) + g, blue * (1 - iris) + b
    red, green, blue = red * shade, green * shade, blue * shade
    x, y, seen = _turned_back(eyes, e, u, v, gaze[e, 1])
    x, y = x - corner[0], y - corner[1]
    if seen and x > 0 and y > 0 and x < eyes.glint.shape[2] and y < eyes.glint.shape[1]:
        r, g, b = _rgb(eyes.glint[e], x, y)
        red, green, blue = red + r, green + g, blue + b
    return red, green, blue


@numba.njit(cache=True, inline="always")
@no_type_check
def _shut_lid(face, eyes, textures, view, i, j, k, b1, b2, px, py, red, green, blue):
    """A closing lid: the photo with the eye shut, looked up where this skin will lie; glasses stay in front."""
    share = _mix(face.lid, 2, i, j, k, b1, b2)
    if share <= 0:
        return red, green, blue
    e = int(max(face.lid[i, 3], face.lid[j, 3], face.lid[k, 3])) % 2
    u, v = _mix(face.lid, 0, i, j, k, b1, b2), _mix(face.lid, 1, i, j, k, b1, b2)
    corner = eyes.shut_corner[e]
    r, g, b, _ = _rgba(eyes.shut[e], u - corner[0], v - corner[1])
    red, green, blue = red + (r - red) * share, green + (g - green) * share, blue + (b - blue) * share
    front = view.fronts[e]
    u = front[0, 0] * px + front[0, 1] * py + front[0, 2]
    v = front[1, 0] * px + front[1, 1] * py + front[1, 2]
    _, _, _, cover = _rgba(eyes.shut[e], u - corner[0], v - corner[1])
    if cover > np.float32(0.004):
        share = min(share * 2, np.float32(1)) * cover
        r, g, b, _ = _rgba(textures.person, u, v)
        red, green, blue = red + (r - red) * share, green + (g - green) * share, blue + (b - blue) * share
    return red, green, blue


@numba.njit(cache=True, inline="always")
@no_type_check
def _skin(face, eyes, textures, view, i, j, k, b1, b2, px, py, over):
    """Colour and cover of the photo's skin; `over` says whether the lattice lies behind."""
    u, v = _mix(face.uv, 0, i, j, k, b1, b2), _mix(face.uv, 1, i, j, k, b1, b2)
    red, green, blue, cover = _rgba(textures.person, u, v)
    cover = max(cover, face.own[i, 3])  # lips and what lies behind them are solid
    if cover > _SOLID:
        cover = np.float32(1)
    if over:
        soft = _mix1(face.solid, i, j, k, b1, b2)
        cover = min(cover, soft * soft * (3 - 2 * soft))
    gain = _mix1(face.gain, i, j, k, b1, b2)
    red, green, blue = red * gain, green * gain, blue * gain
    share = _mix(face.own, 3, i, j, k, b1, b2)
    if share > 0:
        lit = _mix1(face.light, i, j, k, b1, b2) * share
        red = red * (1 - share) + lit * _mix(face.own, 0, i, j, k, b1, b2)
        green = green * (1 - share) + lit * _mix(face.own, 1, i, j, k, b1, b2)
        blue = blue * (1 - share) + lit * _mix(face.own, 2, i, j, k, b1, b2)
    red, green, blue = _shut_lid(face, eyes, textures, view, i, j, k, b1, b2, px, py, red, green, blue)
    return red, green, blue, cover


@numba.njit(cache=True, inline="always")
@no_type_check
def tooth_colour(number, height_mm, upper, tones):
    """Colour of a place on a row of teeth: rounded crowns, gaps, gums in scallops, and the throat below the edges."""
    place = abs(number)
    whole = int(place)
    across = np.float32(2) * (place - whole) - np.float32(1)  # -1 and 1 at the gaps
    round_ = across * across
    crown = np.float32(9.4) - np.float32(1.6) * round_ if upper else np.float32(7.8) - np.float32(1.3) * round_
    edge = np.float32(0.5) * round_ * round_ * round_
    if upper and whole == 1:  # lateral incisors are shorter
        edge += np.float32(0.5)
    gap = np.exp(-(np.float32(1) - abs(across)) / np.float32(0.07))
    shade = (np.float32(1.03) - np.float32(0.10) * round_ - np.float32(0.30) * gap) * (1 - np.float32(0.045) * place)
    shade *= np.float32(1) - np.float32(0.65) * min(max((place - 3) * np.float32(0.4), np.float32(0)), np.float32(1))
    high = min(height_mm / crown, np.float32(1))
    shade *= np.float32(1) - np.float32(0.10) * high * high
    below = min(max((edge - height_mm) / np.float32(0.25) + np.float32(0.5), np.float32(0)), np.float32(1))
    gum = min(max((height_mm - crown) / np.float32(0.5) + np.float32(0.5), np.float32(0)), np.float32(1))
    warm = np.float32(0.05) * high
    red, green, blue = tones[0, 0] * shade, tones[0, 1] * shade, tones[0, 2] * (shade - warm)
    red, green, blue = (
        red + (tones[1, 0] - red) * gum,
        green + (tones[1, 1] - green) * gum,
        blue + (tones[1, 2] - blue) * gum,
    )
    return red + (tones[2, 0] - red) * below, green + (tones[2, 1] - green) * below, blue + (tones[2, 2] - blue) * below


@numba.njit(cache=True, inline="always")
@no_type_check
def _behind_lips(face, mouth, kind, i, j, k, b1, b2, u, v):
    """Teeth that the photo shows, else the head's own teeth, tongue and throat in what light comes in."""
    lit = _mix1(face.light, i, j, k, b1, b2)
    first, second = _mix(face.own, 0, i, j, k, b1, b2), _mix(face.own, 1, i, j, k, b1, b2)
    if kind == BEHIND_LIPS:
        red, green, blue = first, second, _mix(face.own, 2, i, j, k, b1, b2)
    else:
        red, green, blue = tooth_colour(first, second, kind == UPPER_TEETH, mouth.tones)
    red, green, blue = red * lit, green * lit, blue * lit
    x, y = u - mouth.corner[0], v - mouth.corner[1]
    if x < 0 or y < 0 or x > mouth.inside.shape[1] or y > mouth.inside.shape[0]:
        return red, green, blue
    r, g, b, cover = _rgba(mouth.inside, x, y)
    return red + (r - red) * cover, green + (g - green) * cover, blue + (b - blue) * cover


@numba.njit(cache=True, inline="always")
@no_type_check
def _face(face, eyes, mouth, textures, view, t, px, py, u, v, over):
    """Colour and cover of a sample of the face layer; u, v: its place on the plane behind the lips."""
    b1, b2 = _weights(face.screen, face.triangles, t, px, py)
    i, j, k = face.triangles[t, 0], face.triangles[t, 1], face.triangles[t, 2]
    kind = face.kind[t]
    if kind == SKIN:
        return _skin(face, eyes, textures, view, i, j, k, b1, b2, px, py, over)
    if kind >= BEHIND_LIPS:
        red, green, blue = _behind_lips(face, mouth, kind, i, j, k, b1, b2, u, v)
        return red, green, blue, np.float32(1)
    at_x, at_y = _mix(face.uv, 0, i, j, k, b1, b2), _mix(face.uv, 1, i, j, k, b1, b2)
    red, green, blue = _eyeball(eyes, kind - EYE_LEFT, at_x, at_y, view.gaze)
    lit = _mix1(face.light, i, j, k, b1, b2)
    return red * lit, green * lit, blue * lit, np.float32(1)


@numba.njit(cache=True, inline="always")
@no_type_check
def _sample(face, lattice, eyes, mouth, textures, view, sy, sx):
    """Premultiplied colour and cover of the person at one sample, nearest layer first."""
    px, py = np.float32(sx + 0.5), np.float32(sy + 0.5)
    tf, tg = face.triangle[sy, sx], lattice.triangle[sy, sx]
    u = v = np.float32(0)
    if tf >= 0 and face.kind[tf] >= BEHIND_LIPS:  # teeth and throat are seen through the mouth only
        u = view.mouth[0, 0] * px + view.mouth[0, 1] * py + view.mouth[0, 2]
        v = view.mouth[1, 0] * px + view.mouth[1, 1] * py + view.mouth[1, 2]
        if u < mouth.box[0] or u > mouth.box[1] or v < mouth.box[2] or v > mouth.box[3]:
            tf = -1
    red = green = blue = cover = np.float32(0)
    gr = gg = gb = ga = np.float32(0)
    face_first = tf >= 0 and (tg < 0 or face.near[sy, sx] >= lattice.near[sy, sx])
    if tg >= 0:
        b1, b2 = _weights(lattice.screen, lattice.triangles, tg, px, py)
        i, j, k = lattice.triangles[tg, 0], lattice.triangles[tg, 1], lattice.triangles[tg, 2]
        gu, gv = _mix(lattice.uv, 0, i, j, k, b1, b2), _mix(lattice.uv, 1, i, j, k, b1, b2)
        gr, gg, gb, ga = _rgba(textures.person, gu, gv)
        if not face_first:
            red, green, blue, cover = gr * ga, gg * ga, gb * ga, ga
    if tf >= 0 and cover < _FULL:
        fr, fg, fb, fa = _face(face, eyes, mouth, textures, view, tf, px, py, u, v, tg >= 0)
        part = fa * (1 - cover)
        red, green, blue, cover = red + fr * part, green + fg * part, blue + fb * part, cover + part
    if face_first and tg >= 0 and cover < _FULL:  # through the soft border of the face layer
        part = ga * (1 - cover)
        red, green, blue, cover = red + gr * part, green + gg * part, blue + gb * part, cover + part
    return red, green, blue, cover


@numba.njit(cache=True, inline="always")
@no_type_check
def _is_plain(face, lattice, y, x):
    """Whether all four samples of a pixel lie in one layer that wears the photo alone."""
    tf0, tg0 = face.triangle[y, x] >= 0, lattice.triangle[y, x] >= 0
    for q in range(4):
        tf, tg = face.triangle[y + q // 2, x + q % 2], lattice.triangle[y + q // 2, x + q % 2]
        if (tg >= 0) != tg0 or (tf >= 0) != tf0 or (tf >= 0 and not face.plain[tf]):
            return False
    if not (tf0 and tg0):
        return True
    return face.near[y, x] >= lattice.near[y, x] and face.near[y + 1, x + 1] >= lattice.near[y + 1, x + 1]


@numba.njit(cache=True, inline="always")
@no_type_check
def _plain(face, lattice, textures, y, x):
    """Premultiplied colour and cover at the middle of a plain pixel."""
    tf, tg = face.triangle[y, x], lattice.triangle[y, x]
    px, py = np.float32(x + 1), np.float32(y + 1)
    half = np.float32(0.5)
    if tf >= 0:
        b1, b2 = _weights(face.screen, face.triangles, tf, px, py)
        i, j, k = face.triangles[tf, 0], face.triangles[tf, 1], face.triangles[tf, 2]
        u, v = _mix(face.uv, 0, i, j, k, b1, b2), _mix(face.uv, 1, i, j, k, b1, b2)
        gain = _mix1(face.gain, i, j, k, b1, b2)
        red, green, blue, _ = _rgba(textures.half_person, u * half, v * half)
        return red * gain, green * gain, blue * gain, np.float32(1)
    if tg >= 0:
        b1, b2 = _weights(lattice.screen, lattice.triangles, tg, px, py)
        i, j, k = lattice.triangles[tg, 0], lattice.triangles[tg, 1], lattice.triangles[tg, 2]
        u, v = _mix(lattice.uv, 0, i, j, k, b1, b2), _mix(lattice.uv, 1, i, j, k, b1, b2)
        return _rgba(textures.half_person, u * half, v * half)
    return np.float32(0), np.float32(0), np.float32(0), np.float32(0)


@numba.njit(cache=True, inline="always")
@no_type_check
def _level(value):
    return np.uint8(min(max(value + np.float32(0.5), np.float32(0)), np.float32(255)))


@numba.njit(cache=True, parallel=True)
@no_type_check
def photo_picture_into(face, lattice, eyes, mouth, textures, view, samples, clear, rgb, alpha, depth):
    """Picture, cover and depth of a pose.

    `samples` lie along each side of a pixel. `clear` leaves the background out: then `rgb` (rows, columns, 3) is the
    person's colour alone and `alpha` (rows, columns) is written; `depth` is in metres along the viewing axis, 0 where
    there is no person.
    """
    rows, columns = rgb.shape[0], rgb.shape[1]
    step, total = np.float32(view.step), np.float32(1.0 / (samples * samples))
    can_be_plain = samples == 2 and view.step > 0.9
    half = np.float32(0.5)
    for y in numba.prange(rows):
        for x in range(columns):
            y0, x0 = y * samples, x * samples
            u, v = view.left + (x0 + half * samples) * step, view.top + (y0 + half * samples) * step
            nearest = max(face.near[y0, x0], lattice.near[y0, x0])
            if can_be_plain and _is_plain(face, lattice, y0, x0):
                red, green, blue, cover = _plain(face, lattice, textures, y0, x0)
                if cover < _FULL and not clear:
                    br, bg, bb = _rgb(textures.half_back, u * half, v * half)
                    rest = 1 - cover
                    red, green, blue = red + br * rest, green + bg * rest, blue + bb * rest
            else:
                red = green = blue = cover = np.float32(0)
                for q in range(samples * samples):
                    sy, sx = y0 + q // samples, x0 + q % samples
                    r, g, b, part = _sample(face, lattice, eyes, mouth, textures, view, sy, sx)
                    if part < _FULL and not clear:
                        su, sv = view.left + (sx + half) * step, view.top + (sy + half) * step
                        br, bg, bb = _rgb(textures.back, su, sv)
                        rest = 1 - part
                        r, g, b = r + br * rest, g + bg * rest, b + bb * rest
                    red, green, blue, cover = red + r * total, green + g * total, blue + b * total, cover + part * total
                    nearest = max(nearest, face.near[sy, sx], lattice.near[sy, sx])
            if clear:
                alpha[y, x] = _level(cover * 255)
                whole = np.float32(1) / max(cover, np.float32(0.004))
                red, green, blue = red * whole, green * whole, blue * whole
            rgb[y, x, 0], rgb[y, x, 1], rgb[y, x, 2] = _level(red), _level(green), _level(blue)
            depth[y, x] = np.float32(1) / nearest if cover > half and nearest > 0 else np.float32(0)
