"""The light in which a photo was taken, as far as a face tells it: brightness as a linear function of the normal.

First-order spherical harmonics (R. Ramamoorthi and P. Hanrahan, 2001) hold most of what a matt surface reflects. It is
used for ratios only: how much brighter or darker skin gets as it bends and turns.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Bool, Float, Float32

from xtalker.appearance.fitted import EYE_RINGS, Fitted
from xtalker.appearance.pixels import blurred, luma, sampled

_RIDGE: Final = 0.06  # of the samples: a face that tells little leaves the light even
_ROUNDS: Final = 3
_LARGEST: Final = 0.75  # of the even part: no skin turns black


def read_light(
    fitted: Fitted,
    pixels: Float[np.ndarray, "fine 2"],
    normals: Float[np.ndarray, "fine 3"],
    skin: Bool[np.ndarray, "fine"],
) -> Float32[np.ndarray, "4"]:
    """Even part 1, and what is added along x, y and z of the normal.

    Args:
        fitted: model and photo.
        pixels: photo pixel of each fine vertex.
        normals: of the rest surface, world axes.
        skin: vertices whose skin the photo shows.
    """
    use = skin & (fitted.lips < 0.05) & ~_near_eyes(fitted, pixels)
    if use.sum() < 100:
        return np.array([1, 0, 0, 0], np.float32)
    light = sampled(blurred(luma(fitted.rgb) / 255, fitted.face_px / 80), *pixels[use].T.astype(np.float32))
    linear = np.clip(light, 0.01, 1) ** 2.2
    basis = np.column_stack([np.ones(use.sum()), normals[use]])
    weight = np.ones(len(linear))
    ridge = _RIDGE * len(linear) * np.diag([0.0, 1, 1, 1])
    for _ in range(_ROUNDS):  # brows, spots and shine do not count
        fit = np.linalg.solve((basis * weight[:, None]).T @ basis + ridge, (basis * weight[:, None]).T @ linear)
        off = np.abs(linear - basis @ fit)
        weight = 1 / (1 + (off / max(1.5 * np.median(off), 1e-4)) ** 2)
    direction = fit[1:] / max(fit[0], 1e-3)
    direction *= min(1.0, _LARGEST / max(float(np.linalg.norm(direction)), 1e-6))
    return np.array([1, *direction], np.float32)


def _near_eyes(fitted: Fitted, pixels: Float[np.ndarray, "fine 2"]) -> Bool[np.ndarray, "fine"]:
    out = np.zeros(len(pixels), bool)
    for ring in EYE_RINGS:
        polygon = fitted.marks[list(ring)]
        span = float(np.ptp(polygon[:, 0]))
        out |= (np.abs(pixels - polygon.mean(0)) < [0.75 * span, 0.7 * span]).all(1)
    return out
