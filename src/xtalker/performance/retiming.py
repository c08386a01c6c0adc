"""Motion and camera at the frame rate of a video: 24 to 60 pictures a second from 25 values.

Moments between frames are interpolated, never repeated: rotations on the sphere (slerp), everything else by monotone
cubics (Fritsch and Carlson 1980), which keep a peak's height and stay flat where the track is, so closed lids and
lips stay closed.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from jaxtyping import Float

from xtalker.geometry import timeline
from xtalker.values import Motion
from xtalker.values.conventions import FRAME_RATE_HZ
from xtalker.values.tracks import CameraTrack


def num_frames_at(num_frames: int, rate_hz: timeline.FrameRate) -> int:
    """Pictures that a motion of 25 values a second fills."""
    return num_frames if rate_hz == FRAME_RATE_HZ else timeline.frames_covering(num_frames / FRAME_RATE_HZ, rate_hz)


def motion_at(motion: Motion, rate_hz: timeline.FrameRate) -> Motion:
    """The motion with one row for each picture of a video; at 25 Hz the motion itself."""
    if rate_hz == FRAME_RATE_HZ:
        return motion
    source_s, target_s = _moments(motion.num_frames, rate_hz)
    return replace(
        motion,
        expression=_between(motion.expression, source_s, target_s),
        jaw=timeline.resample_rotations(motion.jaw, source_s, target_s).astype(np.float32),
        head=timeline.resample_rotations(motion.head, source_s, target_s).astype(np.float32),
        gaze=_between(motion.gaze, source_s, target_s),
    )


def camera_at(camera: CameraTrack, rate_hz: timeline.FrameRate) -> CameraTrack:
    """The camera track with one row for each picture of a video; nothing is interpolated across a cut."""
    if rate_hz == FRAME_RATE_HZ:
        return camera
    source_s, target_s = _moments(camera.num_frames, rate_hz)
    numbers = (camera.yaw, camera.pitch, camera.roll, camera.distance, camera.field_of_view, *camera.aim.T)
    columns = np.stack(numbers, axis=1).astype(np.float64)
    # A picture belongs to the shot of the frame in which its moment lies.
    shot = np.cumsum(camera.cut)
    frame = np.clip((target_s * FRAME_RATE_HZ).astype(int), 0, camera.num_frames - 1)
    out = np.empty((len(target_s), columns.shape[1]))
    for number in np.unique(shot[frame]):
        mine, theirs = shot == number, shot[frame] == number
        out[theirs] = _between(columns[mine], source_s[mine], target_s[theirs])
    cut = np.diff(shot[frame], prepend=0) > 0
    yaw, pitch, roll, distance, field_of_view, right, up = out.T
    return CameraTrack(yaw, pitch, roll, distance, field_of_view, np.stack([right, up], axis=1), cut)


def _moments(
    num_frames: int, rate_hz: timeline.FrameRate
) -> tuple[Float[np.ndarray, "source"], Float[np.ndarray, "target"]]:
    """Centres of the frames, seconds; a picture before the first or after the last one shows that one."""
    source_s = timeline.frame_centres_s(num_frames)
    return source_s, timeline.frame_centres_s(num_frames_at(num_frames, rate_hz), rate_hz)


def _between(
    track: Float[np.ndarray, "source channels"], source_s: Float[np.ndarray, "source"],
    target_s: Float[np.ndarray, "target"],
) -> Float[np.ndarray, "target channels"]:  # fmt: skip
    if len(track) == 1:
        return np.repeat(track, len(target_s), axis=0)
    from scipy.interpolate import PchipInterpolator  # slow to load, and only other frame rates need it

    held = np.clip(target_s, source_s[0], source_s[-1])
    return PchipInterpolator(source_s, track.astype(np.float64), axis=0)(held).astype(track.dtype)
