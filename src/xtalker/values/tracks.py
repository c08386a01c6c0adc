"""Tracks: what steers a performance, frame by frame at 25 fps on the speech's own time line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Bool, Float

EMOTIONS: Final = ("angry", "contempt", "disgust", "fear", "happy", "sad", "surprise")
"""The seven emotions, in the order of every array that has one column for each (3DXTalker, 3.3)."""

EMOTION_WORDS: Final = {
    "anger": "angry", "rage": "angry", "disgusted": "disgust", "afraid": "fear", "fearful": "fear", "scared": "fear",
    "joy": "happy", "joyful": "happy", "happiness": "happy", "sadness": "sad", "grief": "sad", "sorrow": "sad",
    "surprised": "surprise", "amazement": "surprise", "contemptuous": "contempt", "calm": "neutral", "none": "neutral",
}  # fmt: skip
"""Other names that tools and corpora give to the same emotions."""

LEVELS: Final = (1.0, 1.2, 1.4, 1.6, 1.8, 2.0)
"""The named levels; any number from 0 (off) to the last is accepted."""

MAX_LEVEL: Final = LEVELS[-1]


@dataclass(frozen=True)
class EmotionTrack:
    """How strongly the face shows each emotion.

    Attributes:
        levels: of each emotion in each frame, 0 (off) to 2; the sum over the emotions of a frame is at most 2.
    """

    levels: Float[np.ndarray, "frames 7"]

    def __post_init__(self) -> None:
        """Hold the range that everything downstream trusts."""
        assert self.levels.min(initial=0) >= 0, "levels start at 0"
        assert self.levels.sum(axis=1).max(initial=0) <= MAX_LEVEL + 1e-4, "levels of a frame add up to 2 at most"

    @property
    def num_frames(self) -> int:
        """Length."""
        return len(self.levels)

    @classmethod
    def neutral(cls, num_frames: int) -> EmotionTrack:
        """No emotion at all."""
        return cls(np.zeros((num_frames, len(EMOTIONS)), np.float32))


@dataclass(frozen=True)
class HeadTrack:
    """A directed trajectory of the head.

    Attributes:
        rotation: axis-angle, radians, already multiplied by the asked amount and within human range.
        replace: True replaces the generator's head rotation; False is composed on top of it.
    """

    rotation: Float[np.ndarray, "frames 3"]
    replace: bool = False


@dataclass(frozen=True)
class EyeTrack:
    """What eyes and lids do beyond speech.

    Attributes:
        gaze: pitch and yaw of the eyes relative to the head, radians, mean of both eyes.
        vergence: half the angle between the two lines of sight, radians, + inwards.
        closure: of both lids by blinking, 0 open to 1 closed.
        follow: lowering of the lids (+) or raising (-) with vertical gaze, in units of `lidDown` / `lidUp`.
    """

    gaze: Float[np.ndarray, "frames 2"]
    vergence: Float[np.ndarray, "frames"]
    closure: Float[np.ndarray, "frames"]
    follow: Float[np.ndarray, "frames"]


@dataclass(frozen=True)
class AccentTrack:
    """Small movements that accompany emphasis and breathing; added to what the generator does.

    Attributes:
        expression: displacement of the 50 channels (brows, nostrils; never the mouth).
        head: rotation composed on top, axis-angle, radians.
    """

    expression: Float[np.ndarray, "frames 50"]
    head: Float[np.ndarray, "frames 3"]


@dataclass(frozen=True)
class CameraTrack:
    """A moving camera. Moves are relative to the framing of the whole head, so that they fit every head.

    Attributes:
        yaw: walk around the head, radians, + shows more of the subject's left side.
        pitch: height of the walk, radians, + looks down on the head.
        roll: about the viewing axis, radians, + turns the picture clockwise.
        distance: from the head's middle, in multiples of the neutral framing's distance.
        field_of_view: vertical, radians.
        aim: offset of the aimed point from the head's middle, in head heights: + right in the picture, + up.
        cut: True in the first frame after a cut.
    """

    yaw: Float[np.ndarray, "frames"]
    pitch: Float[np.ndarray, "frames"]
    roll: Float[np.ndarray, "frames"]
    distance: Float[np.ndarray, "frames"]
    field_of_view: Float[np.ndarray, "frames"]
    aim: Float[np.ndarray, "frames 2"]
    cut: Bool[np.ndarray, "frames"]

    @property
    def num_frames(self) -> int:
        """Length."""
        return len(self.yaw)


@dataclass(frozen=True)
class Rhythm:
    """What a sound tells about time, 25 fps.

    Attributes:
        loudness: dB relative to the loud speech of this sound (0), never below -80.
        pitch_hz: fundamental frequency, 0 where there is none.
        speaking: False in pauses of a fifth of a second or more.
        prominence: emphasis, 0 to 1: how far loudness, pitch and length rise above their surroundings.
    """

    loudness: Float[np.ndarray, "frames"]
    pitch_hz: Float[np.ndarray, "frames"]
    speaking: Bool[np.ndarray, "frames"]
    prominence: Float[np.ndarray, "frames"]

    @property
    def num_frames(self) -> int:
        """Length."""
        return len(self.loudness)


@dataclass(frozen=True)
class Tracks:
    """Everything that steered a performance; None where nothing was asked and the generator's own stands.

    Attributes:
        emotion: levels of the seven emotions.
        head: directed trajectory.
        eyes: blinks and gaze.
        accents: small movements on emphasis, and breathing.
        camera: how the head is filmed.
    """

    emotion: EmotionTrack | None = None
    head: HeadTrack | None = None
    eyes: EyeTrack | None = None
    accents: AccentTrack | None = None
    camera: CameraTrack | None = None
