"""Door: expression frames, tracked from a video or read from a picture, to a point."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from xtalker.emotion.space import EmotionPoint, EmotionSpace
from xtalker.values import InputError

CONFIDENT = 0.5


def point_from_motion(
    expression: Float[np.ndarray, "frames 50"], space: EmotionSpace,
    confidence: Float[np.ndarray, "frames"] | None = None,
) -> EmotionPoint:  # fmt: skip
    """What the face shows over the frames: the median of each coordinate, so that single wild frames do not count.

    Args:
        expression: of the open head; one frame for a picture.
        space: where to land.
        confidence: of each frame, 0 to 1; frames under one half are left out. None trusts all.

    Raises:
        InputError: no frame to judge by.
    """
    trusted = np.ones(len(expression), bool) if confidence is None else confidence >= CONFIDENT
    if not trusted.any():
        raise InputError(
            "no frame shows the face clearly enough to read an emotion",
            received=f"{len(expression)} frames, none with a confidence of {CONFIDENT} or more",
            accepted="a picture, video or motion with a visible face", next_step="choose another one",
        )  # fmt: skip
    return EmotionPoint(np.median(space.encode_motion(expression[trusted]), axis=0))
