"""An eye of the photograph taken apart: white without iris, iris alone, and the glints, which hardly move."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Bool, Float, Float32, Int, UInt8

from xtalker.appearance.eye_frame import EyeFrame, EyeGrid, Side, box_around
from xtalker.appearance.pixels import blurred, grown, luma, resized, sampled
from xtalker.appearance.trusted_fill import local_mean, trusted_fill
from xtalker.geometry.smoothstep import smoothstep

_HALF_WIDE, _HALF_HIGH = 0.78, 0.62  # eye widths of the cut around the eye's middle
_WORK_PX: Final = 120.0
_RIM: Final = (0.98, 1.20)  # iris radii over which the iris fades into the white
_WHITE_KEPT: Final = (1.08, 1.32)  # iris radii over which the photo's own white takes over from the continued one
_WHITE_PLACES: Final = ((1.3, 0.04, 0.07), (1.26, 0.03, 0.04), (1.12, 0.015, 0.0), (1.05, 0.0, -1.0), (0.0, 0.0, -1.0))
"""Where white is looked for, surest first: iris radii, eye widths inside the opening and under the upper lid."""
GLINT_SHARE: Final = 0.5
"""Of the iris's way that a glint goes: the cornea's centre lies about half as far from the eye's as the iris does."""


@dataclass(frozen=True)
class Eyeball:
    """One eye in layers, a cut of the photo. At the photo's own gaze, inside the opening,

        photo = (ball * (1 - iris alpha) + iris colour) * lid shade + glint       (to one grey level)

    When the eye turns, the iris is looked up by turning the ball back, the glint by turning it back by GLINT_SHARE of
    that (or not at all), times the iris's alpha where it now falls. Ball and lid shade stay. While a lid closes, the
    whole is darkened by SLIT_SHADE, else the last slit shines white.

    Attributes:
        corner: x, y of the cut's first pixel in the photo.
        ball: white of the eye, continued under iris and lids, RGB; 4th, the lid shade, 255 for none.
        iris: RGB premultiplied by alpha, and alpha; completed under the lids.
        glint: light of the highlights on the cornea, to be added, RGB.
        centre: x, y of the iris in the photo, pixels.
        radius: of the iris, pixels.
    """

    corner: Int[np.ndarray, "2"]
    ball: UInt8[np.ndarray, "rows columns 4"]
    iris: UInt8[np.ndarray, "rows columns 4"]
    glint: UInt8[np.ndarray, "rows columns 3"]
    centre: Float[np.ndarray, "2"]
    radius: float


@dataclass(frozen=True)
class _Seen:
    """The cut of one eye: its pixels, their axes, and their distance from the iris's middle in its radii."""

    photo: Float32[np.ndarray, "rows columns 3"]
    grid: EyeGrid
    far: Float32[np.ndarray, "rows columns"]
    centre: tuple[float, float]
    radius: float


def eyeball(rgb: UInt8[np.ndarray, "height width 3"], landmarks: Float[np.ndarray, "478 2"], side: Side) -> Eyeball:
    """Take one eye of a photo apart.

    Args:
        rgb: the photo.
        landmarks: its face landmarks, pixels.
        side: the subject's left or right eye.
    """
    frame = EyeFrame.of(landmarks, side)
    box = box_around(frame, _HALF_WIDE, _HALF_HIGH, rgb.shape[:2])
    x0, y0, x1, y1 = box
    photo = rgb[y0:y1, x0:x1].astype(np.float32)
    rows, columns = photo.shape[:2]
    grid = EyeGrid.of(frame, box, rows, columns)
    x, y, radius = found_iris(photo, grid, np.array([frame.iris[0] - x0, frame.iris[1] - y0]), frame.iris[2])
    seen = _Seen(photo, grid, _far(rows, columns, x, y, radius), (x, y), radius)
    glint = np.round(_glint(seen))
    matt = photo - glint
    white = _white(matt, seen)
    shade = np.clip(np.maximum(_lid_shade(matt, white, seen), matt.max(2) / 255 * (grid.within > 0)), 1 / 255, 1)
    shade = np.ceil(shade * 255) / 255
    bare = matt / shade[..., None]
    # beside the iris, what lies along the lids is lash and wet edge: it must not go with the iris
    along_lids = (1 - smoothstep(grid.within, 0.025, 0.05)) * smoothstep(seen.far, 1.0, 1.1)
    kept = np.maximum(smoothstep(seen.far, *_WHITE_KEPT), along_lids) * (grid.within > 0)
    fill = white * _beyond(grid)[..., None] * _veins(grid, frame, matt)
    ball = np.clip(np.round(bare * kept[..., None] + fill * (1 - kept[..., None])), 0, 255).astype(np.float32)
    return Eyeball(
        np.array([x0, y0]),
        np.dstack([ball, np.round(shade * 255)]).astype(np.uint8),
        _sprite(bare, ball, _whole_iris(bare, seen), seen),
        glint.astype(np.uint8),
        np.array([x + x0, y + y0]),
        radius,
    )


