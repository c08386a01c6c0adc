"""Plausible ranges of motion: their one home.

A sample of a flow is unbounded, and a mouth that opens twice as far as it can looks broken in a single frame.
The ranges are wide: they cut what no face does, not what is rare.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.generator.channels import EXPRESSION, GAZE, HEAD, JAW, JAW_PITCH
from xtalker.values.conventions import CHANNEL
from xtalker.values.motion import NUM_MOTION

_EXPRESSION: Final = (-0.5, 1.2)  # tracked motion is relative to a speaker's neutral, so it can go below zero
_SIGNED: Final = (-1.2, 1.2)  # jawSide: negative is to the right
_JAW_PITCH_RAD: Final = (0.0, 0.5)  # 3DXTalker stops at 0.3; the open head's jaw is fully open at 0.36
_JAW_SIDEWAYS_RAD: Final = (-0.1, 0.1)  # as in 3DXTalker
_HEAD_RAD: Final = (-0.6, 0.6)  # of the displacement: a portrait may already look aside
_GAZE_RAD: Final = (-0.6, 0.6)


def _table() -> Float[np.ndarray, "2 58"]:
    bounds = np.empty((2, NUM_MOTION), np.float32)
    bounds[:, EXPRESSION] = np.array(_EXPRESSION)[:, None]
    bounds[:, CHANNEL["jawSide"]] = _SIGNED
    bounds[:, JAW] = np.array(_JAW_SIDEWAYS_RAD)[:, None]
    bounds[:, JAW_PITCH] = _JAW_PITCH_RAD
    bounds[:, HEAD] = np.array(_HEAD_RAD)[:, None]
    bounds[:, GAZE] = np.array(_GAZE_RAD)[:, None]
    return bounds


BOUNDS: Final = _table()
"""Lowest and highest value of each column; of the displacement for the head, of the motion for the others."""
