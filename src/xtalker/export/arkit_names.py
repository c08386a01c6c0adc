"""ARKit's 52 blend shapes and the 9 angles of Live Link Face, to and from our channels.

Named alike, value for value: all channels that both have. The others:

browInnerUp, cheekPuff    both halves of ours; their mean on the way out
jawOpen w                 jaw pitch w x 20.7 degrees and `jawOpenCorrective` w
jawLeft, jawRight         `jawSide` above and below zero; on the way out, the jaw's yaw is added at 11.4 for each
                          radian, which moves the lips alike within half of its effect (least squares)
eyeLook*                  gaze, 35 degrees for a weight of one; on the way in they also lower and raise the lids
                          (`lidDown*`, `lidUp`), because ARKit's shapes contain that movement
HeadYaw, Pitch, Roll      head rotation, see `euler`; radians
LeftEye*, RightEye*       gaze; radians; roll is not used

Signs in the file: pitch + looks down, as ours; yaw + looks to the subject's right and roll is mirrored with it, the
opposite of ours. Eyes, units and the 35 degrees were measured in recordings of the Live Link Face app (eyeLook*
against the eye angles beside them); the head's angles come out of the same code of the app, so they are taken to
follow the same signs: no recording with a turning head was at hand.

Weights are written as they are. Ours may lie slightly below 0, where ARKit's never do: cutting them off would move
the lips by up to 3 mm. A program that wants 0 to 1 can cut them itself.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.export.euler import angles_from_rotation, rotation_from_angles
from xtalker.values.conventions import CHANNEL, EXPRESSION_NAMES, NUM_EXPRESSION

ARKIT_SHAPES: Final[tuple[str, ...]] = (
    "eyeBlinkLeft", "eyeLookDownLeft", "eyeLookInLeft", "eyeLookOutLeft", "eyeLookUpLeft", "eyeSquintLeft",
    "eyeWideLeft", "eyeBlinkRight", "eyeLookDownRight", "eyeLookInRight", "eyeLookOutRight", "eyeLookUpRight",
    "eyeSquintRight", "eyeWideRight", "jawForward", "jawRight", "jawLeft", "jawOpen", "mouthClose", "mouthFunnel",
    "mouthPucker", "mouthRight", "mouthLeft", "mouthSmileLeft", "mouthSmileRight", "mouthFrownLeft",
    "mouthFrownRight", "mouthDimpleLeft", "mouthDimpleRight", "mouthStretchLeft", "mouthStretchRight",
    "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper", "mouthPressLeft", "mouthPressRight",
    "mouthLowerDownLeft", "mouthLowerDownRight", "mouthUpperUpLeft", "mouthUpperUpRight", "browDownLeft",
    "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight", "cheekPuff", "cheekSquintLeft",
    "cheekSquintRight", "noseSneerLeft", "noseSneerRight", "tongueOut",
)  # fmt: skip
"""In the column order of Live Link Face."""

ANGLES: Final[tuple[str, ...]] = (
    "headYaw", "headPitch", "headRoll", "leftEyeYaw", "leftEyePitch", "leftEyeRoll", "rightEyeYaw", "rightEyePitch",
    "rightEyeRoll",
)  # fmt: skip

ARKIT_COLUMNS: Final = ARKIT_SHAPES + ANGLES
JAW_OPEN_ANGLE_RAD: Final = 0.36130587
"""Jaw pitch of the open head where jawOpen is one (a constant of that head)."""
JAW_SIDE_OF_YAW: Final = 11.4
EYE_LOOK_ANGLE_RAD: Final = math.radians(35)

NOT_IN_ARKIT: Final = ("lidDownLeft", "lidDownRight", "lidUp", "nostrilDilate", "platysma")
"""Channels without a column. Lids follow the gaze again when the file is read."""

_COLUMN: Final = {name: i for i, name in enumerate(ARKIT_COLUMNS)}
_ALIKE: Final = tuple(name for name in ARKIT_SHAPES if name in CHANNEL)
_HALVES: Final = {
    "browInnerUp": ("browInnerUpLeft", "browInnerUpRight"),
    "cheekPuff": ("cheekPuffLeft", "cheekPuffRight"),
}
_HEAD: Final = slice(_COLUMN["headYaw"], _COLUMN["headRoll"] + 1)
_FILE_SIGNS: Final = np.array([-1.0, 1.0, -1.0])
_EYES: Final = ("leftEye", "rightEye")


def arkit_from_tracks(
    expression: Float[np.ndarray, "frames 50"], jaw: Float[np.ndarray, "frames 3"],
    head: Float[np.ndarray, "frames 3"], gaze: Float[np.ndarray, "frames 2"],
) -> Float[np.ndarray, "frames 61"]:  # fmt: skip
    """Rows of ARKIT_COLUMNS from the tracks of a Motion of the open head, at any frame rate."""
    out = np.zeros((len(expression), len(ARKIT_COLUMNS)))
    for name in _ALIKE:
        out[:, _COLUMN[name]] = expression[:, CHANNEL[name]]
    for name, halves in _HALVES.items():
        out[:, _COLUMN[name]] = expression[:, [CHANNEL[half] for half in halves]].mean(axis=1)
    side = expression[:, CHANNEL["jawSide"]] + JAW_SIDE_OF_YAW * jaw[:, 1]
    out[:, _COLUMN["jawLeft"]], out[:, _COLUMN["jawRight"]] = np.maximum(side, 0), np.maximum(-side, 0)
    out[:, _COLUMN["jawOpen"]] = jaw[:, 0] / JAW_OPEN_ANGLE_RAD
    for name, angle in _looks(gaze).items():
        out[:, _COLUMN[name]] = np.maximum(angle, 0) / EYE_LOOK_ANGLE_RAD
    out[:, _HEAD] = angles_from_rotation(head) * _FILE_SIGNS
    for eye in _EYES:
        out[:, _COLUMN[f"{eye}Yaw"]], out[:, _COLUMN[f"{eye}Pitch"]] = -gaze[:, 1], gaze[:, 0]
    return out


def tracks_from_arkit(
    rows: Float[np.ndarray, "frames 61"], *, eye_angles: bool
) -> tuple[
    Float[np.ndarray, "frames 50"], Float[np.ndarray, "frames 3"],
    Float[np.ndarray, "frames 3"], Float[np.ndarray, "frames 2"],
]:  # fmt: skip
    """Expression, jaw, head and gaze of the open head.

    Args:
        rows: in the order of ARKIT_COLUMNS.
        eye_angles: take the gaze from the eye angles; otherwise from the eyeLook shapes.
    """
    expression = np.zeros((len(rows), NUM_EXPRESSION))
    for name in _ALIKE:
        expression[:, CHANNEL[name]] = rows[:, _COLUMN[name]]
    for name, halves in _HALVES.items():
        for half in halves:
            expression[:, CHANNEL[half]] = rows[:, _COLUMN[name]]
    opened = rows[:, _COLUMN["jawOpen"]]
    expression[:, CHANNEL["jawOpenCorrective"]] = opened
    expression[:, CHANNEL["jawSide"]] = rows[:, _COLUMN["jawLeft"]] - rows[:, _COLUMN["jawRight"]]
    for side in ("Left", "Right"):
        expression[:, CHANNEL[f"lidDown{side}"]] = rows[:, _COLUMN[f"eyeLookDown{side}"]]
    expression[:, CHANNEL["lidUp"]] = rows[:, [_COLUMN["eyeLookUpLeft"], _COLUMN["eyeLookUpRight"]]].mean(axis=1)
    jaw = np.zeros((len(rows), 3))
    jaw[:, 0] = opened * JAW_OPEN_ANGLE_RAD
    head = rotation_from_angles(rows[:, _HEAD] * _FILE_SIGNS)
    return expression, jaw, head, _gaze_from_angles(rows) if eye_angles else _gaze_from_looks(rows)


def _looks(gaze: np.ndarray) -> dict[str, np.ndarray]:
    """Angle of each eyeLook shape, negative where the eye turns the other way."""
    pitch, yaw = gaze[:, 0], gaze[:, 1]
    both = {
        f"eyeLook{way}{side}": angle for side in ("Left", "Right") for way, angle in (("Down", pitch), ("Up", -pitch))
    }
    sideways = {"eyeLookOutLeft": yaw, "eyeLookInLeft": -yaw, "eyeLookInRight": yaw, "eyeLookOutRight": -yaw}
    return both | sideways


def _gaze_from_angles(rows: np.ndarray) -> np.ndarray:
    pitch = rows[:, [_COLUMN[f"{eye}Pitch"] for eye in _EYES]].mean(axis=1)
    yaw = -rows[:, [_COLUMN[f"{eye}Yaw"] for eye in _EYES]].mean(axis=1)
    return np.stack([pitch, yaw], axis=1)


def _gaze_from_looks(rows: np.ndarray) -> np.ndarray:
    def look(name: str) -> np.ndarray:
        return np.asarray(rows[:, _COLUMN[f"eyeLook{name}"]])

    pitch = look("DownLeft") - look("UpLeft") + look("DownRight") - look("UpRight")
    yaw = look("OutLeft") - look("InLeft") + look("InRight") - look("OutRight")
    return np.stack([pitch, yaw], axis=1) * (EYE_LOOK_ANGLE_RAD / 2)


assert set(_ALIKE) | {"jawOpenCorrective", "jawSide", *sum(_HALVES.values(), ()), *NOT_IN_ARKIT} == set(
    EXPRESSION_NAMES
), "every channel has a place or is named as left out"
