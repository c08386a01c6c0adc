"""The photograph with an eye shut: skin painted over it from around, and what stays in front of the lid.

A closing lid is looked up where it will lie when shut, so a shut eye is exactly what is painted here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Bool, Float, Float32, Int, UInt8
from scipy.ndimage import binary_dilation, binary_opening, label

from xtalker.appearance.eye_frame import EyeFrame, EyeGrid, Side, box_around
from xtalker.appearance.eye_surroundings import Surroundings, surroundings
from xtalker.appearance.glasses import upper_rim, wears_glasses
from xtalker.appearance.lashes import LashStrip, lash_strip
from xtalker.appearance.pixels import blurred, luma, resized, sampled
from xtalker.geometry.smoothstep import smoothstep

_HALF_CUT: Final = 1.05  # eye widths around the eye's middle
_SHUT_BELOW: Final = 0.095  # opening, eye widths, at which nothing is left to shut
_RIM_FADES: Final = (0.03, 0.055)  # eye widths from the middle of a rim
_BROW_FADES: Final = (0.03, 0.09)  # eye widths from the brow over which paint begins
_COVERED_BELOW: Final = 0.42  # light of eye and lids against the cheeks and forehead: dark glasses


@dataclass(frozen=True)
class ShutEye:
    """An eye of a photo as it looks shut; a cut of about 2.1 eye widths.

    Attributes:
        corner: x, y of the cut's first pixel in the photo.
        closed: the photo there with the eye shut, RGB; equals the photo at the border of the cut.
        front: 255 where frames of glasses stay in front of the lid: the photo's own pixels belong there, fixed to the
            skull, whatever the lid does. 0 everywhere for a face without glasses.
        lashes: strip to draw over the lid; None where shut or covered.
        shut: the photo's eye is shut already; closed is the photo, and nothing may be drawn.
        covered: dark glasses hide the eye; closed is the photo, and neither lid nor gaze may be drawn.
    """

    corner: Int[np.ndarray, "2"]
    closed: UInt8[np.ndarray, "rows columns 3"]
    front: UInt8[np.ndarray, "rows columns"]
    lashes: LashStrip | None
    shut: bool
    covered: bool


def shut_eye(
    rgb: UInt8[np.ndarray, "height width 3"],
    landmarks: Float[np.ndarray, "478 2"],
    side: Side,
    enlarged: float = 1.0,
) -> ShutEye:
    """Paint one eye of a photo shut.

    Args:
        rgb: the photo.
        landmarks: its face landmarks, pixels.
        side: the subject's left or right eye.
        enlarged: how much the photo was enlarged before; the lashes are no sharper than that.
    """
    frame = EyeFrame.of(landmarks, side)
    x0, y0, x1, y1 = box = box_around(frame, _HALF_CUT, _HALF_CUT, rgb.shape[:2])
    photo, corner = rgb[y0:y1, x0:x1], np.array([x0, y0])
    shut, covered = frame.opening < _SHUT_BELOW, is_covered(rgb, frame, landmarks)
    if shut or covered or min(photo.shape[:2]) < 8:
        return ShutEye(corner, photo.copy(), np.zeros(photo.shape[:2], np.uint8), None, shut, covered)
    glasses = wears_glasses(rgb, landmarks)
    around = surroundings(rgb, frame, box, glasses=glasses)
    over, creases = things_over_lid(around, glasses)
    rim = upper_rim(rgb, frame) if glasses else None
    if rim is not None:
        off = np.abs(around.grid.d - np.interp(around.grid.a, *rim)) + (np.abs(around.grid.a) > 0.8)
        over = np.maximum(over, 1 - smoothstep(off, *_RIM_FADES)).astype(np.float32)
    share = _share(around, np.maximum(over, creases))
    if not glasses:
        share *= 1 - _brow_hairs(around)
    painted = around.skin * _form(around)[..., None]
    rows, columns = photo.shape[:2]
    if share.shape != (rows, columns):
        share, painted, over = (resized(part, columns, rows, "linear") for part in (share, painted, over))
    painted = painted + _grain(rgb, frame, box, enlarged)
    closed = photo + (painted - photo) * np.clip(share, 0, 1)[..., None]
    front = np.clip(over * 255 + 0.5, 0, 255).astype(np.uint8)
    lashes = lash_strip(around, frame, enlarged)
    return ShutEye(corner, np.clip(closed + 0.5, 0, 255).astype(np.uint8), front, lashes, False, False)


def is_covered(
    rgb: UInt8[np.ndarray, "height width 3"],
    frame: EyeFrame,
    landmarks: Float[np.ndarray, "478 2"],
) -> bool:
    """Whether dark glasses hide an eye: it and the skin around it are all dark against cheeks and forehead."""
    a, d = np.meshgrid(np.linspace(-0.6, 0.6, 25), np.linspace(-0.35, 0.45, 17))
    eye = np.sort(luma(sampled(rgb.astype(np.float32), *frame.pixels_of(a, d))).ravel())
    skin = np.median(luma(sampled(rgb.astype(np.float32), *landmarks[[50, 280, 205, 425, 151, 108, 337]].T)))
    return bool(eye[int(0.85 * len(eye))] < _COVERED_BELOW * skin)


def _form(around: Surroundings) -> Float32[np.ndarray, "rows columns"]:
    """Light over a shut lid: it is round, lighter over the ball, darker to its rim and corners, with a soft fold."""
    grid, aside = around.grid, np.abs(around.grid.a)
    fold = grid.above - (around.lash + 0.05)
    height = around.lash + 0.05 + np.maximum(-(grid.above + grid.below), 0)  # from the fold to the lower margin
    t = np.clip(-fold / height, 0, 1)
    form = 1 + 0.07 * np.sin(np.pi * np.clip(t * 1.15, 0, 1)) - 0.10 * smoothstep(t, 0.7, 1.0)
    form -= 0.05 * smoothstep(aside, 0.25, 0.55)
    form -= 0.05 * np.exp(-((fold / 0.035) ** 2)) * (1 - smoothstep(aside, 0.25, 0.5))
    under = np.exp(-np.maximum(grid.below, 0) / 0.04) * (grid.below > 0)  # the lashes' shade on the lower lid
    form -= 0.12 * under * (1 - smoothstep(aside, 0.38, 0.52))
    return blurred(form.astype(np.float32), 0.01 * grid.px)


def things_over_lid(
    around: Surroundings,
    glasses: bool,
) -> tuple[Float32[np.ndarray, "rows columns"], Float32[np.ndarray, "rows columns"]]:
    """Shares of what stays in front of a lid (frames of glasses), and of its own dark creases, which do not."""
    grid, ratio, aside = around.grid, around.ratio, np.abs(around.grid.a)
    dark = np.clip(smoothstep(0.72 - ratio, 0.0, 0.12) + smoothstep(ratio - 1.35, 0.0, 0.2) * glasses, 0, 1)
    free = grid.above - around.lash
    over = dark * smoothstep(free, 0.035, 0.07) * (1 - smoothstep(aside, 0.75, 0.9)) * (grid.above < 0.7)
    frames = _far_reaching(over > 0.3, grid) if glasses else np.zeros(over.shape, np.bool_)
    around_px = np.ones((3, 3), np.bool_)
    wide = binary_dilation(frames, around_px)
    front = blurred((over * wide).astype(np.float32), 0.8)
    narrow = (over > 0.3) & ~wide
    # the broad shadow of a brow stays, and so do its hairs; dark beside a lid behind glasses may be a frame
    narrow &= (aside < 0.5) if glasses else ~_broad(narrow, grid) & ~_hanging_on_brow(over > 0.3, grid)
    crease = binary_dilation(narrow, around_px, iterations=max(round(0.02 * grid.px), 1))
    return np.clip(front * 1.3, 0, 1), blurred(crease.astype(np.float32), 0.015 * grid.px)


def _hanging_on_brow(dark: Bool[np.ndarray, "rows columns"], grid: EyeGrid) -> Bool[np.ndarray, "rows columns"]:
    """Of dark things those that lie on a brow for a good part: its landmarks often end above its lowest hairs."""
    out = np.zeros_like(dark)
    names, count = label(dark, np.ones((3, 3)))
    for c in range(1, count + 1):
        here = names == c
        if (grid.off_brow[here] < 0.03).mean() > 0.25:
            out |= here & (grid.off_brow < 0.14)
    return np.asarray(binary_dilation(out, np.ones((3, 3), np.bool_), iterations=2))


def _brow_hairs(around: Surroundings) -> Float32[np.ndarray, "rows columns"]:
    """Share of what is a brow's although it lies under its landmarks."""
    dark = (around.ratio < 0.72) & (around.grid.above > around.lash + 0.05)
    return blurred(_hanging_on_brow(dark, around.grid).astype(np.float32), 0.02 * around.grid.px)


