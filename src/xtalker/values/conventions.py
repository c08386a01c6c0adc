"""Conventions that every folder shares: rates, axes, units and channel names. This file is their only home.

Space: right-handed, metres, y up, the face looks along +z, +x is the subject's left.
Rotations: axis-angle vectors in radians; x is pitch (+ nods down), y is yaw (+ turns to the subject's left),
z is roll (+ tips the head towards the subject's right shoulder).
Time: seconds; motion runs at 25 frames a second and frame ``i`` covers ``[i / 25, (i + 1) / 25)``, so features
are sampled at its centre ``(i + 0.5) / 25``.
Flow time: 0 is noise, 1 is data.
"""

from __future__ import annotations

from typing import Final

FRAME_RATE_HZ: Final = 25
SAMPLE_RATE_HZ: Final = 16_000
SAMPLES_PER_FRAME: Final = SAMPLE_RATE_HZ // FRAME_RATE_HZ

NUM_SHAPE: Final = 100
NUM_EXPRESSION: Final = 50
NUM_DETAIL: Final = 128
NUM_LANDMARKS: Final = 478

EXPRESSION_NAMES: Final[tuple[str, ...]] = (
    "browDownLeft", "browDownRight", "browInnerUpLeft", "browOuterUpLeft", "browOuterUpRight",
    "cheekPuffLeft", "cheekSquintLeft", "cheekSquintRight", "eyeBlinkLeft", "eyeBlinkRight",
    "eyeSquintLeft", "eyeSquintRight", "eyeWideLeft", "eyeWideRight", "mouthClose",
    "mouthDimpleLeft", "mouthDimpleRight", "mouthFrownLeft", "mouthFrownRight", "mouthFunnel",
    "mouthLeft", "mouthLowerDownLeft", "mouthLowerDownRight", "mouthPressLeft", "mouthPressRight",
    "mouthPucker", "mouthRight", "mouthRollLower", "mouthRollUpper", "mouthShrugLower",
    "mouthShrugUpper", "mouthSmileLeft", "mouthSmileRight", "mouthStretchLeft", "mouthStretchRight",
    "mouthUpperUpLeft", "mouthUpperUpRight", "noseSneerLeft", "noseSneerRight", "tongueOut",
    "browInnerUpRight", "cheekPuffRight", "jawOpenCorrective", "lidDownLeft", "lidDownRight",
    "lidUp", "jawForward", "jawSide", "nostrilDilate", "platysma",
)  # fmt: skip
"""The 50 expression channels of the open head, in order. `jawOpenCorrective` follows the jaw's pitch."""

CHANNEL: Final[dict[str, int]] = {name: i for i, name in enumerate(EXPRESSION_NAMES)}
"""Expression channel name -> index."""

LEFT_EYE_OUTER, RIGHT_EYE_OUTER = 263, 33
"""MediaPipe landmarks whose distance is the unit 'eye distance' (subject's left, subject's right)."""
