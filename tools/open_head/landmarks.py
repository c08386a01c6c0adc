"""Second stage: where the 478 MediaPipe points lie on the surface.

Many heads, expressions and turns are rendered and read by the attention mesh. A landmark's place is the surface
point whose projections lie nearest to what was read, over all renders together: open-mouth renders tell the inner
upper lip from the inner lower lip, and half-closed eyes do the same for the lids. One neutral render cannot.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

NUM_RENDERS, SHAPE_SD, MAX_YAW, MAX_PITCH = 96, 0.7, np.radians(22), np.radians(12)
GRID = 4  # candidate points per triangle edge
CLIP = 0.06  # of the eye distance: a misread landmark must not pull further than this
IRIS_LEFT, IRIS_RIGHT = range(473, 478), range(468, 473)
EXPRESSIONS: tuple[dict[str, float], ...] = (
    {}, {"jaw": 0.3}, {"jaw": 0.65}, {"mouthSmileLeft": 0.7, "mouthSmileRight": 0.7, "jaw": 0.15},
    {"mouthPucker": 0.7}, {"mouthFunnel": 0.6, "jaw": 0.25},
    {"jaw": 0.35, "mouthLowerDownLeft": 0.6, "mouthLowerDownRight": 0.6, "mouthUpperUpLeft": 0.6,
     "mouthUpperUpRight": 0.6},
    {"eyeBlinkLeft": 0.5, "eyeBlinkRight": 0.5, "jaw": 0.1},
    {"eyeWideLeft": 0.8, "eyeWideRight": 0.8, "browInnerUpLeft": 0.7, "browInnerUpRight": 0.7,
     "browOuterUpLeft": 0.7, "browOuterUpRight": 0.7},
    {"browDownLeft": 0.8, "browDownRight": 0.8},
)  # fmt: skip


@dataclass(frozen=True)
class Sighting:
    """One render as the mesh saw it.

    Attributes:
        projected: pixel position of every head vertex, (V, 2).
        read: landmarks in pixels, (478, 2).
    """

    projected: np.ndarray
    read: np.ndarray


def candidates(triangles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Triangle corners (n, 3) and barycentric weights (n, 3) of a grid of points on every triangle."""
    steps = [(i, j, GRID - i - j) for i in range(GRID + 1) for j in range(GRID + 1 - i)]
    weights = np.array(steps, np.float64) / GRID
    return np.repeat(triangles, len(weights), axis=0), np.tile(weights, (len(triangles), 1))


def locate(
    sightings: list[Sighting], *, surface: np.ndarray, eyes: dict[str, np.ndarray]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Triangles (478, 3), weights (478, 3) and mean distance (478,) in eye distances.

    Args:
        sightings: renders and what was read from them.
        surface: triangles of the front skin, for landmarks 0-467.
        eyes: triangles of the "left" and "right" eyeball, for the irises.
    """
    corners, weights, error = np.zeros((478, 3), int), np.zeros((478, 3)), np.zeros(478)
    groups = [(range(468), surface), (IRIS_LEFT, eyes["left"]), (IRIS_RIGHT, eyes["right"])]
    for ids, triangles in groups:
        corner, weight = candidates(triangles)
        cost = np.zeros((len(ids), len(corner)), np.float32)
        for seen in sightings:
            unit = np.linalg.norm(seen.read[33] - seen.read[263])
            places = np.einsum("ncd,nc->nd", seen.projected[corner], weight) / unit
            read = seen.read[list(ids)] / unit
            square = (places[None, :, 0] - read[:, None, 0]) ** 2 + (places[None, :, 1] - read[:, None, 1]) ** 2
            cost += np.minimum(square, CLIP**2).astype(np.float32)
        best = cost.argmin(1)
        corners[list(ids)], weights[list(ids)] = corner[best], weight[best]
        error[list(ids)] = np.sqrt(cost[np.arange(len(ids)), best] / len(sightings))
    return corners, weights, error


def random_poses(rng: np.random.Generator) -> list[tuple[np.ndarray, dict[str, float], np.ndarray]]:
    """(shape coefficients, expression with "jaw" in jawOpen units, head rotation) of every render."""
    out = []
    for k in range(NUM_RENDERS):
        shape = rng.normal(0, SHAPE_SD, 100)
        head = np.array([rng.uniform(-1, 1) * MAX_PITCH, rng.uniform(-1, 1) * MAX_YAW, 0.0])
        out.append((shape, EXPRESSIONS[k % len(EXPRESSIONS)], head))
    return out


Look = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray] | None]
"""Vertices (V, 3) -> (projected (V, 2), read (478, 2)), or None when no face was found."""
