"""What strengths of lines and roughness explain the shade that a photograph shows on the detail map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import scipy.sparse as sparse
from jaxtyping import Bool, Float
from scipy.ndimage import gaussian_filter
from scipy.optimize import lsq_linear

from xtalker.render.detail import CODE_LIMIT, LINE_STEP, WRINKLE_STEP, DetailPlaces
from xtalker.render.detail_lines import LINES, REGIONS, SCALES
from xtalker.render.detail_sheet import HALF, SIZE, grain, groove

GRAIN_FROM_PX: Final = (np.inf, 140.0, 90.0)
"""Distance of the outer eye corners from which the scales of roughness are read; pores drown in the codec's noise."""
PIXEL_M: Final = 0.25 / HALF
"""About the size of a pixel of the half map on the face."""

_BROAD_PX: Final = 12.0  # of the half map: what is broader than 6 mm is shape, light or colour
_AROUND_PX: Final = 10.0
_CAVITIES: Final = (0.0, 0.15, 0.3, 0.5)  # k
_PRESSED_STEP: Final = WRINKLE_STEP / LINE_STEP  # what a line at full depth at rest adds under full compression
_MARKED: Final = 0.1  # logarithm of light beyond which a miss counts no more
_PRIOR_SD: Final = 0.8  # of a line's strength at rest
_ALIKE_TEXELS: Final = 3.0  # neighbours that err together
_FLOOR: Final = 0.012  # least noise of a texel, logarithm of light
_OUTLIER: Final = 1.5
_LARGEST: Final = 0.3
_ROUNDS: Final = 3
_LEAST_SHARE: Final = 0.15  # of a line or region that must be seen
_CODEC: Final = 0.008  # noise of a picture file at the finest scale, logarithm of light
_GRAIN_TYPICAL: Final = (0.0, 2.4, 3.3)  # log2 of a photograph's contrast over generic skin's: spots and stubble
_GRAIN_TRUST, _GRAIN_LIMIT = 0.35, 1.0  # code for each doubling of the contrast

Box = tuple[slice, slice]


@dataclass(frozen=True)
class Shade:
    """The photograph and the light on the half map; zero where nothing was seen.

    Attributes:
        tone: logarithm of light without what is broad.
        weight: 0..1, plain skin.
        along_u, along_v: change of the logarithm of light for a unit of slope (metres per pixel).
        pressed: how strongly the skin is pressed together in the picture's expression, 0 to about 1.
    """

    tone: Float[np.ndarray, "half half"]
    weight: Float[np.ndarray, "half half"]
    along_u: Float[np.ndarray, "half half"]
    along_v: Float[np.ndarray, "half half"]
    pressed: Float[np.ndarray, "half half"]

    def of(self, heights: Float[np.ndarray, "rows columns"], box: Box) -> Float[np.ndarray, "rows columns"]:
        """What heights (metres) do to the logarithm of light in a part of the map."""
        along_v, along_u = np.gradient(heights)
        return np.asarray(along_u * self.along_u[box] + along_v * self.along_v[box])


def around(
    values: Float[np.ndarray, "rows columns"], weight: Float[np.ndarray, "rows columns"], sigma_px: float
) -> Float[np.ndarray, "rows columns"]:
    """Weighted Gaussian mean."""
    total = gaussian_filter(weight, sigma_px, truncate=2.5)
    return np.asarray(gaussian_filter(values * weight, sigma_px, truncate=2.5) / np.maximum(total, 1e-3))


def without_broad(
    values: Float[np.ndarray, "rows columns"], weight: Float[np.ndarray, "rows columns"]
) -> Float[np.ndarray, "rows columns"]:
    """What is narrower than a few millimetres."""
    return np.asarray((values - around(values, weight, _BROAD_PX)) * (weight > 0))


@dataclass(frozen=True)
class _Pictures:
    """What the lines show on the half map, by their slopes and by their depth.

    Attributes:
        lines: of full depth at rest, a column each, with what their number does to it in the picture's expression.
        expression: of what that expression adds on generic skin.
        seen: part of each line that is seen.
    """

    lines: tuple[sparse.csc_matrix, sparse.csc_matrix]
    expression: Float[np.ndarray, "2 half half"]
    seen: Float[np.ndarray, "lines"]


def fitted_lines(
    places: DetailPlaces, shade: Shade
) -> tuple[Float[np.ndarray, "lines"], Float[np.ndarray, "half half"]]:
    """Strength of every line at rest, generic where it is not seen; and what of the photograph no line explains."""
    pictures = _pictures(places, shade)
    used = shade.weight.ravel() > 0.02
    slopes, depths = (lines[used] for lines in pictures.lines)
    bent, hollow = pictures.expression.reshape(2, -1)[:, used]
    tone, weight = shade.tone.ravel()[used], shade.weight.ravel()[used]
    rest = np.array([line.rest for line in LINES])
    found = [
        _solved((slopes + k * depths).tocsc(), tone - bent - k * hollow, weight, used, rest) for k in _CAVITIES
    ]  # fmt: skip
    strength, unexplained, _ = min(found, key=lambda f: f[2])
    left = np.zeros(HALF * HALF)
    left[used] = unexplained
    return np.where(pictures.seen > _LEAST_SHARE, strength, rest), left.reshape(HALF, HALF)


