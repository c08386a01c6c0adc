"""Who is talking: constant over a clip."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from xtalker.values.conventions import NUM_DETAIL, NUM_SHAPE


def _zeros(count: int) -> Float[np.ndarray, "count"]:
    return np.zeros(count, np.float32)


@dataclass(frozen=True)
class Identity:
    """Shape of one person's head.

    Attributes:
        shape: identity coefficients in standard deviations (paper: beta).
        detail: fine skin detail code (paper: delta); see `render.detail_lines.NAMES`; zero is generic skin.
        head_model: name of the head whose components these are.
    """

    shape: Float[np.ndarray, "100"] = field(default_factory=lambda: _zeros(NUM_SHAPE))
    detail: Float[np.ndarray, "128"] = field(default_factory=lambda: _zeros(NUM_DETAIL))
    head_model: str = "open"
