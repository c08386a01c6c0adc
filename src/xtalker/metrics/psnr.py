"""Peak signal to noise ratio."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Bool, Shaped

from xtalker.metrics.arrays import accepts_tensors
from xtalker.metrics.card import Card
from xtalker.metrics.pictures import pictures_and_mask

CARD: Final = Card(
    name="psnr",
    quantity="10 log10 of 1 / mean squared difference over all pixels, channels and frames of the clip",
    unit="dB",
    region="given mask, or the whole picture",
    direction="higher",
    perfect=float("inf"),
    source="usual",
    known_failure="blurred pictures do well and a shift of one pixel ruins it: never alone. Background decides "
    "without a mask",
    span=(0.0, None),
)


@accepts_tensors
def psnr(
    predicted: Shaped[np.ndarray, "frames height width channels"],
    true: Shaped[np.ndarray, "..."],
    mask: Bool[np.ndarray, "..."] | None = None,
) -> float:
    """Peak signal to noise ratio in dB; infinite for equal pictures.

    Args:
        predicted: pictures, 8 bit or floating point from 0 to 1.
        true: the same frames.
        mask: pixels that count, such as the face; None takes all.

    Raises:
        InputError: shapes that differ, NaN, values out of range, an unusable mask.
    """
    one, other, kept = pictures_and_mask(predicted, true, mask)
    error = float(((one - other)[kept] ** 2).mean())
    return float("inf") if error == 0 else float(-10 * np.log10(error))
