"""Where things are on a resting head: eyes, mouth, nose, teeth; found from named parts, masks and regions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float, Int

from xtalker.render.scene import Scene
from xtalker.values import MeshTopology

# Widths of teeth in mm from the middle outwards (textbook means), upper and lower jaw.
_TOOTH_WIDTHS: Final = {
    "teeth_upper": (8.5, 6.5, 7.6, 7.1, 6.8, 10.4, 9.8),
    "teeth_lower": (5.3, 5.8, 6.8, 7.0, 7.1, 11.2, 10.7),
}
_LAST_TOOTH_MM: Final = 10.0


@dataclass(frozen=True)
class Eye:
    """One eyeball at rest.

    Attributes:
        fine: its fine vertices.
        centre_weights: weights of the fine vertices whose sum is the centre, in every rigid pose.
        axis_weights: weights whose sum is the direction of the gaze, as long as the radius.
        radius_m: radius.
        upper_lid, lower_lid: fine skin vertices of the lid edges.
    """

    fine: slice
    centre_weights: Float[np.ndarray, "_"]
    axis_weights: Float[np.ndarray, "_"]
    radius_m: float
    upper_lid: Int[np.ndarray, "_"]
    lower_lid: Int[np.ndarray, "_"]


@dataclass(frozen=True)
class Frame:
    """Where a face is: origin between the eyes, x to the subject's left, y up, z forward; world axes, metres.

    Attributes:
        origin: middle between the eyes.
        eye_distance_m: distance of the eyeball centres, the unit of length of a face.
    """

    origin: Float[np.ndarray, "3"]
    eye_distance_m: float


def find_eyes(scene: Scene, rest: Float[np.ndarray, "fine 3"]) -> tuple[Eye, ...]:
    """Left and right eyeball, none for heads without eye parts."""
    return tuple(_eye(scene, rest, name) for name in ("eye_left", "eye_right") if name in scene.parts)


def _eye(scene: Scene, rest: np.ndarray, name: str) -> Eye:
    ball = scene.parts[name]
    points = rest[ball].astype(float)
    fit = np.linalg.lstsq(np.c_[2 * points, np.ones(len(points))], (points**2).sum(1), rcond=None)[0]
    centre = fit[:3]
    radius = float(np.sqrt(fit[3] + centre @ centre))
    # rows that map affine coordinates back to weights: exact for the centre and for the axis
    back = np.linalg.pinv(np.c_[points - centre, np.ones(len(points))].T)
    skin = rest[scene.parts["skin"]]
    offset = skin - centre
    near = (np.abs(np.linalg.norm(offset, axis=1) - radius) < 0.14 * radius) & (offset[:, 2] > 0.4 * radius)
    return Eye(
        fine=ball,
        centre_weights=back @ np.array([0.0, 0, 0, 1]),
        axis_weights=back @ np.array([0.0, 0, radius, 0]),
        radius_m=radius,
        upper_lid=np.flatnonzero(near & (offset[:, 1] > 0.03 * radius)),
        lower_lid=np.flatnonzero(near & (offset[:, 1] < -0.12 * radius)),
    )


def find_frame(rest: Float[np.ndarray, "fine 3"], eyes: tuple[Eye, ...]) -> Frame:
    """Frame of a resting face; guessed from its extent when the head has no eyes."""
    if len(eyes) == 2:
        left, right = (eye.centre_weights @ rest[eye.fine] for eye in eyes)
        return Frame((left + right) / 2, float(np.linalg.norm(left - right)))
    lower, upper = rest.min(0).astype(float), rest.max(0).astype(float)
    height = upper[1] - lower[1]
    origin = np.array([(lower[0] + upper[0]) / 2, lower[1] + 0.6 * height, upper[2] - 0.12 * height])
    return Frame(origin, 0.22 * height)


def inner_lips(topology: MeshTopology) -> Int[np.ndarray, "_"]:
    """Coarse vertices along the opening of the mouth; empty where the head names none."""
    return topology.regions.get("inner_lips", np.zeros(0, np.int32))


def tooth_coordinates(rest: Float[np.ndarray, "teeth 3"], part: str, middle_x: float) -> Float[np.ndarray, "teeth 2"]:
    """Tooth number and height above the biting edge of each vertex of a row of teeth.

    The number grows along the arch from 0 in the middle, negative on the right; whole numbers are the gaps.
    The height is in metres, towards the root.
    """
    x, z = rest[:, 0] - middle_x, rest[:, 2]
    bend = max(-np.polyfit(x**2, z, 1)[0], 1e-3)  # the arch is close to the parabola z = z0 - bend x^2
    arc = (np.arcsinh(2 * bend * x) / (2 * bend) + x * np.sqrt(1 + (2 * bend * x) ** 2)) / 2
    widths = np.array(_TOOTH_WIDTHS[part]) * 1e-3
    widths *= np.abs(arc).max() / (widths.sum() + 0.2 * _LAST_TOOTH_MM * 1e-3)
    ends = np.concatenate([[0], np.cumsum(widths)])
    number = np.interp(np.abs(arc), ends, np.arange(len(ends))) * np.sign(arc)
    up = 1.0 if part == "teeth_upper" else -1.0
    height = up * rest[:, 1]
    near = np.abs(arc[:, None] - arc[None]) < 0.004
    edge = np.where(near, height[None], np.inf).min(1)
    smooth = np.polyval(np.polyfit(arc, edge, 2), arc)
    return np.stack([number, np.maximum(height - smooth, 0)], axis=1)
