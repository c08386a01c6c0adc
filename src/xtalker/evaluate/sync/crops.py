"""Mouths cut out of pictures: upright, of one size, steady, so that only the mouth moves in them.

Eyes and nose place the square, never the lips: a square that follows the lips would take out what is to be seen.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
from jaxtyping import Float, UInt8
from scipy.ndimage import gaussian_filter1d

from xtalker.capture.crop import Region, crop
from xtalker.values import InputError
from xtalker.values.conventions import LEFT_EYE_OUTER, RIGHT_EYE_OUTER

CROP_PIXELS: Final = 48
UNDER_NOSE: Final = 2
_SIDE, _DROP = 0.9, 0.3  # in eye distances: edge of the square, its middle below the nose
_STEADY_FRAMES: Final = 3.0
_LUMA: Final = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601

Pixels = Float[np.ndarray, "frames landmarks 2"]


def mouth_regions(pixels: Pixels) -> list[Region]:
    """Where the mouth is in each frame.

    Args:
        pixels: the 478 landmarks in image pixels (0 = middle of the first pixel), NaN in frames without a face;
            these take the place of the nearest frame with one.

    Raises:
        InputError: no face in any frame.
    """
    seen = np.flatnonzero(np.isfinite(pixels[:, [LEFT_EYE_OUTER, RIGHT_EYE_OUTER, UNDER_NOSE]]).all(axis=(1, 2)))
    if len(seen) == 0:
        raise InputError(
            "no face was found", received=f"{len(pixels)} frames without landmarks",
            accepted="a video of one face", next_step="give another video",
        )  # fmt: skip
    nearest = seen[np.searchsorted((seen[1:] + seen[:-1]) / 2, np.arange(len(pixels)))]
    left, right, nose = (pixels[nearest, k].astype(np.float64) for k in (LEFT_EYE_OUTER, RIGHT_EYE_OUTER, UNDER_NOSE))
    across = gaussian_filter1d(left - right, _STEADY_FRAMES, axis=0, mode="nearest")
    nose = gaussian_filter1d(nose, _STEADY_FRAMES, axis=0, mode="nearest")
    middle = nose + _DROP * np.stack([-across[:, 1], across[:, 0]], axis=1)
    sides, angles = _SIDE * np.linalg.norm(across, axis=1), np.arctan2(across[:, 1], across[:, 0])
    return [Region(float(x), float(y), float(side), float(angle)) for (x, y), side, angle in zip(middle, sides, angles)]


def mouth_crops(
    frames: Iterable[UInt8[np.ndarray, "height width 3"]], pixels: Pixels
) -> UInt8[np.ndarray, "frames 48 48"]:
    """Grey mouths of a video.

    Args:
        frames: its pictures, as many as there are landmarks.
        pixels: see `mouth_regions`.

    Raises:
        InputError: no face in any frame, or another number of pictures.
    """
    regions = mouth_regions(pixels)
    cut = [
        (crop(rgb, region, CROP_PIXELS, replicate_border=True) @ _LUMA).round().astype(np.uint8)
        for rgb, region in zip(frames, regions, strict=False)
    ]
    if len(cut) != len(regions):
        raise InputError(
            "pictures and landmarks differ in number", received=f"{len(cut)} pictures, {len(regions)} landmarks",
            accepted="as many", next_step="track the same video",
        )  # fmt: skip
    return np.stack(cut)
