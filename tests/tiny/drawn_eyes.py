"""A face of which only eyes, brows and their skin are drawn, with the landmarks that they were drawn by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xtalker.appearance.pixels import inside_distance
from xtalker.geometry import landmark_rings as rings

SKIN, WHITE, IRIS, LASH, FRAME = (205, 160, 135), (228, 222, 216), (70, 95, 120), (45, 32, 28), (25, 25, 30)
GLINT_PX = 0.035  # radius, eye widths


@dataclass(frozen=True)
class DrawnEyes:
    """A drawn photo.

    Attributes:
        rgb: the picture.
        landmarks: pixels; those that nothing here reads lie in its middle.
        width_px: of an eye.
        glints: x, y of the highlight on the left and the right iris.
    """

    rgb: np.ndarray
    landmarks: np.ndarray
    width_px: float
    glints: dict[str, tuple[float, float]]


def drawn_eyes(
    width_px: float = 80.0,
    *,
    opening: float = 0.32,
    skin: tuple[int, int, int] = SKIN,
    roll_rad: float = 0.0,
    frame: float | None = None,
    grain: float = 1.0,
) -> DrawnEyes:
    """Two almond eyes with irises, lash lines, brows and a highlight.

    Args:
        width_px: width of an eye.
        opening: its height, eye widths.
        skin: RGB.
        roll_rad: tilt of the face in the picture.
        frame: glasses with round rims, whose top lies this many eye widths over the eyes' middle.
        grain: deviation of the noise over all.
    """
    side = round(5.2 * width_px)
    middle = np.full(2, side / 2)
    turn = np.array([[np.cos(roll_rad), -np.sin(roll_rad)], [np.sin(roll_rad), np.cos(roll_rad)]])
    y, x = np.mgrid[:side, :side] + 0.5
    local = (np.stack([x, y], -1) - middle) @ turn / width_px  # face axes: right and down, eye widths
    rgb = np.broadcast_to(np.array(skin, float), (side, side, 3)).copy()
    landmarks = np.tile(middle, (478, 1))

    def place(points: np.ndarray | list) -> np.ndarray:
        return middle + np.asarray(points) * width_px @ turn.T

    for index, at in _SKIN_PLACES.items():
        landmarks[index] = place(at)
    glints = {}
    for name, centre in (("right", -1.0), ("left", 1.0)):
        glints[name] = tuple(place([centre + 0.05, -0.045]))
        _draw_eye(rgb, local, landmarks, name, centre, opening, place)
    if frame is not None:
        _draw_glasses(rgb, local, frame)
    rng = np.random.default_rng(5)
    rgb = np.clip(rgb + grain * rng.standard_normal(rgb.shape), 0, 255)
    return DrawnEyes((rgb + 0.5).astype(np.uint8), landmarks, width_px, glints)


_SKIN_PLACES = {
    50: (-1.2, 1.3),
    280: (1.2, 1.3),
    205: (-0.8, 1.6),
    425: (0.8, 1.6),
    151: (0, -1.8),
    108: (-0.5, -1.9),
    337: (0.5, -1.9),
}


def _draw_eye(rgb, local, landmarks, name, centre, opening, place):
    ring, iris, brow = {
        "right": (rings.RIGHT_EYE, rings.RIGHT_IRIS, rings.RIGHT_BROW),
        "left": (rings.LEFT_EYE, rings.LEFT_IRIS, rings.LEFT_BROW),
    }[name]
    outward = -1.0 if name == "right" else 1.0
    a = np.linspace(0.5, -0.5, 9)  # outer to inner
    bow = 1 - (2 * a) ** 2
    low = np.stack([centre + outward * a, 0.4 * opening * bow], 1)
    top = np.stack([centre + outward * a, -0.6 * opening * bow], 1)
    outline = np.concatenate([low, top[-2:0:-1]])
    landmarks[list(ring)] = place(outline)
    radius = 0.21
    landmarks[list(iris)] = place([[centre, -0.02], *([centre + radius * c, -0.02 + radius * s] for c, s in _CROSS)])
    brow_top = np.stack([centre + outward * np.linspace(0.55, -0.45, 5), np.full(5, -0.62)], 1)
    brow_low = brow_top[::-1] + np.array([0.0, 0.12])
    landmarks[list(brow)] = place(np.concatenate([brow_top, brow_low]))

    def depth(polygon: np.ndarray) -> np.ndarray:
        return inside_distance(polygon, local.reshape(-1, 2)).reshape(local.shape[:2])

    opened = depth(outline)
    width = float(np.linalg.norm(landmarks[ring[8]] - landmarks[ring[0]]))

    def soft(inside: np.ndarray) -> np.ndarray:
        return np.clip(inside * width + 0.5, 0, 1)[..., None]

    def put(colour: tuple[int, int, int], share: np.ndarray) -> None:
        rgb[:] += (np.array(colour, float) - rgb) * share

    put((90, 70, 55), soft(depth(np.concatenate([brow_top, brow_low]))))
    line = soft(0.03 - np.abs(opened)) * (local[..., 1] < 0.15 * opening)[..., None]
    far = np.hypot(local[..., 0] - centre, local[..., 1] + 0.02)
    inside = soft(opened)
    put(WHITE, inside)
    put(IRIS, inside * soft(radius - far))
    put((12, 10, 10), inside * soft(0.08 - far))
    put((255, 255, 255), inside * soft(GLINT_PX - np.hypot(local[..., 0] - centre - 0.05, local[..., 1] + 0.045)))
    put(LASH, 0.85 * line)


_CROSS = ((1, 0), (0, -1), (-1, 0), (0, 1))


def _draw_glasses(rgb, local, height):
    x, y = np.abs(local[..., 0]), local[..., 1]
    lens = np.hypot((x - 1.0) / 0.82, (y - 0.15) / (height + 0.15)) - 1
    rim = np.abs(lens) * 0.6 < 0.045
    bridge = (x < 0.22) & (np.abs(y + 0.1) < 0.04)
    temple = (x > 1.8) & (np.abs(y + 0.05) < 0.04)
    rgb[rim | bridge | temple] = FRAME
