"""The hair around a face in a portrait: its outline against the background, and how far it hangs down.

The picture is laid on a grid in the plane of the face, so that a tilted head stands upright on it. Hair is what has
the colours of the hair on the skull, rather than those of the picture's border or of the face, and hangs together with
the skull. Where hair and background look alike nothing is found, and the head keeps cropped hair.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Bool, Float, UInt8
from PIL import Image
from scipy.ndimage import (
    binary_closing,
    binary_erosion,
    binary_fill_holes,
    binary_opening,
    distance_transform_edt,
    gaussian_filter,
    label,
    map_coordinates,
)

from xtalker.capture.portrait import PortraitFit
from xtalker.capture.visibility import SkinMap
from xtalker.geometry.head_map import skull_middle
from xtalker.geometry.rotations import matrix_from_axis_angle
from xtalker.render.rasterise import Visibility
from xtalker.render.scene import SKIN
from xtalker.values.appearance import (
    HAIR_ANGLES_RAD,
    HAIR_CORNER_M,
    HAIR_FRONT_RAD,
    HAIR_PICTURE_SIZE,
    HAIR_PIXEL_M,
    HairStyle,
    LinearColour,
)

_STEP_M: Final = HAIR_PIXEL_M
_LEFT_M, _TOP_M = HAIR_CORNER_M
_COLUMNS, _ROWS = HAIR_PICTURE_SIZE
_FARTHER: Final = 0.97  # the outline lies behind the face, by whose size pictures were measured
_COLOURS: Final = 5  # of hair, of the background
_HAIR_COLOURS: Final = 3
_STEPS: Final = 8
_FEWEST_SEEDS: Final = 60
_SPREAD: Final = 0.035  # least spread of a colour
_REACH_M: Final = 0.05  # how far from the head hair is as likely as not
_HIGHEST_M: Final = 0.060
_MARGIN: Final = 1.5  # of logarithms, by which the background must be told from hair
_CLEAR_M: Final = 0.045  # from the head, where no hair is expected above it
_BORDER: Final = 12  # grid points
_UNSURE_SHARE: Final = 0.4
_STRIP_M: Final = (0.078, 0.125)  # from the middle of the face: where hair hangs beside the neck
_EAR_M: Final = -0.02
_LONGEST_M: Final = 0.24
_LEAST_LENGTH_M: Final = 0.045  # below the eyes: the middle of the ears
_BESIDE_RAD: Final = (-np.pi / 2, np.pi / 2)
_OVER_EARS_M: Final = 0.018  # hair that stands off more on both sides covers the ears
_FRONT_LATITUDES_RAD: Final = (0.0, 1.0)
_FRONT_STEP_RAD: Final = 0.05
_LOPSIDED_M: Final = 0.012
_FOREHEAD_M: Final = 0.04  # above the eyes
_HAIR_HUES: Final = ((0.0, 0.46), (0.05, 0.8))  # logarithms of red / green and green / blue of human hair
_PATTERN_LIMITS: Final = (0.25, 3.0)
_PATTERN_SHARE, _HUE_SHARE = 0.45, 0.25  # of the picture's contrast: much of it is shine


@dataclass(frozen=True)
class _Grid:
    """The picture in the plane of the face.

    Attributes:
        colour: brightness and two hues.
        seen: where the portrait has pixels.
        skull: where the resting head without hair is.
        light: linear colours.
        x, y: metres from the middle between the eyes.
    """

    colour: Float[np.ndarray, "rows columns 3"]
    seen: Bool[np.ndarray, "rows columns"]
    skull: Bool[np.ndarray, "rows columns"]
    light: Float[np.ndarray, "rows columns 3"]
    x: Float[np.ndarray, "columns"]
    y: Float[np.ndarray, "rows"]

    def at(self, places: Float[np.ndarray, "places 2"]) -> tuple[np.ndarray, np.ndarray]:
        """Rows and columns of places in metres."""
        column = np.clip(((places[:, 0] - _LEFT_M) / _STEP_M).astype(int), 0, _COLUMNS - 1)
        return np.clip(((_TOP_M - places[:, 1]) / _STEP_M).astype(int), 0, _ROWS - 1), column


def hair_style(
    rgb: UInt8[np.ndarray, "height width 3"], fit: PortraitFit, skin: SkinMap,
    *, hairy: Float[np.ndarray, "texels"], bare: Float[np.ndarray, "texels"], colour: LinearColour,
    skin_colour: Float[np.ndarray, "3"],
) -> HairStyle | None:  # fmt: skip
    """Outline and length of the hair, or None where it cannot be told from what is around it.

    Args:
        rgb: the portrait.
        fit: how the head stands in it.
        skin: the head.
        hairy: how certainly each texel shows hair.
        bare: how certainly each texel shows plain skin.
        colour: of the hair above the forehead, linear.
        skin_colour: of the skin, linear.
    """
    grid = _grid(rgb, fit, skin)
    places = (skin.lift(skin.rest) - skin.frame.origin)[:, :2]
    bare_at = places[bare > 0.5]
    mask = hair_mask(grid, places[hairy > 0.5], bare_at)
    if mask is None:
        return None
    tint = _tint(grid, mask, bare_at, np.array(colour), skin_colour)
    stand, length = _stand(grid, mask, skin), _length(grid, mask)
    if length == 0 and min(np.interp(_BESIDE_RAD, HAIR_ANGLES_RAD, stand)) > _OVER_EARS_M:
        length = _LEAST_LENGTH_M
    return HairStyle(stand, _hairline(grid, mask, skin), length, tint, _picture(grid, mask, tint))


def _grid(rgb: UInt8[np.ndarray, "height width 3"], fit: PortraitFit, skin: SkinMap) -> _Grid:
    x, y = _LEFT_M + _STEP_M * (np.arange(_COLUMNS) + 0.5), _TOP_M - _STEP_M * (np.arange(_ROWS) + 0.5)
    origin = skin.frame.origin
    middle = skull_middle(origin, skin.frame.eye_distance_m)
    across = np.meshgrid(_FARTHER * x + origin[0], _FARTHER * y + origin[1])
    points = np.stack([*across, np.full((_ROWS, _COLUMNS), middle[2])], axis=-1)
    turn = matrix_from_axis_angle(fit.reference.head[:1].astype(np.float64))[0]
    pixels = fit.scale * (points @ turn.T)[..., :2] * [1, -1] + fit.shift
    shrink = min(1.0, 1 / (_STEP_M * fit.scale))
    size = tuple(max(1, round(n * shrink)) for n in rgb.shape[1::-1])
    small = np.asarray(Image.fromarray(rgb).resize(size, Image.Resampling.BOX), float) / 255
    at = [pixels[..., 1] * size[1] / rgb.shape[0] - 0.5, pixels[..., 0] * size[0] / rgb.shape[1] - 0.5]
    shown = np.stack([map_coordinates(small[..., k], at, order=1, mode="nearest") for k in range(3)], axis=-1)
    bright = shown.mean(-1)
    colour = np.stack([bright, 1.5 * (shown[..., 0] - bright), 1.5 * (shown[..., 2] - bright)], axis=-1)
    seen = (at[0] >= 0) & (at[1] >= 0) & (at[0] <= size[1] - 1) & (at[1] <= size[0] - 1)
    return _Grid(colour, seen, _front(skin), np.maximum(shown, 0.01) ** 2.2, x, y)


def _front(skin: SkinMap) -> Bool[np.ndarray, "rows columns"]:
    """Where the resting head is, seen from far in front."""
    triangles = skin.scene.triangles[skin.scene.material == SKIN]
    place = skin.rest - skin.frame.origin
    view = np.array([[1, 0, 0, -_LEFT_M], [0, -1, 0, _TOP_M], [0, 0, _STEP_M, 1]]) / _STEP_M
    seen = Visibility.empty(len(place), (_COLUMNS, _ROWS), 1)
    seen.draw_parallel(place.astype(np.float32), triangles, view, cull=False)
    return np.asarray(seen.triangle >= 0)


def hair_mask(
    grid: _Grid, hair_at: Float[np.ndarray, "hairs 2"], skin_at: Float[np.ndarray, "skins 2"]
) -> Bool[np.ndarray, "rows columns"] | None:
    """Where hair is, the skull included; None where it cannot be told."""
    hair_seed, skin_seed = (np.zeros(grid.seen.shape, bool) for _ in range(2))
    hair_seed[grid.at(hair_at)] = True
    skin_seed[grid.at(skin_at)] = True
    hair_seed &= grid.seen & ~skin_seed
    border = grid.seen & _away(grid)
    if min(hair_seed.sum(), skin_seed.sum(), border.sum()) < _FEWEST_SEEDS:
        return None
    hair, others = _likeness(grid, hair_seed, _HAIR_COLOURS), _likeness(grid, border, _COLOURS)
    others = np.maximum(others, _likeness(grid, skin_seed, 2))
    unsure = (hair < others)[hair_seed].mean(), (hair > others - _MARGIN)[border].mean()
    if max(unsure) > _UNSURE_SHARE:
        return None
    odds = np.clip(hair - others, -6, 6) - (_distance_m(grid) / _REACH_M) ** 2
    odds = gaussian_filter(np.where(grid.seen, odds, -6), 1.5)
    found = binary_opening(odds > 0, iterations=1) | hair_seed
    found = binary_closing(found, iterations=2)
    pieces, _ = label(found)
    kept = np.isin(pieces, np.unique(pieces[hair_seed & found]))
    return np.asarray(binary_fill_holes(kept & (pieces > 0)))


def _away(grid: _Grid) -> Bool[np.ndarray, "rows columns"]:
    """The border of the grid beside and above the head."""
    seen = np.argwhere(grid.seen)
    (top, left), (_, right) = seen.min(0), seen.max(0)
    rows, columns = np.mgrid[:_ROWS, :_COLUMNS]
    beside = (columns < left + _BORDER) | (columns > right - _BORDER)
    above = (rows < top + _BORDER // 2) & (distance_transform_edt(~grid.skull) * _STEP_M > _CLEAR_M)
    return np.asarray((beside & (grid.y[:, None] > -0.08)) | above)


def _distance_m(grid: _Grid) -> Float[np.ndarray, "rows columns"]:
    """Metres beyond the head above the chin, and beside a strip below it."""
    near = grid.skull & (grid.y[:, None] > -0.10)
    below = (np.abs(grid.x) < 0.09)[None] & (grid.y[:, None] < -0.02)
    return np.asarray(distance_transform_edt(~(near | below)) * _STEP_M)


def _likeness(grid: _Grid, where: Bool[np.ndarray, "rows columns"], count: int) -> Float[np.ndarray, "rows columns"]:
    """Logarithm of how well each colour fits into the nearest of a few groups of the colours somewhere."""
    colours = grid.colour[where]
    best = np.full(grid.seen.shape, -np.inf)
    for mine in _groups(colours, count):
        spread = np.sqrt(mine.var(0) + _SPREAD**2)
        off = (((grid.colour - mine.mean(0)) / spread) ** 2).sum(-1)
        best = np.maximum(best, -0.5 * off - np.log(spread).sum() + 0.3 * np.log(len(mine) / len(colours)))
    return best


def _groups(colours: Float[np.ndarray, "colours 3"], count: int) -> list[Float[np.ndarray, "_ 3"]]:
    """Groups of like colours (k means, started from dark to bright), without tiny ones."""
    ordered = colours[np.argsort(colours[:, 0], kind="stable")]
    centres = ordered[((np.arange(count) + 0.5) / count * len(ordered)).astype(int)]
    for _ in range(_STEPS):
        nearest = ((colours[:, None] - centres) ** 2).sum(-1).argmin(1)
        groups = [colours[nearest == number] for number in range(count)]
        centres = np.array([group.mean(0) if len(group) else c for group, c in zip(groups, centres)])
    return [group for group in groups if len(group) >= 0.02 * len(colours)]


def _stand(grid: _Grid, mask: Bool[np.ndarray, "rows columns"], skin: SkinMap) -> tuple[float, ...]:
    """How far hair reaches beyond the head in each of the directions of `HAIR_ANGLES_RAD`, metres."""
    middle = skull_middle(skin.frame.origin, skin.frame.eye_distance_m) - skin.frame.origin
    reach = np.arange(0, 0.20, _STEP_M / 2)
    out = []
    for angle in HAIR_ANGLES_RAD:
        path = middle[:2] + reach[:, None] * [np.sin(angle), np.cos(angle)]
        row, column = grid.at(path)
        skull = reach[grid.skull[row, column]].max(initial=0.0)
        beyond = mask[row, column] & (reach >= skull)
        gap = np.flatnonzero(~beyond & (reach >= skull))
        out.append(float(np.clip(reach[gap[0]] - skull if len(gap) else 0.0, 0, _HIGHEST_M)))
    both = np.minimum(out, np.array(out)[::-1] + _LOPSIDED_M)  # what is on one side only is often background
    return tuple(float(v) for v in gaussian_filter(both, 0.7, mode="nearest"))


def _hairline(grid: _Grid, mask: Bool[np.ndarray, "rows columns"], skin: SkinMap) -> tuple[float, ...]:
    """Latitude above which the skull is covered with hair, at the longitudes of `HAIR_FRONT_RAD`."""
    place = skin.lift(skin.rest) - skin.frame.origin
    off = place + skin.frame.origin - skull_middle(skin.frame.origin, skin.frame.eye_distance_m)
    longitude, latitude = np.arctan2(off[:, 0], off[:, 2]), np.arctan2(off[:, 1], np.hypot(off[:, 0], off[:, 2]))
    hair = mask[grid.at(place[:, :2])]
    edges = np.arange(*_FRONT_LATITUDES_RAD, _FRONT_STEP_RAD)
    out = []
    for middle in HAIR_FRONT_RAD:
        mine = np.abs(longitude - middle) < _FRONT_STEP_RAD
        band = np.digitize(latitude[mine], edges)
        share = [
            hair[mine][band == number].mean() if (band == number).any() else 1.0 for number in range(1, len(edges))
        ]
        bare = np.flatnonzero(np.array(share) < 0.5)
        out.append(float(edges[bare[-1] + 1] if len(bare) else edges[0]))
    return tuple(out)


def _plain_hair(grid: _Grid, mask: Bool[np.ndarray, "rows columns"]) -> Bool[np.ndarray, "rows columns"]:
    """Hair without what lies before the face, where skin may have been taken for hair."""
    inner = binary_erosion(mask, iterations=1) & grid.seen
    return np.asarray(inner & ~(grid.skull & (grid.y[:, None] < _FOREHEAD_M)))


def _tint(
    grid: _Grid, mask: Bool[np.ndarray, "rows columns"], skin_at: Float[np.ndarray, "skins 2"],
    colour: Float[np.ndarray, "3"], skin_colour: Float[np.ndarray, "3"],
) -> LinearColour:  # fmt: skip
    """Hair's colour: half of its hue, and of its level where that is darker, is that of hair beside skin."""
    hair = _plain_hair(grid, mask)
    bright = grid.light.mean(-1)
    if not hair.any():
        return float(colour[0]), float(colour[1]), float(colour[2])
    rows, columns = grid.at(skin_at)
    skin = np.median(grid.light[rows, columns], axis=0)
    level = np.sqrt(min(np.median(bright[hair]) / skin.mean() * skin_colour.mean(), colour.mean()) * colour.mean())
    hair &= bright <= np.median(bright[hair])
    beside = np.median(grid.light[hair], axis=0) / skin * skin_colour
    steps = -0.5 * (np.diff(np.log(beside)) + np.diff(np.log(colour)))
    first, second = np.clip(steps, *np.transpose(_HAIR_HUES))
    hue = np.exp([first, 0.0, -second])
    red, green, blue = hue / hue.mean() * level
    return float(red), float(green), float(blue)


