"""Lashes that come down with a lid: a strip along its margin, blended over a finished picture.

The photo's own lashes lie on skin that a closing lid folds away; the strip takes their colour and strength, and is no
sharper than the photo.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float32, UInt8
from PIL import Image, ImageDraw

from xtalker.appearance.eye_frame import EyeFrame, Side
from xtalker.appearance.eye_surroundings import Surroundings
from xtalker.appearance.pixels import blurred, resized
from xtalker.geometry.smoothstep import smoothstep
from xtalker.render.photo_lashes import ABOVE, BELOW

STRIP_COLUMNS, STRIP_ROWS = 512, 208
_LASHES: Final = 46
_FINER: Final = 2  # times finer the lashes are drawn before they are brought down


@dataclass(frozen=True)
class LashStrip:
    """Lash line and lashes of an upper lid: columns from the inner to the outer corner, rows downwards across it.

    Attributes:
        opacity: 0 to 255.
        colour: RGB, 0 to 255.
    """

    opacity: UInt8[np.ndarray, "rows columns"]
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
    return LashStrip(np.round(opacity * 255).astype(np.uint8), colour)


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
