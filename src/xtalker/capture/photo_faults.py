"""What keeps a photo from speaking well: something before the mouth, and a picture that is no photograph.

The face is looked at upright, with 64 pixels between the outer corners of the eyes. All thresholds are measured by
`benchmarks/photo_inputs.py` on portraits as they are and with covers drawn on them; docs/photo_inputs.md lists them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from jaxtyping import Bool, Float, Float32, UInt8
from PIL import Image, ImageDraw
from scipy.ndimage import binary_dilation, gaussian_filter

from xtalker.capture.crop import Region, crop
from xtalker.geometry.landmark_rings import (
    FACE_OVAL,
    INNER_LIPS,
    LOWER_INNER_LIP,
    OUTER_LIPS,
    UPPER_INNER_LIP,
)
from xtalker.values.conventions import LEFT_EYE_OUTER, RIGHT_EYE_OUTER

_SIDE: Final = 160
_EYES_PX: Final = 64.0
_CHEEKS_AND_FOREHEAD: Final = (50, 205, 280, 425, 101, 330, 151, 108, 337, 9, 69, 299)
_CHIN: Final = (199, 200, 201, 421, 194, 418, 208, 428, 18)
_BELOW_NOSE: Final = (164, 167, 393)
_LUMA: Final = (0.3, 0.59, 0.11)

_LEAST_RELIEF: Final = 0.065
_LEAST_LINE, _LEAST_RED, _MOST_RELIEF = 0.05, 0.015, 0.16
_CLOTH_CHIN, _CLOTH_BELOW_NOSE, _CLOTH_RED = 0.22, 0.25, 0.03
_FLAT_GRADIENT: Final = 0.35  # grey levels from pixel to pixel
_DRAWN_FLAT, _DRAWN_EDGES = 0.22, 8.0
_PAPER, _PAPER_COLOUR = 238.0, 25.0  # grey levels: brightness of its middle tone, and spread of the channels


def mouth_covered(rgb: UInt8[np.ndarray, "height width 3"], landmarks: Float[np.ndarray, "478 _"]) -> bool:
    """Whether something hides the mouth: a mask, a hand, a microphone.

    Lips are redder than the skin around them, a dark line parts them, and light and shade play about them. What hides
    them shows none of it, or is of another colour than cheeks and forehead from below the nose to the chin.
    """
    seen = mouth_signs(rgb, landmarks)
    smooth = seen.relief < _LEAST_RELIEF
    no_lips = seen.line < _LEAST_LINE and seen.red < _LEAST_RED and seen.relief < _MOST_RELIEF
    cloth = seen.chin_off > _CLOTH_CHIN and seen.below_nose_off > _CLOTH_BELOW_NOSE and seen.red < _CLOTH_RED
    return smooth or no_lips or cloth


def looks_drawn(rgb: UInt8[np.ndarray, "height width 3"], landmarks: Float[np.ndarray, "478 _"]) -> bool:
    """Whether a face is drawn: flat areas between hard edges, or grey lines on paper.

    Skin in a photograph is flat nowhere. Paintings with soft transitions are not told from photographs.
    """
    flat, edges, tone, colour = drawn_signs(rgb, landmarks)
    return (flat > _DRAWN_FLAT and edges > _DRAWN_EDGES) or (tone > _PAPER and colour < _PAPER_COLOUR)


@dataclass(frozen=True)
class MouthSigns:
    """What `mouth_covered` judges.

    Attributes:
        relief: deviation of the brightness about the mouth, of the mouth's own brightness.
        line: contrast of the dark line between the lips, the median along it.
        red: logarithm of red against green in the lips, less that of the skin around them.
        chin_off: distance of the chin's hue from that of cheeks and forehead, in logarithms.
        below_nose_off: the same of the skin between nose and mouth.
    """

    relief: float
    line: float
    red: float
    chin_off: float
    below_nose_off: float


def mouth_signs(rgb: UInt8[np.ndarray, "height width 3"], landmarks: Float[np.ndarray, "478 _"]) -> MouthSigns:
    """Measure the mouth of a photo."""
    face = _Face.of(rgb, landmarks)
    outer, inner = face.within(OUTER_LIPS), face.within(INNER_LIPS)
    lips = outer & ~binary_dilation(inner)
    lips = lips if lips.sum() >= 20 else outer
    around = binary_dilation(outer, iterations=9) & ~binary_dilation(outer, iterations=3) & face.within(FACE_OVAL)
    about = binary_dilation(outer, iterations=3)
    if not lips.any() or not around.any():
        return MouthSigns(1.0, 1.0, 1.0, 0.0, 0.0)  # a face too narrow to be judged
    part = face.pixels / 255 + 0.02
    red = np.log(part[..., 0] / part[..., 1])
    skin, chin, below_nose = (face.hue(which) for which in (_CHEEKS_AND_FOREHEAD, _CHIN, _BELOW_NOSE))
    return MouthSigns(
        relief=float(gaussian_filter(face.light, 1)[about].std() / max(face.light[outer].mean(), 20)),
        line=_line_between_lips(face),
        red=float(np.median(red[lips]) - np.median(red[around])),
        chin_off=float(np.linalg.norm(chin - skin)),
        below_nose_off=float(np.linalg.norm(below_nose - skin)),
    )


def drawn_signs(
    rgb: UInt8[np.ndarray, "height width 3"], landmarks: Float[np.ndarray, "478 _"]
) -> tuple[float, float, float, float]:
    """Share of flat places, strong edges against usual ones, middle tone (0..255) and colour of a face.

    Places without any light, or with all of it, are no sign of a drawing and are left out of the first two.
    """
    face = _Face.of(rgb, landmarks)
    inside = face.within(FACE_OVAL)
    grey = face.pixels.mean(-1)
    steps = np.hypot(np.diff(grey, axis=1)[:-1], np.diff(grey, axis=0)[:, :-1])
    exposed = inside & (face.pixels.min(-1) < 253) & (face.pixels.max(-1) > 4)
    known = steps[exposed[:-1, :-1]]
    if known.size < 100:
        known = steps[inside[:-1, :-1]]
    edges = np.quantile(known, 0.95) / max(float(np.median(known)), 0.05)
    spread = np.ptp(face.pixels, axis=-1)
    tone, colour = np.quantile(face.light[inside], 0.6), np.median(spread[inside])
    return float((known < _FLAT_GRADIENT).mean()), float(edges), float(tone), float(colour)


@dataclass(frozen=True)
class _Face:
    """A face brought to one size."""

    pixels: Float32[np.ndarray, "side side 3"]
    landmarks: Float[np.ndarray, "478 2"]

    @classmethod
    def of(cls, rgb: UInt8[np.ndarray, "height width 3"], landmarks: Float[np.ndarray, "478 _"]) -> _Face:
        flat = landmarks[:, :2].astype(np.float64)
        eyes = flat[LEFT_EYE_OUTER] - flat[RIGHT_EYE_OUTER]
        middle = (flat.min(0) + flat.max(0)) / 2
        side = _SIDE / _EYES_PX * float(np.hypot(*eyes))
        region = Region(float(middle[0]), float(middle[1]), side, float(np.arctan2(eyes[1], eyes[0])))
        matrix = region.image_from_crop(_SIDE)
        placed = (flat - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T
        return cls(crop(rgb, region, _SIDE, replicate_border=True), placed)

    @cached_property
    def light(self) -> Float32[np.ndarray, "side side"]:
        return self.pixels @ np.array(_LUMA, np.float32)

    def within(self, ring: tuple[int, ...]) -> Bool[np.ndarray, "side side"]:
        """Pixels inside a ring of landmarks."""
        canvas = Image.new("1", (_SIDE, _SIDE))
        ImageDraw.Draw(canvas).polygon([tuple(p) for p in self.landmarks[list(ring)].tolist()], fill=1)
        return np.asarray(canvas)

    def hue(self, which: tuple[int, ...]) -> Float[np.ndarray, "3"]:
        """Median colour at landmarks in logarithms, without its brightness."""
        at = np.clip(self.landmarks[list(which)].astype(int), 2, _SIDE - 3)
        colours = np.array([self.pixels[y - 2 : y + 3, x - 2 : x + 3].mean((0, 1)) for x, y in at])
        middle = np.median(np.log(colours / 255 + 0.03), 0)
        return np.asarray(middle - middle.mean(), np.float64)


def _line_between_lips(face: _Face) -> float:
    """Contrast of the darkest place across the lips against three pixels above and below it, median over columns."""
    upper, lower = (face.landmarks[list(ring)] for ring in (UPPER_INNER_LIP, LOWER_INNER_LIP))
    x = np.linspace(upper[0, 0], upper[-1, 0], 42)[1:-1]
    x = x[(len(x) // 8) : -(len(x) // 8)]
    heights = []
    for lip in (upper, lower):
        order = np.argsort(lip[:, 0], kind="stable")
        heights.append(np.interp(x, lip[order, 0], lip[order, 1]))
    rows = np.round(np.mean(heights, axis=0)).astype(int)[:, None] + np.arange(-7, 8)
    light = gaussian_filter(face.light, 0.8)
    across = light[np.clip(rows, 0, _SIDE - 1), np.clip(np.round(x).astype(int), 0, _SIDE - 1)[:, None]]
    beside = np.minimum(across[:, :-6], across[:, 6:])
    contrast = (beside - across[:, 3:-3]) / np.maximum(beside, 20)
    return float(np.median(contrast.max(1)))