def _picture(
    grid: _Grid, mask: Bool[np.ndarray, "rows columns"], colour: LinearColour
) -> UInt8[np.ndarray, "rows columns 4"]:
    """Hair in its own colour with the picture's pattern of light and dark locks."""
    sure = _plain_hair(grid, mask)
    level = np.median(grid.light[sure], axis=0) if sure.any() else np.ones(3)
    pattern = np.clip(grid.light / level, *_PATTERN_LIMITS)
    grey = pattern.mean(-1, keepdims=True)
    pattern = grey**_PATTERN_SHARE * (pattern / grey) ** _HUE_SHARE
    cover = gaussian_filter(sure.astype(float), 1.0) * sure
    shown = np.clip(np.array(colour) * pattern, 0, 1) ** (1 / 2.2)
    return np.rint(255 * np.concatenate([shown, cover[..., None]], axis=2)).astype(np.uint8)


def _length(grid: _Grid, mask: Bool[np.ndarray, "rows columns"]) -> float:
    """Metres below the eyes to which hair hangs beside the face on the longer side; 0 for hair above the ears."""
    longest = 0.0
    for side in (-1, 1):
        strip = (side * grid.x > _STRIP_M[0]) & (side * grid.x < _STRIP_M[1])
        covered = mask[:, strip].sum(1) * _STEP_M > 0.010
        below = np.flatnonzero(grid.y < _EAR_M)
        gap = np.flatnonzero(~covered[below])
        end = below[gap[0]] if len(gap) else below[-1]
        longest = max(longest, float(-grid.y[end]))
    return 0.0 if longest < _LEAST_LENGTH_M else min(longest, _LONGEST_M)
