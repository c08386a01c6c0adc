"""Lips that meet: contact of the mean head, of every identity and of every channel, made exact on edge loops.

The mouth of the base mesh is a set of nested edge loops. Each is cut at its two ends into an upper and a lower
curve, and the two are compared at equal parts of their length. Contact is a linear condition: when upper and lower
curve of the contact loop move alike in every identity component, they meet in every person as in the mean head.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.interpolate import make_interp_spline
from tools.open_head.expression import rotation_x

from xtalker.values.conventions import CHANNEL

# Middle of the upper lip on each loop, base.obj vertex numbers, from the red of the lip into the mouth.
LOOPS = {
    "red 4": 466, "red 3": 467, "red 2": 509, "red": 468, "front": 474, "contact": 520, "back": 537,
    "lining 1": 554, "lining 2": 571,
}  # fmt: skip
FOLLOWS = {
    "red 4": 0.08, "red 3": 0.2, "red 2": 0.4, "red": 0.7, "front": 1.0, "contact": 1.0, "back": 1.0,
    "lining 1": 0.6, "lining 2": 0.3,
}  # fmt: skip
"""Share of a correction of the contact that each loop takes over."""

OVERLAP_M = 0.0004  # resting lips press into each other by this
CORNER_PART = 0.3  # of the length of a curve where the mouth narrows to its corner
CORNER_WHOLE = 0.1  # of the length: here a corner moves in one piece
CORNER_GAPS_M = {"front": 0.0001, "red": 0.0005}  # at most, in front of the contact, right at the corner
UPPER_SHARE = 0.4  # of a correction that closes an opened jaw; the lower lip moves further
CONTACT_PLACES = 37  # along the lips, where crossing is looked for when a pose is drawn
CLOSED_JAW = 0.3  # part of the full opening at which closed lips are made to meet exactly
CLOSED_CHANNELS = (
    "cheekPuffLeft", "cheekPuffRight", "mouthDimpleLeft", "mouthDimpleRight", "mouthFrownLeft", "mouthFrownRight",
    "mouthLeft", "mouthPressLeft", "mouthPressRight", "mouthRight", "mouthRollLower", "mouthRollUpper",
    "mouthSmileLeft", "mouthSmileRight", "mouthStretchLeft", "mouthStretchRight",
)  # fmt: skip
"""Channels of a closed mouth: they may press lips together, not part them."""


@dataclass(frozen=True)
class Loop:
    """Upper and lower curve of one loop, both from the subject's right to the left corner, ends shared.

    Attributes:
        upper, lower: vertices.
        upper_part, lower_part: place on the curve as a part of its length seen from above, 0..1.
    """

    upper: np.ndarray
    lower: np.ndarray
    upper_part: np.ndarray
    lower_part: np.ndarray

    @cached_property
    def _to_upper(self) -> np.ndarray:
        return _spline_matrix(self.lower_part, self.upper_part)

    @cached_property
    def _to_lower(self) -> np.ndarray:
        return _spline_matrix(self.upper_part, self.lower_part)

    def apart(self, field: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Upper minus lower curve of a field (V, c), at the upper and at the lower vertices."""
        upper, lower = field[self.upper], field[self.lower]
        return upper - self._to_upper @ lower, self._to_lower @ upper - lower


def _spline_matrix(knots: np.ndarray, places: np.ndarray) -> np.ndarray:
    return np.asarray(make_interp_spline(knots, np.eye(len(knots)), k=3)(places))


def find_loops(quads: np.ndarray, ids: np.ndarray, mean: np.ndarray, starts: dict[str, int]) -> dict[str, Loop]:
    """The named loops on the cropped mesh; `ids` are base.obj numbers of its vertices, `starts` too."""
    place = {int(vertex): index for index, vertex in enumerate(ids)}
    around: defaultdict[int, list[np.ndarray]] = defaultdict(list)
    for quad in quads:
        for corner in quad:
            around[int(corner)].append(quad)
    return {name: _cut(_loop(place[start], around, mean), mean) for name, start in starts.items()}


def _neighbours(vertex: int, around: dict[int, list[np.ndarray]]) -> set[int]:
    out = set()
    for quad in around[vertex]:
        at = int(np.flatnonzero(quad == vertex)[0])
        out |= {int(quad[at - 1]), int(quad[(at + 1) % 4])}
    return out


def _loop(start: int, around: dict[int, list[np.ndarray]], mean: np.ndarray) -> list[int]:
    """Vertices of the edge loop that leaves `start` sideways."""
    path = [start, max(_neighbours(start, around), key=lambda v: mean[v, 0])]
    while path[-1] != start:
        before, here = path[-2:]
        beside = {int(v) for quad in around[here] if before in quad for v in quad}
        ahead = _neighbours(here, around) - beside
        if len(ahead) != 1:
            raise ValueError(f"no edge loop through vertex {start}")
        path += ahead
    return path[:-1]


