"""How much of each pixel is the person: network mask, trimap, closed-form matting, guided refinement.

Closed-form matting: A. Levin, D. Lischinski and Y. Weiss, *A closed-form solution to natural image matting*, TPAMI
2008, by pymatting. It is solved on a small picture of the whole and on a finer one of the head; to full size the
answer goes as the local linear function of colour that it is by its own assumption (K. He, J. Sun and X. Tang,
*Guided image filtering*, TPAMI 2013).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Bool, Float, Float32, UInt8
from scipy.ndimage import binary_fill_holes, uniform_filter
from scipy.sparse import diags_array

from xtalker.appearance.pixels import blurred, grown, polygon_mask, resized, shrunk
from xtalker.appearance.segmentation import SelfieSegmentation, Window, person_probability
from xtalker.appearance.whose import own_region
from xtalker.geometry.smoothstep import smoothstep

_WHOLE_SIDE: Final = 400
"""Longer side of the picture on which the whole matte is solved."""
_HEAD_FACE: Final = 190
"""Height of the face on which the matte of the head is solved."""
_HEAD_REACH: Final = (1.45, 1.05, 0.85)
"""Of the finer picture, in face heights from the middle of the face: sideways, up, down."""
_SURE: Final = 0.9
_MAYBE: Final = 0.15
_SHRINK: Final = 0.032
_GROW: Final = 0.06
"""Face heights by which the unknown band reaches into the mask and out of it."""
_EPSILON: Final = 1e-5
"""Of the matting Laplacian: how far colours may stray from a line."""
_TRUST_IN_NETWORK: Final = 2e-2
_TRUST_IN_COARSE: Final = 2e-2
_ENCLOSES: Final = 0.35
"""Alpha above which a pixel closes a ring."""
_DEEP: Final = 0.1
"""Face heights inside the person's outline beyond which all is opaque."""
_CUT: Final = (0.04, 0.96)
"""Alpha below and above is none and all."""
_BROWS: Final = 0.32
"""Of the face's height from its top: above it a hat or hair has no holes."""


@dataclass(frozen=True)
class _Face:
    """Outline of a face in the pixels of some picture."""

    polygon: Float[np.ndarray, "36 2"]

    @property
    def middle(self) -> Float[np.ndarray, "2"]:
        return (self.polygon.min(0) + self.polygon.max(0)) / 2

    @property
    def height(self) -> float:
        """Largest distance between two corners: forehead to chin."""
        return float(np.linalg.norm(self.polygon[:, None] - self.polygon[None], axis=-1).max())

    def within(self, corner: tuple[int, int], factor_x: float, factor_y: float) -> _Face:
        """The same face in a scaled part of the picture whose left upper corner is given."""
        return _Face((self.polygon - corner) * [factor_x, factor_y])


def person_alpha(
    rgb: UInt8[np.ndarray, "height width 3"],
    face_polygon: Float[np.ndarray, "36 2"],
    network: SelfieSegmentation,
    other_people: Float[np.ndarray, "people 2 2"] | None = None,
) -> Float32[np.ndarray, "height width"]:
    """Cover of one person in a photograph, 0..1.

    Args:
        rgb: the photograph, any aspect.
        face_polygon: outline of the person's face (`FACE_OVAL`), pixels; all inside is the person.
        network: selfie segmentation.
        other_people: boxes (upper left, lower right corner) of faces whose owners are not meant.
    """
    height, width = rgb.shape[:2]
    face = _Face(np.asarray(face_polygon, np.float64))
    factor = min(1.0, _WHOLE_SIDE / max(width, height))
    small_width, small_height = max(round(width * factor), 8), max(round(height * factor), 8)
    small = resized(rgb, small_width, small_height)
    small_face = face.within((0, 0), small_width / width, small_height / height)
    guess = person_probability(rgb, face.middle, face.height, network, small_width, small_height)
    guess = _without_holes(guess, small_face)
    boxes = np.zeros((0, 2, 2)) if other_people is None else np.asarray(other_people, np.float64).reshape(-1, 2, 2)
    guess *= own_region(small, guess, small_face.polygon, boxes * [small_width / width, small_height / height])
    coarse = _closed(_solved(small, guess, small_face), _DEEP * small_face.height)
    alpha = _at_full_size(rgb, small, coarse)
    _refine_head(rgb, coarse, face, alpha)
    alpha = np.clip((alpha - _CUT[0]) / (_CUT[1] - _CUT[0]), 0, 1)
    return _with_opaque_face(alpha, face)


