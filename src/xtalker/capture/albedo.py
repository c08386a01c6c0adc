"""Light and colour taken apart, on the unrolled head.

All maps wrap around sideways. A weight says how far each texel was seen, 0..1.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float
from scipy.ndimage import gaussian_filter

_SH_PRIOR: Final = 0.01
_SHADING_LIMITS: Final = (0.45, 2.0)
_ROUNDS: Final = 5
_OUTLIER: Final = 0.25  # natural logarithm of brightness: shadows and hair count less
_SHINE_FROM, _SHINE_LEFT = 0.12, 0.15  # logarithm of brightness over the surroundings, and what stays of the rest
_COARSE: Final = 4  # broad colours are worked out on a map this much smaller


def harmonics(normals: Float[np.ndarray, "points 3"]) -> Float[np.ndarray, "points 9"]:
    """Real spherical harmonics of orders 0 to 2 of unit vectors, without their constant factors."""
    x, y, z = normals.T
    one = np.ones_like(x)
    return np.stack([one, x, y, z, x * y, y * z, 3 * z * z - 1, x * z, x * x - y * y], axis=1)


def fitted_light(
    ratio: Float[np.ndarray, "texels 3"], normals: Float[np.ndarray, "texels 3"], weight: Float[np.ndarray, "texels"]
) -> Float[np.ndarray, "9 3"]:
    """Distant light of low order that explains light / generic colour; its shading is one on average over the texels.

    A diffuse surface under any distant light is nearly a harmonic of order 2 (Ramamoorthi and Hanrahan 2001). A
    weak prior keeps directions that the picture does not show at the mean; what no such light explains (hair,
    cast shadows, highlights) loses its weight from round to round.
    """
    basis = harmonics(normals)
    level = np.array([weighted_median(ratio[:, c], weight) for c in range(3)])
    relative = ratio / level
    light = np.zeros((9, 3))
    light[0] = 1
    trust = weight.copy()
    prior = _SH_PRIOR * np.diag([0.0, 1, 1, 1, 2, 2, 2, 2, 2])
    for _ in range(_ROUNDS):
        total = max(float(trust.sum()), 1e-9)
        normal = (basis * trust[:, None]).T @ basis / total + prior + 1e-9 * np.eye(9)
        light = np.linalg.solve(normal, (basis * trust[:, None]).T @ relative / total)
        miss = np.log(np.maximum(relative, 1e-3) / np.clip(basis @ light, *_SHADING_LIMITS)).mean(1)
        trust = weight / (1 + (miss / _OUTLIER) ** 2)
    return np.asarray(light / np.average(basis @ light, axis=0, weights=weight))


def shading(light: Float[np.ndarray, "9 3"], normals: Float[np.ndarray, "texels 3"]) -> Float[np.ndarray, "texels 3"]:
    """Light that arrives at surfaces of these normals, within limits."""
    return np.asarray(np.clip(harmonics(normals) @ light, *_SHADING_LIMITS))


def spread(
    values: Float[np.ndarray, "side side channels"], weight: Float[np.ndarray, "side side"]
) -> Float[np.ndarray, "side side channels"]:
    """Values where they were seen, continued smoothly elsewhere (pull-push over halved maps)."""
    if len(values) <= 2 or weight.min() > 0.999:
        return np.broadcast_to(_mean(values, weight), values.shape).copy() if weight.min() <= 0.999 else values
    w = weight[..., None]
    sums = _halved(np.concatenate([values * w, w], axis=2))
    below = spread(sums[..., :-1] / np.maximum(sums[..., -1:], 1e-9), np.clip(2 * sums[..., -1], 0, 1))
    return np.asarray(values * w + (1 - w) * _doubled(below))


def broad(
    values: Float[np.ndarray, "side side channels"], weight: Float[np.ndarray, "side side"], sigma: float
) -> tuple[Float[np.ndarray, "side side channels"], Float[np.ndarray, "side side"]]:
    """Weighted Gaussian mean of the seen values, and how much of the filter was seen."""
    both = np.concatenate([values * weight[..., None], weight[..., None]], axis=2)
    small = _halved(_halved(both))
    soft = np.stack(
        [gaussian_filter(small[..., k], sigma / _COARSE, mode=("nearest", "wrap")) for k in range(small.shape[2])], -1
    )
    large = _doubled(_doubled(soft))
    return large[..., :-1] / np.maximum(large[..., -1:], 1e-6), large[..., -1]


def without_side_light(
    tone: Float[np.ndarray, "side side 3"], weight: Float[np.ndarray, "side side"], sigma: float
) -> Float[np.ndarray, "side side 3"]:
    """Logarithmic colours with the broad difference between the two halves of the face taken out.

    Faces are alike left and right, light is not: cast shadows and nearby lamps that no distant light explains.
    """
    mean, seen = broad(tone, weight, sigma)
    both = np.minimum(seen, seen[:, ::-1])
    share = np.clip(both / 0.3, 0, 1)[..., None]
    return np.asarray(tone - 0.5 * share * (mean - mean[:, ::-1]))


def without_highlights(
    tone: Float[np.ndarray, "side side 3"], weight: Float[np.ndarray, "side side"], sigma: float
) -> Float[np.ndarray, "side side 3"]:
    """Logarithmic colours with spots that are brighter than their surroundings pressed down to these."""
    matte = weight
    mean = tone
    for _ in range(2):  # the first look tells where the surroundings shine themselves
        mean, _ = broad(tone, matte, sigma)
        above = (tone - mean).mean(2)
        matte = weight * np.clip(1 - (above - _SHINE_FROM) / _SHINE_FROM, 0.02, 1)
    shine = np.clip((above - _SHINE_FROM) / (2 * _SHINE_FROM), 0, 1)
    pressed = np.minimum(above, _SHINE_FROM + _SHINE_LEFT * (above - _SHINE_FROM))
    out = tone - (above - np.where(above > _SHINE_FROM, pressed, above))[..., None]
    hue, mean_hue = (t - t.mean(2, keepdims=True) for t in (tone, mean))
    return np.asarray(out + (0.8 * shine)[..., None] * (mean_hue - hue))


def _halved(values: np.ndarray) -> np.ndarray:
    return np.asarray((values[::2, ::2] + values[1::2, ::2] + values[::2, 1::2] + values[1::2, 1::2]) / 4)


def _doubled(values: np.ndarray) -> np.ndarray:
    """Twice the size by linear interpolation between pixel centres."""
    tall = np.empty((2 * len(values), *values.shape[1:]), values.dtype)
    padded = np.concatenate([values[:1], values, values[-1:]])
    tall[::2], tall[1::2] = 0.75 * values + 0.25 * padded[:-2], 0.75 * values + 0.25 * padded[2:]
    out = np.empty((len(tall), 2 * tall.shape[1], tall.shape[2]), values.dtype)
    out[:, ::2] = 0.75 * tall + 0.25 * np.roll(tall, 1, axis=1)
    out[:, 1::2] = 0.75 * tall + 0.25 * np.roll(tall, -1, axis=1)
    return out


def _mean(values: np.ndarray, weight: np.ndarray) -> np.ndarray:
    return np.asarray((values * weight[..., None]).sum((0, 1)) / max(weight.sum(), 1e-9))


def weighted_median(values: Float[np.ndarray, "points"], weight: Float[np.ndarray, "points"]) -> float:
    """Value with half of the weight below it."""
    order = np.argsort(values)
    total = np.cumsum(weight[order])
    return float(values[order[np.searchsorted(total, total[-1] / 2)]])
