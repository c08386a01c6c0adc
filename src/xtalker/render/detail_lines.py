"""What the 128 numbers of a detail code stand for: roughness of regions of the face, and its lines.

Places are face coordinates: x to the subject's left, y up, in eye distances from the middle between the eyes.
A code is zero for generic adult skin. Its first 42 numbers scale roughness, three scales of fourteen regions; the
other 86 are lines, each one stretch of one side of a path.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Final

Place = tuple[float, float]


@dataclass(frozen=True)
class Region:
    """A part of the face whose skin is equally rough."""

    name: str
    middle: Place


@dataclass(frozen=True)
class Roughness:
    """Grain of the skin at one scale.

    Attributes:
        name: of the scale.
        finest_px, coarsest_px: standard deviations of the two Gaussians between which it lies, on the detail map.
        height_m: standard deviation of its heights on generic skin.
    """

    name: str
    finest_px: float
    coarsest_px: float
    height_m: float


@dataclass(frozen=True)
class Line:
    """One number of the code that is a line.

    Attributes:
        name: place, side and stretch.
        path: number of its path in the table; both sides of a path are mirror images.
        mirror: 1, or -1 for the subject's right side.
        stretch: middle and half width of the part of the path that it covers, 0..1; stretches of a path add up to it.
        depth_m: of its groove when it is full.
        width_px: of its groove on the detail map, a standard deviation.
        rest: share of the depth on generic skin at rest.
        pressed: share of the depth that full compression adds on generic skin.
    """

    name: str
    path: int
    mirror: int
    stretch: tuple[float, float]
    depth_m: float
    width_px: float
    rest: float
    pressed: float


@dataclass(frozen=True)
class _Path:
    name: str
    points: tuple[Place, ...]
    depth_m: float
    width_px: float = 3.0
    rest: float = 0.0
    pressed: float = 1.0
    both_sides: bool = True
    stretches: int = 1


def _forehead(number: int, y: float, depth_m: float, rest: float, pressed: float) -> _Path:
    points = ((-0.85, y - 0.06), (-0.45, y + 0.02), (0.0, y - 0.02), (0.45, y + 0.02), (0.85, y - 0.06))
    return _Path(f"forehead {number}", points, depth_m, 4.0, rest, pressed, both_sides=False, stretches=3)


def _fan(number: int, y: float, rise: float, depth_m: float, rest: float) -> _Path:
    return _Path(f"crow's foot {number}", ((0.80, y), (0.92, y + 0.35 * rise), (1.06, y + rise)), depth_m, rest=rest)


def _nasolabial(name: str, off: float, depth_m: float, width_px: float, rest: float, pressed: float) -> _Path:
    middle = ((0.30, -0.56), (0.39, -0.72), (0.49, -0.92), (0.55, -1.10), (0.55, -1.24))
    points = tuple((x + off, y) for x, y in middle)
    return _Path(f"nasolabial {name}", points, depth_m, width_px, rest, pressed, stretches=2)


_PATHS: Final = (
    _forehead(1, 0.50, 3.2e-4, 0.0, 1.0), _forehead(2, 0.55, 3.0e-4, 0.0, 0.0), _forehead(3, 0.60, 4.2e-4, 0.25, 1.0),
    _forehead(4, 0.655, 3.0e-4, 0.0, 0.0), _forehead(5, 0.71, 4.0e-4, 0.25, 1.0), _forehead(6, 0.76, 3.0e-4, 0.0, 0.0),
    _forehead(7, 0.81, 2.6e-4, 0.0, 1.0),
    _Path("frown", ((0.09, 0.12), (0.10, 0.26), (0.08, 0.40)), 3.4e-4, 4.0),
    _Path("outer frown", ((0.19, 0.20), (0.20, 0.30), (0.17, 0.40)), 1.5e-4, 4.0),
    _Path("root of the nose", ((-0.14, 0.06), (0.0, 0.03), (0.14, 0.06)), 2.0e-4, 4.0, 0.0, 0.0, both_sides=False),
    *(_Path(f"side of the nose {number}", ((0.06, y + 0.03), (0.13, y), (0.19, y - 0.08)), 1.6e-4)
      for number, y in ((1, -0.08), (2, -0.16), (3, -0.24))),
    _fan(1, 0.13, 0.20, 1.6e-4, 0.0), _fan(2, 0.06, 0.12, 2.2e-4, 0.0), _fan(3, -0.01, 0.04, 3.0e-4, 0.25),
    _fan(4, -0.06, -0.05, 3.0e-4, 0.25), _fan(5, -0.11, -0.14, 2.4e-4, 0.0), _fan(6, -0.16, -0.24, 1.8e-4, 0.0),
    _Path("under eye 1", ((0.22, -0.17), (0.42, -0.25), (0.62, -0.24), (0.80, -0.15)), 1.6e-4, rest=0.25),
    _Path("under eye 2", ((0.26, -0.24), (0.46, -0.33), (0.68, -0.30)), 1.2e-4, rest=0.25),
    _Path("tear trough", ((0.20, -0.22), (0.34, -0.36), (0.54, -0.46)), 2.4e-4, 7.0, 0.0, 0.0),
    _nasolabial("fold", 0.0, 5.0e-4, 9.0, 0.15, 1.0),
    _nasolabial("inner line", -0.02, 3.0e-4, 4.5, 0.0, 0.0), _nasolabial("outer line", 0.04, 3.0e-4, 4.5, 0.0, 0.0),
    _Path("cheek 1", ((0.66, -0.72), (0.74, -0.95), (0.74, -1.18)), 2.4e-4, 6.0, 0.0, 0.0),
    _Path("cheek 2", ((0.82, -0.70), (0.90, -0.95), (0.88, -1.20)), 2.0e-4, 6.0, 0.0, 0.0),
    _Path("cheekbone", ((0.52, -0.48), (0.70, -0.52), (0.90, -0.40)), 2.0e-4, 6.0, 0.0, 0.0),
    _Path("corner of the mouth", ((0.46, -1.25), (0.50, -1.40), (0.46, -1.58)), 3.0e-4, 5.0, 0.0, 0.3),
    _Path("beside the chin", ((0.54, -1.30), (0.60, -1.46), (0.58, -1.62)), 2.4e-4, 7.0, 0.0, 0.0),
    *(_Path(f"above the lip {number}", ((x, -0.91), (1.04 * x, -0.97), (1.08 * x, -1.04 - 0.1 * x)), 1.2e-4, 2.5,
            0.0, 0.0)
      for number, x in ((1, 0.10), (2, 0.19), (3, 0.28))),
    _Path("chin crease", ((-0.30, -1.51), (0.0, -1.46), (0.30, -1.51)), 4.0e-4, 5.0, both_sides=False, stretches=3),
    _Path("chin 1", ((-0.20, -1.62), (-0.06, -1.58), (0.02, -1.63)), 2.0e-4, 4.0, both_sides=False),
    _Path("chin 2", ((0.02, -1.60), (0.10, -1.66), (0.22, -1.61)), 2.0e-4, 4.0, both_sides=False),
    _Path("chin 3", ((-0.14, -1.72), (0.0, -1.70), (0.13, -1.73)), 1.8e-4, 4.0, both_sides=False),
    _Path("jaw", ((0.62, -1.42), (0.72, -1.54), (0.80, -1.58)), 2.0e-4, 7.0, 0.0, 0.0),
)  # fmt: skip


def _stretches(number: int) -> tuple[tuple[float, float], ...]:
    if number == 1:
        return ((0.5, 1e9),)
    return tuple((k / (number - 1), 1 / (number - 1)) for k in range(number))


def _lines() -> tuple[Line, ...]:
    out = []
    for number, path in enumerate(_PATHS):
        sides = ((" left", 1), (" right", -1)) if path.both_sides else (("", 1),)
        for (side, mirror), (k, stretch) in product(sides, enumerate(_stretches(path.stretches))):
            part = f", part {k + 1}" if path.stretches > 1 else ""
            shape = (path.depth_m, path.width_px, path.rest, path.pressed)
            out.append(Line(f"{path.name}{side}{part}", number, mirror, stretch, *shape))
    return tuple(out)


PATHS: Final = tuple(path.points for path in _PATHS)
"""Corners of every path, on the subject's left side where it has two."""

