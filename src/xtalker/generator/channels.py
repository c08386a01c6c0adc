"""What each of the 58 columns of `Motion.to_matrix` is."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Bool, Float

from xtalker.values.conventions import CHANNEL, EXPRESSION_NAMES, NUM_EXPRESSION
from xtalker.values.motion import NUM_MOTION

EXPRESSION: Final = slice(0, NUM_EXPRESSION)
JAW: Final = slice(EXPRESSION.stop, EXPRESSION.stop + 3)
HEAD: Final = slice(JAW.stop, JAW.stop + 3)
GAZE: Final = slice(HEAD.stop, HEAD.stop + 2)
POSE: Final = slice(JAW.start, HEAD.stop)
"""Columns of the pose head: jaw and head rotation."""

NUM_POSE: Final = POSE.stop - POSE.start
NUM_REFERENCE: Final = JAW.stop
"""The network is shown expression and jaw of the reference. Where head and gaze rest says nothing about how
they move, so their displacement is generated without it."""

JAW_PITCH: Final = JAW.start
DERIVED: Final = CHANNEL["jawOpenCorrective"]
"""Not generated: the corrective belongs to the jaw's pitch, and a second opinion on it would be noise."""

COLUMN_NAMES: Final[tuple[str, ...]] = (
    *EXPRESSION_NAMES,
    "jawPitch", "jawYaw", "jawRoll", "headPitch", "headYaw", "headRoll", "gazePitch", "gazeYaw",
)  # fmt: skip
assert len(COLUMN_NAMES) == NUM_MOTION


def mouth_columns() -> Bool[np.ndarray, "58"]:
    """Columns that open, close or shape the mouth."""
    return np.array([name.startswith(("mouth", "jaw", "tongue")) for name in COLUMN_NAMES])


def temperatures(*, mouth: float = 0.3, rest: float = 1.0) -> Float[np.ndarray, "58"]:
    """Factors on the start noise by column.

    Less noise in the mouth brings a sample nearer to its own mean, where lips are most accurate; full noise
    elsewhere keeps head, brows and eyes as lively as the training clips.
    """
    return np.where(mouth_columns(), mouth, rest).astype(np.float32)