def _without_holes(guess: Float32[np.ndarray, "height width"], face: _Face) -> Float32[np.ndarray, "height width"]:
    """The mask with the face in it, and above the brows in doubt wherever the person is to the left and the right.

    The network takes white hats and grey hair before a white wall for wall.
    """
    height, width = guess.shape
    inside = polygon_mask(face.polygon, width, height)
    mask = binary_fill_holes((guess > 0.5) | inside)
    top = face.polygon[:, 1].min()
    reach = slice(*np.clip(np.round(face.middle[0] + np.array([-0.8, 0.8]) * face.height), 0, width).astype(int))
    above = np.arange(height)[:, None] < top + _BROWS * face.height
    part = mask[:, reach] & above
    between = np.logical_or.accumulate(part, 1) & np.logical_or.accumulate(part[:, ::-1], 1)[:, ::-1]
    doubt = np.zeros_like(mask)
    doubt[:, reach] = between
    return np.where(inside, 1, np.where(mask, np.maximum(guess, 0.5), np.where(doubt, np.maximum(guess, 0.3), guess)))


def _solved(
    rgb: UInt8[np.ndarray, "height width 3"], guess: Float32[np.ndarray, "height width"], face: _Face
) -> Float32[np.ndarray, "height width"]:
    """Alpha of a small picture whose doubt is resolved by closed-form matting."""
    height, width = guess.shape
    skin = shrunk(polygon_mask(face.polygon, width, height), 0.01 * face.height)
    sure = shrunk(guess > _SURE, _SHRINK * face.height) | skin
    maybe = grown((guess > _MAYBE) | sure, _GROW * face.height)
    return _closed_form(rgb, sure, maybe & ~sure, guess, _TRUST_IN_NETWORK)


def _closed(alpha: Float32[np.ndarray, "height width"], deep_px: float) -> Float32[np.ndarray, "height width"]:
    """What the person encloses moves with the person: a helmet's ring, the bow of an arm, a mistake of the matte.

    Nor is anything half transparent so deep inside.
    """
    mask = alpha > _ENCLOSES
    whole = binary_fill_holes(mask)
    return np.where(grown(whole & ~mask, 1.5) | shrunk(whole, deep_px), np.float32(1), alpha)


def _closed_form(
    rgb: UInt8[np.ndarray, "height width 3"],
    sure: Bool[np.ndarray, "height width"],
    unknown: Bool[np.ndarray, "height width"],
    guess: Float32[np.ndarray, "height width"],
    trust: float,
) -> Float32[np.ndarray, "height width"]:
    """Closed-form matting of the unknown pixels, 1 where `sure`, 0 elsewhere.

    To the energy of the matting Laplacian comes trust x (alpha - guess)^2, the more the less the guess doubts: where
    the colours of person and background are alike, the guess decides.
    """
    out = np.where(unknown, guess, sure).astype(np.float32)
    rows, columns = np.flatnonzero(unknown.any(1)), np.flatnonzero(unknown.any(0))
    if not len(rows) or min(rgb.shape[:2]) < 3:
        return out
    from pymatting import cf_laplacian, cg, ichol

    box = (slice(max(rows[0] - 2, 0), rows[-1] + 3), slice(max(columns[0] - 2, 0), columns[-1] + 3))
    free = unknown[box].ravel()
    laplacian = cf_laplacian(rgb[box] / 255.0, epsilon=_EPSILON, is_known=~free)[free]
    prior = guess[box].ravel()[free].astype(np.float64)
    weight = trust * (2 * prior - 1) ** 4 + 1e-6
    matrix = laplacian[:, free] + diags_array(weight)
    right = weight * prior - laplacian[:, ~free] @ sure[box].ravel()[~free].astype(np.float64)
    solution = cg(matrix.tocsr(), right, x0=prior, rtol=1e-4, M=ichol(matrix.tocsc()))
    out[unknown] = np.clip(solution, 0, 1)
    return out


