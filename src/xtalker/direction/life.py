"""Eyes and lids of a face that lives: gaze and blinks as one track, and their place in a Motion.

What comes from where, after `apply_eyes`:

    channels                          gaze by wish              target "natural"
    gaze, lidDown*, lidUp             here                      the generator's
    channels                          blink by wish             rate None
    eyeBlink*                         here                      the generator's
    eyeWide*, eyeSquint*, lidDown*, lidUp give way as the lids shut: on top of shut lids they would open them again
    or push one through the other. Without a blink they stay as they are, whoever made them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from jaxtyping import Float

from xtalker.direction.blinks import blink_closure
from xtalker.direction.gaze import eyes_in_head, line_of_sight
from xtalker.values import Motion
from xtalker.values.conventions import CHANNEL
from xtalker.values.direction import BlinkWish, GazeWish
from xtalker.values.tracks import EyeTrack, Rhythm

NATURAL: Final = "natural"
"""Gaze target that leaves the eyes to the generator."""

_BLINK: Final = [CHANNEL["eyeBlinkLeft"], CHANNEL["eyeBlinkRight"]]
_DOWN: Final = [CHANNEL["lidDownLeft"], CHANNEL["lidDownRight"]]
_UP: Final = CHANNEL["lidUp"]
_GIVE_WAY: Final = [
    CHANNEL[name]
    for name in (
        "eyeWideLeft", "eyeWideRight", "eyeSquintLeft", "eyeSquintRight", "lidDownLeft", "lidDownRight", "lidUp",
    )
]  # fmt: skip
_MEETING: Final = 0.65
_DOWN_AT_RAD, _UP_AT_RAD = 0.45, 0.2  # pitch of the eyes at which lids are lowered or raised by a whole channel


def eye_track(
    rhythm: Rhythm, head: Float[np.ndarray, "frames 3"], gaze: GazeWish, blink: BlinkWish, seed: int
) -> EyeTrack:
    """Gaze, vergence, blinks and lids; what is not wished is zero, and `apply_eyes` passes it over.

    Args:
        rhythm: of the speech.
        head: rotation of the head, axis-angle; the eyes turn against it to stay on their target.
        gaze: where to look.
        blink: how often.
        seed: the same seed lives alike.

    Raises:
        InputError: unknown gaze target.
    """
    assert rhythm.num_frames == len(head), "rhythm and head belong to one clip"
    none = np.zeros(rhythm.num_frames, np.float32)
    rate = blink.rate
    closure = none if rate is None else blink_closure(rhythm, rate=rate, seed=seed).astype(np.float32)
    if gaze.target == NATURAL:
        return EyeTrack(np.zeros((rhythm.num_frames, 2), np.float32), none, closure, none)
    eyes, vergence = eyes_in_head(line_of_sight(rhythm, gaze, seed=seed), head)
    pitch = eyes[:, 0]
    follow = np.clip(np.where(pitch > 0, pitch / _DOWN_AT_RAD, pitch / _UP_AT_RAD), -1, 1)
    return EyeTrack(eyes.astype(np.float32), vergence.astype(np.float32), closure, follow.astype(np.float32))


def apply_eyes(motion: Motion, track: EyeTrack, *, gaze: GazeWish, blink: BlinkWish) -> Motion:
    """The motion with the wished gaze and blinks in place of its own; see the table at the top of this file.

    A `Motion` has one gaze for both eyes: vergence (2.3 degrees for each eye at the neutral camera) stays in the track.

    Args:
        motion: of the generator, with emotions and accents already in it, so that a blink can shut their lids.
        track: of the same length.
        gaze: the wish from which the track was made.
        blink: likewise.
    """
    expression, eyes = motion.expression.copy(), motion.gaze
    if gaze.target != NATURAL:
        eyes = track.gaze.astype(motion.gaze.dtype)
        expression[:, _DOWN] = np.maximum(track.follow, 0)[:, None]
        expression[:, _UP] = np.maximum(-track.follow, 0)
    if blink.rate is not None:
        # The lids of the open head meet at about two thirds of the channel; the rest presses them together.
        expression[:, _BLINK] = (_MEETING * track.closure + (1 - _MEETING) * track.closure**6)[:, None]
        expression[:, _GIVE_WAY] *= 1 - track.closure[:, None]
    return replace(motion, expression=expression, gaze=eyes)
