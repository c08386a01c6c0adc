"""Motion laid on a photo: it starts from the photo's own face, and stays within what one photo can show.

The photo's expression e0 is part of what is seen. Speech needs the mouth: e = e0 (1 - r w) + e_motion with r rising to
1 while the mouth speaks and back to 0 in long pauses, and w = 1 for the mouth, less for a smile, 0 for brows and lids.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float
from scipy.ndimage import gaussian_filter1d, maximum_filter1d

from xtalker.render.photo_renderer import PhotoPose
from xtalker.values import Motion
from xtalker.values.conventions import CHANNEL, FRAME_RATE_HZ
from xtalker.values.photo_avatar import PhotoAvatar
from xtalker.values.tracks import CameraTrack

KEEP_SMILE: Final = 0.55
"""Of the photo's smile while the mouth speaks."""

TURN_LIMITS_RAD: Final = tuple(float(a) for a in np.radians([13.0, 25.0, 14.0]))
"""Pitch, yaw and roll of the head, with the photo's own, beyond which a photo shows too little; eased before."""

COVERED_JAW: Final = 0.35
"""Of the jaw's motion where something lies before the mouth; what lies there goes along."""

_HIDDEN_SIDE_RAD: Final = float(np.radians(8.0))
_HIDDEN_SHARE: Final = 0.8
"""A photo that is turned by a yaw hides one side of the face: back to it the head turns by its limit less so much of
that yaw, at least by the first number."""

ORBIT_LIMIT_RAD: Final = float(np.radians(10.0))
_EASE_FROM: Final = 0.6  # of a limit
_SPEAKS: Final = 0.05  # change of mouth channels within a fifth of a second that counts as speech
_PAUSE_S, _RELEASE_S, _RETURN_S = 1.2, 0.3, 0.7
_SMILES: Final = ("Smile", "Dimple", "Corner")
_LIDS: Final = ("eyeBlinkLeft", "eyeBlinkRight")
_MOUTH: Final = ("mouth", "jaw", "tongue")
_LIMITS: Final = (-0.1, 1.2)
_BREATH_IN_S, _BREATH_OUT_S = 0.35, 1.1
_NOSTRIL_GAIN: Final = 4.0

_log = logging.getLogger("xtalker")


@dataclass(frozen=True)
class PhotoMotion:
    """What an avatar does, frame by frame.

    Attributes:
        motion: expression, jaw and gaze as the head model takes them; its head rotation is zero.
        poses: turn, gaze, lids, breath and camera of each frame.
    """

    motion: Motion
    poses: tuple[PhotoPose, ...]


def photo_motion(
    avatar: PhotoAvatar,
    motion: Motion,
    *,
    jaw_open_angle_rad: float,
    camera: CameraTrack | None = None,
    keep_smile: float = KEEP_SMILE,
    rate_hz: float = FRAME_RATE_HZ,
) -> PhotoMotion:
    """Lay a motion on a photo.

    Args:
        avatar: whose photo.
        motion: displacement from a resting face.
        jaw_open_angle_rad: of the head model (the corrective channel follows the jaw).
        camera: moves of the camera; None stays.
        keep_smile: 0 releases the photo's smile while the mouth speaks, 1 keeps it whole.
        rate_hz: frames a second.
    """
    reference = avatar.reference
    release = released(motion, rate_hz)[:, None]
    expression = reference.expression * (1 - release * release_weights(keep_smile)) + motion.expression
    jaw = reference.jaw * (1 - release) + motion.jaw
    if avatar.mouth.covered:
        expression, jaw = _behind_cover(avatar, motion, expression, jaw_open_angle_rad)
    expression = np.clip(expression, *_LIMITS)
    lids = [CHANNEL[name] for name in _LIDS]
    expression[:, lids] = reference.expression[:, lids] + _lid_motion(avatar, motion)
    expression[:, CHANNEL["jawOpenCorrective"]] = jaw[:, 0] / jaw_open_angle_rad
    num = motion.num_frames
    total = Motion(
        expression.astype(np.float32),
        jaw.astype(np.float32),
        np.zeros((num, 3), np.float32),
        np.repeat(reference.gaze, num, axis=0).astype(np.float32),
        head_model=motion.head_model,
    )
    return PhotoMotion(total, _poses(avatar, motion, camera, rate_hz))


def _behind_cover(
    avatar: PhotoAvatar, motion: Motion, expression: Float[np.ndarray, "frames 50"], jaw_open_angle_rad: float
) -> tuple[Float[np.ndarray, "frames 50"], Float[np.ndarray, "frames 3"]]:
    """Expression and jaw of a mouth that must not open, since cloth or a hand would tear: the jaw moves a little."""
    reference = avatar.reference
    moved = COVERED_JAW * motion.jaw
    still = [index for name, index in CHANNEL.items() if name.startswith(_MOUTH)]
    out = expression.copy()
    out[:, still] = reference.expression[:, still]
    out[:, CHANNEL["mouthClose"]] += np.maximum(moved[:, 0], 0) / jaw_open_angle_rad  # lips stay on each other
    return out, reference.jaw + moved


def release_weights(keep_smile: float) -> Float[np.ndarray, "50"]:
    """How much of the photo's own expression speech takes from each channel."""
    out = np.zeros(len(CHANNEL))
    for name, index in CHANNEL.items():
        if name.startswith(_MOUTH):
            out[index] = 1 - keep_smile if any(part in name for part in _SMILES) else 1.0
    return out


