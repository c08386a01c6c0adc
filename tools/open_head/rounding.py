"""Rounded lips: a pucker that closes the mouth at its sides, a funnel that opens a round hole, corners that open full.

In rounded vowels the lips touch at the sides, so that a short, round hole is left in the middle. The base mesh only
narrows the mouth (pucker) and opens its middle third into a diamond (funnel); under any jaw a lens from corner to
corner stays. Here both are drawn anew on the nested loops of `lips`. Place on a loop: t = -1 and 1 at the corners, 0 in
the middle, measured by x. Jaw opening, on the other hand, is a lens with pointed corners; real spread vowels are fuller
there.

Amounts come from vowels of nine speakers whose holes were measured in the picture (`benchmarks/mouth_shapes.py`).
"""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree
from tools.open_head.expression import unpose
from tools.open_head.lips import Loop, find_loops

from xtalker.values.conventions import CHANNEL

# Middle of the upper lip on loops further out and further in than those of `lips`, base.obj vertex numbers.
OUTER_LOOPS = {"out 3": 5342, "out 2": 362, "out 1": 455, "lining 3": 588, "lining 4": 605}

SIDES_FROM, SIDES_FULL, SIDES_TO = 0.32, 0.74, 0.92  # |t| where rounded lips begin to touch, touch, stop touching
SIDES_UPPER_M, SIDES_LOWER_M = 0.0012, 0.0034  # how far each lip goes there
PUCKER_SCALE = 1.10
PUCKER_NARROWS = 0.10  # further narrowing of the inner lips in the middle
FUNNEL_OF_PUCKER, FUNNEL_OF_BASE = 0.20, 0.20
FUNNEL_SIDES = 1.0  # of the closing sides that a funnel has in all
HOLE_TO = 0.74  # |t| where the funnel's hole ends
HOLE_UP_M, HOLE_DOWN_M, FLARE_M = 0.0022, 0.0042, 0.0060
LOWER_LIP_SCALE = 1.6  # of mouthLowerDown, so that lips and not the jaw alone show lower teeth
FULLER = 0.5  # of the way from the jaw's lens to an ellipse of the same width and height
FULLER_LOWER = 0.65  # of it done by the lower lip

SIDES = {
    "out 2": 0.05, "out 1": 0.12, "red 4": 0.25, "red 3": 0.4, "red 2": 0.6, "red": 0.8, "front": 1.0, "contact": 1.0,
    "back": 1.0, "lining 1": 0.6, "lining 2": 0.3,
}  # fmt: skip
HOLE = {
    "out 3": 0.08, "out 2": 0.2, "out 1": 0.38, "red 4": 0.52, "red 3": 0.66, "red 2": 0.8, "red": 0.92, "front": 1.0,
    "contact": 1.0, "back": 1.0, "lining 1": 0.8, "lining 2": 0.5, "lining 3": 0.25, "lining 4": 0.1,
}  # fmt: skip
FLARE = {
    "red 4": 0.15, "red 3": 0.4, "red 2": 0.75, "red": 1.0, "front": 1.0, "contact": 0.9, "back": 0.7, "lining 1": 0.3,
}  # fmt: skip
NARROWS = {
    "red 3": 0.4, "red 2": 0.7, "red": 1.0, "front": 1.0, "contact": 1.0, "back": 1.0, "lining 1": 0.6,
}  # fmt: skip
"""Share of each change that each loop takes over."""


