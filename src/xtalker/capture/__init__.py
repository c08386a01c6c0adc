"""From pictures of a face to numbers.

crop       square, turned pieces of an image
network    a TFLite network as a function of arrays
detect     FaceDetector: where faces are
attention  the attention mesh's network without its own runtime
mesh       FaceMesh: 478 landmarks in a region
portrait_face  find_face: whose face is meant, in an upright picture
landmarks  portrait_landmarks; FaceTracker: one face over frames
portrait   fit_portrait; texture its colours, detail its lines and roughness (detail_fit)
photo_hair the hair's outline, length and pattern; photo_view, photo_parts, photo_skin what else a portrait shows,
           photo_of_video the frame of a video to read it from; photo_faults covered mouths and drawings
images     load_portrait
video      read_video at 25 fps
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from xtalker.capture.crop import Region
    from xtalker.capture.detect import Detection, FaceDetector, choose_face
    from xtalker.capture.images import Portrait, load_portrait
    from xtalker.capture.landmarks import FaceTracker, portrait_landmarks
    from xtalker.capture.mesh import FaceMesh, LandmarkFrame
    from xtalker.capture.video import VideoFrame, count_frames, read_video

__all__ = [
    "Detection", "FaceDetector", "FaceMesh", "FaceTracker", "LandmarkFrame", "Portrait", "Region", "VideoFrame",
    "choose_face", "count_frames", "load_portrait", "portrait_landmarks", "read_video",
]  # fmt: skip

_HOMES: Final = {
    "Detection": "detect", "FaceDetector": "detect", "FaceMesh": "mesh", "FaceTracker": "landmarks",
    "LandmarkFrame": "mesh", "Portrait": "images", "Region": "crop", "VideoFrame": "video", "choose_face": "detect",
    "count_frames": "video", "load_portrait": "images", "portrait_landmarks": "landmarks", "read_video": "video",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    """Load each part when it is first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"xtalker.capture.{_HOMES[name]}"), name)