def released(motion: Motion, rate_hz: float) -> Float[np.ndarray, "frames"]:
    """0 while the photo's own mouth is shown, 1 while the mouth speaks; eased, and 0 in the first frame."""
    mouth = [i for name, i in CHANNEL.items() if name.startswith(("mouth", "tongue"))]
    shape = np.concatenate([motion.expression[:, mouth], motion.jaw[:, :1] * 3], axis=1)
    window = max(round(0.2 * rate_hz), 1)
    still = maximum_filter1d(shape, window, axis=0) + maximum_filter1d(-shape, window, axis=0)
    speaks = still.max(1) > _SPEAKS
    speaks = maximum_filter1d(speaks.astype(np.float64), 2 * round(_PAUSE_S * rate_hz / 2) + 1)
    out, rise, fall = np.zeros(len(speaks)), 1 / (_RELEASE_S * rate_hz), 1 / (_RETURN_S * rate_hz)
    for i in range(1, len(out)):
        out[i] = np.clip(speaks[i], out[i - 1] - fall, out[i - 1] + rise)
    return out * out * (3 - 2 * out)


def _poses(avatar: PhotoAvatar, motion: Motion, camera: CameraTrack | None, rate_hz: float) -> tuple[PhotoPose, ...]:
    turns = limited_turns(motion.head, avatar.reference.head[0])
    closing = np.maximum(_lid_motion(avatar, motion), 0)
    breath = breaths(motion.expression[:, CHANNEL["nostrilDilate"]], rate_hz)
    zoom, pan, orbit = _camera_moves(camera, motion.num_frames)
    return tuple(
        PhotoPose(turns[i], motion.gaze[i], closing[i], float(breath[i]), float(zoom[i]), tuple(pan[i]), orbit[i])
        for i in range(motion.num_frames)
    )


def _lid_motion(avatar: PhotoAvatar, motion: Motion) -> Float[np.ndarray, "frames 2"]:
    """Blinks of the left and the right eye beyond the photo's: 1 shuts an eye, however far the photo's is open."""
    moves = np.array([eye.moves for eye in avatar.eyes])
    return np.clip(motion.expression[:, [CHANNEL[name] for name in _LIDS]], _LIMITS[0], 1) * moves


def limited_turns(
    head: Float[np.ndarray, "frames 3"], photo_head: Float[np.ndarray, "3"]
) -> Float[np.ndarray, "frames 3"]:
    """Head rotation, eased towards the limits of what a photo taken at `photo_head` shows, never torn."""
    limits = np.array(TURN_LIMITS_RAD)
    own = np.clip(np.asarray(photo_head, float), -0.9 * limits, 0.9 * limits)
    out = _eased(head + own, limits) - _eased(own[None], limits)
    to_hidden = out[:, 1] * own[1] < 0
    hidden_limit = max(float(limits[1] - _HIDDEN_SHARE * abs(own[1])), _HIDDEN_SIDE_RAD)
    out[to_hidden, 1] = _eased(out[to_hidden, 1], hidden_limit)
    over = np.abs(out - head).max(1) > np.radians(2)
    if over.any():
        _log.warning(
            "the photo does not show enough for all turns of the head: %d of %d frames are turned less",
            over.sum(), len(head),
        )  # fmt: skip
    return out.astype(np.float32)


def _eased(angle: np.ndarray, limit: np.ndarray | float) -> np.ndarray:
    """The angle itself up to a share of its limit, then ever slower towards the limit."""
    start = _EASE_FROM * limit
    room = limit - start
    beyond = np.maximum(np.abs(angle) - start, 0)
    return np.asarray(np.sign(angle) * (np.minimum(np.abs(angle), start) + room * np.tanh(beyond / room)))


def breaths(nostrils: Float[np.ndarray, "frames"], rate_hz: float) -> Float[np.ndarray, "frames"]:
    """How full the chest is, from the nostrils, which follow the flow of air: fills at once, empties slowly."""
    flow = np.maximum(nostrils, 0) * _NOSTRIL_GAIN
    out = np.zeros(len(flow))
    up, down = (1 - np.exp(-1 / (seconds * rate_hz)) for seconds in (_BREATH_IN_S, _BREATH_OUT_S))
    for i in range(1, len(out)):
        out[i] = out[i - 1] + (up if flow[i] > out[i - 1] else down) * (flow[i] - out[i - 1])
    return gaussian_filter1d(out, 0.12 * rate_hz) if len(out) > 1 else out


def _camera_moves(camera: CameraTrack | None, num_frames: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Zoom (at least 1), pan in widths of the picture, and orbit (pitch, yaw) of each frame."""
    if camera is None:
        return np.ones(num_frames), np.zeros((num_frames, 2)), np.zeros((num_frames, 2))
    near = 1 / np.maximum(camera.distance * np.tan(camera.field_of_view / 2), 1e-3)
    zoom = near / near.min()  # a photo ends at its border: the widest moment of the move shows the framing
    orbit = np.stack([camera.pitch, camera.yaw], axis=1)
    if np.abs(orbit).max(initial=0) > ORBIT_LIMIT_RAD or np.abs(camera.roll).max(initial=0) > 0.01:
        _log.warning("one photo allows walks of the camera of %.0f degrees and no roll: less is done",
                     np.degrees(ORBIT_LIMIT_RAD))  # fmt: skip
    orbit = np.clip(orbit, -ORBIT_LIMIT_RAD, ORBIT_LIMIT_RAD)
    pan = np.stack([camera.aim[:, 0], -camera.aim[:, 1]], axis=1) * 0.5
    room = (1 - 1 / zoom)[:, None] / 2  # what the zoom leaves of the framing on each side
    return zoom, np.clip(pan, -room, room), orbit
