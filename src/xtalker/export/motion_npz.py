"""Motion files: everything that moves a head, readable by numpy without xtalker.

schema_version    1
frame_rate_hz     25
expression        (frames, 50), channels in the order of expression_names
jaw, head         (frames, 3), axis-angle in radians
gaze              (frames, 2), pitch and yaw in radians
shape, detail     (100,), (128,)
expression_names  (50,) text
head_model        text: the head whose parameters these are
card              JSON text: label -> text
emotion_levels    (frames, 7), only where an emotion was asked for; columns as values.tracks.EMOTIONS
camera            (frames, 8), only where the camera moves: yaw, pitch, roll, distance, field of view, aim right,
                  aim up, cut, as in values.tracks.CameraTrack
skin_*            only with a portrait: see export.stored_skin
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from xtalker.export.interface import Content
from xtalker.export.stored_skin import skin_arrays, skin_from_arrays
from xtalker.values import Identity, InputError, Motion
from xtalker.values.appearance import Appearance
from xtalker.values.conventions import (
    EXPRESSION_NAMES,
    FRAME_RATE_HZ,
    NUM_DETAIL,
    NUM_EXPRESSION,
    NUM_SHAPE,
)
from xtalker.values.files import read_arrays, whole_file
from xtalker.values.human import require_human
from xtalker.values.motion import MOTION_SCHEMA_VERSION, TRACKS
from xtalker.values.tracks import EMOTIONS, MAX_LEVEL, CameraTrack, EmotionTrack, Tracks

_KIND = "motion file"
_MAX_FRAMES = 8 * 3600 * FRAME_RATE_HZ
_MAX_BYTES = 1 << 29
_MAX_NAME, _MAX_CARD = 64, 1 << 20
_TRACK_WIDTH = {"expression": NUM_EXPRESSION, "jaw": 3, "head": 3, "gaze": 2}
_CODE_LENGTH = {"shape": NUM_SHAPE, "detail": NUM_DETAIL}
_CAMERA_COLUMNS = 8
_TEXT_AND_NUMBERS = ("schema_version", "frame_rate_hz", "expression_names", "head_model", "card")
_NAMES = (*_TEXT_AND_NUMBERS, *_TRACK_WIDTH, *_CODE_LENGTH)


class MotionNpz:
    """Exporter of motion files."""

    suffix = ".npz"

    def can_hold(self, content: Content) -> str | None:
        """One head model for motion and identity; at most 8 hours."""
        if content.motion.head_model != content.identity.head_model:
            return f"motion of head '{content.motion.head_model}', identity of '{content.identity.head_model}'"
        if not 0 < content.motion.num_frames <= _MAX_FRAMES:
            return f"{content.motion.num_frames} frames; from 1 to {_MAX_FRAMES} fit"
        return None

    def leaves_out(self, content: Content) -> tuple[str, ...]:
        """Sound, and a skin that is a mere picture; emotion, camera and a person's appearance are kept."""
        texture = content.texture if content.appearance is None else None
        extras = {"sound": content.sound, "skin texture": texture}
        return tuple(name for name, extra in extras.items() if extra is not None)

    def write(self, path: Path, content: Content) -> None:
        """See `write_motion`."""
        tracks = Tracks(emotion=content.emotion, camera=content.camera)
        write_motion(
            path, content.motion, content.identity, card=content.card, tracks=tracks, appearance=content.appearance
        )


def write_motion(
    path: Path, motion: Motion, identity: Identity, *, card: Mapping[str, str], tracks: Tracks | None = None,
    appearance: Appearance | None = None,
) -> None:  # fmt: skip
    """Write a motion file, whole or not at all.

    Args:
        path: where; an existing file is replaced once the new one is complete.
        motion: what moves.
        identity: whose head.
        card: where the motion comes from, label -> text.
        tracks: what steered it; emotion and camera are kept.
        appearance: skin, hair and eyes of the person.

    Raises:
        OutputError: the place cannot be written.
    """
    assert identity.head_model == motion.head_model, "motion and identity of different heads cannot share a file"
    steering: dict[str, Any] = _steering(tracks or Tracks())
    steering |= {} if appearance is None else skin_arrays(appearance)
    arrays: dict[str, Any] = {name: getattr(motion, name).astype(np.float32) for name in TRACKS}
    with whole_file(path) as part, part.open("wb") as stream:
        np.savez(
            stream,
            schema_version=np.array(MOTION_SCHEMA_VERSION),
            frame_rate_hz=np.array(FRAME_RATE_HZ),
            **arrays,
            shape=identity.shape.astype(np.float32),
            detail=identity.detail.astype(np.float32),
            expression_names=np.array(_expression_names(motion.head_model)),
            head_model=np.array(motion.head_model),
            card=np.array(json.dumps(dict(card), ensure_ascii=False)),
            **steering,
        )


def read_appearance(path: Path) -> Appearance | None:
    """Skin, hair and eyes in a motion file that `read_motion` accepts; None where it has none.

    Raises:
        InputError: another texture than this version writes.
    """
    return skin_from_arrays(read_arrays(path, kind=_KIND, max_bytes=_MAX_BYTES), path)


def read_tracks(path: Path) -> Tracks:
    """Emotion and camera of a motion file that `read_motion` accepts; None where it has none.

    Raises:
        InputError: of another length than the motion, or out of range.
    """
    arrays = read_arrays(path, kind=_KIND, max_bytes=_MAX_BYTES)
    frames = len(arrays["expression"])
    emotion = camera = None
    if "emotion_levels" in arrays:
        levels = _numbers(arrays["emotion_levels"], "emotion_levels", (frames, len(EMOTIONS)), path)
        if levels.min() < 0 or levels.sum(axis=1).max() > MAX_LEVEL + 1e-3:
            raise _wrong(path, f"emotion levels outside 0 to {MAX_LEVEL:g}")
        emotion = EmotionTrack(levels)
    if "camera" in arrays:
        camera = _camera(_numbers(arrays["camera"], "camera", (frames, _CAMERA_COLUMNS), path), path)
    return Tracks(emotion=emotion, camera=camera)


