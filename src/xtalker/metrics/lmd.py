"""Landmark distance of the mouth."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float, Int

from xtalker.metrics.arrays import accepts_tensors, of_region, require_pair
from xtalker.metrics.card import Card
from xtalker.values import InputError

CARD: Final = Card(
    name="lmd",
    quantity="mean over frames and landmarks of the distance between predicted and true landmark, divided "
    "by the true face's mean width",
    unit="1",
    region="mouth landmarks, each once; width between two given landmarks. Points in space, or in the "
    "picture after a projection that the report names",
    direction="lower",
    perfect=0.0,
    source="usual; Chen et al. 2018, normalised",
    known_failure="in the picture it depends on projection and alignment, and head motion counts unless pose is"
    " canonical",
    span=(0.0, None),
)


@accepts_tensors
def lmd(
    predicted: Float[np.ndarray, "frames points axes"],
    true: Float[np.ndarray, "..."],
    region: Int[np.ndarray, "_"],
    *,
    width_between: tuple[int, int],
) -> float:
    """Mean landmark distance in face widths.

    Args:
        predicted: landmarks, 2 or 3 axes, any unit.
        true: the same frames and landmarks.
        region: indices of the mouth landmarks, each once.
        width_between: the two landmarks whose mean true distance is the face's width.

    Raises:
        InputError: shapes that differ, NaN, a region with duplicates, a face without width.
    """
    require_pair(predicted, true)
    one, other = (of_region(true, np.array([index]))[:, 0].astype(np.float64) for index in width_between)
    width = float(np.linalg.norm(one - other, axis=-1).mean())
    if width == 0:
        raise InputError(
            "the face has no width", received=f"landmarks {width_between} in one place",
            accepted="two different landmarks", next_step="name a landmark on each side of the face",
        )  # fmt: skip
    away = of_region(predicted, region).astype(np.float64) - of_region(true, region)
    return float(np.linalg.norm(away, axis=-1).mean() / width)
