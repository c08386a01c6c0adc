"""From a person's video to a `Recording`, or the reason why it cannot teach."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Final

import numpy as np

from xtalker.capture.detect import Detection, FaceDetector
from xtalker.capture.video import read_video
from xtalker.generator.generate import Generator
from xtalker.performance import parts, watch
from xtalker.speech import extract_features, load_audio
from xtalker.train.personal import Recording, lag_of_sound
from xtalker.values import InputError
from xtalker.values.conventions import FRAME_RATE_HZ

SHORTEST_S, SHORT_S, LONGEST_S = 30.0, 120.0, 1200.0
_REACH_S: Final = 4.0
_MOST_LAG_FRAMES: Final = 3
_LEAST_CORRELATION: Final = 0.25
_LEAST_CONFIDENCE: Final = 0.4
_LOOK_EVERY: Final = 50
_SECOND_FACE: Final = 0.35  # of the largest face's width
_OFTEN: Final = 0.2
_log = logging.getLogger(__name__)


def record(video: Path, generator: Generator, *, progress: bool = False) -> Recording:
    """Track a video of one person talking.

    Raises:
        InputError: not a video with sound, too short or too long, no face, two people, sound and picture out of step.
    """
    audio = load_audio(video, max_duration_s=LONGEST_S)
    seconds = audio.duration_s
    if seconds < SHORTEST_S:
        raise InputError(
            "too little to learn from", received=f"{seconds:.0f} s of {video.name}",
            accepted=f"{SHORT_S / 60:.0f} to 10 minutes, at least {SHORTEST_S:.0f} s", next_step="record more",
        )  # fmt: skip
    if seconds < SHORT_S:
        _log.warning("%.0f s are little: %.0f to 600 s teach more", seconds, SHORT_S)
    _refuse_company(video, parts.face_models()[0])
    take = watch(video, progress=progress)
    assert take.confidence is not None, "a watched take knows how sure it is"
    if take.confidence.mean() < _LEAST_CONFIDENCE:
        raise InputError(
            "the face is seldom seen well", received=f"mean confidence {take.confidence.mean():.2f} in {video.name}",
            accepted=f"at least {_LEAST_CONFIDENCE}", next_step="face the camera in even light, mouth uncovered",
        )  # fmt: skip
    features = extract_features(audio, parts.speech_encoder())
    recording = Recording(take.motion, take.confidence, features)
    require_step(video, generator, recording)
    return recording


def require_step(video: Path, generator: Generator, recording: Recording) -> None:
    """Refuse a recording whose lips do not go with its sound.

    Raises:
        InputError: naming the offset.
    """
    lag, sure = lag_of_sound(generator, recording, reach_frames=round(_REACH_S * FRAME_RATE_HZ))
    if sure >= _LEAST_CORRELATION and abs(lag) <= _MOST_LAG_FRAMES:
        return
    late = f"the picture comes {abs(lag) / FRAME_RATE_HZ:.2f} s {'after' if lag > 0 else 'before'} the sound"
    raise InputError(
        "sound and lips out of step" if sure >= _LEAST_CORRELATION else "lips that do not go with the sound",
        received=f"{video.name}: {late} (correlation {sure:.2f})",
        accepted=f"at most {_MOST_LAG_FRAMES / FRAME_RATE_HZ:.2f} s, correlation {_LEAST_CORRELATION} or more",
        next_step="shift the sound in a video editor, or record again",
    )


def _refuse_company(video: Path, detector: FaceDetector) -> None:
    """Whose mouth the sound belongs to is not guessed."""
    looked = crowded = 0
    for number, frame in enumerate(read_video(video)):
        if number % _LOOK_EVERY == 0:
            looked += 1
            crowded += has_company(detector.detect(frame.rgb, search_small=False))
    if crowded > _OFTEN * looked:
        raise InputError(
            "more than one person", received=f"{video.name}: two faces or more in {crowded} of {looked} frames",
            accepted="one person", next_step="cut or crop the video to the one who talks",
        )  # fmt: skip


def has_company(faces: list[Detection]) -> bool:
    """Whether a second face is nearly as large as the first."""
    widths = np.sort([float(face.box[1, 0] - face.box[0, 0]) for face in faces])
    return len(widths) > 1 and bool(widths[-2] > _SECOND_FACE * widths[-1])