def _far(rows: int, columns: int, x: float, y: float, radius: float) -> Float32[np.ndarray, "rows columns"]:
    """Distance of pixels from the middle of the iris, in its radii."""
    across, down = np.arange(columns) + 0.5 - x, np.arange(rows) + 0.5 - y
    return np.asarray(np.hypot(across[None], down[:, None]) / radius, np.float32)


def found_iris(
    photo: Float32[np.ndarray, "rows columns 3"],
    grid: EyeGrid,
    centre: Float[np.ndarray, "2"],
    radius: float,
) -> tuple[float, float, float]:
    """x, y, radius of the iris: the circle near the landmarks' over which the light rises most (Daugman's operator).

    Only its sides count, where no lid covers it.
    """
    angle = np.radians(np.r_[np.arange(-50, 51, 10), np.arange(130, 231, 10)])
    light = blurred(luma(photo), max(0.06 * radius, 0.5))
    shift, size = np.arange(-0.18, 0.181, 0.045), np.arange(0.84, 1.161, 0.04)
    dx, dy, r = (v.ravel() for v in np.meshgrid(shift, shift, size, indexing="ij"))
    cos, sin = np.cos(angle)[None], np.sin(angle)[None]

    def on(scale: float) -> tuple[Float[np.ndarray, "circles angles"], Float[np.ndarray, "circles angles"]]:
        reach = (r * scale * radius)[:, None]
        return (centre[0] + dx * radius)[:, None] + reach * cos, (centre[1] + dy * radius)[:, None] + reach * sin

    open_here = np.clip(sampled(grid.within, *on(1.0)) * grid.px / (0.12 * radius), 0, 1)
    rise = sampled(light, *on(1.08)) - sampled(light, *on(0.92))
    score = (rise / (1 + np.abs(rise) / 90) * open_here).sum(1) / (open_here.sum(1) + 4)
    score -= 14 * (dx**2 + dy**2) / 0.18**2 * 0.12 + 10 * ((r - 1) / 0.16) ** 2 * 0.12
    best = int(np.argmax(score))
    return float(centre[0] + dx[best] * radius), float(centre[1] + dy[best] * radius), float(r[best] * radius)


def _glint(seen: _Seen) -> Float32[np.ndarray, "rows columns 3"]:
    """What highlights add on iris and pupil: small, and much lighter than the iris as far from its middle."""
    photo, far, radius = seen.photo, seen.far, seen.radius
    light, inside = luma(photo), (far < 0.95) & (seen.grid.within > 0)
    if inside.sum() < 12:
        return np.zeros_like(photo)
    excess = light - _radial(light[..., None], far, inside)[..., 0]
    excess -= local_mean(excess, (inside & (excess < 0.5 * excess[inside].max())).astype(np.float32), 0.4 * radius)
    spread = 1.48 * float(np.median(np.abs(excess[inside])))
    core = inside & (far < 0.88) & (seen.grid.within > 0.02) & (excess > max(3.5 * spread, 22.0))
    core &= excess > 0.4 * excess[inside].max()
    core &= light > 0.6 * np.quantile(light[seen.grid.within > 0], 0.9)  # a pale iris is no highlight
    if not core.any() or core.sum() > 0.16 * inside.sum():
        return np.zeros_like(photo)
    mask = grown(core, max(0.13 * radius, 1.5)) & inside
    around = inside & ~mask
    base = np.dstack([local_mean(photo[..., c], around.astype(np.float32), 0.16 * radius) for c in range(3)])
    soft = np.clip(blurred(mask.astype(np.float32), max(0.04 * radius, 0.5)), 0, 1) * inside
    return np.asarray(np.maximum(photo - base, 0) * soft[..., None], np.float32)


