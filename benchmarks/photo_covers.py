"""Photos that show less than a portrait should, made from ones that do: covers drawn on them, turns, drawings.

What is drawn lies where the landmarks of the untouched photo say, so that it is known what was made. Colours of cloth,
folds, fingers and grain vary with the seed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image, ImageDraw, ImageFilter
from scipy.ndimage import gaussian_filter, median_filter, sobel

from xtalker.geometry.landmark_rings import LEFT_EYE, RIGHT_EYE
from xtalker.values.conventions import LEFT_EYE_OUTER, RIGHT_EYE_OUTER

Picture = UInt8[np.ndarray, "height width 3"]
Marks = Float[np.ndarray, "478 _"]
Made = Callable[[Picture, Marks, np.random.Generator], Picture]

_JAW: Final = (93, 132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361, 323)
_MASK_TOP: Final = (323, 330, 329, 277, 437, 195, 217, 47, 100, 101, 93)
_CLOTH: Final = {
    "white": (226, 228, 230), "surgical": (150, 190, 214), "black": (30, 30, 34), "red": (150, 36, 44),
    "green": (70, 108, 74), "beige": (196, 160, 134),
}  # fmt: skip


def _eyes_px(marks: Marks) -> float:
    return float(np.linalg.norm(marks[LEFT_EYE_OUTER, :2] - marks[RIGHT_EYE_OUTER, :2]))


def _soft_mask(shape: tuple[int, ...], draw: Callable[[ImageDraw.ImageDraw], None], soft_px: float) -> np.ndarray:
    image = Image.new("L", (shape[1], shape[0]))
    draw(ImageDraw.Draw(image))
    return gaussian_filter(np.asarray(image, np.float32) / 255, soft_px)


def _laid(rgb: Picture, paint: np.ndarray, cover: np.ndarray, rng: np.random.Generator) -> Picture:
    """Paint over a photo, with grain as in the photo."""
    grain = rng.normal(0, 2.5, rgb.shape[:2])[..., None]
    out = rgb + cover[..., None] * (paint + grain - rgb)
    return np.clip(out + 0.5, 0, 255).astype(np.uint8)


def cloth_mask(colour: str) -> Made:
    """A mask over nose, mouth and chin."""

    def make(rgb: Picture, marks: Marks, rng: np.random.Generator) -> Picture:
        unit, points = _eyes_px(marks), marks[:, :2]
        outline = np.concatenate([points[list(_JAW)], points[list(_MASK_TOP)]])
        outline = outline.mean(0) + 1.04 * (outline - outline.mean(0))
        cover = _soft_mask(rgb.shape, lambda d: d.polygon([tuple(p) for p in outline], fill=255), 0.012 * unit)
        y, x = np.mgrid[: rgb.shape[0], : rgb.shape[1]]
        aside = (x - points[4, 0]) / unit
        shade = 1 - 0.35 * aside**2
        if rng.random() < 0.6:  # folds from side to side
            down = (y - points[4, 1]) / unit + 0.15 * aside**2
            shade = shade + 0.05 * np.sin(2 * np.pi * down * rng.uniform(3, 6) + rng.uniform(0, 6))
        light = np.median(rgb[points[[50, 280], 1].astype(int), points[[50, 280], 0].astype(int)].max(-1)) / 215
        paint = np.array(_CLOTH[colour]) * np.clip(light, 0.5, 1.1) * np.clip(shade, 0.3, 1.2)[..., None]
        return _laid(rgb, paint, cover, rng)

    return make


def hand(rgb: Picture, marks: Marks, rng: np.random.Generator) -> Picture:
    """Four fingers of the person's own skin before the mouth, across it or upwards."""
    unit, points = _eyes_px(marks), marks[:, :2]
    middle, out = points[[13, 14]].mean(0), rgb
    skin = rgb[points[[50, 280, 151, 9], 1].astype(int), points[[50, 280, 151, 9], 0].astype(int)].mean(0)
    tilt = rng.choice([rng.uniform(-0.3, 0.3), rng.uniform(1.1, 1.5), rng.uniform(-1.5, -1.1)])
    along = np.array([np.cos(tilt), np.sin(tilt)])
    across, wide = np.array([-along[1], along[0]]), 0.19 * unit
    y, x = np.mgrid[: rgb.shape[0], : rgb.shape[1]]
    place = np.stack([x, y], -1) - middle
    for finger in range(4):
        off = (place @ across) - (finger - 1.5) * wide
        reach = (place @ along) + rng.uniform(-0.1, 0.1) * unit
        inside = np.clip((0.52 * wide - np.abs(off)) / 1.2 + 0.5, 0, 1)
        inside *= np.clip((0.55 * unit - reach) / 1.5 + 0.5, 0, 1) * np.clip((reach + 1.2 * unit) / 1.5 + 0.5, 0, 1)
        round_shade = 1.02 - 0.5 * (np.abs(off) / wide) ** 2.2
        out = _laid(out, skin * np.clip(round_shade, 0.55, 1.1)[..., None], inside, rng)
    return out


