"""An eye's own axes in a photograph, so that everything about it is said in eye widths at any size and tilt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from jaxtyping import Float, Float32

from xtalker.appearance.pixels import inside_distance
from xtalker.geometry import landmark_rings as rings

Side = Literal["left", "right"]

_RINGS: Final = {
    "left": (rings.LEFT_EYE, rings.LEFT_UPPER_LID, rings.LEFT_LOWER_LID, rings.LEFT_IRIS, rings.LEFT_BROW),
    "right": (rings.RIGHT_EYE, rings.RIGHT_UPPER_LID, rings.RIGHT_LOWER_LID, rings.RIGHT_IRIS, rings.RIGHT_BROW),
}
_NARROWEST: Final = 0.8  # of the other eye's width: a turned face narrows an eye, but does not flatten it


@dataclass(frozen=True)
class EyeFrame:
    """Axes of one eye: a along from the outer (-0.5) to the inner corner (0.5), d down, 0 at the line of the corners.

    Attributes:
        side: the subject's left or right.
        middle: pixel midway between the corners.
        along: one width from the outer to the inner corner, pixels.
        down: direction across it, unit length, away from the brow.
        unit_px: pixels of a unit of d: the eye's width, as it would be unturned.
        upper: a, d of the upper lid's margin, outer corner first.
        lower: the same of the lower lid.
        ring: pixels of the opening's border.
        brow: pixels of the brow's border.
        iris: x, y, radius in pixels, as the landmarks have it.
    """

    side: Side
    middle: Float[np.ndarray, "2"]
    along: Float[np.ndarray, "2"]
    down: Float[np.ndarray, "2"]
    unit_px: float
    upper: Float[np.ndarray, "9 2"]
    lower: Float[np.ndarray, "9 2"]
    ring: Float[np.ndarray, "16 2"]
    brow: Float[np.ndarray, "10 2"]
    iris: tuple[float, float, float]

    @classmethod
    def of(cls, landmarks: Float[np.ndarray, "478 2"], side: Side) -> EyeFrame:
        """Axes of an eye from the landmarks of a photo, pixels."""
        ring, upper, lower, iris, brow = (landmarks[list(part)].astype(np.float64) for part in _RINGS[side])
        other = landmarks[list(_RINGS["left" if side == "right" else "right"][0])]
        outer, inner = ring[0], ring[8]
        along = inner - outer
        width = max(float(np.linalg.norm(along)), 1e-3)
        down = np.array([-along[1], along[0]]) / width
        down *= 1.0 if down @ (ring.mean(0) - brow.mean(0)) >= 0 else -1.0
        unit = max(width, _NARROWEST * float(np.linalg.norm(other[8] - other[0])))
        middle = (outer + inner) / 2
        radius = float(np.linalg.norm(iris[1:] - iris[0], axis=1).mean())
        circle = (float(iris[0, 0]), float(iris[0, 1]), radius)
        bare = cls(side, middle, along, down, unit, upper, lower, ring, brow, circle)
        margins = [np.stack(bare.axes_of(*margin.T), axis=1) for margin in (upper, lower)]
        return cls(side, middle, along, down, unit, margins[0], margins[1], ring, brow, circle)

    def axes_of(
        self,
        x: Float[np.ndarray, "*points"],
        y: Float[np.ndarray, "*points"],
    ) -> tuple[Float[np.ndarray, "*points"], Float[np.ndarray, "*points"]]:
        """A and d of pixels."""
        dx, dy = x - self.middle[0], y - self.middle[1]
        a = (dx * self.along[0] + dy * self.along[1]) / float(self.along @ self.along)
        return a, (dx * self.down[0] + dy * self.down[1]) / self.unit_px

    def pixels_of(
        self,
        a: Float[np.ndarray, "*points"],
        d: Float[np.ndarray, "*points"],
    ) -> tuple[Float[np.ndarray, "*points"], Float[np.ndarray, "*points"]]:
        """X and y of places given in the eye's axes."""
        down = self.down * self.unit_px
        return self.middle[0] + a * self.along[0] + d * down[0], self.middle[1] + a * self.along[1] + d * down[1]

    def upper_at(self, a: Float[np.ndarray, "*points"]) -> Float[np.ndarray, "*points"]:
        """D of the upper lid's margin."""
        return _curve(self.upper, a)

    def lower_at(self, a: Float[np.ndarray, "*points"]) -> Float[np.ndarray, "*points"]:
        """D of the lower lid's margin."""
        return _curve(self.lower, a)

    @property
    def opening(self) -> float:
        """Greatest height of the opening, eye widths: about 0.3 wide awake, below 0.1 shut."""
        a = np.linspace(-0.4, 0.4, 33)
        return float(np.max(self.lower_at(a) - self.upper_at(a)))