def _radial(
    picture: Float32[np.ndarray, "rows columns channels"],
    far: Float32[np.ndarray, "rows columns"],
    known: Bool[np.ndarray, "rows columns"],
) -> Float32[np.ndarray, "rows columns channels"]:
    """Median over 13 circles around the middle of the iris, up to 1.2 radii; unknown ones take their neighbours'."""
    steps = np.linspace(0, 1.2, 13)
    rings = np.full((len(steps), picture.shape[2]), np.nan)
    for i, step in enumerate(steps):
        here = known & (np.abs(far - step) < 0.12)
        if here.sum() >= 3:
            rings[i] = np.median(picture[here], axis=0)
    seen = np.flatnonzero(~np.isnan(rings[:, 0]))
    if not len(seen):
        usual = np.median(picture[known], axis=0) if known.any() else picture.mean((0, 1)) * 0.5
        return np.broadcast_to(usual, picture.shape).astype(np.float32)
    whole = [np.interp(far, steps[seen], rings[seen, c]) for c in range(picture.shape[2])]
    return np.stack(whole, axis=-1).astype(np.float32)


def _white(matt: Float32[np.ndarray, "rows columns 3"], seen: _Seen) -> Float32[np.ndarray, "rows columns 3"]:
    """The white of the eye, continued smoothly, as if no lid shaded it."""
    grid, far = seen.grid, seen.far
    scale = min(1.0, _WORK_PX / grid.px)
    rows, columns = max(round(far.shape[0] * scale), 8), max(round(far.shape[1] * scale), 8)
    small, f, within, above = (resized(part, columns, rows) for part in (matt, far, grid.within, grid.above))
    light = luma(small)
    white = np.ones_like(f, np.bool_)
    for least, edge, deep in _WHITE_PLACES:
        white = (within > edge) & (f > least) & (above < -deep)
        if white.sum() >= 8:
            break
    if not white.any():
        return np.broadcast_to(matt.mean((0, 1)), matt.shape).astype(np.float32)
    bright = white & (light >= 0.7 * np.quantile(light[white], 0.8))
    colour = np.ptp(small, axis=2) / np.maximum(small.max(2), 1)
    good = bright & (colour <= np.quantile(colour[bright], 0.7))
    fill = blurred(trusted_fill(small, good.astype(np.float32), 48), 0.04 * grid.px * scale)
    return resized(fill, far.shape[1], far.shape[0], "cubic")


def _lid_shade(
    matt: Float32[np.ndarray, "rows columns 3"],
    white: Float32[np.ndarray, "rows columns 3"],
    seen: _Seen,
) -> Float32[np.ndarray, "rows columns"]:
    """How much of the eye's light its lids and lashes leave, along the border of the opening."""
    grid, far = seen.grid, seen.far
    deep = (grid.within > 0.05) & (grid.above < -0.09)
    known = deep if (deep & (far < 1)).sum() > 30 else grid.within > 0.02
    ring = smoothstep(far, 0.92, 1.2)[..., None]
    usual = luma(_radial(matt, far, known & (far < 1.2)) * (1 - ring) + white * ring)
    ratio = np.clip((luma(matt) + 10) / (usual + 10), 0.15, 1.3)
    sure = (grid.within > 0) & ((far < 0.85) | (far > 1.25))
    smooth = local_mean(ratio.astype(np.float32), sure.astype(np.float32), 0.025 * grid.px)
    border = np.maximum(1 - smoothstep(-grid.above, 0.08, 0.17), 1 - smoothstep(grid.within, 0.015, 0.05))
    return np.asarray(1 + (np.minimum(smooth, 1) - 1) * border, np.float32)