def _steering(tracks: Tracks) -> dict[str, np.ndarray]:
    out = {}
    if tracks.emotion is not None:
        out["emotion_levels"] = tracks.emotion.levels.astype(np.float32)
    if (c := tracks.camera) is not None:
        columns = (c.yaw, c.pitch, c.roll, c.distance, c.field_of_view, *c.aim.T, c.cut)
        out["camera"] = np.stack(columns, axis=1).astype(np.float32)
    return out


def _camera(columns: Float[np.ndarray, "frames 8"], path: Path) -> CameraTrack:
    yaw, pitch, roll, distance, field_of_view, right, up, cut = columns.T.astype(np.float64)
    beside, away, wide = np.abs(columns[:, :3]).max(), distance, field_of_view
    if beside > 2 * np.pi or np.abs(columns[:, 5:7]).max() > 5 or not set(np.unique(cut)) <= {0.0, 1.0}:
        raise _wrong(path, "camera angles, aims or cuts out of range")
    if not (away.min() >= 0.2 and away.max() <= 20 and wide.min() >= 0.02 and wide.max() <= 2.5):
        raise _wrong(path, "camera distances or fields of view out of range")
    return CameraTrack(yaw, pitch, roll, distance, field_of_view, np.stack([right, up], axis=1), cut > 0)


def read_motion(path: Path) -> tuple[Motion, Identity, dict[str, str]]:
    """Read a motion file from anywhere; nothing in it is executed, sizes are checked before memory is taken.

    Returns:
        motion, identity, card.

    Raises:
        InputError: missing, damaged, too large, another schema version or frame rate, wrong shapes, values that
            are not finite, object arrays.
    """
    arrays = read_arrays(path, kind=_KIND, max_bytes=_MAX_BYTES)
    missing = [name for name in _NAMES if name not in arrays]
    if missing:
        raise _wrong(path, f"without {', '.join(missing)}")
    _check_version(arrays, path)
    frames = arrays["expression"].shape[0] if arrays["expression"].ndim else 0
    if not 0 < frames <= _MAX_FRAMES:
        raise _wrong(path, f"{frames} frames")
    tracks = [_numbers(arrays[n], n, (frames, width), path) for n, width in _TRACK_WIDTH.items()]
    shape, detail = (_numbers(arrays[n], n, (length,), path) for n, length in _CODE_LENGTH.items())
    head_model = _text(arrays["head_model"], "head_model", _MAX_NAME, path)
    names = tuple(str(name) for name in arrays["expression_names"].ravel())
    if head_model == "open" and names != EXPRESSION_NAMES:
        raise _wrong(path, "expression channels of another version of the open head")
    motion, identity = Motion(*tracks, head_model=head_model), Identity(shape, detail, head_model)
    require_human(motion, identity, source=path)
    return motion, identity, _card(arrays, path)


def _expression_names(head_model: str) -> tuple[str, ...]:
    """Only the open head's channels have meanings; those of other heads are numbered."""
    if head_model == "open":
        return EXPRESSION_NAMES
    return tuple(f"{head_model}Expression{i:02d}" for i in range(NUM_EXPRESSION))


def _check_version(arrays: Mapping[str, np.ndarray], path: Path) -> None:
    for name, accepted in (("schema_version", MOTION_SCHEMA_VERSION), ("frame_rate_hz", FRAME_RATE_HZ)):
        array = arrays[name]
        if array.shape != () or array.dtype.kind not in "iuf" or array != accepted:
            received = array if array.size == 1 else f"an array of shape {array.shape}"
            raise InputError(
                f"this motion file has another {name}", received=f"{path} ({received})",
                accepted=f"{name} {accepted}", next_step="make it again with this version of xtalker",
            )  # fmt: skip


def _numbers(array: np.ndarray, name: str, shape: tuple[int, ...], path: Path) -> np.ndarray:
    if array.shape != shape or array.dtype.kind != "f":
        raise _wrong(path, f"{name} of shape {array.shape} and type {array.dtype} instead of {shape}")
    # Values beyond float32 would turn infinite, so they are refused with the others.
    largest = np.finfo(np.float32).max
    if not np.all(np.abs(array) <= largest):
        raise _wrong(path, f"{name} with values that are not finite")
    return array.astype(np.float32)


def _text(array: np.ndarray, name: str, longest: int, path: Path) -> str:
    if array.shape != () or array.dtype.kind != "U" or not 0 < len(str(array)) <= longest:
        raise _wrong(path, f"{name} that is not a text of at most {longest} letters")
    return str(array)


def _card(arrays: Mapping[str, np.ndarray], path: Path) -> dict[str, str]:
    try:
        card = json.loads(_text(arrays["card"], "card", _MAX_CARD, path))
    except (ValueError, RecursionError):
        card = None
    if not isinstance(card, dict) or not all(isinstance(v, str) for v in card.values()):
        raise _wrong(path, "a card that is not JSON of label and text")
    return card


def _wrong(path: Path, fault: str) -> InputError:
    return InputError(
        "not a motion file of this version", received=f"{path} ({fault})",
        accepted=f"tracks {dict(_TRACK_WIDTH)} of 1 to {_MAX_FRAMES} frames and codes {dict(_CODE_LENGTH)}, finite",
        next_step="make the file again with 'xtalker talk' or 'xtalker track'",
    )  # fmt: skip
