"""What a user asks for, as written: the parsed form of a direction file and of the flags that are short for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

EmotionDoor = Literal["is", "text", "image", "motion", "speech"]


@dataclass(frozen=True)
class EmotionWish:
    """An emotion named through one of five doors.

    Attributes:
        door: `is` a label, `text` a description, `image` a picture of a face, `motion` a motion file or video,
            `speech` the speech's own emotion, frame by frame.
        value: label, text or path; empty for `speech`.
        level: 0 (off) to 2.
        weight: share in a mix.
    """

    door: EmotionDoor
    value: str
    level: float = 1.0
    weight: float = 1.0


@dataclass(frozen=True)
class EmotionKey:
    """From `at_s` on, over `ease_s` seconds, the face turns to a mix of wishes.

    Attributes:
        at_s: start of the transition, seconds.
        mix: what is wished; weights are shares of the whole.
        weight: 1 replaces what was before, less keeps the rest of it.
        ease_s: length of the transition.
    """

    at_s: float
    mix: tuple[EmotionWish, ...]
    weight: float = 1.0
    ease_s: float = 0.6


@dataclass(frozen=True)
class HeadWish:
    """How the head moves from `at_s` on: words for a style or for single moves.

    Attributes:
        at_s: seconds.
        style: any words; empty for the natural motion alone.
        amount: gain on the directed trajectory, 0 to 2.
        mode: `add` composes with the generator's motion, `replace` takes its place.
    """

    at_s: float = 0.0
    style: str = ""
    amount: float = 1.0
    mode: Literal["add", "replace"] = "add"


@dataclass(frozen=True)
class GazeWish:
    """Where the eyes look.

    Attributes:
        target: `camera`, `left`, `right`, `up`, `down` (the subject's), `natural` (the generator's own).
        wander: 0 stares at the target, 1 looks away often.
    """

    target: str = "camera"
    wander: float = 0.3


@dataclass(frozen=True)
class BlinkWish:
    """How lids blink. `rate` in blinks a second, 0 never; None keeps the generator's own lids."""

    rate: float | None = 0.35


@dataclass(frozen=True)
class CameraWish:
    """A camera move in words, from `at_s` on; `for_s` seconds long, None until the next one or the end."""

    move: str
    at_s: float = 0.0
    for_s: float | None = None


@dataclass(frozen=True)
class Direction:
    """Everything that can be asked for. The default is a face that lives and obeys nothing but the speech.

    Attributes:
        emotion: in the order of time.
        head: in the order of time.
        gaze, blink: for the whole take.
        camera: in the order of time.
        accents: gain on head and brow accents, 0 to 2.
        breath: gain on breathing, 0 to 2.
        breathe_with_voice: how far a held emotion follows the voice's intensity, 0 (held still) to 1.
        manner: how lively the head is, a name of `direction.manner.MANNERS`.
        emotion_strength: lambda of 3DXTalker's Eq. 9, 0 to 1.
        seed: of everything random here.
        folder: where relative paths in it start.
    """

    emotion: tuple[EmotionKey, ...] = ()
    head: tuple[HeadWish, ...] = ()
    gaze: GazeWish = GazeWish()
    blink: BlinkWish = BlinkWish()
    camera: tuple[CameraWish, ...] = ()
    accents: float = 1.0
    breath: float = 1.0
    breathe_with_voice: float = 0.5
    emotion_strength: float = 0.75
    manner: str = "conversational"
    seed: int = 0
    folder: Path = field(default_factory=Path)


@dataclass(frozen=True)
class Move:
    """One step of a program for the head or the camera: a named primitive with bounded numbers.

    Attributes:
        name: a primitive of the head's or the camera's vocabulary.
        at_s: start, seconds.
        for_s: length, seconds, above 0.
        amount: in multiples of the primitive's normal size, 0 to 2.
        towards: `left`, `right`, `up`, `down` (the subject's for the head, the picture's for the camera), `in`,
            `out`, or empty where the primitive has no direction.
        times: repetitions within `for_s`, 1 to 20; 0 lets the speech's own emphasis set them.
    """

    name: str
    at_s: float
    for_s: float
    amount: float = 1.0
    towards: str = ""
    times: int = 1