def _cut(loop: list[int], mean: np.ndarray) -> Loop:
    """Cut at the two ends; the loop starts on the upper lip and leaves towards the subject's left."""
    x = mean[loop, 0]
    left, right = int(x.argmax()), int(x.argmin())
    ring = np.array(loop)
    upper = np.concatenate([ring[right:], ring[: left + 1]])
    lower = ring[left : right + 1][::-1]
    return Loop(upper, lower, _parts(mean[upper]), _parts(mean[lower]))


def _parts(curve: np.ndarray) -> np.ndarray:
    along = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(curve[:, [0, 2]], axis=0), axis=1))])
    return np.asarray(along / along[-1])


class Lips:
    """Makes lips meet; all methods change their arrays in place.

    Args:
        quads: skin quads of the cropped head.
        ids: base.obj numbers of its vertices.
        mean: mean head (V, 3), metres.
    """

    def __init__(self, quads: np.ndarray, ids: np.ndarray, mean: np.ndarray) -> None:
        self.loops = find_loops(quads, ids, mean, LOOPS)
        self._quads = quads

    def lining(self) -> np.ndarray:
        """Skin vertices behind the contact: what nobody sees between closed lips."""
        contact = self.loops["contact"]
        fence = set(contact.upper.tolist()) | set(contact.lower.tolist())
        around: defaultdict[int, set[int]] = defaultdict(set)
        for quad in self._quads.tolist():
            for corner in quad:
                around[corner] |= set(quad)
        inside, border = set(), [int(self.loops["back"].upper[len(self.loops["back"].upper) // 2])]
        while border:
            vertex = border.pop()
            if vertex not in inside and vertex not in fence:
                inside.add(vertex)
                border += around[vertex]
        return np.array(sorted(inside))

    def line_m(self, mean: np.ndarray) -> float:
        """Height at which the resting lips meet in the middle, metres."""
        contact = self.loops["contact"]
        return float(mean[contact.upper[len(contact.upper) // 2], 1])

    def close_rest(self, mean: np.ndarray) -> None:
        """Contact of the mean head all along the lips, and no notch before it at the corners."""
        contact = self.loops["contact"]
        for name, loop in self.loops.items():
            for ids, part, sign in ((loop.upper, loop.upper_part, -0.5), (loop.lower, loop.lower_part, 0.5)):
                if name in CORNER_GAPS_M:
                    allowed = CORNER_GAPS_M[name] + np.clip(_inwards(part) / CORNER_PART, 0, 1) ** 2 * 0.005
                    gap = _at(loop, loop, part, mean[:, 1]) - allowed
                    share = 1.0
                else:
                    gap = _at(loop, contact, part, mean[:, 1]) + OVERLAP_M * np.clip(_inwards(part) / 0.02, 0, 1)
                    share = 0.0 if name.startswith("red") else FOLLOWS[name]
                mean[ids, 1] += sign * share * np.maximum(gap, 0)

    def close_components(self, components: np.ndarray) -> np.ndarray:
        """Components (n, V, 3) whose lips keep the contact of the mean head, orthonormal again.

        The nearest orthonormal set (Loewdin 1950) spans the same space, so that the contact survives it.
        """
        for component in components:
            self._move_together(component)
        flat = components.reshape(len(components), -1)
        values, vectors = np.linalg.eigh(flat @ flat.T)
        return (vectors / np.sqrt(values) @ vectors.T @ flat).reshape(components.shape)

    def _move_together(self, field: np.ndarray) -> None:
        self._keep_corners_whole(field)
        for name, loop in self.loops.items():
            own = loop if name in ("front", "contact", "back") else self.loops["contact"]
            for _ in range(3):  # curves of different knots agree better each time
                up, low = (_at(loop, own, part, field) for part in (loop.upper_part, loop.lower_part))
                field[loop.upper] -= 0.5 * FOLLOWS[name] * up
                field[loop.lower] += 0.5 * FOLLOWS[name] * low
                if own is not loop:
                    break

    def _keep_corners_whole(self, field: np.ndarray) -> None:
        """At the corners of the mouth the loops behind the front move with it, or some faces turn inside out there."""
        front = self.loops["front"]
        for name, share in (("contact", 1.0), ("back", 1.0), ("lining 1", 0.6)):
            loop = self.loops[name]
            for ids, part, knots, lead in (
                (loop.upper, loop.upper_part, front.upper_part, front.upper),
                (loop.lower, loop.lower_part, front.lower_part, front.lower),
            ):
                near = share * np.clip(1.5 - _inwards(part) / CORNER_WHOLE, 0, 1)[:, None]
                leading = np.stack([np.interp(part, knots, field[lead, c]) for c in range(3)], axis=1)
                field[ids] = (1 - near) * field[ids] + near * leading

    def keep_closed(self, channels: np.ndarray) -> None:
        """Take out of the channels of a closed mouth (50, V, 3) what would part the lips."""
        contact = self.loops["contact"]
        for channel in CLOSED_CHANNELS:
            field = channels[CHANNEL[channel]]
            opens = {
                (name, side): np.maximum(_at(loop, contact, part, field[:, 1].copy()), 0)
                for name, loop in self.loops.items()
                for side, part in (("upper", loop.upper_part), ("lower", loop.lower_part))
            }
            for name, loop in self.loops.items():
                field[loop.upper, 1] -= 0.5 * FOLLOWS[name] * opens[name, "upper"]
                field[loop.lower, 1] += 0.5 * FOLLOWS[name] * opens[name, "lower"]

    def contact_arrays(self, channels: np.ndarray) -> dict[str, np.ndarray]:
        """What `head.lip_contact` needs of channels (50, V, 3), names without prefix."""
        contact = self.loops["contact"]
        places = np.linspace(0, 1, CONTACT_PLACES + 2)[1:-1]
        hat = lambda knots: np.stack([np.interp(places, knots, row) for row in np.eye(len(knots))], axis=1)  # noqa: E731
        from_upper, from_lower = hat(contact.upper_part), hat(contact.lower_part)
        rounding = channels[[CHANNEL["mouthPucker"], CHANNEL["mouthFunnel"]], :, 1]
        pressing = rounding[:, contact.lower] @ from_lower.T - rounding[:, contact.upper] @ from_upper.T
        share: dict[int, np.ndarray] = {}
        for name, loop in self.loops.items():
            for curve, part, sign in ((loop.upper, loop.upper_part, 0.5), (loop.lower, loop.lower_part, -0.5)):
                for vertex, at in list(zip(curve.tolist(), part))[1:-1]:
                    share[vertex] = (
                        sign * FOLLOWS[name] * np.array([np.interp(at, places, row) for row in np.eye(len(places))])
                    )
        return {
            "upper": contact.upper.astype(np.int32), "lower": contact.lower.astype(np.int32),
            "from_upper": from_upper.astype(np.float32), "from_lower": from_lower.astype(np.float32),
            "pressing": np.maximum(pressing, 0).astype(np.float32),
            "moved": np.array(list(share), np.int32), "share": np.stack(list(share.values())).astype(np.float32),
        }  # fmt: skip

    def personal_closing(
        self, components: np.ndarray, joint: np.ndarray, weight: np.ndarray, angle: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """Vertices (n,) and what each component adds there to `mouthClose` (components, n, 3).

        The jaw carries the lower lip of a longer face further; closing has to bring it back as far.

        Args:
            components: displacements (k, V, 3) of unit coefficients.
            joint: displacement of the jaw's pivot by each (k, 3).
            weight: of the jaw (V,).
            angle: of the full opening, rad.
        """
        ids = np.unique(np.concatenate([half for loop in self.loops.values() for half in (loop.upper, loop.lower)]))
        turn = rotation_x(CLOSED_JAW * angle)
        back = np.linalg.inv(np.eye(3) + weight[ids, None, None] * (turn - np.eye(3)))
        out = np.empty((len(components), len(ids), 3))
        for number, component in enumerate(components):
            moved = weight[:, None] * ((component - joint[number]) @ (turn - np.eye(3)).T)
            closing = np.zeros_like(component)
            for name, loop in self.loops.items():
                up, low = (_at(loop, self.loops["contact"], p, moved) for p in (loop.upper_part, loop.lower_part))
                closing[loop.upper] = -UPPER_SHARE * FOLLOWS[name] * up
                closing[loop.lower] = (1 - UPPER_SHARE) * FOLLOWS[name] * low
            out[number] = np.einsum("nij,nj->ni", back, closing[ids]) / CLOSED_JAW
        return ids, out


def _inwards(part: np.ndarray) -> np.ndarray:
    """Distance from the nearer corner as a part of the curve."""
    return np.minimum(part, 1 - part)


def _at(loop: Loop, own: Loop, part: np.ndarray, field: np.ndarray) -> np.ndarray:
    """Upper minus lower curve of loop `own` at places of `loop`."""
    column = field if field.ndim == 2 else field[:, None]
    at_upper, at_lower = own.apart(column)
    if own is loop:
        out = at_upper if part is loop.upper_part else at_lower
    else:
        order = np.argsort(np.concatenate([own.upper_part, own.lower_part]), kind="stable")
        places = np.concatenate([own.upper_part, own.lower_part])[order]
        values = np.concatenate([at_upper, at_lower])[order]
        out = np.stack([np.interp(part, places, values[:, c]) for c in range(values.shape[1])], axis=1)
    return out if field.ndim == 2 else out[:, 0]
