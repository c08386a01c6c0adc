"""Where faces wrinkle, in face coordinates: x to the subject's left, y up, in eye distances from between the eyes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Line:
    """One wrinkle.

    Attributes:
        points: corners of its path.
        depth_m: of its groove when it is full.
        width_px: of its groove on the detail map.
        both_sides: also draw its mirror image.
    """

    points: tuple[tuple[float, float], ...]
    depth_m: float
    width_px: float = 3.0
    both_sides: bool = True


_FOREHEAD: Final = tuple(
    Line(((-0.85, y - 0.06), (-0.45, y + 0.02), (0.0, y - 0.02), (0.45, y + 0.02), (0.85, y - 0.06)), depth, 4.0, False)
    for y, depth in ((0.50, 3.2e-4), (0.60, 4.2e-4), (0.71, 4.0e-4), (0.81, 2.6e-4))
)
_CROWS_FEET: Final = tuple(
    Line(((0.80, y), (0.92, y + 0.35 * rise), (1.06, y + rise)), depth)
    for y, rise, depth in ((0.06, 0.12, 2.2e-4), (-0.01, 0.04, 3.0e-4), (-0.06, -0.05, 3.0e-4), (-0.11, -0.14, 2.4e-4))
)
_UNDER_EYES: Final = (
    Line(((0.22, -0.17), (0.42, -0.25), (0.62, -0.24), (0.80, -0.15)), 1.6e-4),
    Line(((0.26, -0.24), (0.46, -0.33), (0.68, -0.30)), 1.2e-4),
)
_BESIDE_NOSE: Final = (Line(((0.30, -0.56), (0.39, -0.72), (0.49, -0.92), (0.55, -1.10), (0.55, -1.24)), 5.0e-4, 9.0),)
_NOSE: Final = tuple(Line(((0.06, y + 0.03), (0.13, y), (0.19, y - 0.08)), 1.6e-4) for y in (-0.08, -0.16, -0.24))
_BROWS: Final = (
    Line(((0.09, 0.12), (0.10, 0.26), (0.08, 0.40)), 3.4e-4, 4.0),
    Line(((0.19, 0.20), (0.20, 0.30), (0.17, 0.40)), 1.5e-4, 4.0),
)
_CHIN: Final = (
    Line(((-0.26, -1.50), (0.0, -1.46), (0.26, -1.50)), 4.0e-4, 5.0, False),
    Line(((-0.20, -1.62), (-0.06, -1.58), (0.02, -1.63)), 2.0e-4, 4.0, False),
    Line(((0.02, -1.60), (0.10, -1.66), (0.22, -1.61)), 2.0e-4, 4.0, False),
    Line(((-0.14, -1.72), (0.0, -1.70), (0.13, -1.73)), 1.8e-4, 4.0, False),
)

WRINKLES: Final = _FOREHEAD + _CROWS_FEET + _UNDER_EYES + _BESIDE_NOSE + _NOSE + _BROWS + _CHIN
"""What compression shows."""

AGE_LINES: Final = (
    *_FOREHEAD[1:3], *_CROWS_FEET[1:3], *_UNDER_EYES,
    Line(((0.30, -0.56), (0.39, -0.72), (0.49, -0.92), (0.54, -1.06)), 3.0e-4, 9.0),
)  # fmt: skip
"""What older skin keeps at rest."""
