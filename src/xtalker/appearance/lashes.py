"""Lashes that come down with a lid: a strip along its margin, blended over a finished picture.

The photo's own lashes lie on skin that a closing lid folds away; the strip takes their colour and strength, and is no
sharper than the photo.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, no_type_check

import numba
import numpy as np
from jaxtyping import Float, Float32, UInt8
from PIL import Image, ImageDraw

from xtalker.appearance.eye_frame import EyeFrame, Side
from xtalker.appearance.eye_surroundings import Surroundings
from xtalker.appearance.pixels import blurred, resized, smoothstep

STRIP_COLUMNS, STRIP_ROWS = 512, 208
ABOVE, BELOW = 0.08, 0.245  # eye widths that the strip covers over and under the margin
_LEVELS: Final = 5  # each half as wide: the one that fits the picture is drawn
_LASHES: Final = 46
_FINER: Final = 2  # times finer the lashes are drawn before they are brought down
_SAMPLES: Final = 2  # along each side of a pixel
_FULL_AT: Final = 0.22  # closing from which the strip has its full strength: before the photo's lashes fade
_TABLE: Final = 64


@dataclass(frozen=True)
class LashStrip:
    """Lash line and lashes of an upper lid: columns from the inner to the outer corner, rows downwards across it.

    Attributes:
        side: the subject's left or right eye.
        levels: opacity 0 to 1, float32, each level half the size of the one before; premultiply by colour.
        colour: RGB, 0 to 255.
    """

    side: Side
    levels: tuple[np.ndarray, ...]
    colour: Float32[np.ndarray, "3"]


def lash_strip(around: Surroundings, frame: EyeFrame, enlarged: float = 1.0) -> LashStrip:
    """Strip of one lid.

    Args:
        around: what lies around the eye.
        frame: the eye.
        enlarged: how much the photo was enlarged before; the strip is blurred alike.
    """
    colour, strength = _seen_lashes(around, frame)
    blur_px = max(0.5 * (enlarged - 1) * STRIP_COLUMNS / frame.unit_px, 0.3)
    opacity = np.clip(blurred(_opacity(strength, frame.side), blur_px), 0, 1)
    levels = [opacity]
    for _ in range(_LEVELS - 1):
        rows, columns = levels[-1].shape
        levels.append(resized(levels[-1], columns // 2, rows // 2))
    return LashStrip(frame.side, tuple(np.ascontiguousarray(level) for level in levels), colour)


def _seen_lashes(around: Surroundings, frame: EyeFrame) -> tuple[Float32[np.ndarray, "3"], float]:
    """Colour of the photo's lashes, and how strong they are: 0 hardly darker than skin, 1 black."""
    grid = around.grid
    iris_a, _ = frame.axes_of(np.array([frame.iris[0]]), np.array([frame.iris[1]]))
    near_iris = np.abs(grid.a - iris_a) * frame.unit_px < 0.7 * frame.iris[2]
    band = (grid.above > -0.015) & (grid.above < 0.06) & (grid.away < 0.07)
    if (band & ~near_iris).sum() >= 20:
        band &= ~near_iris
    if not band.any():
        return around.skin.mean((0, 1)) * 0.5, 0.0
    dark = band & (around.ratio <= np.quantile(around.ratio[band], 0.25))
    strength = float(np.clip((0.80 - around.ratio[dark].mean()) / 0.45, 0, 1))
    return (around.picture[dark].mean(0) * (0.9 - 0.25 * strength)).astype(np.float32), strength