LINES: Final = _lines()
"""Meaning of the code from entry NUM_ROUGHNESS on."""

REGIONS: Final = (
    Region("forehead, middle", (0.0, 0.62)), Region("forehead, left", (0.52, 0.62)),
    Region("forehead, right", (-0.52, 0.62)), Region("under the left eye", (0.50, -0.30)),
    Region("under the right eye", (-0.50, -0.30)), Region("nose", (0.0, -0.45)), Region("left cheek", (0.55, -0.68)),
    Region("right cheek", (-0.55, -0.68)), Region("left side", (0.98, -0.60)), Region("right side", (-0.98, -0.60)),
    Region("upper lip", (0.0, -0.93)), Region("chin", (0.0, -1.62)), Region("left jaw", (0.62, -1.48)),
    Region("right jaw", (-0.62, -1.48)),
)  # fmt: skip

SCALES: Final = (
    Roughness("pores", 1.1, 2.6, 14e-6), Roughness("grain", 2.4, 5.0, 12e-6), Roughness("relief", 5.0, 11.0, 14e-6),
)  # fmt: skip

NUM_ROUGHNESS: Final = len(SCALES) * len(REGIONS)
"""Meaning of the first entries of the code: the regions at the finest scale, then at the next."""

NAMES: Final = (
    *(f"{scale.name}: {region.name}" for scale, region in product(SCALES, REGIONS)), *(line.name for line in LINES),
)  # fmt: skip
"""What each number of a detail code is."""