def _curve(margin: Float[np.ndarray, "9 2"], a: Float[np.ndarray, "*points"]) -> Float[np.ndarray, "*points"]:
    order = np.argsort(margin[:, 0], kind="stable")
    return np.asarray(np.interp(a, margin[order, 0], margin[order, 1]))


@dataclass(frozen=True)
class EyeGrid:
    """Pixels of a cut of a photo, or of a smaller copy of it, in the axes of an eye.

    Attributes:
        a: along the eye, -0.5 to 0.5 between its corners.
        d: down, eye widths.
        above: eye widths over the upper margin; negative below it.
        below: eye widths under the lower margin.
        away: eye widths from the opening, 0 inside.
        within: eye widths inside the opening, 0 outside.
        off_brow: eye widths from the brow, negative inside it.
        px: pixels of this grid in an eye width.
    """

    a: Float32[np.ndarray, "rows columns"]
    d: Float32[np.ndarray, "rows columns"]
    above: Float32[np.ndarray, "rows columns"]
    below: Float32[np.ndarray, "rows columns"]
    away: Float32[np.ndarray, "rows columns"]
    within: Float32[np.ndarray, "rows columns"]
    off_brow: Float32[np.ndarray, "rows columns"]
    px: float

    @classmethod
    def of(cls, frame: EyeFrame, box: tuple[int, int, int, int], rows: int, columns: int) -> EyeGrid:
        """Grid over a box (x0, y0, x1, y1) of the photo."""
        x0, y0, x1, y1 = box
        step_x, step_y = (x1 - x0) / columns, (y1 - y0) / rows
        x, y = np.meshgrid(x0 + (np.arange(columns) + 0.5) * step_x, y0 + (np.arange(rows) + 0.5) * step_y)
        a, d = frame.axes_of(x, y)
        points = np.stack([x.ravel(), y.ravel()], axis=1)
        depth, in_brow = (inside_distance(ring, points).reshape(x.shape) for ring in (frame.ring, frame.brow))
        depth, in_brow = depth / frame.unit_px, in_brow / frame.unit_px
        return cls(
            a=a.astype(np.float32),
            d=d.astype(np.float32),
            above=(frame.upper_at(a) - d).astype(np.float32),
            below=(d - frame.lower_at(a)).astype(np.float32),
            away=np.maximum(-depth, 0).astype(np.float32),
            within=np.maximum(depth, 0).astype(np.float32),
            off_brow=(-in_brow).astype(np.float32),
            px=frame.unit_px / step_y,
        )


def box_around(
    frame: EyeFrame,
    half_width: float,
    half_height: float,
    shape: tuple[int, int],
) -> tuple[int, int, int, int]:
    """Upright box (x0, y0, x1, y1) of whole pixels around an eye, half sizes in eye widths, kept inside a photo (rows,
    columns).
    """
    x0, y0 = np.floor(frame.middle - np.array([half_width, half_height]) * frame.unit_px).astype(int)
    x1, y1 = np.ceil(frame.middle + np.array([half_width, half_height]) * frame.unit_px).astype(int)
    x0, x1 = (int(np.clip(v, 0, shape[1])) for v in (x0, x1))
    y0, y1 = (int(np.clip(v, 0, shape[0])) for v in (y0, y1))
    return x0, y0, x1, y1