def _pictures(places: DetailPlaces, shade: Shade) -> _Pictures:
    columns: tuple[list[sparse.csc_matrix], list[sparse.csc_matrix]] = ([], [])
    expression, seen = np.zeros((2, HALF, HALF)), np.zeros(len(LINES))
    for number, line in enumerate(LINES):
        stroke = places.sheet.strokes[number]
        box = _box(stroke, int(3 * line.width_px + 2 * _BROAD_PX))
        canvas = np.asarray(stroke.toarray()).reshape(HALF, HALF)[box].astype(np.float64)
        seen[number] = (shade.weight[box] * canvas).sum() / max(canvas.sum(), 1e-12)
        heights, pressed = groove(canvas, line.width_px), shade.pressed[box]
        own = _narrow(heights * (1 + _PRESSED_STEP * pressed), line.width_px, shade, box)
        expression[:, *box] += _narrow(
            heights * pressed * (line.pressed - _PRESSED_STEP * line.rest), line.width_px, shade, box
        )
        for kind in (0, 1):
            whole = np.zeros((HALF, HALF))
            whole[box] = own[kind]
            columns[kind].append(sparse.csc_matrix(whole.reshape(-1, 1)))
    slopes, depths = (sparse.hstack(c).tocsc() for c in columns)
    return _Pictures((slopes, depths), expression, seen)


def _box(stroke: sparse.csr_matrix, pad: int) -> Box:
    """The part of the half map around a stroke."""
    rows, columns = stroke.indices // HALF, stroke.indices % HALF
    low, high = (slice(max(k.min() - pad, 0), min(k.max() + pad + 1, HALF)) for k in (rows, columns))
    return low, high


def _narrow(
    heights: Float[np.ndarray, "rows columns"], width_px: float, shade: Shade, box: Box
) -> Float[np.ndarray, "2 rows columns"]:
    """What slopes and depth of a line show, without what is broad."""
    width_m = width_px * HALF / SIZE * PIXEL_M
    return np.stack([without_broad(raw, shade.weight[box]) for raw in (shade.of(heights, box), heights / width_m)])


def _solved(
    pictures: sparse.csc_matrix, tone: Float[np.ndarray, "texels"], weight: Float[np.ndarray, "texels"],
    used: Bool[np.ndarray, "_"], rest: Float[np.ndarray, "lines"],
) -> tuple[Float[np.ndarray, "lines"], Float[np.ndarray, "texels"], float]:  # fmt: skip
    """Bounded least squares with outliers counting less from round to round: strengths, residual, loss."""
    strength = rest
    low, high = np.zeros(len(rest)), rest + LINE_STEP * CODE_LIMIT
    for _ in range(_ROUNDS):
        left = tone - pictures @ strength
        noise = np.sqrt(_energy_around(left, weight, used) + _FLOOR**2)
        far = np.abs(left) / (_OUTLIER * noise)
        trust = weight / np.maximum(far, 1) / (noise**2 * _ALIKE_TEXELS)
        weighted = pictures.multiply(trust[:, None]).tocsc()
        normal = (weighted.T @ pictures).toarray() + np.eye(len(rest)) / _PRIOR_SD**2
        root = np.linalg.cholesky(normal)
        target = np.linalg.solve(root, weighted.T @ tone + rest / _PRIOR_SD**2)
        strength = lsq_linear(root.T, target, (low, high), method="bvls").x
    left = tone - pictures @ strength
    return strength, left, float((weight * np.minimum(np.abs(left), _MARKED)).sum())


def _energy_around(
    values: Float[np.ndarray, "texels"], weight: Float[np.ndarray, "texels"], used: Bool[np.ndarray, "_"]
) -> Float[np.ndarray, "texels"]:
    """Mean square of texels around each of them."""
    square, share = np.zeros((2, HALF * HALF))
    square[used], share[used] = np.minimum(np.abs(values), _LARGEST) ** 2, weight
    return around(square.reshape(HALF, HALF), share.reshape(HALF, HALF), _AROUND_PX).ravel()[used]


def roughness(
    places: DetailPlaces, shade: Shade, left: Float[np.ndarray, "half half"], seen_px: float
) -> Float[np.ndarray, "scales regions"]:
    """Code of the roughness: contrast of the photograph against that of generic skin in this light.

    Args:
        places: the map.
        shade: of the photograph.
        left: what no line explains.
        seen_px: distance of the outer eye corners in the portrait.
    """
    out = np.zeros((len(SCALES), len(REGIONS)), np.float32)
    step = HALF // places.sheet.regions.shape[1]
    whole = np.kron(places.sheet.regions, np.ones((1, step, step)))
    share = whole * shade.weight
    total = share.sum((1, 2))
    for number, scale in enumerate(SCALES):
        if seen_px < GRAIN_FROM_PX[number]:
            continue
        heights = scale.height_m * grain(number).reshape(HALF, 2, HALF, 2).mean((1, 3))
        everywhere = (slice(None), slice(None))
        contrasts = []
        for picture in (left, shade.of(heights, everywhere)):
            fine, coarse = (
                around(picture, shade.weight, px * HALF / SIZE) for px in (scale.finest_px, scale.coarsest_px)
            )
            contrasts.append((share * (fine - coarse) ** 2).sum((1, 2)) / np.maximum(total, 1e-6))
        photo, generic = contrasts[0] - (_CODEC / 2**number) ** 2, contrasts[1]
        doublings = 0.5 * np.log2(np.maximum(photo, 1e-8) / np.maximum(generic, 1e-8))
        found = np.clip(_GRAIN_TRUST * (doublings - _GRAIN_TYPICAL[number]), -_GRAIN_LIMIT, _GRAIN_LIMIT)
        out[number] = np.where(total > _LEAST_SHARE * whole.sum((1, 2)), found, 0)
    return out
