"""Pictures as every image metric takes them: values from 0 to 1, one scaling, one place."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float, Shaped

from xtalker.metrics.arrays import require_pair
from xtalker.values import InputError

Pictures = Shaped[np.ndarray, "frames height width channels"]


def unit_pictures(pictures: Pictures, name: str) -> Float[np.ndarray, "frames height width channels"]:
    """Values from 0 to 1 in double precision; 8 bit pictures are divided by 255, others must be in range.

    Raises:
        InputError: NaN, no pictures, values outside 0 to 1 that are not 8 bit: scaled twice, or never.
    """
    require_pair(pictures, pictures)
    if pictures.dtype == np.uint8:
        return np.asarray(pictures / 255.0)
    if pictures.min() < 0 or pictures.max() > 1:
        raise InputError(
            f"the {name} pictures are out of range", received=f"values from {pictures.min():g} to {pictures.max():g}",
            accepted="8 bit integers, or floating point from 0 to 1", next_step="scale them once",
        )  # fmt: skip
    return pictures.astype(np.float64)


def pictures_and_mask(
    predicted: Pictures, true: Shaped[np.ndarray, "..."], mask: Bool[np.ndarray, "..."] | None
) -> tuple[
    Float[np.ndarray, "frames height width channels"],
    Float[np.ndarray, "frames height width channels"],
    Bool[np.ndarray, "frames height width"],
]:
    """Both clips from 0 to 1 and a mask; None keeps all pixels.

    Raises:
        InputError: shapes that differ, NaN, values out of range, a mask of another size or without pixels.
    """
    require_pair(predicted, true)
    whole = np.ones(true.shape[:3], bool) if mask is None else mask
    if whole.shape != true.shape[:3] or not whole.any():
        raise InputError(
            "unusable mask", received=f"shape {whole.shape} with {int(whole.sum())} pixels for {true.shape}",
            accepted="frames, height, width of the pictures, some pixels True", next_step="draw the mask on the truth",
        )  # fmt: skip
    return unit_pictures(predicted, "predicted"), unit_pictures(true, "true"), whole