class Rounding:
    """Redraws the channels of rounded and opened lips, in place.

    Args:
        quads: skin quads of the cropped head.
        ids: base.obj numbers of its vertices.
        mean: mean head (V, 3), metres.
        inner: the loops of `lips`.
    """

    def __init__(self, quads: np.ndarray, ids: np.ndarray, mean: np.ndarray, inner: dict[str, Loop]) -> None:
        self._mean, self._skin = mean, np.unique(quads)
        self._loops = inner | find_loops(quads, ids, mean, OUTER_LOOPS)

    def draw(self, channels: np.ndarray, *, weight: np.ndarray, angle: float) -> None:
        """Pucker, funnel, lower lip and jaw of channels (50, V, 3), metres; `weight`, `angle` are the jaw's."""
        pucker, funnel = (channels[CHANNEL[name]] for name in ("mouthPucker", "mouthFunnel"))
        base = self._symmetric(funnel)
        pucker *= PUCKER_SCALE
        for curve, _, t, share in self._curves(NARROWS):
            pucker[curve, 0] -= share * PUCKER_NARROWS * self._mean[curve, 0] * (1 - _smooth(0.55, 1.0, np.abs(t)))
        self._close_sides(pucker, 1.0)
        funnel[:] = FUNNEL_OF_PUCKER * pucker + FUNNEL_OF_BASE * base
        self._close_sides(funnel, FUNNEL_SIDES - FUNNEL_OF_PUCKER)
        self._open_middle(funnel)
        for side in ("Left", "Right"):
            channels[CHANNEL[f"mouthLowerDown{side}"]] *= LOWER_LIP_SCALE
        fuller = unpose(self._fuller_corners(channels, weight, angle), weight, angle)
        channels[CHANNEL["jawOpenCorrective"]] += fuller
        channels[CHANNEL["mouthClose"]] -= fuller  # what closes an opened jaw closes its corners

    def _curves(self, shares: dict[str, float]) -> list[tuple[np.ndarray, float, np.ndarray, float]]:
        """Vertices, side (1 upper, -1 lower), t and share of the curves of the named loops, without their ends."""
        out = []
        for name, share in shares.items():
            loop = self._loops[name]
            x = self._mean[loop.upper[[0, -1]], 0]
            for curve, side in ((loop.upper[1:-1], 1.0), (loop.lower[1:-1], -1.0)):
                t = 2 * (self._mean[curve, 0] - x[0]) / (x[1] - x[0]) - 1
                out.append((curve, side, np.clip(t, -1, 1), share))
        return out

    def _close_sides(self, field: np.ndarray, amount: float) -> None:
        for curve, side, t, share in self._curves(SIDES):
            at_sides = _smooth(SIDES_FROM, SIDES_FULL, np.abs(t)) * (1 - _smooth(SIDES_TO, 1.0, np.abs(t)))
            field[curve, 1] += amount * share * at_sides * (-SIDES_UPPER_M if side > 0 else SIDES_LOWER_M)

    def _open_middle(self, field: np.ndarray) -> None:
        for curve, side, t, share in self._curves(HOLE):
            field[curve, 1] += share * _arch(t) * (HOLE_UP_M if side > 0 else -HOLE_DOWN_M)
        for curve, _, t, share in self._curves(FLARE):
            field[curve, 2] += share * _arch(t) * FLARE_M

    def _fuller_corners(self, channels: np.ndarray, weight: np.ndarray, angle: float) -> np.ndarray:
        """What an opened jaw lacks at the corners (V, 3), as it is seen."""
        contact = self._loops["contact"]
        closing = -channels[CHANNEL["mouthClose"], :, 1]  # travels the whole gap of an opened jaw
        at_upper, _ = contact.apart(closing[:, None])
        x = self._mean[contact.upper, 0]
        t = 2 * (x - x[0]) / (x[-1] - x[0]) - 1
        gap = np.maximum(at_upper[:, 0], 0)
        lacks = FULLER * np.maximum(gap.max() * np.sqrt(np.clip(1 - t**2, 0, 1)) - gap, 0)
        lacks *= 1 - _smooth(0.9, 1.0, np.abs(t))
        out = np.zeros_like(self._mean)
        for curve, side, place, share in self._curves(HOLE):
            part = 1 - FULLER_LOWER if side > 0 else -FULLER_LOWER
            out[curve, 1] += share * part * np.interp(place, t, lacks)
        return out

    def _symmetric(self, field: np.ndarray) -> np.ndarray:
        """Mean of a field and its mirror image on the skin, where a vertex has a mirrored one within 1.5 mm."""
        mirror, skin, out = np.array([-1, 1, 1]), self._skin, field.copy()
        distance, partner = cKDTree(self._mean[skin] * mirror).query(self._mean[skin])
        both = 0.5 * (field[skin] + field[skin[partner]] * mirror)
        out[skin] = np.where((distance < 0.0015)[:, None], both, field[skin])
        return out


def _smooth(start: float, end: float, value: np.ndarray) -> np.ndarray:
    share = np.clip((value - start) / (end - start), 0, 1)
    return np.asarray(share * share * (3 - 2 * share))


def _arch(t: np.ndarray) -> np.ndarray:
    """Half an ellipse between the sides of the hole, its kinks smoothed along the curve."""
    arch = np.sqrt(np.clip(1 - (t / HOLE_TO) ** 2, 0, 1))
    padded = np.pad(arch, 1)
    return 0.25 * padded[:-2] + 0.5 * arch + 0.25 * padded[2:]
