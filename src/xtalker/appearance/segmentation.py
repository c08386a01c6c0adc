"""Where a person is: MediaPipe's selfie segmentation, looked at in several windows of one photograph."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float, Float32, UInt8
from PIL import Image

from xtalker.appearance.pixels import resized

_SIDE: Final = 256
_WINDOWS: Final = ((4.5, 0.9, 2.0), (2.6, 0.12, 4.0))
"""Squares about the face in face heights: side, how far their middle lies below the face's, weight.

Their part above the picture is filled with its uppermost row: hair that nearly touches the frame is smeared else.
"""
_SAME_AS_WHOLE: Final = 0.85
"""A window that covers this share of the picture would see it a second time."""
_FADE: Final = 0.12
"""Of a window's side: a window says little at an edge where it cuts the person."""


class SelfieSegmentation:
    """Probability of a person at each pixel of a small square picture.

    The network was made for one person before a camera: the window should be filled by that person. It is not
    disturbed by a picture that is squeezed into its square, as its makers do.

    Args:
        network: called with one (1, 256, 256, 3) picture in 0..1, gives [(1, 256, 256, 1) probabilities]; a
            `capture.network.Network` with the tensors named below.
    """

    INPUTS: Final = ("input_1",)
    OUTPUTS: Final = ("activation_10",)

    def __init__(self, network: Callable[[np.ndarray], Sequence[np.ndarray]]) -> None:
        self._network = network

    def probability(self, rgb: UInt8[np.ndarray, "height width 3"]) -> Float32[np.ndarray, "256 256"]:
        """Of the picture squeezed to 256 x 256: mean of what is seen in it and in its mirror image."""
        small = np.asarray(Image.fromarray(rgb).resize((_SIDE, _SIDE), Image.Resampling.BOX), np.float32) / 255
        seen = np.asarray(self._network(small[None])[0], np.float32).reshape(_SIDE, _SIDE)
        mirrored = np.asarray(self._network(small[None, :, ::-1])[0], np.float32).reshape(_SIDE, _SIDE)
        return (seen + mirrored[:, ::-1]) / 2


@dataclass(frozen=True)
class Window:
    """A rectangle of a picture in whole pixels: columns left to right, rows top to bottom, ends excluded."""

    left: int
    top: int
    right: int
    bottom: int

    @classmethod
    def around(cls, middle: Float[np.ndarray, "2"], side: float, width: int, height: int) -> Window:
        """A square cut by the picture's border."""
        low, high = np.round(middle - side / 2).astype(int), np.round(middle + side / 2).astype(int)
        left, top = np.clip(low, 0, [width - 1, height - 1])
        right, bottom = np.clip(high, [left + 1, top + 1], [width, height])
        return cls(int(left), int(top), int(right), int(bottom))

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.bottom - self.top, self.right - self.left

    @property
    def slices(self) -> tuple[slice, slice]:
        """What picks it out of an array."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def scaled(self, factor_x: float, factor_y: float, width: int, height: int) -> Window:
        """The same part of a picture of another size."""
        left, right = round(self.left * factor_x), round(self.right * factor_x)
        top, bottom = round(self.top * factor_y), round(self.bottom * factor_y)
        left, top = min(left, width - 1), min(top, height - 1)
        return Window(left, top, min(max(right, left + 1), width), min(max(bottom, top + 1), height))


def person_probability(
    rgb: UInt8[np.ndarray, "height width 3"],
    face_middle: Float[np.ndarray, "2"],
    face_height_px: float,
    network: SelfieSegmentation,
    out_width: int,
    out_height: int,
) -> Float32[np.ndarray, "out_height out_width"]:
    """Probability of a person: the whole picture, the person's upper half and the head, the nearer the more trusted.

    Args:
        rgb: the photograph.
        face_middle: middle of the face, pixels.
        face_height_px: its height.
        network: what looks.
        out_width: columns of the answer.
        out_height: its rows.
    """
    height, width = rgb.shape[:2]
    total = resized(network.probability(rgb), out_width, out_height, "linear").copy()
    weights = np.ones_like(total)
    for side, below, weight in _WINDOWS:
        middle = face_middle + np.array([0, below * face_height_px])
        window = Window.around(middle, side * face_height_px, width, height)
        rows, columns = window.shape
        if rows * columns > _SAME_AS_WHOLE * width * height:
            weights[:], total[:] = weights * weight, total * weight  # the whole picture has been this window
            continue
        place = window.scaled(out_width / width, out_height / height, out_width, out_height)
        above = max(0, round(side * face_height_px / 2 - middle[1]))
        looked_at = np.pad(rgb[window.slices], ((above, 0), (0, 0), (0, 0)), mode="edge")  # see _WINDOWS
        seen = _lower_part(network.probability(looked_at), above / (above + rows))
        trust = weight * _edge_fade(window, place, width, height)
        total[place.slices] += trust * resized(seen, place.shape[1], place.shape[0], "linear")
        weights[place.slices] += trust
    return np.clip(total / weights, 0, 1)


def _lower_part(seen: Float32[np.ndarray, "256 256"], above: float) -> Float32[np.ndarray, "rows 256"]:
    """What lies below a share of the rows, up to a row."""
    return seen[min(round(above * _SIDE), _SIDE - 1) :]


def _edge_fade(window: Window, place: Window, width: int, height: int) -> Float32[np.ndarray, "rows columns"]:
    """1 inside a window, falling to 0 at those of its edges that lie inside the picture."""
    rows, columns = place.shape
    x, y = (np.arange(columns) + 0.5) / columns, (np.arange(rows) + 0.5) / rows
    across = np.minimum(x if window.left > 0 else 1, 1 - x if window.right < width else 1)
    down = np.minimum(y if window.top > 0 else 1, 1 - y if window.bottom < height else 1)
    fade = np.clip(np.minimum.outer(down * np.ones(rows), across * np.ones(columns)) / _FADE, 0, 1)
    return fade.astype(np.float32)
