"""A video of one talking person to landmarks and Motion, at 25 fps whatever the source rate."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import Float
from tqdm import tqdm

from xtalker.capture.landmarks import FaceTracker
from xtalker.capture.mouth_hole import NUM_COLUMNS, correct_inner_lips, read_hole
from xtalker.capture.person import Person, fit_person
from xtalker.capture.track import Track, require_face, track_landmarks
from xtalker.capture.video import VideoFrame, count_frames, read_video
from xtalker.capture.video_survey import Survey
from xtalker.head.open_head import OpenHead
from xtalker.values.conventions import NUM_LANDMARKS

_log = logging.getLogger("xtalker")


def read_landmarks(
    frames: Iterator[VideoFrame], tracker: FaceTracker, survey: Survey | None = None
) -> tuple[Float[np.ndarray, "frames 478 2"], Float[np.ndarray, "frames"]]:
    """Landmarks in pixels (NaN where no face was found) and presence 0..1 of every frame; a survey looks along.

    Inner lips follow the hole of the mouth that the picture shows.
    """
    points, presence, holes = read_faces(frames, tracker, survey)
    return correct_inner_lips(points, holes), presence


def read_faces(
    frames: Iterator[VideoFrame], tracker: FaceTracker, survey: Survey | None = None
) -> tuple[Float[np.ndarray, "frames 478 2"], Float[np.ndarray, "frames"], Float[np.ndarray, "frames 49"]]:
    """Landmarks as the network gives them, presence, and the hole of the mouth (`mouth_hole`; NaN without a face)."""
    tracker.reset()
    points, presence, holes = [], [], []
    for frame in frames:
        found = tracker.update(frame.rgb)
        if survey is not None:
            survey.add(frame.rgb, found)
        if found is None:
            points.append(np.full((NUM_LANDMARKS, 2), np.nan, np.float32))
            holes.append(np.full(NUM_COLUMNS, np.nan))
        else:
            points.append(found.points[:, :2])
            holes.append(read_hole(frame.rgb, found.points[:, :2]))
        presence.append(0.0 if found is None else found.presence)
    return np.stack(points), np.array(presence, np.float32), np.array(holes, np.float32)


def track_video(
    path: Path | str, head: OpenHead, tracker: FaceTracker, *, person: Person | None = None, progress: bool = False
) -> Track:
    """Motion of the largest face in a video; what the video is not is said in one line in the log "xtalker".

    Args:
        path: any video that PyAV decodes.
        head: the open head.
        tracker: face tracker.
        person: who it is, when known from other clips; otherwise fitted to this one.
        progress: show a bar.
    """
    frames = tqdm(
        read_video(path), desc="landmarks", total=count_frames(path), unit="frame", disable=not progress, leave=False
    )
    survey = Survey(tracker)
    points, presence = read_landmarks(iter(frames), tracker, survey)
    require_face(points)
    surveyed = survey.judge(head, points)
    if surveyed.notes:
        _log.warning("%s: %s", path, "; ".join(surveyed.notes))
    points[~surveyed.person] = np.nan
    seen = require_face(points)
    track = track_landmarks(head, person or fit_person(head, points[seen]), points, presence)
    trusted = (track.confidence * surveyed.trust).astype(np.float32)
    return replace(track, confidence=trusted, notes=surveyed.notes)
