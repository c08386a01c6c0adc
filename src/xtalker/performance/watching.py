"""A video of a real person to a Take."""

from __future__ import annotations

from pathlib import Path

from xtalker.capture.landmarks import FaceTracker
from xtalker.capture.photo_of_video import appearance_in
from xtalker.capture.video import count_frames
from xtalker.capture.video_track import track_video
from xtalker.performance import parts
from xtalker.performance.take import Take


def watch(video: Path | str, *, progress: bool = False) -> Take:
    """Motion, identity and looks of the largest face in a video, at 25 fps whatever its own rate.

    Args:
        video: any video that PyAV decodes.
        progress: show a bar.

    Raises:
        InputError: not a video, or too few frames with a face.
    """
    count_frames(video)  # what is no video is refused before any model is fetched or loaded
    head, tracker = parts.open_head(), FaceTracker(*parts.face_models())
    track = track_video(video, head, tracker, progress=progress)
    appearance = appearance_in(video, track, head, tracker)
    generic = "everything" if appearance is None else "; ".join(appearance.generic) or "nothing"
    return Take(
        motion=track.motion, identity=track.identity, head=head, sound=Path(video), confidence=track.confidence,
        appearance=appearance,
        card={
            "made_by": "xtalker track", "video": Path(video).name,
            "residual_percent_of_eye_distance": f"{track.residual_percent.mean():.2f}",
            "generic_looks": generic, "notes": "; ".join(track.notes) or "none",
        },
    )  # fmt: skip