def _broad(dark: Bool[np.ndarray, "rows columns"], grid: EyeGrid) -> Bool[np.ndarray, "rows columns"]:
    """Of dark things those higher than a crease and longer than a few lashes."""
    tall = binary_opening(dark, np.ones((max(int(0.09 * grid.px), 2), 1)))
    out = np.zeros_like(dark)
    names, count = label(tall, np.ones((3, 3)))
    for c in range(1, count + 1):
        here = names == c
        if max(np.ptp(grid.a[here]), np.ptp(grid.d[here])) > 0.25:
            out |= here
    return np.asarray(binary_dilation(out, np.ones((3, 3), np.bool_), iterations=2))


def _far_reaching(over: Bool[np.ndarray, "rows columns"], grid: EyeGrid) -> Bool[np.ndarray, "rows columns"]:
    """Of dark things over an eye those that go on beyond it: frames; a lid's own crease does not."""
    aside = np.abs(grid.a)
    frames = np.zeros_like(over)
    names, count = label(over, np.ones((3, 3)))
    for c in range(1, count + 1):
        here = names == c
        only_brow = np.median(grid.off_brow[here]) < 0.02  # it moves with its own skin
        long = max(np.ptp(grid.a[here]), np.ptp(grid.d[here])) > 0.25
        if long and ((aside[here] > 0.64).any() or np.median(grid.above[here]) > 0.30) and not only_brow:
            frames |= here
    return frames