def _opacity(strength: float, side: Side) -> Float32[np.ndarray, "rows columns"]:
    """Line of the lashes' roots, its shade, and the lashes."""
    s, d = np.meshgrid(
        (np.arange(STRIP_COLUMNS) + 0.5) / STRIP_COLUMNS,
        (np.arange(STRIP_ROWS) + 0.5) / STRIP_ROWS * (ABOVE + BELOW) - ABOVE,
    )
    taper = smoothstep(s, 0.0, 0.25) * (0.55 + 0.45 * smoothstep(s, 0.2, 0.75)) * (1 - 0.8 * smoothstep(s, 0.86, 1.0))
    thick = (0.013 + 0.011 * strength) * (0.35 + 0.65 * taper)
    line = np.exp(-(np.abs((d + 0.2 * thick) / thick) ** 2.2)) * (0.40 + 0.38 * strength) * (0.4 + 0.6 * taper)
    shade = np.exp(-(((d + 0.02) / 0.04) ** 2)) * (0.10 + 0.20 * strength) * taper
    lashes = blurred(_drawn_lashes(strength, side), 1.1) * (0.25 + 0.75 * strength)
    return (1 - (1 - np.clip(line, 0, 1)) * (1 - shade) * (1 - np.clip(lashes, 0, 1))).astype(np.float32)


def _drawn_lashes(strength: float, side: Side) -> Float32[np.ndarray, "rows columns"]:
    """Curved lashes of varied length and lean, always the same for a side."""
    rng = np.random.default_rng({"left": 7, "right": 8}[side])
    canvas = Image.new("L", (STRIP_COLUMNS * _FINER, STRIP_ROWS * _FINER))
    pen = ImageDraw.Draw(canvas)
    k = np.linspace(0, 1, 9)
    for j in range(_LASHES):
        root = 0.07 + 0.92 * (j + rng.uniform(-0.6, 0.6)) / _LASHES
        arch = 0.45 + 0.75 * np.sin(np.pi * np.clip(root * 0.8 + 0.1, 0, 1)) * (0.5 + 0.5 * root)
        long = (0.050 + 0.100 * strength) * arch * rng.uniform(0.7, 1.15)
        lean = (root - 0.38) * 0.95 + rng.uniform(-0.22, 0.22)
        x = (root + lean * long * k**1.1) * STRIP_COLUMNS * _FINER
        y = (ABOVE + long * (k - 0.22 * k * k)) / (ABOVE + BELOW) * STRIP_ROWS * _FINER
        dark = rng.uniform(0.55, 1.0)
        for i in range(8):
            ends = (float(x[i]), float(y[i]), float(x[i + 1]), float(y[i + 1]))
            pen.line(ends, fill=round(255 * dark * (1 - 0.85 * float(k[i]))), width=(2 if i < 5 else 1) * _FINER)
    return resized(np.asarray(canvas, np.float32) / 255, STRIP_COLUMNS, STRIP_ROWS)


def draw_lashes(
    picture: UInt8[np.ndarray, "height width 3"],
    strip: LashStrip,
    upper: Float[np.ndarray, "9 2"],
    lower: Float[np.ndarray, "9 2"],
    *,
    closing: float,
    visible: float | Float[np.ndarray, "9"] = 1.0,
) -> None:
    """Blend a lid's lashes over a finished picture, in place.

    Args:
        picture: the frame, RGB.
        strip: of this lid.
        upper: pixels of the upper lid's margin now, outer corner first.
        lower: of the lower lid's; where both would cross (a squint and a blink at once), the lashes stay on it.
        closing: how far the upper lid has come down, 0 (the photo's own lashes are seen: nothing is drawn) to 1.
        visible: 0 where the margin is hidden by the nose or turned away, 1 where it is seen; one for all points of the
            margin, or one a point.
    """
    weight = np.broadcast_to(np.asarray(visible, np.float32), (9,)) * float(smoothstep(closing, 0.0, _FULL_AT))
    inner, along = upper[8].astype(np.float64), (upper[0] - upper[8]).astype(np.float64)
    span = float(np.hypot(*along))
    if span < 4 or weight.max() <= 0.004 or not (np.isfinite(upper).all() and np.isfinite(lower).all()):
        return
    along /= span
    down = np.array([-along[1], along[0]]) * (1 if strip.side == "left" else -1)
    a, q = (upper - inner) @ along / span, np.minimum((upper - inner) @ down, _across(upper, lower, inner, along, down))
    order = np.argsort(a, kind="stable")
    place = (np.arange(_TABLE) / (_TABLE - 1)).astype(np.float64)
    curve, seen = np.interp(place, a[order], q[order]), np.interp(place, a[order], weight[order])
    curve = _rounded(curve)
    level = int(np.clip(np.log2(STRIP_COLUMNS / (span * _SAMPLES)), 0, len(strip.levels) - 1))
    stretch = 0.28 + 0.72 * float(smoothstep(closing, 0.25, 0.9))
    _blend(picture, strip.levels[level], strip.colour, inner, along, down, span, curve, seen, stretch)


