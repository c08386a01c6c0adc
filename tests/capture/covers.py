"""Covers drawn over real portraits, where it is known what they hide."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from xtalker.geometry.landmark_rings import LEFT_EYE, RIGHT_EYE

_JAW = (93, 132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361, 323)
_OVER_THE_NOSE = (447, 343, 195, 114, 227)
MASKS = ((10, 10, 10), (245, 245, 245), (128, 128, 128), (120, 170, 220), (30, 40, 90), (200, 120, 130), (90, 60, 40))
GLASSES = ((5, 5, 5), (30, 28, 26))


def with_mask(rgb: np.ndarray, points: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    """Cloth from the nose to the chin, a little uneven as cloth is."""
    image = Image.fromarray(rgb)
    ImageDraw.Draw(image).polygon([tuple(points[i, :2]) for i in (*_JAW, *_OVER_THE_NOSE)], fill=colour)
    noise = np.random.default_rng(0).normal(0, 2, rgb.shape)
    return np.clip(np.asarray(image) + noise, 0, 255).astype(np.uint8)


def with_glasses(rgb: np.ndarray, points: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    """Dark lenses and what joins them."""
    image = Image.fromarray(rgb)
    draw = ImageDraw.Draw(image)
    apart = float(np.linalg.norm(points[33, :2] - points[263, :2]))
    for eye in (RIGHT_EYE, LEFT_EYE):
        x, y = points[list(eye), :2].mean(0)
        y += 0.05 * apart
        draw.ellipse((x - 0.3 * apart, y - 0.22 * apart, x + 0.3 * apart, y + 0.22 * apart), fill=colour)
    draw.line([tuple(points[133, :2]), tuple(points[362, :2])], fill=colour, width=max(2, int(0.04 * apart)))
    return np.asarray(image)


def drawn(rgb: np.ndarray) -> np.ndarray:
    """The portrait in a few flat colours."""
    few = Image.fromarray(rgb).filter(ImageFilter.MedianFilter(5)).quantize(16).convert("RGB")
    return np.asarray(few.filter(ImageFilter.ModeFilter(7)))