def _share(
    around: Surroundings,
    things: Float32[np.ndarray, "rows columns"],
) -> Float32[np.ndarray, "rows columns"]:
    """How much of the painted skin replaces the photo."""
    grid, aside = around.grid, np.abs(around.grid.a)
    up = smoothstep(grid.above - grid.below, -0.06, 0.06)  # beyond the corners both halves run into each other
    high = np.minimum(grid.away - around.lash, grid.above - around.lash + smoothstep(aside, 0.5, 0.7))
    upper, lower = 1 - smoothstep(high, 0.01, 0.17), 1 - smoothstep(grid.away, 0.04, 0.07)
    share = lower + (upper - lower) * up
    # shade that stays deep over the lid would be a dark ring around it
    ring = smoothstep(0.97 - around.ratio, 0.0, 0.12) * (1 - smoothstep(grid.above, 0.26, 0.40)) * up
    ring *= (1 - smoothstep(aside, 0.52, 0.64)) * smoothstep(around.ratio, 0.5, 0.7)
    # so would the lower lid's dark edge be a second line under the lashes
    reach = np.where(aside > 0.40, 0.10, 0.05)
    edge = smoothstep(0.97 - around.ratio, 0.0, 0.12) * (1 - smoothstep(grid.away - reach, 0.0, 0.05))
    share = np.maximum.reduce([share, 0.85 * ring, 0.8 * edge]) * smoothstep(grid.off_brow, *_BROW_FADES)
    share = np.maximum(share, things)
    return np.clip(blurred(share.astype(np.float32), 0.012 * grid.px), 0, 1)


def _grain(
    rgb: UInt8[np.ndarray, "height width 3"],
    frame: EyeFrame,
    box: tuple[int, int, int, int],
    enlarged: float,
) -> Float32[np.ndarray, "rows columns 3"]:
    """Noise as strong as the cheek's, as fine as the photo's; never its wrinkles. The same for a side always."""
    x0, y0, x1, y1 = box
    a, d = np.meshgrid(np.linspace(-0.35, 0.35, 5), np.array([0.55, 0.75, 0.95]))
    reach = max(round(0.06 * frame.unit_px), 2)
    patches = []
    for x, y in np.stack([v.ravel() for v in frame.pixels_of(a, d)], axis=1).round().astype(int):
        patch = rgb[max(y - reach, 0) : y + reach + 1, max(x - reach, 0) : x + reach + 1].astype(np.float32)
        if min(patch.shape[:2]) > reach:
            patches.append(np.median(np.abs(patch - blurred(patch, max(1.2 * enlarged, 1.0))), axis=(0, 1)))
    strength = 0.95 * np.quantile(patches, 0.3, axis=0) if patches else np.zeros(3)
    rng = np.random.default_rng({"left": 11, "right": 12}[frame.side])
    noise = 0.85 * rng.standard_normal((y1 - y0, x1 - x0, 1)) + 0.5 * rng.standard_normal((y1 - y0, x1 - x0, 3))
    noise = blurred(noise.astype(np.float32), 0.45 * enlarged)
    return np.asarray(np.clip(noise / noise.std(), -2, 2) * np.minimum(strength, 5.0), np.float32)
