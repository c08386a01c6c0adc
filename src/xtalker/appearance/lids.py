"""Lids on the mesh: how far a blink must travel so that the photo's lids meet, and what a closing lid wears."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.spatial import cKDTree

from xtalker.appearance.fitted import EYE_PARTS, EYE_RINGS, Fitted, by_x
from xtalker.geometry.landmark_rings import LEFT_LOWER_LID, LEFT_UPPER_LID, RIGHT_LOWER_LID, RIGHT_UPPER_LID
from xtalker.geometry.smoothstep import smoothstep
from xtalker.values.conventions import CHANNEL
from xtalker.values.photo_avatar import CAMERA_DISTANCE_M

MARGINS: Final = (LEFT_UPPER_LID, RIGHT_UPPER_LID)
LOWER_MARGINS: Final = (LEFT_LOWER_LID, RIGHT_LOWER_LID)
BLINKS: Final = ("eyeBlinkLeft", "eyeBlinkRight")
_NEARLY: Final = 0.98  # of the opening: lids that meet, not cross


def lid_travel(fitted: Fitted, pixels: Float[np.ndarray, "fine 2"]) -> tuple[np.ndarray, np.ndarray]:
    """For each eye the displacement of the fine vertices by a full blink: its correction (2, fine, 3), and the whole.

    The model closes its own opening; each column of the photo's has another height. Head axes, metres.
    """
    basis = fitted.head.expression_of(fitted.identity)
    correction, whole = np.empty((2, 2, *fitted.mean.shape))
    for e, (channel, ring, margin) in enumerate(zip(BLINKS, EYE_RINGS, MARGINS)):
        move = basis[CHANNEL[channel]].astype(float)
        upper = list(margin[1:-1])
        polygon, here = fitted.marks[list(ring)], fitted.marks[upper]
        span, middle = np.ptp(polygon[:, 0]), polygon.mean(0)
        falls = -fitted.at_landmarks(move, upper)[:, 1]
        nearer = CAMERA_DISTANCE_M / (CAMERA_DISTANCE_M - fitted.world[fitted.scene.parts[EYE_PARTS[e]], 2].max())
        scale = fitted.camera.scale * nearer  # lids lie on the front of the eyeball
        opening = (np.interp(here[:, 0], *lower_lid(polygon)) - here[:, 1]) / scale * _NEARLY
        order = np.argsort(here[:, 0])
        ratio = np.clip(opening / np.maximum(falls, 1e-4), 0.1, 1.4)[order]
        factor = np.interp(pixels[:, 0], here[order, 0], ratio)
        top = np.interp(pixels[:, 0], *upper_lid(polygon))
        away = np.maximum(np.abs(pixels[:, 0] - middle[0]) / span - 0.6, 0)
        away = away + np.maximum((top - pixels[:, 1]) / span - 0.35, 0)
        factor = 1 + (factor - 1) * np.exp(-((away / 0.2) ** 2))
        travel = fitted.matrix @ move
        correction[e], whole[e] = travel * (factor - 1)[:, None], travel * factor[:, None]
    return correction, whole


def closing_lids(
    fitted: Fitted,
    rest: Float[np.ndarray, "fine 3"],
    pixels: Float[np.ndarray, "fine 2"],
    seen: Bool[np.ndarray, "fine"],
    travel: Float[np.ndarray, "2 fine 3"],
) -> Float[np.ndarray, "fine 4"]:
    """`FaceLayer.lid`: the lid is looked up where it will lie when shut.

    So a shut eye is the painted photo exactly, and the lid carries its skin while it moves.
    """
    lid = np.zeros((len(rest), 4))
    lid[:, :2], lid[:, 3] = pixels, -1
    skin = fitted.is_skin
    for e, ring in enumerate(EYE_RINGS):
        polygon = fitted.marks[list(ring)]
        middle, span = polygon.mean(0), np.ptp(polygon[:, 0])
        goal = fitted.camera.project(rest + travel[e] @ fitted.turn.T)[:, :2]
        top = np.interp(pixels[:, 0], *by_x(fitted.marks[list(MARGINS[e])]))
        above, aside = (top - pixels[:, 1]) / span, np.abs(pixels[:, 0] - middle[0]) / span
        close = skin & (np.abs(pixels - middle) < 0.75 * span).all(1)
        falls = goal[:, 1] - pixels[:, 1]
        moves = smoothstep(falls / max(falls[close].max(initial=0), 1), 0.015, 0.06)
        band = smoothstep(above, -0.3, -0.2) * (1 - smoothstep(above, 0.2, 0.36)) * (1 - smoothstep(aside, 0.52, 0.66))
        share = band * close * moves
        for _ in range(2):
            spread = np.maximum(share * 0.999, 0.5 * share + 0.5 * (fitted.neighbours @ share))
            share = spread * close * (moves > 0)
        below = (pixels[:, 1] - np.interp(pixels[:, 0], *lower_lid(polygon))) / span
        rim = close & (share <= 0.01) & seen & (below > -0.12) & (aside < 0.62)
        wet = 1 - smoothstep(below[rim], 0.03, 0.08)
        lid[rim] = np.column_stack([pixels[rim], wet, np.full(rim.sum(), e + 2)])
        use = share > 0.01
        lid[use] = np.column_stack([goal[use], share[use], np.full(use.sum(), e)])
    return lid


def margin_binding(
    fitted: Fitted, pixels: Float[np.ndarray, "fine 2"], eye: int
) -> tuple[Int[np.ndarray, "2 margin"], Float[np.ndarray, "2 margin 2"]]:
    """Fine vertices along the upper and lower lid's margin, outer corner first; from there to the photo's margins."""
    margins = np.array([MARGINS[eye], LOWER_MARGINS[eye]])
    at = fitted.at_landmarks(fitted.head.mean.astype(float), margins)
    skin = np.flatnonzero(fitted.is_skin)
    bind = skin[cKDTree(fitted.mean[skin]).query(at)[1]]
    return bind.astype(np.int32), fitted.marks[margins] - pixels[bind]


def lower_lid(polygon: Float[np.ndarray, "16 2"]) -> tuple[np.ndarray, np.ndarray]:
    """Ascending x, and y, of the lower half of an eye's ring."""
    return by_x(polygon[:9])


def upper_lid(polygon: Float[np.ndarray, "16 2"]) -> tuple[np.ndarray, np.ndarray]:
    """Ascending x, and y, of the upper half of an eye's ring."""
    return by_x(np.concatenate([polygon[[0]], polygon[9:], polygon[[8]]]))
