"""Pictures of high dynamic range (PQ, HLG) to 8 bits of the standard range, by what their numbers mean.

Light is worked out from the transfer function (ITU-R BT.2100-2, tables 4 and 5), scaled so that the reference white of
203 cd/m2 (ITU-R BT.2408) is the white of the standard picture, brought from BT.2020's to BT.709's primaries
(BT.2087), and shown with the display gamma of 2.4 (BT.1886). What is brighter than about 0.8 of white rolls off.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import numpy as np
from av.video.reformatter import ColorRange, ColorTrc
from jaxtyping import Float32, UInt8, UInt16

_WHITE_NITS: Final = 203.0
_PEAK_NITS: Final = {int(ColorTrc.SMPTE2084): 10_000.0, int(ColorTrc.ARIB_STD_B67): 1_000.0}
_HLG_GAMMA: Final = 1.2  # of a display of 1000 cd/m2
_LUMA_2020: Final = np.array([0.2627, 0.6780, 0.0593], np.float32)
_TO_709: Final = np.array(
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]], np.float32
)
_KNEE: Final = 0.6  # of linear light: a display value of 0.81
_GAMMA: Final = 2.4
_SHOWN_STEPS: Final = 4096


def is_hdr(frame: Any) -> bool:
    """Whether a decoded picture says that its numbers are PQ or HLG."""
    return int(frame.color_trc) in _PEAK_NITS


def standard_rgb(frame: Any, *, width: int, height: int) -> UInt8[np.ndarray, "{height} {width} 3"]:
    """A decoded picture of high range at a size, in display values of the standard range."""
    wide = frame.reformat(
        width=width,
        height=height,
        format="rgb48",
        interpolation="AREA",
        dst_color_range=ColorRange.JPEG,
    ).to_ndarray()
    return to_standard(wide, int(frame.color_trc))


def to_standard(codes: UInt16[np.ndarray, "height width 3"], transfer: int) -> UInt8[np.ndarray, "height width 3"]:
    """16-bit R'G'B' of BT.2100 to 8-bit R'G'B' of BT.709.

    Args:
        codes: full range.
        transfer: number of the transfer function, 16 (PQ) or 18 (HLG).
    """
    light = _light_table(transfer)[codes]
    if transfer == ColorTrc.ARIB_STD_B67:  # scene light to that of the display
        luma = np.maximum(light @ _LUMA_2020, 1e-6)
        light = light * (luma ** np.float32(_HLG_GAMMA - 1))[..., None]
    light = (light * np.float32(_PEAK_NITS[transfer] / _WHITE_NITS)) @ _TO_709.T
    rolled = _rolled_off(np.maximum(light, 0))
    return _display_table()[(np.sqrt(rolled) * (_SHOWN_STEPS - 1) + 0.5).astype(np.int32)]


def _rolled_off(light: Float32[np.ndarray, "*shape"]) -> Float32[np.ndarray, "*shape"]:
    """The same up to the knee, then smoothly towards 1, which is never reached."""
    room = np.float32(1 - _KNEE)
    above = np.maximum(light - np.float32(_KNEE), 0)
    return np.minimum(light, np.float32(_KNEE)) + room * -np.expm1(-above / room)


@cache
def _light_table(transfer: int) -> Float32[np.ndarray, "65536"]:
    """Light of each 16-bit number, 1 at the transfer function's own peak."""
    code = np.arange(65_536) / 65_535
    if transfer == ColorTrc.SMPTE2084:
        m1, m2 = 2610 / 16_384, 2523 / 32
        c1, c2, c3 = 3424 / 4096, 2413 / 128, 2392 / 128
        power = code ** (1 / m2)
        return ((np.maximum(power - c1, 0) / (c2 - c3 * power)) ** (1 / m1)).astype(np.float32)
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    return np.where(code <= 0.5, code**2 / 3, (np.exp((code - c) / a) + b) / 12).astype(np.float32)


@cache
def _display_table() -> UInt8[np.ndarray, "4096"]:
    """Display values of the squares of 0 to 1."""
    return np.rint(255 * (np.arange(_SHOWN_STEPS) / (_SHOWN_STEPS - 1)) ** (2 / _GAMMA)).astype(np.uint8)