def _beyond(grid: EyeGrid) -> Float32[np.ndarray, "rows columns"]:
    """Shade of a ball towards its sides, and of what lies under the lids: a wide eye must not flash white there."""
    shade = 1.02 - 0.14 * smoothstep(np.abs(grid.a), 0.12, 0.5)
    return np.asarray(shade * (1 - 0.45 * smoothstep(grid.away, 0.0, 0.08)), np.float32)


def _veins(
    grid: EyeGrid,
    frame: EyeFrame,
    matt: Float32[np.ndarray, "rows columns 3"],
) -> Float32[np.ndarray, "rows columns 3"]:
    """Factors of faint veins from the corners inwards and of blotches, always the same; grey in a grey photo."""
    rng = np.random.default_rng({"left": 3, "right": 4}[frame.side])
    tint = np.array([0.25, 1.0, 0.95]) if np.abs(np.ptp(matt, axis=2)).mean() > 4 else np.ones(3)
    lines = np.zeros(grid.a.shape, np.float32)
    for corner in (-0.5, 0.5):
        for _ in range(7):
            start, slope, bend = rng.uniform(-0.16, 0.16), rng.uniform(-0.5, 0.5), rng.uniform(0.008, 0.02)
            phase, pitch, long = rng.uniform(0, 6.3), rng.uniform(18, 40), rng.uniform(0.18, 0.42)
            s = (grid.a - corner) * (-1 if corner > 0 else 1)
            path = start + slope * s * 0.5 + bend * np.sin(pitch * s + phase)
            thin = np.exp(-(((grid.d - path) / 0.008) ** 2)) * smoothstep(s, 0.0, 0.05) * smoothstep(long - s, 0.0, 0.2)
            lines = np.maximum(lines, thin * rng.uniform(0.4, 1.0))
    blotch = np.zeros(grid.a.shape)
    for _ in range(5):
        wave, phase = rng.uniform(-22, 22, 2), rng.uniform(0, 6.3)
        blotch += 0.012 * np.sin(wave[0] * grid.a + wave[1] * grid.d + phase)
    return np.asarray((1 + blotch)[..., None] - 0.10 * lines[..., None] * tint, np.float32)


def _whole_iris(bare: Float32[np.ndarray, "rows columns 3"], seen: _Seen) -> Float32[np.ndarray, "rows columns 3"]:
    """The iris completed under the lids: from its point mirror, its mirror, else the median at this distance."""
    grid, far, (x, y) = seen.grid, seen.far, seen.centre
    shown = (smoothstep(grid.within, 0.012, 0.05) * smoothstep(-grid.above, 0.02, 0.08)).astype(np.float32)
    whole = _radial(bare, far, (shown > 0.9) & (far < 1.2))
    rows, columns = far.shape
    across, down = np.meshgrid(np.arange(columns) + 0.5, np.arange(rows) + 0.5)
    source = np.dstack([bare, shown])
    for there_y in (2 * y - down, down):
        there = sampled(source, 2 * x - across, there_y, outside=0.0)
        whole += (there[..., :3] - whole) * smoothstep(there[..., 3:], 0.5, 1.0)
    return np.asarray(whole + (bare - whole) * shown[..., None], np.float32)


def _sprite(
    bare: Float32[np.ndarray, "rows columns 3"],
    ball: Float32[np.ndarray, "rows columns 3"],
    iris: Float32[np.ndarray, "rows columns 3"],
    seen: _Seen,
) -> UInt8[np.ndarray, "rows columns 4"]:
    """Premultiplied iris. Inside the opening it is what the ball lacks of the photo, its alpha enough for that."""
    alpha = 1 - smoothstep(seen.far, *_RIM)
    inside = (seen.grid.within > 0) & (seen.far < _WHITE_KEPT[1])
    darker, lighter = 1 - bare / np.maximum(ball, 1), (bare - ball) / np.maximum(255 - ball, 1)
    needed = np.maximum(darker, lighter).max(2)
    alpha = np.where(inside, np.maximum(alpha, needed), alpha)
    step = np.ceil(np.clip(alpha, 0, 1) * 255)
    part = (step / 255)[..., None]
    colour = np.where(inside[..., None], bare - ball * (1 - part), iris * part)
    return np.clip(np.round(np.dstack([colour, step])), 0, 255).astype(np.uint8)