def _refine_head(
    rgb: UInt8[np.ndarray, "height width 3"],
    coarse: Float32[np.ndarray, "small_height small_width"],
    face: _Face,
    alpha: Float32[np.ndarray, "height width"],
) -> None:
    """Solve the head once more on a finer picture, in the band that the coarse answer leaves, and put it in place."""
    height, width = rgb.shape[:2]
    reach = np.array(_HEAD_REACH) * face.height
    low = np.clip(np.round(face.middle - reach[[0, 1]]).astype(int), 0, None)
    high = np.clip(np.round(face.middle + reach[[0, 2]]).astype(int), low + 8, [width, height])
    window = Window(int(low[0]), int(low[1]), min(int(high[0]), width), min(int(high[1]), height))
    part = rgb[window.slices]
    factor = min(1.0, _HEAD_FACE / face.height)
    if factor * width <= 1.2 * coarse.shape[1]:
        return
    rows, columns = (max(round(n * factor), 8) for n in part.shape[:2])
    fine = resized(part, columns, rows)
    place = window.scaled(coarse.shape[1] / width, coarse.shape[0] / height, coarse.shape[1], coarse.shape[0])
    before = resized(alpha[window.slices], columns, rows)
    skin = face.within((window.left, window.top), columns / part.shape[1], rows / part.shape[0])
    inside = shrunk(polygon_mask(skin.polygon, columns, rows), 2.0)
    step = columns / place.shape[1]
    unknown = grown((before > 0.03) & (before < 0.97), 1.2 * step) & ~inside
    sure = ((before >= 0.5) | inside) & ~unknown
    better = _closed_form(fine, sure, unknown, before, _TRUST_IN_COARSE)
    fade = _window_fade(window, width, height)
    alpha[window.slices] += fade * (_at_full_size(part, fine, better) - alpha[window.slices])


def _window_fade(window: Window, width: int, height: int) -> Float32[np.ndarray, "rows columns"]:
    """1 in a window, 0 at those of its edges that lie in the picture."""
    rows, columns = window.shape
    x, y = np.arange(columns) + 0.5, np.arange(rows) + 0.5
    across = np.minimum(x if window.left > 0 else x + columns, columns - x if window.right < width else columns)
    down = np.minimum(y if window.top > 0 else y + rows, rows - y if window.bottom < height else rows)
    edge = 0.08 * max(rows, columns)
    return np.multiply.outer(smoothstep(down, 0.0, edge), smoothstep(across, 0.0, edge)).astype(np.float32)


def _at_full_size(
    rgb: UInt8[np.ndarray, "height width 3"],
    small: UInt8[np.ndarray, "small_height small_width 3"],
    alpha: Float32[np.ndarray, "small_height small_width"],
    radius_px: int = 2,
    epsilon: float = 4e-4,
) -> Float32[np.ndarray, "height width"]:
    """Alpha enlarged as a local linear function of colour: mean over (2 radius + 1) squares of the small picture."""
    height, width = rgb.shape[:2]
    if rgb.shape == small.shape:
        return alpha.copy()
    guide, size = small.astype(np.float32) / 255, 2 * radius_px + 1

    def mean(values: np.ndarray) -> np.ndarray:
        return uniform_filter(values, (size, size) + (0,) * (values.ndim - 2), mode="nearest")

    middle, level = mean(guide), mean(alpha)
    covariance = mean(guide[..., :, None] * guide[..., None, :]) - middle[..., :, None] * middle[..., None, :]
    mixed = mean(guide * alpha[..., None]) - middle * level[..., None]
    slope = np.linalg.solve(covariance + epsilon * np.eye(3, dtype=np.float32), mixed[..., None])[..., 0]
    offset = level - (slope * middle).sum(-1)
    slope, offset = mean(slope), mean(offset)
    out = resized(offset, width, height, "linear").copy()
    for channel in range(3):
        out += resized(slope[..., channel], width, height, "linear") * (rgb[..., channel] * np.float32(1 / 255))
    return np.clip(out, 0, 1)


def _with_opaque_face(alpha: Float32[np.ndarray, "height width"], face: _Face) -> Float32[np.ndarray, "height width"]:
    """All of the face is the person: closed-form matting bites holes in a white chin."""
    edge = 0.008 * face.height
    low = np.clip(np.floor(face.polygon.min(0) - 4 * edge).astype(int), 0, None)
    high = np.ceil(face.polygon.max(0) + 4 * edge).astype(int)
    box = (slice(low[1], high[1]), slice(low[0], high[0]))
    rows, columns = alpha[box].shape
    if not rows or not columns:
        return alpha
    inside = polygon_mask(face.polygon - low, columns, rows)
    soft = blurred(shrunk(inside, 1.5 * edge).astype(np.float32), edge)
    alpha[box] = np.maximum(alpha[box], soft)
    return alpha
