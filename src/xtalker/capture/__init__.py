"""From pictures of a face to numbers.

crop       square, turned pieces of an image
network    a TFLite network as a function of arrays
detect     FaceDetector: where faces are
attention  the attention mesh's network without its own runtime
mesh       FaceMesh: 478 landmarks in a region
landmarks  portrait_landmarks; FaceTracker: one face over frames
portrait   fit_portrait; texture its colours, detail its lines and roughness (detail_fit)
photo_hair the hair's outline, length and pattern; photo_view, photo_parts, photo_skin what else a portrait shows,
           photo_of_video the frame of a video to read it from
images     load_portrait
video      read_video at 25 fps
"""

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
