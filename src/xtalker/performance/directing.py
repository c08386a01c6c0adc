"""A Direction made true: the generator's motion with emotion, head, eyes, accents and camera on one time line.

Who moves what, so that nothing is moved twice:

mouth, jaw     the generator; an emotion shapes the lips but does not change how far they open while speaking
brows, cheeks  the generator, plus the emotion's template (Eq. 9), plus accents
lids, gaze     `direction.life` alone, unless blink or gaze is `natural`: then the generator alone
head           the generator and the manner, plus (or replaced by) the directed trajectory, plus accents and breath
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from jaxtyping import Float
from scipy.ndimage import gaussian_filter1d, maximum_filter1d

from xtalker.direction.accents import accent_track
from xtalker.direction.breathing import breath_track
from xtalker.direction.camera_moves import camera_track
from xtalker.direction.endpoint import endpoint_from_environment
from xtalker.direction.head_track import compose_head, head_track
from xtalker.direction.life import apply_eyes, eye_track
from xtalker.direction.manner import MANNERS, manner_track
from xtalker.direction.plan import camera_program, head_moves, replaces_head
from xtalker.emotion.blend import lip_safe, reference_track
from xtalker.emotion.intensity import dynamic_intensity
from xtalker.emotion.spoken_words import spread_transcript, text_intensity
from xtalker.emotion.templates import Templates, load_templates
from xtalker.emotion.track import emotion_track
from xtalker.geometry import rotations
from xtalker.head.interface import HeadModel
from xtalker.performance.lip_basis import lip_gap_basis
from xtalker.performance.wishes import Sound, resolver
from xtalker.values import Identity, Motion
from xtalker.values.direction import BlinkWish, Direction, GazeWish
from xtalker.values.tracks import AccentTrack, CameraTrack, EmotionTrack, EyeTrack, HeadTrack, Rhythm, Tracks

NATURAL: Final = Direction(
    gaze=GazeWish(target="natural"), blink=BlinkWish(rate=None), accents=0.0, breath=0.0, manner="still"
)
"""The generator alone."""

_SPEECH_REACH_FRAMES: Final = 8  # lips move before the sound and after it; there too their opening is the speech's
_PAUSE_EASE_FRAMES: Final = 2.0


def plan_tracks(direction: Direction, sound: Sound, *, transcript: str = "") -> Tracks:
    """All that can be known before anything is generated: every wish is judged here.

    Args:
        direction: what is asked.
        sound: the speech.
        transcript: its words, if they are known: a held emotion follows them too.

    Raises:
        InputError: a wish that cannot be understood, or a file of it that cannot be used.
    """
    return Tracks(
        head=_head(direction, sound),
        accents=_accents(direction, sound),
        camera=_camera(direction, sound),
        emotion=_emotion(direction, sound, transcript),
    )


def follow(
    motion: Motion, tracks: Tracks, direction: Direction, sound: Sound, head: HeadModel, identity: Identity, *,
    templates: Templates | None = None,
) -> tuple[Motion, Tracks]:  # fmt: skip
    """Apply planned tracks to the generator's motion.

    Args:
        motion: the generator's, of this head.
        tracks: of `plan_tracks`.
        direction: what was asked.
        sound: the speech of the motion.
        head: whose channels the motion has.
        identity: whose lips must keep closing.
        templates: of the seven emotions; None takes those of the package.

    Returns:
        the motion, and the tracks with those of the eyes, which follow the head as it turned out.
    """
    if tracks.emotion is not None:
        offset = emotion_offset(tracks.emotion, templates or load_templates(), direction.emotion_strength)
        weight = _speaking_weight(sound.rhythm)
        expression = motion.expression + lip_safe(offset, lip_gap_basis(head, identity), weight)
        motion = replace(motion, expression=expression)
    manner = manner_track(sound.rhythm, direction.manner, seed=direction.seed)
    motion = _turned(replace(motion, head=compose_head(motion.head, manner)), tracks)
    eyes = _eyes(direction, sound, motion.head)
    if eyes is not None:
        motion = apply_eyes(motion, eyes, gaze=direction.gaze, blink=direction.blink)
    return motion, replace(tracks, eyes=eyes)


def emotion_offset(track: EmotionTrack, templates: Templates, strength: float) -> Float[np.ndarray, "frames 50"]:
    """What an emotion adds to the expression: the blended reference of Eq. 9 minus the reference, which is neutral."""
    neutral = np.zeros(templates.expression.shape[1], np.float32)
    return reference_track(neutral, track, templates.expression, strength)


def _emotion(direction: Direction, sound: Sound, transcript: str) -> EmotionTrack | None:
    if not direction.emotion:
        return None
    num_frames = sound.rhythm.num_frames
    track = emotion_track(direction.emotion, num_frames, resolver(sound, direction.folder))
    if not direction.breathe_with_voice:
        return track
    words = None
    if transcript:
        words = text_intensity(spread_transcript(transcript, sound.rhythm.speaking), num_frames)
    return dynamic_intensity(track, sound.arousal, amount=direction.breathe_with_voice, text_intensity=words)


def _head(direction: Direction, sound: Sound) -> HeadTrack | None:
    if not any(wish.style for wish in direction.head):
        return None
    moves = head_moves(direction.head, sound.rhythm, endpoint_from_environment())
    return head_track(moves, sound.rhythm, replace=replaces_head(direction.head), seed=direction.seed)


def _camera(direction: Direction, sound: Sound) -> CameraTrack | None:
    if not direction.camera:
        return None
    moves = camera_program(direction.camera, sound.rhythm, endpoint_from_environment())
    return camera_track(moves, sound.rhythm.num_frames, seed=direction.seed)


def _accents(direction: Direction, sound: Sound) -> AccentTrack | None:
    if not (direction.accents or direction.breath):
        return None
    gain = direction.accents * MANNERS[direction.manner].accents
    accents = accent_track(sound.rhythm, gain=gain, seed=direction.seed)
    breath = breath_track(sound.rhythm, gain=direction.breath, seed=direction.seed)
    head = rotations.compose(breath.head, accents.head).astype(np.float32)
    return AccentTrack(accents.expression + breath.expression, head)


def _eyes(direction: Direction, sound: Sound, head: Float[np.ndarray, "frames 3"]) -> EyeTrack | None:
    if direction.gaze.target == "natural" and direction.blink.rate is None:
        return None
    return eye_track(sound.rhythm, head, direction.gaze, direction.blink, direction.seed)


def _turned(motion: Motion, tracks: Tracks) -> Motion:
    """Directed head and accents on the generator's."""
    head, expression = motion.head, motion.expression
    if tracks.head is not None:
        head = compose_head(head, tracks.head)
    if tracks.accents is not None:
        head = rotations.compose(tracks.accents.head, head).astype(np.float32)
        expression = expression + tracks.accents.expression
    return replace(motion, head=head, expression=expression)


def _speaking_weight(rhythm: Rhythm) -> Float[np.ndarray, "frames"]:
    near = maximum_filter1d(rhythm.speaking.astype(np.float32), 2 * _SPEECH_REACH_FRAMES + 1, mode="nearest")
    return gaussian_filter1d(near, _PAUSE_EASE_FRAMES, mode="nearest")
