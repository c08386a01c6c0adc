"""Levels and templates to reference expressions, and offsets that leave the opening of the lips to the speech."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.values.conventions import CHANNEL, NUM_EXPRESSION
from xtalker.values.tracks import EmotionTrack

DEFAULT_STRENGTH: Final = 0.75
"""Lambda of Eq. 9."""
RIDGE_MM: Final = 0.3
"""Gap change that may remain in exchange for less correction, millimetres for one unit of correction."""

ALIKE: Final = 0.98
"""Correlation of a correction's left and right side."""

_EASE: Final = {
    "mouthClose": 0.06, "mouthLowerDown": 1.0, "mouthUpperUp": 0.7, "mouthRollLower": 0.5, "mouthRollUpper": 0.5,
    "mouthPress": 0.6, "mouthShrugLower": 0.4, "mouthShrugUpper": 0.4,
}  # fmt: skip
"""How freely each channel may correct. `mouthClose` is measured against a fully open jaw: a little moves much."""


def reference_track(
    reference: Float[np.ndarray, "50"], track: EmotionTrack, templates: Float[np.ndarray, "7 50"],
    strength: float = DEFAULT_STRENGTH,
) -> Float[np.ndarray, "frames 50"]:  # fmt: skip
    """Reference expression of each frame: (1 - lambda) reference + lambda alpha template (3DXTalker Eq. 9).

    With L the sum of a frame's levels: lambda = strength min(L, 1), alpha = max(L, 1), and the template is the mean
    of the seven, weighted by levels. Levels under 1, which the paper does not have, fade lambda and so reach "off"
    continuously; from 1 on it is the paper's formula. lambda alpha template = strength x levels @ templates.

    Args:
        reference: the person's own, without emotion.
        track: levels of each frame.
        templates: rows in the order of EMOTIONS.
        strength: lambda at full level, 0 to 1.
    """
    assert 0 <= strength <= 1, "strength is 0 to 1"
    levels = track.levels.astype(np.float64)
    fade = strength * np.minimum(levels.sum(axis=1, keepdims=True), 1)
    return ((1 - fade) * reference + strength * levels @ templates).astype(np.float32)


def lip_safe_matrix(gap_basis: Float[np.ndarray, "pairs 50"]) -> Float[np.ndarray, "50 50"]:
    """Constant matrix that takes the opening of the lips out of an expression offset.

    The correction is the smallest one, each channel measured in its own ease, that brings the gap change of all pairs
    to (almost) zero: c = -E G' (G E G' + ridge)^-1 G offset. It touches lip channels only, so that corners, cheeks,
    nose, eyes and brows keep the template's look.

    Args:
        gap_basis: change of the opening at each pair of inner-lip points by one unit of each channel, millimetres.

    Returns:
        M, so that `offset @ M.T` is safe.
    """
    gaps = gap_basis.astype(np.float64)
    spread = _freedom() @ gaps.T
    inner = gaps @ spread + RIDGE_MM**2 * np.eye(len(gaps))
    return np.eye(NUM_EXPRESSION) - spread @ np.linalg.solve(inner, gaps)


def _freedom() -> Float[np.ndarray, "50 50"]:
    """Covariance of corrections: left and right move together, and only a little against each other."""
    out = np.zeros((NUM_EXPRESSION, NUM_EXPRESSION))
    for stem, ease in _EASE.items():
        sides = [CHANNEL[name] for name in (stem, f"{stem}Left", f"{stem}Right") if name in CHANNEL]
        out[np.ix_(sides, sides)] = ease**2 * ALIKE
        out[sides, sides] = ease**2
    return out


def lip_safe(
    offset: Float[np.ndarray, "frames 50"], gap_basis: Float[np.ndarray, "pairs 50"],
    frame_weight: Float[np.ndarray, "frames"] | None = None,
) -> Float[np.ndarray, "frames 50"]:  # fmt: skip
    """Emotion offsets that do not change how far the lips are open.

    Args:
        offset: what the emotion adds to each frame.
        gap_basis: as for `lip_safe_matrix`.
        frame_weight: 1 where the lips speak, 0 where the plain offset may show; None is 1 everywhere.
    """
    safe = offset @ lip_safe_matrix(gap_basis).T
    if frame_weight is None:
        return safe.astype(np.float32)
    return (offset + frame_weight[:, None] * (safe - offset)).astype(np.float32)
