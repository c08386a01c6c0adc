"""Wished emotions to levels: what each door of the emotion space needs from capture, files and sound."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from jaxtyping import Float

from xtalker.capture.video import count_frames
from xtalker.emotion.from_label import point_from_label
from xtalker.emotion.from_motion import point_from_motion
from xtalker.emotion.from_speech import SpeechEmotionFrames, arousal_from_prosody
from xtalker.emotion.lexicon import load_lexicon, read_text
from xtalker.emotion.space import EmotionPoint, load_space
from xtalker.emotion.track import Levels, Resolve
from xtalker.export.motion_npz import read_motion
from xtalker.performance import parts
from xtalker.speech.prosody import listen
from xtalker.values import AssetError, Audio, InputError, Motion, SpeechFeatures
from xtalker.values.direction import Direction, EmotionWish
from xtalker.values.tracks import Rhythm

_log = logging.getLogger("xtalker")


@dataclass(frozen=True)
class Sound:
    """The speech and what is computed from it, each once and only when something asks for it.

    Attributes:
        audio: samples.
        extract: computes the features of the speech encoder.
    """

    audio: Audio
    extract: Callable[[], SpeechFeatures]

    @cached_property
    def features(self) -> SpeechFeatures:
        """What the generator hears."""
        return self.extract()

    @cached_property
    def _heard(self) -> tuple[Rhythm, Float[np.ndarray, "frames 9"]]:
        return listen(self.audio)

    @property
    def rhythm(self) -> Rhythm:
        """Loudness, pitch, pauses and emphasis."""
        return self._heard[0]

    @cached_property
    def emotion(self) -> SpeechEmotionFrames | None:
        """What the emotion encoder hears; None where its weights may not be used, which is said once."""
        try:
            listener = parts.speech_emotion()
            return listener.frames(self.features, self._heard[1])
        except (AssetError, InputError) as why:  # refused, missing, or made for another speech encoder
            _log.warning("the emotion of the speech is not heard, only its arousal, from loudness and pitch: %s", why)
            return None

    @cached_property
    def arousal(self) -> Float[np.ndarray, "frames"]:
        """How agitated the voice is, 0 to 1."""
        return arousal_from_prosody(self.rhythm) if self.emotion is None else self.emotion.arousal


def resolver(sound: Sound, folder: Path) -> Resolve:
    """What turns a wish into levels of the seven emotions, (7,) or (frames, 7) of this sound.

    Args:
        sound: the speech.
        folder: where relative paths start.

    The function that is returned raises InputError for what cannot be understood or read.
    """

    def resolve(wish: EmotionWish) -> Levels:
        if wish.door == "speech":
            return wish.level * _of_speech(sound)
        return load_space().levels(_point(wish, folder))

    return resolve


def check_emotions(direction: Direction) -> None:
    """Open what a direction's emotions name, as a performance does; videos are looked into and not tracked.

    Models are loaded only where a description or a picture needs them.

    Raises:
        InputError: a description that is not understood, a picture or a motion that is not there or cannot be used.
    """
    for number, key in enumerate(direction.emotion, start=1):
        for wish in key.mix:
            if wish.door == "motion" and Path(wish.value).suffix.lower() != ".npz":
                count_frames(direction.folder / wish.value)
            elif wish.door == "text" and read_text(wish.value, load_lexicon()).found:
                continue
            elif wish.door != "speech":
                with _placed(f"emotion, entry {number}, {wish.door}"):
                    _point(wish, direction.folder)


@contextmanager
def _placed(place: str) -> Iterator[None]:
    """What is wrong, with where it stands."""
    try:
        yield
    except InputError as error:
        raise InputError(
            f"{place}: {error.what}", received=error.received, accepted=error.accepted, next_step=error.next_step
        ) from error


def _point(wish: EmotionWish, folder: Path) -> EmotionPoint:
    if wish.door == "is":
        return point_from_label(wish.value, wish.level, load_space())
    if wish.door == "text":
        return parts.text_door()(wish.value).scaled(wish.level)
    expression, confidence = _watched(folder / wish.value, door=wish.door)
    return point_from_motion(expression, load_space(), confidence).scaled(wish.level)


def _of_speech(sound: Sound) -> Float[np.ndarray, "frames 7"]:
    if sound.emotion is None:
        raise InputError(
            "the emotion of speech cannot be heard here", received="emotion from speech, without its weights",
            accepted="labels, texts, images and motion", next_step="name the emotion, or allow non-commercial models",
        )  # fmt: skip
    return sound.emotion.levels


def _watched(path: Path, *, door: str) -> tuple[Float[np.ndarray, "frames 50"], Float[np.ndarray, "frames"] | None]:
    """Expression (and confidence) of a picture, of a motion file or of a video."""
    if door == "image":
        from xtalker.performance.speaking import read_portrait

        return read_portrait(path).reference.expression, None
    if path.suffix.lower() == ".npz":
        return _of_open_head(read_motion(path)[0], path).expression, None
    from xtalker.performance.watching import watch

    take = watch(path)
    return take.motion.expression, take.confidence


def _of_open_head(motion: Motion, path: Path) -> Motion:
    if motion.head_model == "open":
        return motion
    raise InputError(
        "the motion belongs to another head", received=f"{path} (head '{motion.head_model}')",
        accepted="motion of the head 'open'", next_step="make it with 'xtalker track'",
    )  # fmt: skip
