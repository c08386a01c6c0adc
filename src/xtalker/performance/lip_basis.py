"""How far each expression channel opens the lips: what keeps an emotion from breaking a closure."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.head.interface import HeadModel
from xtalker.values import Identity, Motion
from xtalker.values.conventions import NUM_EXPRESSION

UPPER_LIP: Final = (80, 81, 82, 13, 312, 311, 310)
LOWER_LIP: Final = (88, 178, 87, 14, 317, 402, 318)
"""MediaPipe points on the inner lips, right corner to left; the points beside the corners are left out."""


def lip_gap_basis(head: HeadModel, identity: Identity) -> Float[np.ndarray, "pairs 50"]:
    """Change of the vertical gap of seven pairs of inner-lip points by one unit of each channel, millimetres.

    Exact for a closed jaw, since expression is linear there.
    """
    units = Motion.zeros(NUM_EXPRESSION + 1, head_model=head.name)
    units.expression[1:] = np.eye(NUM_EXPRESSION, dtype=np.float32)
    height = 1e3 * head.landmarks(identity, units, canonical=True)[..., 1].astype(np.float64)
    gap = height[:, UPPER_LIP] - height[:, LOWER_LIP]
    return np.ascontiguousarray((gap[1:] - gap[0]).T)