def box_over_mouth(colour: tuple[int, int, int]) -> Made:
    """A flat thing before the mouth: a cup, a microphone, a fan."""

    def make(rgb: Picture, marks: Marks, rng: np.random.Generator) -> Picture:
        unit, middle = _eyes_px(marks), marks[[13, 14], :2].mean(0)
        wide, high = rng.uniform(0.35, 0.5) * unit, rng.uniform(0.28, 0.45) * unit
        low, far = middle - np.array([wide, high]), middle + np.array([wide, 1.3 * high])
        box = [*low, *far]
        cover = _soft_mask(rgb.shape, lambda d: d.ellipse(box, fill=255), 0.012 * unit)
        x = (np.arange(rgb.shape[1]) - middle[0]) / wide
        paint = np.array(colour) * np.clip(1.05 - 0.3 * x**2, 0.4, 1.1)[None, :, None]
        return _laid(rgb, np.broadcast_to(paint, rgb.shape), cover, rng)

    return make


def sunglasses(rgb: Picture, marks: Marks, rng: np.random.Generator) -> Picture:
    """Dark lenses, more or less opaque, and a bridge."""
    unit = _eyes_px(marks)
    boxes = []
    for ring in (LEFT_EYE, RIGHT_EYE):
        middle = marks[list(ring), :2].mean(0) + np.array([0, 0.04 * unit])
        low, high = middle - unit * np.array([0.3, 0.2]), middle + unit * np.array([0.3, 0.24])
        boxes.append([*low, *high])
    bridge = [tuple(marks[i, :2]) for i in (133, 362)]

    def draw(d: ImageDraw.ImageDraw) -> None:
        for box in boxes:
            d.ellipse(box, fill=255)
        d.line(bridge, fill=255, width=max(round(0.04 * unit), 1))

    cover = _soft_mask(rgb.shape, draw, 0.01 * unit) * rng.uniform(0.85, 0.98)
    return _laid(rgb, np.broadcast_to(np.array([22.0, 20, 22]), rgb.shape), cover, rng)


def posterised(rgb: Picture, marks: Marks, rng: np.random.Generator) -> Picture:
    """Flat areas of few colours."""
    flat = median_filter(rgb, (7, 7, 1))
    return np.asarray(
        Image.fromarray(flat).quantize(int(rng.integers(10, 20)), dither=Image.Dither.NONE).convert("RGB")
    )


def comic(rgb: Picture, marks: Marks, rng: np.random.Generator) -> Picture:
    """Smooth areas with ink lines."""
    wide = max(_eyes_px(marks) / 70, 1.0)
    flat = rgb
    for _ in range(3):
        flat = median_filter(flat, (round(4 * wide) | 1, round(4 * wide) | 1, 1))
    levels = int(rng.integers(6, 9))
    flat = np.round(flat / 255 * levels) / levels * 255
    grey = gaussian_filter(rgb.mean(-1), wide)
    edge = np.hypot(sobel(grey, 0), sobel(grey, 1))
    ink = np.clip((edge - np.quantile(edge, 0.86)) / 30, 0, 1)[..., None]
    return np.asarray(flat * (1 - 0.85 * ink), np.uint8)


def pencil(rgb: Picture, marks: Marks, rng: np.random.Generator) -> Picture:
    """Grey lines and hatching on paper: the colour dodge of a photo by its blurred negative."""
    grey = rgb.mean(-1)
    dim = gaussian_filter(255 - grey, 0.09 * _eyes_px(marks))
    sketch = np.clip(grey * 255 / np.maximum(256 - dim, 1), 0, 255)
    paper = np.array([250, 248, 240]) if rng.random() < 0.5 else np.array([255, 255, 255])
    return np.asarray(sketch[..., None] / 255 * paper, np.uint8)


def painted(rgb: Picture, marks: Marks, rng: np.random.Generator) -> Picture:
    """Broad strokes: the mode of the neighbourhood."""
    return np.asarray(Image.fromarray(rgb).filter(ImageFilter.ModeFilter(2 * round(_eyes_px(marks) / 18) + 1)))


MOUTH_COVERS: Final[dict[str, Made]] = {
    **{f"mask {colour}": cloth_mask(colour) for colour in _CLOTH},
    "hand": hand,
    "black box": box_over_mouth((24, 24, 26)),
    "white box": box_over_mouth((225, 222, 215)),
    "green box": box_over_mouth((40, 130, 80)),
}
DRAWINGS: Final[dict[str, Made]] = {"posterised": posterised, "comic": comic, "pencil": pencil, "painted": painted}