def _across(
    upper: Float[np.ndarray, "9 2"],
    lower: Float[np.ndarray, "9 2"],
    inner: Float[np.ndarray, "2"],
    along: Float[np.ndarray, "2"],
    down: Float[np.ndarray, "2"],
) -> Float[np.ndarray, "9"]:
    """How far down the lower margin lies beside each point of the upper one."""
    a, q = (lower - inner) @ along, (lower - inner) @ down
    order = np.argsort(a, kind="stable")
    return np.asarray(np.interp((upper - inner) @ along, a[order], q[order]))


def _rounded(curve: Float[np.ndarray, "places"]) -> Float[np.ndarray, "places"]:
    """A margin of nine points without its corners."""
    kernel = np.array([1, 2, 3, 4, 3, 2, 1]) / 16
    padded = np.r_[2 * curve[0] - curve[3:0:-1], curve, 2 * curve[-1] - curve[-2:-5:-1]]
    return np.convolve(padded, kernel, mode="valid")


@numba.njit(cache=True)
@no_type_check
def _blend(picture, strip, colour, inner, along, down, span, curve, seen, stretch):
    rows, columns = picture.shape[0], picture.shape[1]
    high, wide = strip.shape
    places = len(curve)
    # box of the strip's corners
    low_x, low_y, top_x, top_y = 1e9, 1e9, -1e9, -1e9
    least, most = curve.min() - ABOVE * span, curve.max() + BELOW * span
    for corner in range(4):
        a = span if corner % 2 else 0.0
        q = most if corner // 2 else least
        x, y = inner[0] + along[0] * a + down[0] * q, inner[1] + along[1] * a + down[1] * q
        low_x, low_y, top_x, top_y = min(low_x, x), min(low_y, y), max(top_x, x), max(top_y, y)
    x0, x1 = max(int(np.floor(low_x)), 0), min(int(np.ceil(top_x)) + 1, columns)
    y0, y1 = max(int(np.floor(low_y)), 0), min(int(np.ceil(top_y)) + 1, rows)
    share = np.float32(1.0 / (_SAMPLES * _SAMPLES))
    for y in range(y0, y1):
        for x in range(x0, x1):
            total = np.float32(0)
            for k in range(_SAMPLES * _SAMPLES):
                px = x + (k % _SAMPLES + 0.5) / _SAMPLES - inner[0]
                py = y + (k // _SAMPLES + 0.5) / _SAMPLES - inner[1]
                a = (px * along[0] + py * along[1]) / span
                if a <= 0 or a >= 1:
                    continue
                at = a * (places - 1)
                i = min(int(at), places - 2)
                t = at - i
                d = (px * down[0] + py * down[1] - curve[i] * (1 - t) - curve[i + 1] * t) / span
                if d > 0:
                    d /= stretch
                u, v = a * wide - 0.5, (d + ABOVE) / (ABOVE + BELOW) * high - 0.5
                if v <= -1 or v >= high:
                    continue
                c, r = int(np.floor(u)), int(np.floor(v))
                fu, fv = u - c, v - r
                c0, c1 = min(max(c, 0), wide - 1), min(max(c + 1, 0), wide - 1)
                top = strip[r, c0] * (1 - fu) + strip[r, c1] * fu if r >= 0 else 0.0
                low = strip[r + 1, c0] * (1 - fu) + strip[r + 1, c1] * fu if r + 1 < high else 0.0
                total += np.float32((top * (1 - fv) + low * fv) * (seen[i] * (1 - t) + seen[i + 1] * t))
            total *= share
            if total > 0.002:
                for c in range(3):
                    value = picture[y, x, c] * (1 - total) + colour[c] * total
                    picture[y, x, c] = np.uint8(min(max(value + 0.5, 0.0), 255.0))
