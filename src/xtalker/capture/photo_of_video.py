"""Skin, hair and eyes of a person in a video: read from its best frame."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import numpy as np

from xtalker.capture.images import Portrait
from xtalker.capture.landmarks import FaceTracker
from xtalker.capture.portrait import PortraitFit
from xtalker.capture.texture import appearance_of
from xtalker.capture.track import Track
from xtalker.capture.video import read_video
from xtalker.head.open_head import OpenHead
from xtalker.values.appearance import Appearance
from xtalker.values.conventions import CHANNEL

_OPEN_MOUTH, _SHUT_EYES, _DOUBT = 0.5, 0.3, 0.5  # what a full one counts, in radians of turn


def best_frame(track: Track) -> int:
    """The frame that shows most of the face: turned to the camera, lips and eyes at rest, well tracked."""
    motion = track.motion
    turned = np.linalg.norm(motion.head[:, :2], axis=1)
    shut = motion.expression[:, [CHANNEL["eyeBlinkLeft"], CHANNEL["eyeBlinkRight"]]].max(axis=1)
    open_mouth = motion.expression[:, CHANNEL["jawOpenCorrective"]]
    faults = turned + _OPEN_MOUTH * open_mouth + _SHUT_EYES * shut + _DOUBT * (1 - track.confidence)
    return int(np.where(track.confidence > 0, faults, np.inf).argmin())


def appearance_in(path: Path | str, track: Track, head: OpenHead, tracker: FaceTracker) -> Appearance | None:
    """Colours and hair of the person in the best frame; None where the face is not found there again.

    Args:
        path: the video.
        track: what was read from it.
        head: the open head.
        tracker: any; it forgets what it followed.
    """
    number = best_frame(track)
    frame = next(islice(read_video(path), number, None), None)
    if frame is None:
        return None
    tracker.reset()
    seen = tracker.update(frame.rgb)
    if seen is None:
        return None
    fit = PortraitFit(
        track.identity, track.motion[number : number + 1], float(track.residual_percent[number]),
        float(track.scale[number]), track.shift[number], seen.points,
    )  # fmt: skip
    return appearance_of(Portrait(frame.rgb, f"frame {number} of {Path(path).name}"), fit, head)
